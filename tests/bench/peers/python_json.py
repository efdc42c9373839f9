#!/usr/bin/env python3
"""What people write today for a JSON log: json, a dict by day and model, sqlite3.

    python_json.py a|b FILE

FILE may be gzipped. Prints calls, input, output and cached tokens, summed over the table.
"""
import gzip
import json
import sqlite3
import sys
from datetime import datetime, timezone


def wide(record):
    day = datetime.fromtimestamp(record["endTime"], timezone.utc).date().isoformat()
    usage = record["metadata"]["usage_object"]
    return (day, record["model"], record["prompt_tokens"], record["completion_tokens"],
            usage["prompt_tokens_details"]["cached_tokens"])


def slim(record):
    usage = record["usage"]
    return (record["ts"][:10], record["model"], usage["prompt_tokens"],
            usage["completion_tokens"], usage["cached_tokens"])


def main():
    read = {"a": wide, "b": slim}[sys.argv[1]]
    opener = gzip.open if sys.argv[2].endswith(".gz") else open
    totals = {}
    with opener(sys.argv[2], "rt", encoding="utf-8") as lines:
        for line in lines:
            day, model, prompt, completion, cached = read(json.loads(line))
            total = totals.setdefault((day, model), [0, 0, 0, 0])
            total[0] += 1
            total[1] += prompt
            total[2] += completion
            total[3] += cached

    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE usage (day, model, calls, input, output, cached)")
    db.executemany("INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?)",
                   [(*key, *total) for key, total in totals.items()])
    print(*db.execute("SELECT sum(calls), sum(input), sum(output), sum(cached) FROM usage").fetchone())


main()
