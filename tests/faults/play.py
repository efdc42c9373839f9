"""Plays writer, rotator and murderer against `tokentail run`, and compares what was counted with what
was written: play.py [--seeds N] [--first SEED] [--ops N] [--truncate]

Every line that is written is a call with an id of its own. After a random sequence of events the
agent is given time to finish, ended, and started once more, which must add nothing. Without
truncation each id must have been counted exactly once. With it (copytruncate and truncation) an id
may be missing only if bytes are said to be lost, and none may be counted twice.
"""
import argparse
import gzip
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

LINE = ('{"time":"2026-03-01T10:00:00Z","model":"gpt-4o","input_tokens":10,"output_tokens":1,'
        '"request_id":"%s"}\n')
CONFIG = """
database: %(dir)s/t.db
follow: {poll: 20ms, commit: 40ms, finish_after: 400ms, rescan: 60ms, watch: %(watch)s}
keep: {calls: forever}
sources: [{name: app, paths: ['%(dir)s/logs/app.log*'], preset: json, timezone: UTC}]
"""


class Play:
    def __init__(self, seed, ops, truncate):
        self.random = random.Random(seed)
        self.ops, self.truncate = ops, truncate
        self.dir = tempfile.mkdtemp(prefix="tokentail-play-%d-" % seed)
        self.logs = os.path.join(self.dir, "logs")
        os.mkdir(self.logs)
        self.path = os.path.join(self.logs, "app.log")
        self.written, self.history = [], []
        self.agent = None
        self.out = None
        self.pending = None
        self.rotations = 0
        self.writer = open(self.path, "ab", buffering=0)
        with open(os.path.join(self.dir, "t.yaml"), "w", encoding="ascii") as f:
            watch = self.random.choice(["auto", "poll"])
            f.write(CONFIG % {"dir": self.dir, "watch": watch})

    # ---- the writer ----

    def next_id(self):
        self.written.append("r%d" % len(self.written))
        return self.written[-1]

    def finish_line(self):
        if self.pending:
            self.writer.write(self.pending)
            self.pending = None

    def write(self):
        self.finish_line()
        for _ in range(self.random.choice([1, 1, 2, 10, 200])):
            self.writer.write((LINE % self.next_id()).encode())

    def write_half(self):
        self.finish_line()
        line = (LINE % self.next_id()).encode()
        cut = self.random.randrange(1, len(line))
        self.writer.write(line[:cut])
        self.pending = line[cut:]

    # ---- the rotator ----

    def shift(self):
        """app.log.N to app.log.N+1, packed or not; the oldest goes away."""
        names = [n for n in os.listdir(self.logs) if n.startswith("app.log.")]
        for name in sorted(names, key=lambda n: -int(n.split(".")[2])):
            parts = name.split(".")
            parts[2] = str(int(parts[2]) + 1)
            os.rename(os.path.join(self.logs, name), os.path.join(self.logs, ".".join(parts)))

    def reopen(self):
        self.writer.close()
        self.writer = open(self.path, "ab", buffering=0)

    def rotate_rename(self):
        late = self.random.random() < 0.3
        if not late:
            self.finish_line()
        self.shift()
        os.rename(self.path, self.path + ".1")
        if late:  # the writer notices only now
            self.write()
        self.reopen()

    def rotate_copytruncate(self):
        if not self.truncate:
            return
        self.finish_line()
        self.shift()
        shutil.copy(self.path, self.path + ".1")
        os.truncate(self.path, 0)

    def truncate_now(self):
        if self.truncate:
            self.finish_line()
            os.truncate(self.path, 0)
            if self.random.random() < 0.5:
                self.write()

    def pack(self):
        name = self.path + ".2"
        if not os.path.exists(name):
            return
        with open(name, "rb") as f:
            data = gzip.compress(f.read())
        with open(name + ".gz", "wb", buffering=0) as f:
            for part in (data[:7], data[7:40], data[40:]):
                f.write(part)
                self.nap()
        os.unlink(name)

    def recreate(self):
        """Deletes the log, which the agent has to have seen: what nobody can open any more is gone."""
        if not self.truncate:
            return
        self.finish_line()
        os.unlink(self.path)
        self.reopen()

    # ---- the murderer ----

    def start(self):
        if self.agent is None:
            self.started = time.monotonic()
            self.out = open(os.path.join(self.dir, "out"), "ab")
            self.agent = subprocess.Popen(
                [os.environ["TOKENTAIL"], "run", "-c", os.path.join(self.dir, "t.yaml")],
                stdout=self.out, stderr=self.out)

    def end(self, number):
        if self.agent is None:
            return
        began = time.monotonic()
        self.agent.send_signal(number)
        status = self.agent.wait(timeout=20)
        self.agent = None
        self.out.close()
        if number == signal.SIGTERM:
            early = began - self.started < 0.3  # it could not say yet what it does then
            assert status == 0 or early, "exit status %d after SIGTERM" % status
            assert time.monotonic() - began < 5, "took too long to end"

    def kill(self):
        self.end(signal.SIGKILL)

    def terminate(self):
        self.end(signal.SIGTERM)

    def hang(self):
        if self.agent:
            self.agent.send_signal(signal.SIGSTOP)
            self.write()
            self.nap()
            self.agent.send_signal(signal.SIGCONT)

    def lock(self):
        """Somebody else holds the database for a while."""
        db = sqlite3.connect(os.path.join(self.dir, "t.db"), timeout=0.2)
        try:
            db.execute("BEGIN IMMEDIATE")
            self.write()
            time.sleep(0.1)
            db.rollback()
        except sqlite3.OperationalError:
            pass
        db.close()

    def nap(self):
        time.sleep(self.random.choice([0, 0.005, 0.02, 0.08]))

    def play(self):
        events = [self.write] * 8 + [self.write_half] * 3 + [self.rotate_rename] * 2 + [
            self.rotate_copytruncate, self.truncate_now, self.recreate, self.pack, self.start,
            self.start, self.start, self.kill, self.terminate, self.hang, self.lock, self.nap,
            self.nap]
        self.start()
        for _ in range(self.ops):
            event = self.random.choice(events)
            self.history.append(event.__name__)
            event()
            self.nap()
        self.finish_line()

    # ---- the verdict ----

    def counted(self):
        try:
            db = sqlite3.connect(os.path.join(self.dir, "t.db"))
            ids = [row[0] for row in db.execute("SELECT request_id FROM calls")]
            lost = db.execute("SELECT total(lost) FROM files").fetchone()[0]
            db.close()
            return ids, lost
        except sqlite3.OperationalError:
            return [], 0

    def settle(self):
        """Waits until nothing changes any more."""
        self.start()
        before, since = None, time.monotonic()
        while time.monotonic() - since < 1.2:
            now = self.counted()
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.1)

    def check(self):
        self.settle()
        self.terminate()
        ids, lost = self.counted()
        self.settle()
        assert self.agent.poll() is None, "the agent has ended"
        descriptors = os.listdir("/proc/%d/fd" % self.agent.pid)
        self.terminate()
        again, _ = self.counted()
        assert len(again) == len(ids), "a restart added %d calls" % (len(again) - len(ids))
        assert len(set(ids)) == len(ids), "%d calls were counted twice" % (len(ids) - len(set(ids)))
        missing = set(self.written) - set(ids)
        assert not set(ids) - set(self.written), "calls that nobody wrote"
        assert not missing or (self.truncate and (lost > 0 or self.unseen())), \
            "%d of %d calls are missing, lost bytes %d: %s" % (
                len(missing), len(self.written), lost, sorted(missing)[:5])
        assert len(descriptors) < 60, "%d open descriptors" % len(descriptors)

    def unseen(self):
        """With truncation, lines may be destroyed while nobody follows."""
        return any(event in self.history for event in ("kill", "terminate", "hang", "lock",
                                                       "truncate_now", "recreate",
                                                       "rotate_copytruncate"))


def run(seed, ops, truncate):
    play = Play(seed, ops, truncate)
    try:
        play.play()
        play.check()
    except (AssertionError, subprocess.TimeoutExpired, OSError) as wrong:
        print("seed %d: %s\n  %s\n  kept in %s" % (seed, wrong, " ".join(play.history), play.dir))
        play.kill()
        return False
    shutil.rmtree(play.dir)
    return True


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--ops", type=int, default=40)
    options.add_argument("--truncate", action="store_true")
    args = options.parse_args()
    failed = sum(not run(seed, args.ops, args.truncate)
                 for seed in range(args.first, args.first + args.seeds))
    print("%d seeds from %d, %d failed" % (args.seeds, args.first, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
