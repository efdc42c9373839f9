"""all_calls.py LEDGER: every call that counts, one a line and in order, be it in the database or in the
archive, whose files are decompressed and read as anybody would. Fails when they do not add up to the
totals, of all and of each hour and combination of labels.
"""
import collections
import datetime
import gzip
import json
import sqlite3
import sys
from decimal import Decimal

LABELS = ("source", "provider", "model", "feature", "user", "agent", "service", "team", "api_key", "operation",
          "service_tier", "status")
TOKENS = ("input_tokens", "cache_read_tokens", "output_tokens")
OTHERS = ("request_id", "session", "price", "region")
FLAGS = ("unpriced", "estimated_price")


def of_database(db):
    db.row_factory = sqlite3.Row
    for row in db.execute("SELECT *, flags & 2 <> 0 AS estimated_price, cost_nano AS nano FROM calls"
                          " JOIN (SELECT id AS row, flags FROM call_rows) ON row = calls.id"):
        call = {name: row[name] for name in LABELS + TOKENS + OTHERS + FLAGS + ("time", "nano")}
        call["kind"] = "" if row["kind"] == "model" else row["kind"]
        yield call


def lines_of(path, size):
    with open(path, "rb") as file:
        yield from gzip.decompress(file.read(size)).decode().splitlines()[1:]


def of_archive(db, folder):
    superseded = {(day, "%016x" % (key % 2 ** 64), ms) for day, key, ms in db.execute("SELECT * FROM superseded")}
    for day, name, size in list(db.execute("SELECT s.day, file, s.bytes FROM segments s JOIN archive a"
                                           " ON a.day = strftime('%Y-%m-%d', s.day * 86400, 'unixepoch')")):
        for line in lines_of("%s/%s" % (folder, name), size):
            call = json.loads(line)
            if (day, call.get("dedupe_key"), ms_of(call["time"])) not in superseded:
                call["nano"] = int(Decimal(call["cost_usd"]) * 10 ** 9)
                yield call


def ms_of(time):
    moment = datetime.datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return round(moment.timestamp() * 1000)


def problems(db, calls):
    sums = collections.Counter()
    for call in calls:
        hour = call["time"][:13] + ":00:00Z"
        key = (hour,) + tuple(call.get(name) or "" for name in LABELS + ("kind",))
        for name, n in (("calls", 1), ("nano", call["nano"]), ("unpriced", bool(call.get("unpriced"))),
                        ("input", call.get("input_tokens") or 0)):
            sums[key + (name,)] += n
    totals = {}
    for row in db.execute("SELECT * FROM usage_hourly"):
        key = (row["hour"],) + tuple(row[name] for name in LABELS) + ("" if row["kind"] == "model" else row["kind"],)
        for name, column in (("calls", "calls"), ("nano", "cost_nano"), ("unpriced", "unpriced_calls"),
                             ("input", "input_tokens")):
            totals[key + (name,)] = row[column]
    for key in set(sums) | set(totals):
        if sums[key] != totals.get(key, 0):
            yield "%s: calls %s, totals %s" % (key, sums[key], totals.get(key))


def main(path):
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    calls = list(of_archive(db, path + ".archive")) + list(of_database(db))
    wrong = list(problems(db, calls))
    for problem in wrong[:10]:
        print(problem, file=sys.stderr)
    names = ("time",) + LABELS + TOKENS + OTHERS + ("nano",)
    for line in sorted(" ".join([str(call.get(name) or "-") for name in names] +
                                [name for name in FLAGS if call.get(name)]) for call in calls):
        print(line)
    sys.exit(bool(wrong))


main(sys.argv[1])
