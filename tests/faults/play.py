"""Plays writer, rotator, clock and murderer against `tokentail run`, and holds what was counted
against what was written: play.py [--seeds N] [--first SEED] [--ops N] [--jobs N] [--history]

A play is a random sequence of the events of the table below; its seed gives it again. In plays of
even seeds bytes are destroyed (truncated, or deleted before they are read), in the others never.
verdict.py says what has to be true then. The plays wait most of the time, so many run at once. One
that goes wrong tells its events; with KEEP=1 in the environment its folder is kept.
"""
import argparse
import concurrent.futures
import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import verdict  # noqa: E402
from victim import Victim, Wrong  # noqa: E402
from written import Files, Log  # noqa: E402

CONFIG = """
database: %(dir)s/t.db
follow: {poll: 20ms, commit: 40ms, finish_after: 1s, rescan: %(rescan)s, watch: %(watch)s}
keep: {calls: forever}
sources:
  - {name: app, paths: ['%(dir)s/logs/app.log*', '%(dir)s/logs/job.log*'], preset: json}
  - {name: link, paths: ['%(dir)s/links/*'], preset: json, follow_symlinks: true}
  - {name: witness, paths: ['%(dir)s/witness'], preset: json}
"""


class Play:
    def __init__(self, seed, ops):
        self.seed, self.ops = seed, ops
        self.random = random.Random(seed)
        self.destroys = seed % 2 == 0
        self.dir = tempfile.mkdtemp(prefix="tokentail-play-%d-" % seed)
        self.history, self.began = [], time.monotonic()
        self.files = Files()
        for folder in ("logs", "links"):
            os.mkdir(self.path(folder))
        self.logs = [Log(self.files, self.path("logs", name), self.random)
                     for name in ("app.log", "job.log")]
        self.link = Log(self.files, self.path("links", "to-0"), self.random)
        self.targets = 1
        os.symlink("to-0", self.path("links", "current"))
        self.witness = Log(Files(), self.path("witness"), random.Random(0))
        self.victim = Victim(self.dir)
        watch = self.random.choice(["auto", "poll"])
        self.rescan = 0.06 if watch == "poll" else 2  # seconds
        with open(self.path("t.yaml"), "w", encoding="ascii") as f:
            f.write(CONFIG % {"dir": self.dir, "watch": watch,
                              "rescan": "%dms" % (1000 * self.rescan)})

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def note(self, *words):
        self.history.append("%6.3f  %s" % (time.monotonic() - self.began,
                                           " ".join(str(word) for word in words)))

    def look(self):
        """Waits until the agent has certainly looked at all files as they are now."""
        time.sleep(max(0, self.victim.free_since + self.rescan + 0.1 - time.monotonic()))
        now = [(content, content.size if size is None else size)
               for content, size in self.files.at.values()]
        for _ in range(2):  # by the first it may have found out that it can commit again, and
            time.sleep(0.07)  # that there is a new file, for which it looks a moment later
            name, line = self.witness.next()
            self.witness.put(name, line)
            self.victim.until(lambda n=name: self.victim.query(
                "SELECT 1 FROM call_rows WHERE request_id = ?", n), "a turn of the agent")
        for content, size in now:
            content.seen = max(content.seen, size)

    def nap(self):
        time.sleep(self.random.choice([0, 0, 0.005, 0.02, 0.08]))

    def play(self):
        self.victim.start()
        events = [row for row in EVENTS if self.destroys or not row[2]]
        for _ in range(self.ops):
            event = self.random.choices(events, [row[1] for row in events])[0][0]
            self.note(event.__name__)
            event(self)
            self.nap()
        self.note("the end")
        for log in self.logs + [self.link]:
            log.finish()

    def clean(self):
        self.victim.relieve()
        self.victim.end(signal.SIGKILL)
        for log in self.logs + [self.link, self.witness]:
            log.close()
        if os.environ.get("KEEP") != "1":
            shutil.rmtree(self.dir)


# ---- the writer ----

def write(p):
    log, n = p.random.choice(p.logs + [p.link]), p.random.choice([1, 1, 2, 10, 200])
    p.note("       ", log.path, n)
    log.write(n)


def write_half(p):
    p.random.choice(p.logs + [p.link]).write_half()


# ---- the rotator ----

def shift(p, log):
    """app.log.N to app.log.N+1, packed or not."""
    names = [n for n in os.listdir(p.path("logs")) if n.startswith(os.path.basename(log.path) + ".")]
    for name in sorted(names, key=lambda n: -int(n.split(".")[2])):
        parts = name.split(".")
        parts[2] = str(int(parts[2]) + 1)
        p.files.move(p.path("logs", name), p.path("logs", ".".join(parts)))


def rotate_rename(p):
    log = p.random.choice(p.logs)
    late = p.random.random() < 0.4  # the writer notices only when it has written once more
    p.note("       ", log.path, "late" if late else "")
    if not late:
        log.finish()
    shift(p, log)
    p.files.move(log.path, log.path + ".1")
    if late:
        log.write(p.random.choice([1, 3]))
    log.open()


def copy(p, old, new, content, size, pause=None):
    """As cp does it: piece by piece."""
    done = 0
    with open(old, "rb") as f, open(new, "wb", buffering=0) as to:
        while done < size:
            done += to.write(f.read(min(size - done, p.random.choice([100, 4096, 65536]))))
            p.files.at[new] = (content, done)
            if pause and done < size:
                pause()
    p.files.at[new] = (content, size)


def rotate_copytruncate(p):
    log = p.random.choice(p.logs)
    log.finish()
    shift(p, log)
    copy(p, log.path, log.path + ".1", log.content, log.content.size)
    if p.random.random() < 0.3:  # nobody will ever read these, if the agent does not now
        log.write(2)
    log.truncate()
    log.write(p.random.choice([0, 1, 30]))


def copy_beside(p):
    """A copy that somebody makes for himself, and that matches."""
    log = p.random.choice(p.logs)
    log.finish()
    shift(p, log)
    copy(p, log.path, log.path + ".1", log.content, log.content.size)


def copy_over(p):
    """The same over the one that he made before; perhaps it takes long, with pauses."""
    log = p.random.choice(p.logs)
    slow = p.random.random() < 0.3

    def pause():
        if p.random.random() < 0.2:
            time.sleep(p.random.choice([0.1, 1.2]))

    p.note("       ", log.path, "slowly" if slow else "")
    log.finish()
    copy(p, log.path, log.path + "-copy", log.content, log.content.size, pause if slow else None)


def pack(p):
    plain = sorted(n for n in os.listdir(p.path("logs")) if n[-1].isdigit())
    if not plain:
        return
    name = p.path("logs", p.random.choice(plain))
    with open(name, "rb") as f:
        data = gzip.compress(f.read(), 1)
    p.note("       ", name)
    with open(name + ".gz", "wb", buffering=0) as f:
        for part in (data[:7], data[7:40], data[40:]):
            f.write(part)
            p.nap()
    p.files.at[name + ".gz"] = p.files.at.pop(name)
    os.unlink(name)


def replace_longer(p):
    """As an editor saves: another file in its place, with all that was there and more."""
    log = p.random.choice(p.logs)
    log.finish()
    aside = p.path("aside")
    shutil.copyfile(log.path, aside)
    old = log.content
    os.rename(aside, log.path)
    log.reopen(old)
    log.write(p.random.choice([0, 2, 40]))


def swap_link(p):
    """The link `current` leads to another file from now on."""
    late = p.random.random() < 0.4
    target = "to-%d" % p.targets
    p.targets += 1
    if not late:
        p.link.finish()
    with open(p.path("links", target), "wb"):
        pass
    os.symlink(target, p.path("aside"))
    os.rename(p.path("aside"), p.path("links", "current"))
    if late:
        p.link.write(2)
    p.link.finish()
    p.link.open(p.path("links", target))


# ---- what destroys ----

def truncate(p):
    log = p.random.choice(p.logs)
    p.note("       ", log.path)
    log.finish()
    log.truncate()
    log.write(p.random.choice([0, 1, 300]))  # perhaps larger than before when the agent looks


def recreate(p):
    """Deletes the log and writes another, which mostly gets the same inode."""
    log = p.random.choice(p.logs)
    log.finish()
    os.unlink(log.path)
    log.content.destroyed = True
    log.open()
    log.write(p.random.choice([0, 1, 30]))


def replace(p):
    """Another file in its place, at once, with nothing of what was there."""
    log = p.random.choice(p.logs)
    log.finish()
    log.content.destroyed = True
    aside = p.path("aside")
    log.open(aside)
    log.write(p.random.choice([0, 1, 30]))
    p.files.move(aside, log.path)


# ---- the clock ----

def turn_clock(p):
    """A file says that it was changed long ago, or will be."""
    path = p.random.choice(sorted(p.files.at))
    by = p.random.choice([-1e8, -3600, 0, 3600])
    p.note("       ", path, by)
    os.utime(path, (time.time() + by, time.time() + by))


# ---- the murderer ----

def start(p):
    p.victim.start()


def kill(p):
    p.victim.end(signal.SIGKILL)


def terminate(p):
    p.victim.end(signal.SIGTERM)


def stop(p):
    p.victim.stop()


def no_descriptors(p):
    p.victim.no_descriptors()


def full_disk(p):
    p.victim.full_disk()


def lock_database(p):
    p.victim.lock_database()


def relieve(p):
    p.victim.relieve()


def look(p):
    if p.victim.works():
        p.look()


# Event, weight, whether it destroys.
EVENTS = (
    (write, 8, False),
    (write_half, 3, False),
    (rotate_rename, 3, False),
    (copy_beside, 0.5, False),
    (copy_over, 0.5, False),
    (pack, 1, False),
    (replace_longer, 0.5, False),
    (swap_link, 1, False),
    (rotate_copytruncate, 1.5, True),
    (truncate, 1, True),
    (recreate, 1, True),
    (replace, 0.5, True),
    (turn_clock, 1, False),
    (start, 3, False),
    (kill, 1, False),
    (terminate, 1, False),
    (stop, 1, False),
    (no_descriptors, 0.5, False),
    (full_disk, 0.5, False),
    (lock_database, 1, False),
    (relieve, 3, False),
    (look, 3, False),
)


# Once they failed: they are played with any others.
REMEMBERED = (17, 21, 33, 40, 42, 161, 172, 282, 496, 1079, 1112, 1346, 1474, 1510, 1577, 2260,
              2462, 4010)


def run(seed, ops):
    """What went wrong, in words; None: nothing."""
    p = Play(seed, ops)
    try:
        p.play()
        verdict.settle(p)
        verdict.check(p)
    except (Wrong, subprocess.TimeoutExpired, OSError) as wrong:
        p.note("WRONG: %s" % wrong)
    finally:
        p.clean()
    return p


def is_wrong(p):
    return "WRONG" in p.history[-1]


def tell(p):
    print("seed %d, %d events, in %s\n  %s" % (p.seed, p.ops, p.dir, "\n  ".join(p.history)), flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20,
                         help="how many; more than one: and those that failed once")
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--ops", type=int, default=40)
    options.add_argument("--jobs", type=int, default=32)
    options.add_argument("--history", action="store_true", help="of those that go well, too")
    args = options.parse_args()
    seeds = set(range(args.first, args.first + args.seeds))
    if args.seeds > 1:
        seeds.update(REMEMBERED)
    wrong_ones = []
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for task in concurrent.futures.as_completed(
                pool.submit(run, seed, args.ops) for seed in sorted(seeds)):
            p = task.result()
            wrong = is_wrong(p)
            wrong_ones += [p] if wrong else []
            if wrong or args.history:
                tell(p)
    failed = 0
    for p in wrong_ones:  # beside many others something may have come too late
        p = run(p.seed, args.ops)
        failed += is_wrong(p)
        if is_wrong(p):
            print("again: ", end="")
            tell(p)
    print("%d seeds from %d, %d failed, %d of them again by themselves, %.0f s" % (
        len(seeds), args.first, len(wrong_ones), failed, time.monotonic() - began))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
