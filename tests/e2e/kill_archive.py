"""kill_archive.py TOKENTAIL FOLDER KILLS SEED: kills what moves calls into and out of the archive (-9)
at random moments, or lets no file grow beyond a random size, and then runs it to its end. Each time
the ledger, the files and the truth have to agree: every call is in exactly one of both, of the cost
it should have, and `verify` finds nothing.

A round is one of: a rotation; a rotation into days that are there already; a restore; a backfill of
history that goes straight to the archive; new prices for all calls, wherever they are, which all
have them afterwards or, when that was disturbed, none.
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
import zlib
from decimal import Decimal

DAYS, CALLS = 6, 6000
SOURCE = """
sources:
  - name: app
    paths: "%s/logs/*"
    format: json
    dedupe: { by: request_id }
    fields: { time: time, model: model, input_tokens: in, output_tokens: out, request_id: request_id }
prices:
  own:
    - { provider: openai, name: gpt-4o, prices: [{ input: 1, output: %d }] }
"""


class World:
    def __init__(self, binary, folder, seed):
        self.binary, self.folder = binary, folder
        self.random = random.Random(seed)
        self.db = os.path.join(folder, "tokentail.db")
        self.truth = {}  # request_id -> output tokens
        self.prices = {}  # request_id -> of a million of them, as it was counted or priced last
        self.new_prices()
        os.mkdir(os.path.join(folder, "logs"))

    def new_prices(self):
        self.price = self.random.randrange(1, 1000)
        for name, keep in (("keep", "keep: {calls: forever}\n"), ("old", "")):
            with open(os.path.join(self.folder, name + ".yaml"), "w", encoding="utf-8") as out:
                out.write(SOURCE % (self.folder, self.price) + keep)

    def cost_of(self, key):
        """Nano-dollars."""
        return 1000 + self.truth[key] * self.prices[key] * 1000

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
                self.prices[key] = self.price
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

    def lines_of(self, name, size, made):
        """Those of the file that the ledger knows, which a kill may have left under its second name."""
        for suffix in ("", ".before"):
            try:
                with open("%s.archive/%s%s" % (self.db, name, suffix), "rb") as file:
                    lines = gzip.decompress(file.read(size)).decode().splitlines()
            except (OSError, EOFError, zlib.error):
                continue
            if json.loads(lines[0])["made"] == made:
                return lines[1:]
        raise SystemExit("%s is not there as the ledger knows it" % name)

    def check(self, where):
        """Each call of the truth is once in the database or in a file that the ledger knows."""
        self.run(["archive", "verify"])
        db = sqlite3.connect("file:%s?mode=ro" % self.db, uri=True)
        found = list(db.execute("SELECT request_id, output_tokens, cost_nano FROM calls"))
        superseded = {"%016x" % (key % 2 ** 64) for key, in db.execute("SELECT key FROM superseded")}
        segments = list(db.execute("SELECT strftime('%Y/calls-%Y-%m-%d.jsonl.gz', day * 86400, 'unixepoch'),"
                                   " bytes, made FROM segments"))
        totals = db.execute("SELECT TOTAL(calls), TOTAL(output), TOTAL(cost) FROM totals").fetchone()
        remembered = db.execute("SELECT TOTAL(cost) FROM dedupe").fetchone()[0]
        db.close()
        for segment in segments:
            calls = [json.loads(line) for line in self.lines_of(*segment)]
            found += [(call["request_id"], call["output_tokens"], int(Decimal(call["cost_usd"]) * 10 ** 9))
                      for call in calls if call["dedupe_key"] not in superseded]
        wanted = [(key, tokens, self.cost_of(key)) for key, tokens in self.truth.items()]
        if sorted(found) != sorted(wanted):
            wrong = len(set(found) - set(wanted))
            raise SystemExit("%s: %d calls of %d, %d of them wrong" % (where, len(found), len(wanted), wrong))
        cost = sum(call[2] for call in wanted)
        if totals != (len(wanted), sum(self.truth.values()), cost) or remembered != cost:
            raise SystemExit("%s: the totals are %s, %s is remembered" % (where, totals, remembered))

    def is_priced(self):
        """Whether the last new prices are in force."""
        db = sqlite3.connect("file:%s?mode=ro" % self.db, uri=True)
        done = db.execute("SELECT COUNT(*) FROM reprice_rows").fetchone()[0]
        db.close()
        return done


def hash_of(key):
    return (int(key[1:]) * 2654435761) % 2 ** 32


def play(world):
    """One round; how often it was disturbed."""
    kind = world.random.choice(["rotate", "late", "restore", "straight", "reprice", "reprice"])
    if kind == "reprice":
        return reprice(world)
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


def reprice(world):
    """As play. A run that was killed just behind its commit is a whole one."""
    before = world.is_priced()
    world.new_prices()
    disturbed = 0
    for _ in range(world.random.randrange(1, 4)):
        disturbed += world.run_and_disturb(["reprice"])
        if world.is_priced() > before:
            world.prices = dict.fromkeys(world.prices, world.price)
        world.check("reprice, disturbed")
    world.prices = dict.fromkeys(world.prices, world.price)
    world.run(["reprice"])
    world.check("reprice")
    left = [name for _, _, names in os.walk(world.db + ".archive") for name in names if not name.endswith(".gz")]
    if left:
        raise SystemExit("files are left: %s" % left)
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
