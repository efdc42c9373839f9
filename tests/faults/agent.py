"""`tokentail run` as tests and benches see it: started and ended on a configuration in a folder of its
own, watched through /proc, and its ledger read beside it.

TOKENTAIL in the environment names the program, else it is ./tokentail of the repository.
"""
import atexit
import os
import signal
import sqlite3
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program():
    return os.environ.get("TOKENTAIL", os.path.join(ROOT, "tokentail"))


def wait_for(what, condition, seconds=60):
    """Until condition() holds. Returns what it gave; raises after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > until:
            raise AssertionError("waited %d s in vain: %s" % (seconds, what))
        time.sleep(0.02)


class Agent:
    """`config` is YAML without the database, which is t.db in `folder`. `prefix` is put before the
    command (taskset ...)."""

    def __init__(self, folder, config, prefix=()):
        self.folder, self.prefix = folder, list(prefix)
        self.db = os.path.join(folder, "t.db")
        self.yaml = os.path.join(folder, "t.yaml")
        self.output = os.path.join(folder, "agent.out")
        self.process = None
        atexit.register(self.kill)  # whoever started it may fail
        with open(self.yaml, "w", encoding="utf-8") as f:
            f.write("database: %s\n%s" % (self.db, config))

    # ---- the process ----

    def start(self):
        with open(self.output, "ab") as out:
            self.process = subprocess.Popen(
                [*self.prefix, program(), "run", "-c", self.yaml], stdout=out, stderr=out)

    def wait_until_following(self):
        """It has begun: a signal that ends it has its effect from now on."""
        size = self.said_size()
        self.start()
        wait_for("the agent says that it follows", lambda: b"following;" in self.said(size))

    def said_size(self):
        return os.path.getsize(self.output) if os.path.exists(self.output) else 0

    def said(self, since=0):
        if not os.path.exists(self.output):
            return b""
        with open(self.output, "rb") as f:
            f.seek(since)
            return f.read()

    def end(self, number=signal.SIGTERM):
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number)
        status = process.wait(timeout=30)
        if number == signal.SIGTERM and status != 0:
            raise AssertionError("the agent ended with status %d" % status)

    def kill(self):
        self.end(signal.SIGKILL)

    # ---- what it takes ----

    def cpu(self):
        """Seconds on a core since it was started, of all its threads."""
        total = 0
        folder = "/proc/%d/task" % self.process.pid
        for task in os.listdir(folder):
            with open("%s/%s/schedstat" % (folder, task), encoding="ascii") as f:
                total += int(f.read().split()[0])
        return total / 1e9

    def rss(self):
        """MiB of memory that are resident now."""
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    # ---- the ledger ----

    def ask(self, sql, *args):
        """Rows of a query; none where there is no ledger yet."""
        try:
            db = sqlite3.connect("file:%s?mode=ro" % self.db, uri=True, timeout=10)
            rows = db.execute(sql, args).fetchall()
            db.close()
            return rows
        except sqlite3.OperationalError:
            return []

    def calls(self, source=None):
        """How many are counted, of one source or all."""
        rows = self.ask("SELECT source, sum(calls) FROM usage_hourly GROUP BY source")
        return sum(n for name, n in rows if source in (None, name))

    def ids(self, source):
        """The request ids that were counted, as often as they were."""
        return [row[0] for row in
                self.ask("SELECT request_id FROM calls WHERE source = ?", source)]

    def outcomes(self):
        """(source, outcome, reason, records) of all that was read."""
        return self.ask("SELECT source, outcome, reason, sum(records) FROM coverage_daily"
                        " GROUP BY source, outcome, reason")

    def records(self):
        """How many were read, of all sources."""
        return sum(row[0] for row in self.ask("SELECT records FROM coverage"))

    def lost(self):
        """Bytes that are said to be lost, of all files."""
        return sum(row[0] for row in self.ask("SELECT lost FROM files"))

    def settle(self, seconds=1.0):
        """Until the ledger has not changed for so long."""
        before, since = None, time.monotonic()
        while time.monotonic() - since < seconds:
            now = (self.outcomes(), self.lost())
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.05)

    def must_add_up(self, records=None):
        """Coverage, totals and the rows of calls agree."""
        checker = os.path.join(ROOT, "tests", "e2e", "adds_up.py")
        done = subprocess.run(["python3", "-B", checker, self.db,
                               *([str(records)] if records is not None else [])],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
