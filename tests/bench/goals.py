"""What the figures are held against: each goal is a ratio of two runs of the same session."""

MEMORY_MIB = 64
AGAIN_SECONDS = 0.050
CALLS_A_SECOND = 1e6
DUCKDB = {"a": 3.0, "b": 2.0, "c": 5.0, "d": 5.0}
GZIP = 2.5
INSERT = 0.5
SECOND_CORE = 1.6


class Goals:
    """Collects (goal, wanted, reached, verdict) rows. A figure that was not taken gives no row."""

    def __init__(self):
        self.rows = []

    def add(self, what, wanted, reached, met):
        verdict = "" if met is None else "met" if met else "NOT MET"
        self.rows.append([what, wanted, reached, verdict])

    def ratio(self, what, wanted, faster, slower):
        """How many times less time `faster` took than `slower`, both in seconds."""
        if faster and slower:
            reached = slower / faster
            self.add(what, "%.1f x" % wanted if wanted else "", "%.2f x" % reached,
                     reached >= wanted if wanted else None)


def goals_of_set(goals, data, seconds, work):
    """`seconds` gives the time of a run by its name, None when it was not made; `work` the same
    without the start of the program, for tokentail, as DuckDB's times are without that of node."""
    name, label = data.name, "set %s: " % data.name
    for jobs in (1, 2):
        threads = "%d thread%s" % (jobs, "s" if jobs > 1 else "")
        times = [seconds("duckdb%s -j%d" % (kind, jobs)) for kind in ("", " split")]
        best = min((t for t in times if t), default=None) # the quicker of its two queries
        goals.ratio(label + "few labels against DuckDB, " + threads, DUCKDB[name],
                    work("tokentail few -j%d" % jobs), best)
    for jobs in (1, 2):
        goals.ratio(label + "gzip, few labels against gzip -dc, -j%d" % jobs, GZIP,
                    seconds("tokentail gz few -j%d" % jobs), seconds("gzip -dc"))
    speed = seconds("tokentail all -j2")
    if speed:
        reached = data.truth.total[0] / speed
        # On sets a and d a call takes 2 KB: there the reading is the limit, not the ledger.
        bound = name in "bc"
        goals.add(label + "all labels, totals only, calls/s", "1000 k" if bound else "",
                  "%.0f k" % (reached / 1e3), reached >= CALLS_A_SECOND if bound else None)
    goals.ratio(label + "calls kept against the bare insert loop", INSERT,
                seconds("tokentail kept -j2"), seconds("bare insert loop"))
    one = seconds("tokentail few -j1")
    goals.ratio(label + "second core, one big file", SECOND_CORE, seconds("tokentail few -j2"), one)
    goals.ratio(label + "second core, two files", SECOND_CORE,
                seconds("tokentail two files few -j2"), seconds("tokentail two files few -j1"))


def goals_of_all(goals, peak, again):
    """The highest peak and the slowest run over unchanged files, of all sets."""
    if peak:
        goals.add("peak memory, highest of all runs", "< %d MiB" % MEMORY_MIB, "%.1f MiB" % peak,
                  peak < MEMORY_MIB)
    if again:
        goals.add("a second run over unchanged files, slowest", "< %.0f ms" % (AGAIN_SECONDS * 1e3),
                  "%.1f ms" % (again * 1e3), again < AGAIN_SECONDS)
