#!/usr/bin/env -S python3 -B
"""rsyslog: calls sent to its socket, by TCP and by UDP, written with the traditional envelope. Rotated by
its own outchannel, and by logrotate and HUP."""
import gzip
import logging
import logging.handlers
import os
import socket
import subprocess
import time

from writer import LINE, Trial, run, tool, wait_for

CALLS, ROTATIONS = 6000, 4
CONFIGURATION = """
global(workDirectory="%(dir)s" maxMessageSize="64k")
module(load="imuxsock" SysSock.Use="off")
module(load="imtcp")
module(load="imudp")
input(type="imuxsock" Socket="%(dir)s/log.sock" ruleset="socket" RateLimit.Interval="0")
input(type="imtcp" address="127.0.0.1" port="%(tcp)d" ruleset="tcp")
input(type="imudp" address="127.0.0.1" port="%(udp)d" ruleset="udp")
$outchannel sized,%(dir)s/logs/tcp.log,131072,%(dir)s/rotate
ruleset(name="socket") {
    action(type="omfile" file="%(dir)s/logs/socket.log" template="RSYSLOG_TraditionalFileFormat")
}
ruleset(name="tcp") {
    :omfile:$sized
}
ruleset(name="udp") {
    action(type="omfile" file="%(dir)s/logs/udp.log" template="RSYSLOG_FileFormat")
}
"""
ROTATE = """#!/bin/sh
# Called by rsyslogd, with its own clock, when the log is as large as it may be.
mv %(dir)s/logs/tcp.log %(dir)s/logs/tcp.log.$(date +%%s%%N)
"""
LOGROTATE = """%(dir)s/logs/socket.log %(dir)s/logs/udp.log {
    rotate 9
    compress
    delaycompress
    missingok
    sharedscripts
    postrotate
        kill -HUP $(cat %(dir)s/rsyslogd.pid)
    endscript
}
"""


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(folder, name, text, mode=0o644):
    with open(os.path.join(folder, name), "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(os.path.join(folder, name), mode)


def senders(folder, ports):
    """A logger for each way into rsyslog."""
    handlers = {
        "socket": logging.handlers.SysLogHandler(folder + "/log.sock"),
        "tcp": logging.handlers.SysLogHandler(("127.0.0.1", ports["tcp"]),
                                              socktype=socket.SOCK_STREAM),
        "udp": logging.handlers.SysLogHandler(("127.0.0.1", ports["udp"])),
    }
    for name, handler in handlers.items():
        handler.append_nul = False
        handler.ident = "gateway[4711]: "
        if name == "tcp":
            handler.terminator = "\n"
            handler.setFormatter(logging.Formatter("%(message)s\n"))
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.INFO)
    return [(name, logging.getLogger(name)) for name in handlers]


def send(folder, loggers):
    for i in range(CALLS):
        for name, logger in loggers:
            logger.info(LINE, "%s-%d" % (name, i))
        if i % 20 == 0:
            time.sleep(0.015)  # a datagram too many is dropped by the kernel, not by a log
        if i % (CALLS // (ROTATIONS + 1)) == CALLS // (ROTATIONS + 1) - 1 and i < CALLS - 100:
            subprocess.run([tool("logrotate"), "-f", "-s", folder + "/state",
                            folder + "/logrotate.conf"], check=True)


def written(folder):
    """How many lines rsyslogd has written, of all logs."""
    lines = 0
    for name in os.listdir(folder + "/logs"):
        opener = gzip.open if name.endswith(".gz") else open
        with opener(os.path.join(folder, "logs", name), "rb") as f:
            lines += f.read().count(b"\n")
    return lines


def test(folder):
    os.mkdir(folder + "/logs")
    ports = {"dir": folder, "tcp": free_port(socket.SOCK_STREAM),
             "udp": free_port(socket.SOCK_DGRAM)}
    write(folder, "rsyslog.conf", CONFIGURATION % ports)
    write(folder, "rotate", ROTATE % ports, 0o755)
    write(folder, "logrotate.conf", LOGROTATE % ports)
    trial = Trial(folder, ["{name: %s, paths: '%s/logs/%s.log*', preset: json, unwrap: [syslog]}" % (
        name, folder, name) for name in ("socket", "tcp", "udp")])
    trial.agent.wait_until_following()
    with open(folder + "/rsyslogd.out", "wb") as out:
        daemon = subprocess.Popen([tool("rsyslogd"), "-n", "-i", folder + "/rsyslogd.pid", "-f",
                                   folder + "/rsyslog.conf"], stdout=out, stderr=out)
    try:
        wait_for("rsyslogd listens", lambda: os.path.exists(folder + "/log.sock"))
        loggers = senders(folder, ports)
        send(folder, loggers)
        for _, logger in loggers:
            logger.handlers[0].close()
        wait_for("rsyslogd has written all", lambda: written(folder) >= CALLS * len(loggers))
    finally:
        daemon.terminate()
        daemon.wait(timeout=30)
    for name, _ in loggers:
        trial.expect(name, ["%s-%d" % (name, i) for i in range(CALLS)])
    return "%d calls by socket, TCP and UDP" % trial.check()


run(test)
