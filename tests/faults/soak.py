#!/usr/bin/env -S python3 -B
"""Follows many growing logs for a while and watches what that takes: soak.py

    SOAK_SECONDS=600   how long is written
    SOAK_FILES=200     logs, each rotated by rename every minute or so, two generations kept
    SOAK_RATE=5000     lines a second, of all of them

Ends with status 1 unless memory and descriptors stay flat after a warm-up, the time from write() to the
commit stays below two seconds, and each log's calls are counted exactly. Settings of the agent are the
defaults; a line carries the number of its log as `user`, by which the ledger says how far each is.
"""
import os
import random
import shutil
import sys
import tempfile
import time
from collections import deque

from agent import Agent, wait_for

SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
FILES = int(os.environ.get("SOAK_FILES", "200"))
RATE = int(os.environ.get("SOAK_RATE", "5000"))
ROTATE_EVERY = 60.0  # seconds, of each log
WARM_UP = min(120, SECONDS / 3)  # two rotations of each, so that as many are held open as ever will be
LAG_MOST = 2.0
GROWTH_MOST_MIB = 4.0
TICK = 0.02
LINE = ('{"time":"%s","model":"%s","input_tokens":%d,"output_tokens":%d,"user":"u%d",'
        '"request_id":"%s"}\n')
MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "o3")


class Log:
    """One log: its lines are written whole, and when each was is kept until it is committed."""

    def __init__(self, folder, number):
        self.number, self.path = number, os.path.join(folder, "app-%d.log" % number)
        self.fd = None
        self.written = self.committed = 0
        self.waiting = deque()  # (the number of lines when so many were written, when)
        self.open()

    def open(self):
        self.fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, lines, now):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = "".join(LINE % (stamp, MODELS[i % len(MODELS)], 1000 + i % 777, i % 99, self.number,
                               "%d-%d" % (self.number, self.written + i)) for i in range(lines))
        os.write(self.fd, text.encode())
        self.written += lines
        self.waiting.append((self.written, now))

    def rotate(self):
        for old, new in ((".1", ".2"), ("", ".1")):
            if os.path.exists(self.path + old):
                os.rename(self.path + old, self.path + new)
        os.close(self.fd)
        self.open()

    def note(self, committed):
        self.committed = committed
        while self.waiting and self.waiting[0][0] <= committed:
            self.waiting.popleft()

    def lag(self, now):
        """Age of the oldest line that is not committed."""
        return now - self.waiting[0][1] if self.waiting else 0.0


class Soak:
    def __init__(self, folder):
        self.random = random.Random(1)
        self.agent = Agent(folder, "sources:\n  - {name: app, paths: '%s/logs/app-*.log*', "
                                   "preset: json}\n" % folder)
        os.mkdir(folder + "/logs")
        self.logs = [Log(folder + "/logs", i) for i in range(FILES)]
        self.samples = []  # (seconds, RSS, descriptors) after the warm-up
        self.worst = 0.0
        self.rotations = 0

    def observe(self):
        """Asks the ledger how far each log is. The age of what is missing was at least this when it
        was asked."""
        asked = time.monotonic()
        for user, calls in self.agent.ask(
                "SELECT user, sum(calls) FROM usage_hourly GROUP BY user"):
            self.logs[int(user[1:])].note(calls)
        self.worst = max(self.worst, max(log.lag(asked) for log in self.logs))

    def sample(self, second):
        rss, descriptors = self.agent.rss(), self.agent.descriptors()
        if second >= WARM_UP:
            self.samples.append((second, rss, descriptors))
        if second % 60 == 0:
            print("  %4d s  %6.1f MiB  %3d descriptors  %5.2f s of CPU  lag at most %.2f s" % (
                second, rss, descriptors, self.agent.cpu(), self.worst), flush=True)

    def write(self):
        began = time.monotonic()
        rotate_at = [began + self.random.uniform(0, ROTATE_EVERY) for _ in self.logs]
        lines = ticks = second = 0
        while (now := time.monotonic()) < began + SECONDS:
            due = int((now - began) * RATE) - lines
            for log in self.random.choices(self.logs, k=due // 2):
                log.write(2, now)
            lines += due // 2 * 2
            for i, log in enumerate(self.logs):
                if now >= rotate_at[i]:
                    log.rotate()
                    rotate_at[i] += ROTATE_EVERY
                    self.rotations += 1
            ticks += 1
            if ticks % 10 == 0:
                self.observe()
            if now - began >= second + 1:
                second += 1
                self.sample(second)
            time.sleep(max(0.0, now + TICK - time.monotonic()))

    def all_counted(self):
        self.observe()
        return all(log.committed >= log.written for log in self.logs)

    def verdict(self):
        """What is wrong, in words."""
        rss, descriptors = [s[1] for s in self.samples], [s[2] for s in self.samples]
        third = max(1, len(rss) // 3)
        growth = max(rss[-third:]) - max(rss[:third])
        wrong = [log for log in self.logs if log.committed != log.written]
        print("\n  memory       %.1f MiB at most after the warm-up; grew by %.1f MiB from its first third"
              " to its last (allowed: %.1f)" % (max(rss), growth, GROWTH_MOST_MIB))
        print("  descriptors  %d to %d; from the first third to the last %+d (allowed: %d)" % (
            min(descriptors), max(descriptors),
            max(descriptors[-third:]) - max(descriptors[:third]), FILES // 10))
        print("  lag          %.2f s at the worst (allowed: %.1f)" % (self.worst, LAG_MOST))
        print("  count        %d written, %d counted; %d logs rotated %d times" % (
            sum(log.written for log in self.logs), self.agent.calls(), FILES, self.rotations))
        if growth > GROWTH_MOST_MIB:
            yield "memory grows"
        if max(descriptors[-third:]) > max(descriptors[:third]) + FILES // 10:
            yield "descriptors grow"
        if self.worst > LAG_MOST:
            yield "the lag is too long"
        if wrong:
            yield "%d logs are not counted exactly" % len(wrong)

    def run(self):
        print("%d logs, %d lines/s, %d s" % (FILES, RATE, SECONDS), flush=True)
        self.agent.wait_until_following()
        self.write()
        cpu = self.agent.cpu()
        wait_for("all is counted", self.all_counted)
        self.agent.end()
        self.agent.must_add_up(sum(log.written for log in self.logs))
        wrong = list(self.verdict())
        print("  CPU          %.1f %% of a core" % (100 * cpu / SECONDS))
        for what in wrong:
            print("soak: %s" % what)
        return 1 if wrong else 0


def main():
    folder = tempfile.mkdtemp(prefix="tokentail-soak-")
    try:
        return Soak(folder).run()
    finally:
        shutil.rmtree(folder)


sys.exit(main())
