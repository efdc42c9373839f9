"""kill.py TOKENTAIL FOLDER KILLS SEED [together]: kills backfill (-9) at random moments, runs it again
to the end, and compares what the ledger says with the truth, exactly, each time. The logs are those of
kill_logs.py, or with `together` of kill_together_logs.py.

Half of the rounds keep calls, half only totals; threads vary. A round is one to three kills, then
a run to the end, then a run that must find nothing new.
"""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

import kill_logs
import kill_together_logs

ANSWERS = """
sources:
  - name: agent
    paths: ["%s/*.jsonl*"]
    format: json
    only: [{ path: type, equals: assistant }]
    fields:
      time: timestamp
      model: message.model
      input_tokens: message.usage.input_tokens
      output_tokens: message.usage.output_tokens
      cache_read_tokens: message.usage.cache_read_input_tokens
      cache_write_tokens: message.usage.cache_creation_input_tokens
      session: sessionId
      request_id: requestId
      _message: message.id
    tokens: { input_includes_cache: false }
    dedupe: { by: [_message, request_id], keep: largest }
"""
TOGETHER = """
sources:
  - name: pieces
    paths: "%s/pieces/*"
    format: json
    fields: { time: time, model: model, input_tokens: input_tokens, output_tokens: output_tokens }
  - name: carry
    paths: "%s/carry/*"
    format: json
    carry: model
    only: { path: usage, exists: true }
    fields: { time: at, model: turn.model, input_tokens: usage.in, output_tokens: usage.out }
  - name: join
    paths: "%s/join/*"
    format: json
    join: { by: id, until: [model, output_tokens], within: 3650 days }
    fields: { time: at, model: model, request_id: id, input_tokens: in, output_tokens: out }
  - name: grow
    paths: "%s/grow/*"
    format: json
    cumulative: { by: id, fields: [input_tokens, output_tokens] }
    fields: { time: at, model: model, session: id, input_tokens: in, output_tokens: out }
"""
TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")


class Ledger:
    """One database and how it is filled. `keep` is forever or none."""

    def __init__(self, binary, folder, keep, sources):
        self.binary = binary
        self.keep = keep
        self.db = os.path.join(folder, "none.db" if keep == "none" else "kept.db")
        self.conf = os.path.join(folder, keep + ".yaml")
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(sources.replace("%s", os.path.join(folder, "logs")))
            out.write("keep:\n  calls: %s\n" % keep)

    def remove(self):
        for end in ("", "-wal", "-shm", ".lock"):
            if os.path.exists(self.db + end):
                os.unlink(self.db + end)

    def command(self, jobs):
        return [self.binary, "backfill", "-c", self.conf, "--db", self.db, "--json", "-q",
                "--jobs", str(jobs)]

    def run(self, jobs):
        return json.loads(output(self.command(jobs)))

    def run_and_kill(self, jobs, after):
        """True when it was still running after so many seconds."""
        child = subprocess.Popen(self.command(jobs), stdout=subprocess.DEVNULL)
        time.sleep(after)
        child.kill()
        return child.wait() == -9

    def records(self):
        """How many records are counted. Asks a copy: to open a database after a kill recovers it,
        and that is for the program to do."""
        copy = self.db + ".copy"
        for end in ("", "-wal"):
            if os.path.exists(copy + end):
                os.unlink(copy + end)
            if os.path.exists(self.db + end):
                shutil.copyfile(self.db + end, copy + end)
        try:
            db = sqlite3.connect(copy)
            counted = db.execute("SELECT TOTAL(records) FROM coverage").fetchone()[0]
            db.close()
            return int(counted)
        except sqlite3.OperationalError:  # killed before there were tables
            return 0

    def report(self, by):
        return json.loads(output([self.binary, "report", "-c", self.conf, "--db", self.db,
                                  "--by", by, "--json"]), parse_float=str)

    def content(self):
        """All that a reader of the ledger can tell, without ids that depend on the order."""
        db = sqlite3.connect("file:%s?mode=ro" % self.db, uri=True)
        coverage = db.execute("SELECT source, day, outcome, reason, SUM(records)"
                              " FROM coverage_daily GROUP BY 1, 2, 3, 4"
                              " ORDER BY 1, 2, 3, 4").fetchall()
        calls = db.execute(
            "SELECT source, request_id, session, time, model, input_tokens, cache_read_tokens,"
            " cache_write_tokens, output_tokens, cost_nano, unpriced FROM calls"
            " ORDER BY source, request_id, session, time, input_tokens").fetchall()
        keys = db.execute("SELECT (SELECT COUNT(*) FROM dedupe), (SELECT COUNT(*) FROM memory)"
                          ).fetchone()
        db.close()
        return {"report": self.report("hour,model"), "coverage": coverage, "calls": calls,
                "keys": keys}


def output(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit("%s: exit status %d" % (" ".join(command), done.returncode))
    return done.stdout


def differs(found, true):
    """Says where two things differ, or nothing."""
    if found == true:
        return None
    if isinstance(true, dict):
        for key in true.keys() | found.keys():
            where = differs(found.get(key), true.get(key))
            if where:
                return "%s: %s" % (key, where)
    return "found %.300s, true %.300s" % (found, true)


def check_answers(ledger, truth):
    """What the ledger reports against what the logs were made of."""
    rows = {(row["day"], row["model"]): {key: row[key] for key in ("calls", *TOKENS)}
            for row in ledger.report("day,model")["rows"]}
    wrong = differs(rows, {key: dict(total) for key, total in truth.totals.items()})
    if wrong:
        sys.exit("totals: " + wrong)
    counted = {}
    for _, _, outcome, _, n in ledger.content()["coverage"]:
        counted[outcome] = counted.get(outcome, 0) + n
    names = {"calls": "call", "duplicates": "duplicate"}
    wrong = differs(counted, {names.get(key, key): n for key, n in truth.records.items()})
    if wrong:
        sys.exit("records: " + wrong)


def check_together(ledger, truth):
    rows = {(row["source"], row["model"]):
            {key: row[key] for key in ("calls", "input_tokens", "output_tokens")}
            for row in ledger.report("source,model")["rows"]}
    wrong = differs(rows, {key: dict(total) for key, total in truth.totals.items()})
    if wrong:
        sys.exit("totals: " + wrong)
    records = {}
    for source, _, outcome, _, n in ledger.content()["coverage"]:
        of = records.setdefault(source, {})
        of[outcome] = of.get(outcome, 0) + n
    wrong = differs(records, {source: dict(n) for source, n in truth.records.items()})
    if wrong:
        sys.exit("records: " + wrong)


# What the logs are, how they are read, and what must be found.
SCENES = {"answers": (kill_logs.write, ANSWERS, check_answers),
          "together": (kill_together_logs.write, TOGETHER, check_together)}


def moment(rng, duration):
    """Anywhere in the run, and once in five near its start, where the database is made."""
    return rng.uniform(0, duration * (0.1 if rng.random() < 0.2 else 1.0))


class Growing:
    """The last log of each folder, of which only a part may have been written yet."""

    def __init__(self, folder):
        self.whole = {}
        for parent, _, names in os.walk(folder):
            if names:
                path = os.path.join(parent, max(names))
                with open(path, "rb") as log:
                    self.whole[path] = log.read(), os.stat(path).st_mtime

    @staticmethod
    def part(data, share):
        """Never just the line that all logs begin with: that one would be known by its content, and
        be the beginning of them all, which is then counted once."""
        part = data[:int(len(data) * share)]
        return b"" if part.count(b"\n") == 1 else part

    def show(self, share):
        for path, (data, mtime) in self.whole.items():
            if path.endswith(".gz"):
                continue
            with open(path, "r+b") as log:  # the file stays the same one
                log.truncate(0)
                log.write(self.part(data, share))
            os.utime(path, (mtime, mtime))


def one_round(rng, ledger, duration, growing):
    """Kills until it has been killed one to three times, then lets it end. Gives the number of
    kills and how many of them left a part of the logs counted. In half of the rounds the last logs
    grow meanwhile."""
    kills = parts = 0
    ledger.remove()
    shares = sorted(rng.random() for _ in range(rng.randint(1, 3)))
    grows = rng.random() < 0.5
    for share in shares:
        growing.show(share if grows else 1)
        if not ledger.run_and_kill(rng.randint(1, 2), moment(rng, duration)):
            break
        kills += 1
        parts += ledger.records() > 0
    growing.show(1)
    ledger.run(rng.randint(1, 2))
    return kills, parts


def main():
    binary, folder, wanted, seed, *scene = sys.argv[1:]
    write, sources, check_truth = SCENES[scene[0] if scene else "answers"]
    seed = int(seed) if seed else int.from_bytes(os.urandom(4), "big")
    print("SEED=%d" % seed, flush=True)
    rng = random.Random(seed)
    truth = write(rng, os.path.join(folder, "logs"))

    growing = Growing(os.path.join(folder, "logs"))

    ledgers = [Ledger(binary, folder, keep, sources) for keep in ("forever", "none")]
    whole, durations = [], []
    for ledger in ledgers:  # what runs that nobody disturbs give
        begin = time.monotonic()
        ledger.run(2)
        durations.append(time.monotonic() - begin)
        check_truth(ledger, truth)
        whole.append(ledger.content())

    kills = parts = rounds = 0
    while kills < int(wanted):
        which = rounds % len(ledgers)
        ledger = ledgers[which]
        killed, left = one_round(rng, ledger, durations[which], growing)
        kills, parts, rounds = kills + killed, parts + left, rounds + 1
        check_truth(ledger, truth)
        wrong = differs(ledger.content(), whole[which])
        if not wrong and ledger.run(1)["records"] != 0:
            wrong = "a run over unchanged files found records"
        if wrong:
            sys.exit("round %d, after kill %d: %s" % (rounds, kills, wrong))
    print("%d kills in %d rounds, %d of them with a part counted" % (kills, rounds, parts))
    if kills >= 20 and parts * 3 < kills:
        sys.exit("too few kills hit the middle of the work to say anything")


main()
