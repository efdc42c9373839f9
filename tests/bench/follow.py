#!/usr/bin/env -S python3 -B
"""Runs `tokentail run` beside writers, checks every total, prints what following takes.

What is measured and how to read it: README.md in this folder. Settings are environment variables:

    BENCH_FOLLOW=latency,idle,rate,storm   which of them
    BENCH_MB=200                           size of the log that is written for rate
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque

from data import make
from goals import Goals
from measure import table

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "faults"))
from agent import Agent, wait_for  # noqa: E402

LINE = ('{"time":"%s","model":"gpt-4o","input_tokens":1000,"output_tokens":10,"user":"u%d",'
        '"request_id":"r%d"}\n')
PARTS = "latency,idle,rate,storm"


def line(number):
    return (LINE % (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), number % 50,
                    number)).encode()


def append(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def source(folder):
    """All settings but the source are the defaults."""
    return "sources: [{name: app, paths: '%s/logs/*.log*', preset: json}]\n" % folder


def started(folder, config=None, prefix=()):
    os.makedirs(folder + "/logs", exist_ok=True)
    return Agent(folder, config or source(folder), prefix)


def must_be(what, found, true):
    if found != true:
        sys.exit("bench: WRONG TOTALS: %s: %d, true are %d" % (what, found, true))


# ---- latency ----

LATENCY_SECONDS, LATENCY_PAUSE = 30, 0.05
LATENCY_GOAL = 1.5


def latencies(agent, path):
    """Seconds from the write of each line until somebody else sees it counted."""
    log, waiting, took = append(path), deque(), []
    jitter = random.Random(1)
    began = next_write = time.monotonic()
    written = seen = 0
    while waiting or time.monotonic() < began + LATENCY_SECONDS:
        now = time.monotonic()
        if next_write <= now < began + LATENCY_SECONDS:
            os.write(log, line(written))
            waiting.append(time.monotonic())
            written += 1
            next_write = now + jitter.uniform(0, 2 * LATENCY_PAUSE)
        calls = agent.calls()
        now = time.monotonic()
        while seen < calls:
            took.append(now - waiting.popleft())
            seen += 1
        if now > began + LATENCY_SECONDS + 30:
            sys.exit("bench: %d lines were never counted" % len(waiting))
        time.sleep(0.004)
    os.close(log)
    return sorted(took)


def latency(folder, goals, options):
    del options
    agent = started(folder)
    agent.wait_until_following()
    took = latencies(agent, folder + "/logs/app.log")
    agent.end()
    agent.must_add_up(len(took))
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    what = "write() to committed, %d lines, " % len(took)
    goals.add(what + "p50", "< %.1f s" % LATENCY_GOAL, "%.2f s" % p50, p50 < LATENCY_GOAL)
    goals.add(what + "p99", "< %.1f s" % LATENCY_GOAL, "%.2f s" % p99, p99 < LATENCY_GOAL)
    goals.add(what + "highest", "< %.1f s" % LATENCY_GOAL, "%.2f s" % took[-1],
              took[-1] < LATENCY_GOAL)


# ---- idling ----

QUIET_FILES, QUIET_LINES, QUIET_SECONDS = 1000, 100, 30
IDLE_GOAL, MEMORY_GOAL = 1.0, 40.0


def idle(folder, goals, options):
    """Of a thousand logs that nobody writes at, once all is read and again after a restart."""
    del options
    for watch in ("auto", "poll"):
        place = os.path.join(folder, watch)
        agent = started(place, "follow: {watch: %s}\n%s" % (watch, source(place)))
        for i in range(QUIET_FILES):
            log = append("%s/logs/app-%d.log" % (place, i))
            os.write(log, b"".join(line(i * QUIET_LINES + n) for n in range(QUIET_LINES)))
            os.close(log)
        began = time.monotonic()
        agent.start()
        wait_for("all is counted", lambda: agent.calls() >= QUIET_FILES * QUIET_LINES)
        first = time.monotonic() - began
        agent.end()
        agent.start()
        time.sleep(5)
        restart = agent.cpu()
        time.sleep(QUIET_SECONDS)
        share = 100 * (agent.cpu() - restart) / QUIET_SECONDS
        rss = agent.rss()
        agent.end()
        agent.must_add_up(QUIET_FILES * QUIET_LINES)
        what = "%d quiet files, %s: " % (QUIET_FILES, "default" if watch == "auto" else "polled")
        bound = watch == "auto"
        goals.add(what + "share of a core", "< %.0f %%" % IDLE_GOAL if bound else "",
                  "%.2f %%" % share, share < IDLE_GOAL if bound else None)
        goals.add(what + "memory", "< %.0f MiB" % MEMORY_GOAL if bound else "", "%.1f MiB" % rss,
                  rss < MEMORY_GOAL if bound else None)
        goals.add(what + "all read and counted", "", "%.2f s" % first, None)
        goals.add(what + "CPU of a restart", "", "%.2f s" % restart, None)


# ---- the rate ----

RATE_GOAL, RATE_ROUNDS = 50000, 5  # the set is written so often, to last long enough
BLOCK = 64 << 10
BACKLOG_MOST = 64 << 20  # beyond it the writer waits, so that it is following and not catching up


def blocks(path):
    """The file in pieces of whole lines, each with the number of its lines."""
    with open(path, "rb") as f:
        rest = b""
        while piece := f.read(BLOCK):
            end = piece.rfind(b"\n") + 1
            whole, rest = rest + piece[:end], piece[end:]
            yield whole, whole.count(b"\n")


def copy(pieces, path, may_go_on=lambda lines, size: None):
    log = append(path)
    began = time.monotonic()
    lines = size = 0
    for piece, n in pieces:
        os.write(log, piece)
        lines, size = lines + n, size + len(piece)
        may_go_on(lines, size)
    os.close(log)
    return lines, size, time.monotonic() - began


def rate(folder, goals, options):
    """Set b of the bench is written as fast as it is counted: the agent on one core, the writer on the
    other together with a program that does nothing but keep it busy."""
    data = make("b", options.mb, options.data, os.path.join(options.bin, "generate"))
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("rate is left out: it takes two cores.\n")
        return
    pieces = list(blocks(data.plain)) * RATE_ROUNDS
    os.sched_setaffinity(0, {cores[1]})
    burner = subprocess.Popen(["taskset", "-c", str(cores[1]), sys.executable, "-c",
                               "while True: pass"])
    try:
        lines, size, alone = copy(pieces, folder + "/alone")
        os.unlink(folder + "/alone")
        with open(os.path.join(HERE, "conf", "slim-all.yaml"), encoding="ascii") as f:
            config = f.read().replace("${BENCH_FILES}", folder + "/logs/app.log").replace(
                "${BENCH_KEEP}", "90 days")
        agent = started(folder, config, ["taskset", "-c", str(cores[0])])
        agent.wait_until_following()

        def hold_back(lines, size):
            if size // BLOCK % 64:
                return
            while size - size * agent.records() // lines > BACKLOG_MOST:
                time.sleep(0.01)

        began = time.monotonic()
        copy(pieces, folder + "/logs/app.log", hold_back)
        wait_for("all is counted", lambda: agent.records() >= lines, 120)
        took = time.monotonic() - began
        cpu = agent.cpu()
        agent.end()
    finally:
        burner.kill()
        burner.wait()
        os.sched_setaffinity(0, cores)
    agent.must_add_up(data.truth.lines * RATE_ROUNDS)
    must_be("calls", agent.calls(), data.truth.total[0] * RATE_ROUNDS)
    goals.add("sustained on one core, the other busy, lines/s", "%d k" % (RATE_GOAL / 1e3),
              "%.0f k" % (lines / took / 1e3), lines / took >= RATE_GOAL)
    goals.add("  with %.1f s of CPU in %.1f s, MB/s" % (cpu, took), "",
              "%.0f" % (size / 1e6 / took), None)
    goals.add("  what its writer can do alone, lines/s", "", "%.0f k" % (lines / alone / 1e3), None)


# ---- killing ----

STORM_LINES, STORM_RATE, STORM_ROTATE = 100000, 5000, 4000


class Writing:
    """Lines at a steady rate, into a log that is rotated by rename."""

    def __init__(self, path):
        self.path, self.log, self.lines = path, append(path), 0
        self.began = time.monotonic()

    def rotate(self):
        os.close(self.log)
        os.rename(self.path, "%s.%d" % (self.path, self.lines // STORM_ROTATE))
        self.log = append(self.path)

    def catch_up(self):
        due = min(STORM_LINES, int((time.monotonic() - self.began) * STORM_RATE))
        while self.lines < due:
            os.write(self.log, line(self.lines))
            self.lines += 1
            if self.lines % STORM_ROTATE == 0:
                self.rotate()


def storm(folder, goals, options):
    """kill -9 every 5 to 50 ms while a log is written and rotated, then one run in peace."""
    del options
    agent = started(folder)
    writing = Writing(folder + "/logs/app.log")
    moments = random.Random(1)
    kills = progress = before = 0
    while writing.lines < STORM_LINES:
        agent.start()
        until = time.monotonic() + moments.uniform(0.005, 0.05)
        while time.monotonic() < until:
            writing.catch_up()
            time.sleep(0.002)
        agent.kill()
        kills += 1
        calls = agent.calls()
        progress, before = progress + (calls > before), calls
    agent.start()
    wait_for("all is counted", lambda: agent.calls() >= STORM_LINES)
    agent.settle(3)
    agent.end()
    agent.must_add_up(STORM_LINES)
    missing = STORM_LINES - len(set(agent.ids("app")))
    goals.add("kill -9 every 5 to 50 ms: %d lines, %d kills, calls missing or twice" % (
        STORM_LINES, kills), "0", "%d" % (missing + abs(agent.calls() - STORM_LINES)),
              missing == 0 and agent.calls() == STORM_LINES)
    goals.add("  runs that were killed after a commit of theirs", "", "%d" % progress, None)
    goals.add("  counted before the last run", "", "%d" % before, None)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="folder of generate")
    parser.add_argument("--data", default="build/bench/data", help="for the log that is written")
    options = parser.parse_args()
    options.mb = int(os.environ.get("BENCH_MB", "200"))
    options.parts = [p for p in os.environ.get("BENCH_FOLLOW", PARTS).split(",") if p]
    for part in options.parts:
        if part not in PARTS.split(","):
            sys.exit("bench: %r is none of %s" % (part, PARTS))
    return options


def main():
    options = read_options()
    os.makedirs(options.data, exist_ok=True)
    goals = Goals()
    measures = {"latency": latency, "idle": idle, "rate": rate, "storm": storm}
    for part in options.parts:
        folder = tempfile.mkdtemp(prefix="tokentail-follow-")
        try:
            measures[part](folder, goals, options)
        finally:
            shutil.rmtree(folder)
    table(["", "wanted", "reached", ""], goals.rows)


main()
