#!/usr/bin/env -S python3 -B
"""nginx in front of an upstream that tells its usage in headers: a JSON log_format, one log written at
once and one through nginx's buffer, under load, rotated by rename and USR1."""
import os
import signal
import socket
import subprocess
import threading
import time

from writer import Trial, run, tool, wait_for

REQUESTS, CONNECTIONS, AT_ONCE, ROTATIONS = 3000, 4, 20, 5
CONFIGURATION = """
daemon off;
master_process on;
worker_processes 2;
%(user)s
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.out;
events { worker_connections 256; }
http {
    log_format usage escape=json '{"time":"$time_iso8601","model":"$upstream_http_x_model",'
        '"input_tokens":$upstream_http_x_input,"output_tokens":$upstream_http_x_output,'
        '"user":"$http_user_agent","latency":$request_time,"request_id":"$arg_id"}';
    # Not byte for byte the other, for that were a copy.
    log_format spare escape=json '{"request_id":"$arg_id","time":"$time_iso8601",'
        '"model":"$upstream_http_x_model","input_tokens":"$upstream_http_x_input",'
        '"output_tokens":"$upstream_http_x_output"}';
    client_body_temp_path %(dir)s/tmp1;
    proxy_temp_path %(dir)s/tmp2;
    fastcgi_temp_path %(dir)s/tmp3;
    uwsgi_temp_path %(dir)s/tmp4;
    scgi_temp_path %(dir)s/tmp5;
    access_log off;
    keepalive_requests 1000000;
    upstream model { server unix:%(dir)s/model.sock; keepalive 16; }
    server {
        listen unix:%(dir)s/gate.sock;
        access_log %(dir)s/logs/access.log usage;
        access_log %(dir)s/logs/buffered.log spare buffer=32k flush=200ms;
        location / {
            proxy_pass http://model;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
    server {
        listen unix:%(dir)s/model.sock;
        location / {
            add_header X-Model gpt-4o;
            add_header X-Input 10;
            add_header X-Output $arg_output;
            return 200 "answered\\n";
        }
    }
}
"""


class Client(threading.Thread):
    """Sends requests PREFIX-0, PREFIX-1, ... some at once, and reads all the answers."""

    def __init__(self, path, prefix):
        super().__init__()
        self.path, self.answers = path, 0
        self.ids = ["%s-%d" % (prefix, i) for i in range(REQUESTS)]

    def run(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.path)
            answers = s.makefile("rb")
            for at in range(0, REQUESTS, AT_ONCE):
                some = self.ids[at:at + AT_ONCE]
                s.sendall(b"".join(b"GET /v1/chat?output=3&id=%s HTTP/1.1\r\nHost: a\r\n"
                                   b"User-Agent: \"real\"\\\r\n\r\n" % i.encode() for i in some))
                while some:
                    self.answers += answers.readline().startswith(b"HTTP/1.1 200")
                    if self.answers >= at + len(some):
                        break
                time.sleep(0.03)


def rotate(folder, number, nginx):
    for name in ("access", "buffered"):
        os.rename("%s/logs/%s.log" % (folder, name), "%s/logs/%s.log.%d" % (folder, name, number))
    nginx.send_signal(signal.SIGUSR1)


def test(folder):
    os.mkdir(folder + "/logs")
    with open(folder + "/nginx.conf", "w", encoding="ascii") as f:
        user = "user root root;" if os.getuid() == 0 else ""
        f.write(CONFIGURATION % {"dir": folder, "user": user})
    trial = Trial(folder, ["{name: %s, paths: '%s/logs/%s.log*', preset: json}" % (n, folder, n)
                           for n in ("access", "buffered")])
    trial.agent.wait_until_following()
    nginx = subprocess.Popen([tool("nginx"), "-e", folder + "/error.out", "-p", folder, "-c",
                              folder + "/nginx.conf"])
    try:
        wait_for("nginx listens", lambda: os.path.exists(folder + "/gate.sock"))
        clients = [Client(folder + "/gate.sock", "c%d" % i) for i in range(CONNECTIONS)]
        for c in clients:
            c.start()
        for number in range(1, ROTATIONS + 1):
            time.sleep(0.8)
            rotate(folder, number, nginx)
            wait_for("nginx writes a new log",
                     lambda: os.path.exists(folder + "/logs/buffered.log"))
        for c in clients:
            c.join()
    finally:
        nginx.send_signal(signal.SIGQUIT)
        nginx.wait(timeout=30)
    ids = [i for c in clients for i in c.ids]
    assert sum(c.answers for c in clients) == len(ids), "nginx did not answer all"
    for name in ("access", "buffered"):
        trial.expect(name, ids)
    return "%d requests, each in two logs (%d calls), %d rotations" % (
        len(ids), trial.check(), ROTATIONS)


run(test)
