"""adds_up.py LEDGER [RECORDS]: fails when the tables of a ledger do not agree with each other.

    coverage     calls + duplicates + skipped + rejected of all sources are RECORDS, if that is
                 given
    totals       the calls of each source are those of its coverage
    call_rows    where calls are kept: calls, tokens and cost of each combination are its totals
    dedupe       the call that a key points to exists
    archive      calls, tokens and cost of the rows and of the archive are those of the totals

A call that has left for the archive is no row, so with one the two before last are asked of both
together.
"""
import sqlite3
import sys

SUMMED = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning", "cost")


def coverage(db):
    """source -> records by outcome."""
    sources = {}
    for source, outcome, records in db.execute(
            "SELECT source, outcome, SUM(records) FROM coverage_daily GROUP BY source, outcome"):
        sources.setdefault(source, {})[outcome] = records
    return sources


def impossible(db):
    """Counts that no log can give: below zero, where something was taken back that never was added,
    or a sum that overflowed and became a float."""
    return (db.execute("SELECT COUNT(*) FROM coverage WHERE records < 0").fetchone()[0] +
            db.execute("SELECT COUNT(*) FROM totals WHERE calls < 0 OR cost < 0 OR input < 0"
                       " OR output < 0 OR typeof(cost) <> 'integer'").fetchone()[0])


def total_calls(db):
    return dict(db.execute("SELECT source, SUM(calls) FROM usage_hourly GROUP BY source"
                           " HAVING SUM(calls) <> 0"))


def sums(db, table, calls):
    columns = ", ".join("TOTAL(%s)" % name for name in SUMMED)
    return {row[0]: row[1:] for row in db.execute(
        "SELECT combination, %s, %s FROM %s GROUP BY combination HAVING %s <> 0"
        % (calls, columns, table, calls))}


def both_problems(db, archived):
    kept = db.execute("SELECT COUNT(*), TOTAL(input), TOTAL(output), TOTAL(cost)"
                      " FROM call_rows").fetchone()
    totals = db.execute("SELECT TOTAL(calls), TOTAL(input), TOTAL(output), TOTAL(cost)"
                        " FROM totals").fetchone()
    superseded = db.execute("SELECT COUNT(*) FROM superseded").fetchone()[0]
    if not superseded and tuple(a + b for a, b in zip(kept, archived)) != totals:
        yield "rows %s and archive %s are not the totals %s" % (kept, archived, totals)


def problems(db, records):
    found = coverage(db)
    counted = sum(sum(outcomes.values()) for outcomes in found.values())
    if records is not None and counted != records:
        yield "%d records are accounted for, there were %d" % (counted, records)
    calls = {source: o["call"] for source, o in found.items() if o.get("call")}
    if total_calls(db) != calls:
        yield "calls of the totals %s are not those of the coverage %s" % (total_calls(db), calls)
    if impossible(db):
        yield "%d sums are negative or no integers" % impossible(db)
    archived = db.execute("SELECT TOTAL(calls), TOTAL(input), TOTAL(output), TOTAL(cost)"
                          " FROM segments").fetchone()
    kept = sums(db, "call_rows", "COUNT(*)")
    if archived[0]:
        yield from both_problems(db, archived)
        return
    if kept and kept != sums(db, "totals", "SUM(calls)"):
        yield "the rows of calls are not what the totals sum up"
    lost = db.execute("SELECT COUNT(*) FROM dedupe WHERE call <> 0 AND call NOT IN"
                      " (SELECT id FROM call_rows)").fetchone()[0]
    if lost:
        yield "%d dedupe keys point to no call" % lost


def main():
    db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
    print("coverage: %s" % coverage(db))
    found = list(problems(db, int(sys.argv[2]) if len(sys.argv) > 2 else None))
    for problem in found:
        print("does not add up: %s" % problem)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
