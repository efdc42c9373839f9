#!/usr/bin/env python3
"""What people write today for a text log: re, a dict by day and model, sqlite3.

    python_re.py c|d FILE

FILE may be gzipped. Prints calls, input, output and cached tokens, summed over the table.
"""
import gzip
import re
import sqlite3
import sys

CALL = re.compile(r'time=(\S+) level=\S+ msg="llm call" model=(\S+) .*'
                  r"prompt_tokens=(\d+) completion_tokens=(\d+) cached_tokens=(\d+)")


def main():
    opener = gzip.open if sys.argv[2].endswith(".gz") else open
    totals = {}
    with opener(sys.argv[2], "rt", encoding="utf-8") as lines:
        for line in lines:
            if "llm call" not in line:
                continue
            match = CALL.match(line)
            if not match:
                continue
            time, model, prompt, completion, cached = match.groups()
            total = totals.setdefault((time[:10], model), [0, 0, 0, 0])
            total[0] += 1
            total[1] += int(prompt)
            total[2] += int(completion)
            total[3] += int(cached)

    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE usage (day, model, calls, input, output, cached)")
    db.executemany("INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?)",
                   [(*key, *total) for key, total in totals.items()])
    print(*db.execute("SELECT sum(calls), sum(input), sum(output), sum(cached) FROM usage").fetchone())


main()
