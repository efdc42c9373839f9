"""What the tests with real writers and rotators share: calls to write, a writer that opens its log anew
when it is told to, and the verdict on what the agent made of it.

A test is a function that takes a Trial. It has a folder, writes calls of known ids there while the agent
follows, and says with `expect` what has to be counted.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from agent import Agent, wait_for  # noqa: E402

LINE = ('{"time":"2026-03-01T10:00:00Z","model":"gpt-4o","input_tokens":10,"output_tokens":1,'
        '"request_id":"%s"}')
FOLLOW = "follow: {poll: 100ms, commit: 100ms, rescan: 500ms, finish_after: 1s}\n"


def tool(name):
    """Where a program is; a test must not pass because it is missing."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        sys.exit("%s is not installed: tests/deps.sh real" % name)
    return path


class Writer(threading.Thread):
    """Appends calls PREFIX-0, PREFIX-1, ... to `path`, `rate` a second, until it has written `count`.
    `reopen` makes it open its log anew before the next line, as a service does on a signal."""

    def __init__(self, path, prefix, count, rate):
        super().__init__()
        self.path, self.prefix, self.count, self.rate = path, prefix, count, rate
        self.ids = ["%s-%d" % (prefix, i) for i in range(count)]
        self.again = threading.Event()

    def reopen(self):
        self.again.set()

    def run(self):
        began = time.monotonic()
        log = open(self.path, "ab", buffering=0)
        for i, name in enumerate(self.ids):
            if self.again.is_set():
                self.again.clear()
                log.close()
                log = open(self.path, "ab", buffering=0)
            log.write((LINE % name).encode() + b"\n")
            if i % 10 == 0:
                time.sleep(max(0.0, began + i / self.rate - time.monotonic()))
        log.close()


class Trial:
    """A folder, an agent on it, and what has to be counted of each source."""

    def __init__(self, folder, sources):
        self.folder = folder
        self.agent = Agent(folder, FOLLOW + "keep: {calls: forever}\nsources:\n" +
                           "".join("  - " + source + "\n" for source in sources))
        self.wanted = {}

    def expect(self, source, ids):
        """Exactly these are counted in the end, each once."""
        self.wanted[source] = list(ids)

    def check_source(self, source, wanted):
        counted = self.agent.ids(source)
        twice = len(counted) - len(set(counted))
        missing, foreign = set(wanted) - set(counted), set(counted) - set(wanted)
        if twice or missing or foreign:
            raise AssertionError("%s: %d written; %d counted twice, %d missing %s, %d foreign %s" % (
                source, len(wanted), twice, len(missing), sorted(missing)[:5], len(foreign),
                sorted(foreign)[:5]))

    def check(self, skipped=0):
        """The verdict: all is counted, it adds up, and two restarts add nothing and leak nothing."""
        total = sum(map(len, self.wanted.values()))
        try:
            wait_for("%d calls are counted" % total, lambda: self.agent.calls() >= total, 30)
        except AssertionError:
            pass  # what is missing is said below
        self.agent.settle()
        for source, wanted in self.wanted.items():
            self.check_source(source, wanted)
        self.agent.end()
        self.agent.must_add_up(total + skipped)
        self.check_restarts()
        return total

    def check_restarts(self):
        before, lost = self.agent.outcomes(), self.agent.lost()
        files = sum(len(names) for _, _, names in os.walk(self.folder))
        for _ in range(2):
            self.agent.wait_until_following()
            self.agent.settle(1.5)
            if self.agent.descriptors() > files + 10:
                raise AssertionError("%d descriptors for %d files" % (
                    self.agent.descriptors(), files))
            self.agent.end()
            if (self.agent.outcomes(), self.agent.lost()) != (before, lost):
                raise AssertionError("a restart changed %s to %s" % (before, self.agent.outcomes()))


def run(test):
    """Runs a test in a folder of its own, which stays when it fails."""
    folder = tempfile.mkdtemp(prefix="tokentail-real-")
    began = time.monotonic()
    try:
        said = test(folder)
    except (AssertionError, OSError, subprocess.SubprocessError) as wrong:
        print("%s\n  kept in %s" % (wrong, folder))
        log = os.path.join(folder, "agent.out")
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as f:
                print("".join(f.readlines()[-40:]))
        sys.exit(1)
    shutil.rmtree(folder)
    print("%s; %.1f s" % (said, time.monotonic() - began))
