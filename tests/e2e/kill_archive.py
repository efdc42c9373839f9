"""kill_archive.py TOKENTAIL FOLDER KILLS SEED: kills what moves calls into and out of the archive (-9)
at random moments, or lets no file grow beyond a random size, and then runs it to its end. Each time
the ledger, the files and the truth have to agree: every call is in exactly one of both, and `verify`
finds nothing.

A round is one of: a rotation; a rotation into days that are there already; a restore; a backfill of
history that goes straight to the archive.
"""
import datetime
import gzip
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time

DAYS, CALLS = 6, 6000
SOURCE = """
sources:
  - name: app
    paths: "%s/logs/*"
    format: json
    dedupe: { by: request_id }
    fields: { time: time, model: model, input_tokens: in, output_tokens: out, request_id: request_id }
"""


class World:
    def __init__(self, binary, folder, seed):
        self.binary, self.folder = binary, folder
        self.random = random.Random(seed)
        self.db = os.path.join(folder, "tokentail.db")
        self.truth = {}  # request_id -> output tokens
        for name, keep in (("keep", "keep: {calls: forever}\n"), ("old", "")):
            with open(os.path.join(folder, name + ".yaml"), "w", encoding="utf-8") as out:
                out.write(SOURCE % folder + keep)
        os.mkdir(os.path.join(folder, "logs"))

    def log(self, n):
        """A new log of calls that are old, some of them better records of calls that are known."""
        start = datetime.datetime(2026, 1, 1)
        name = os.path.join(self.folder, "logs", "%d.log" % len(os.listdir(self.folder + "/logs")))
        with open(name, "w", encoding="utf-8") as out:
            for _ in range(n):
                known = self.truth and self.random.random() < 0.05
                key = self.random.choice(list(self.truth)) if known else "r%d" % len(self.truth)
                tokens = self.truth.get(key, 0) + self.random.randrange(1, 50)
                second = int(hash_of(key) % (DAYS * 86400))
                self.truth[key] = tokens
                out.write(json.dumps({"time": (start + datetime.timedelta(seconds=second)).isoformat() + "Z",
                                      "model": "gpt-4o", "in": 1, "out": tokens, "request_id": key}) + "\n")

    def command(self, words, config="old"):
        return [self.binary, *words, "-q", "-c", os.path.join(self.folder, config + ".yaml"), "--db", self.db]

    def run(self, words, config="old"):
        done = subprocess.run(self.command(words, config), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode:
            raise SystemExit("%s: status %d: %s" % (words, done.returncode, done.stdout))

    def run_and_disturb(self, words, config="old"):
        """Killed, or out of room, or done before that. True when it was disturbed."""
        full = self.random.random() < 0.3
        limit = self.random.randrange(1 << 12, 1 << 19)

        def less_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        process = subprocess.Popen(self.command(words, config), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, preexec_fn=less_room if full else None)
        if not full:
            time.sleep(self.random.random() * self.took.get(words[0], 0.05))
            process.kill()
        began = time.monotonic()
        status = process.wait()
        if status == 0:
            self.took[words[0]] = max(0.01, time.monotonic() - began + 0.02)
        return status != 0

    took = {}

    def check(self, where):
        """Each call of the truth is once in the database or in a file that the ledger knows."""
        db = sqlite3.connect("file:%s?mode=ro" % self.db, uri=True)
        found = list(db.execute("SELECT request_id, output_tokens FROM calls"))
        superseded = {"%016x" % (key % 2 ** 64) for key, in db.execute("SELECT key FROM superseded")}
        segments = list(db.execute("SELECT file, bytes FROM archive"))
        totals = db.execute("SELECT TOTAL(calls), TOTAL(output) FROM totals").fetchone()
        db.close()
        for name, size in segments:
            with open("%s.archive/%s" % (self.db, name), "rb") as file:
                lines = gzip.decompress(file.read(size)).decode().splitlines()
            calls = [json.loads(line) for line in lines[1:]]
            found += [(call["request_id"], call["output_tokens"]) for call in calls
                      if call["dedupe_key"] not in superseded]
        if sorted(found) != sorted(self.truth.items()):
            twice = len(found) - len(dict(found))
            raise SystemExit("%s: %d calls of %d, %d twice" % (where, len(found), len(self.truth), twice))
        if totals != (len(self.truth), sum(self.truth.values())):
            raise SystemExit("%s: the totals are %s" % (where, totals))
        self.run(["archive", "verify"])


def hash_of(key):
    return (int(key[1:]) * 2654435761) % 2 ** 32


def play(world):
    """One round; how often it was disturbed."""
    kind = world.random.choice(["rotate", "late", "restore", "straight"])
    config, words = "old", ["archive", "run"]
    if kind == "restore":
        words = ["archive", "restore", "--since", "2026-01-0%d" % world.random.randrange(1, DAYS)]
    if kind in ("late", "straight"):
        world.log(world.random.randrange(1, CALLS // 4))
    if kind == "straight":
        words = ["backfill"]
    if kind == "late":
        world.run(["backfill"], "keep")
    disturbed = 0
    for _ in range(world.random.randrange(1, 4)):
        disturbed += world.run_and_disturb(words, config)
    world.run(words, config)
    world.check(kind)
    return disturbed


def main(binary, folder, kills, seed):
    seed = int(seed) if seed else random.SystemRandom().randrange(1 << 30)
    print("SEED=%d" % seed, flush=True)
    world = World(binary, folder, seed)
    world.log(CALLS)
    world.run(["backfill"], "keep")
    world.check("the beginning")
    done = 0
    for _ in range(4 * int(kills)):
        done += play(world)
        if done >= int(kills):
            break
    print("%d disturbances, %d calls" % (done, len(world.truth)))
    if done < int(kills) // 2:
        raise SystemExit("only %d of %s disturbances came in time" % (done, kills))


main(*sys.argv[1:])
