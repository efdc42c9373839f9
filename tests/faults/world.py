"""A world of its own for one case: a folder of logs, a database, and an agent that follows.

A case is a function that writes, rotates and breaks. It is played in four ways: the agent runs while
things happen or is stopped, and it learns of changes by inotify or by polling. What must hold in
every one of them is checked here when it is over: each line that was written was counted once, two
restarts add nothing, no descriptor is left, sums and `status` are right.

Nothing waits for a fixed time: `until` waits for a condition, and gives up only after a time that
a busy machine does not need.
"""
import collections
import contextlib
import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import adds_up  # noqa: E402

LINE = ('{"time":"2026-03-01T10:00:00Z","model":"gpt-4o","input_tokens":10,"output_tokens":1,'
        '"request_id":"%s"%s}\n')
CONFIG = """
database: %(dir)s/db/t.db
timezone: UTC
follow: {poll: 20ms, commit: 40ms, finish_after: %(finish_after)s, rescan: %(rescan)s, watch: %(watch)s}
keep: {calls: forever}
sources:
%(sources)s
  - {name: sentinel, paths: ['%(dir)s/sentinel/s.log', '%(dir)s/sentinel/%(reloads)d'], preset: json}
"""
PATIENCE = 60  # seconds, for what takes a tenth of one
FINISH_AFTER = 0.4
NOBODY = 65534
SETTLED = ("read", "finished", "corrupt", "left out")

CASES = []


class Wrong(Exception):
    """What a case expected is not so."""


def case(name, expectation, only=None):
    """Names a case. `only`: "running" or "stopped", where the other makes no sense."""
    def add(function):
        CASES.append((name, expectation, only, function))
        return function
    return add


def line(name, more=""):
    return (LINE % (name, more)).encode()


class Writer:
    """Somebody who writes at a log and keeps its descriptor, whatever becomes of the name."""

    def __init__(self, world, path, append=True):
        self.world = world
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else 0), 0o644)

    def raw(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def line(self, *names, more=""):
        for name in names:
            self.world.written.append(name)
            self.raw(line(name, more))

    def lines(self, prefix, n):
        names = ["%s-%d" % (prefix, i) for i in range(n)]
        self.world.written.extend(names)
        self.raw(b"".join(line(name) for name in names))

    def close(self):
        os.close(self.fd)


class World:
    def __init__(self, binary, base, running, watch):
        self.binary, self.running, self.watch = binary, running, watch
        self.dir = tempfile.mkdtemp(prefix="w", dir=base)
        os.chmod(self.dir, 0o755)
        for name in ("logs", "db", "sentinel"):
            os.mkdir(self.path("..", name))
        self.agent, self.out, self.said_from = None, None, 0
        self.written = []            # ids of lines that must be counted, each once
        self.others = {"duplicate": 0, "skipped": 0, "rejected": 0}  # None: any number
        self.lost = False            # whether bytes must be said to be lost; None: they may be
        self.finish_after, self.user, self.limit = "400ms", None, None
        self.sentinels, self.reloads, self.sources = 0, 0, None
        self.put("../sentinel/s.log", line("~0"))
        self.make_old("../sentinel/s.log")
        self.environment = dict(os.environ, HOME=self.dir, XDG_CONFIG_HOME=self.dir)
        self.configure("app.log*")

    # ---- files ----

    def path(self, *names):
        return os.path.normpath(os.path.join(self.dir, "logs", *names))

    def writer(self, name="app.log", append=True):
        return Writer(self, self.path(name), append)

    def put(self, name, data, mode="wb"):
        with open(self.path(name), mode) as f:
            f.write(data)

    def put_lines(self, name, prefix, n):
        w = self.writer(name)
        w.lines(prefix, n)
        w.close()

    def rename(self, old, new):
        os.rename(self.path(old), self.path(new))

    def copy(self, old, new):
        shutil.copyfile(self.path(old), self.path(new))

    def copytruncate(self, old, new):
        self.copy(old, new)
        self.truncate(old)

    def truncate(self, name):
        os.truncate(self.path(name), 0)

    def pack(self, old, new=None):
        """gzip: the packed file appears beside the plain one, which then goes."""
        with open(self.path(old), "rb") as f:
            self.put(new or old + ".gz", gzip.compress(f.read()))
        os.unlink(self.path(old))

    def make_old(self, name):
        """As if nobody had written at it for long."""
        os.utime(self.path(name), (1.7e9, 1.7e9))

    # ---- the agent ----

    def configure(self, *globs, source="preset: json", sources=None):
        """One source with these globs, or text that describes several."""
        if sources is None:
            paths = ", ".join("'%s'" % self.path(glob) for glob in globs)
            sources = "  - {name: app, paths: [%s], %s}" % (paths, source)
        self.sources = sources
        self.write_config()

    def write_config(self):
        with open(self.path("..", "t.yaml"), "w", encoding="utf-8") as f:
            f.write(CONFIG % {"dir": self.dir, "watch": self.watch, "sources": self.sources,
                              "reloads": self.reloads,
                              "finish_after": self.finish_after,
                              "rescan": "60ms" if self.watch == "poll" else "2s"})

    def unprivileged(self):
        """From now on the agent is nobody in particular, whom permissions stop."""
        if os.geteuid() != 0:
            return
        self.user = NOBODY
        os.chown(self.path("..", "db"), NOBODY, NOBODY)

    def start(self):
        if self.agent:
            return
        # pylint: disable=consider-using-with
        self.out = open(self.path("..", "out"), "ab")
        self.said_from = self.out.tell()
        self.agent = subprocess.Popen(
            (self.limit or []) + [self.binary, "run", "-c", self.path("..", "t.yaml")],
            stdout=self.out, stderr=self.out, cwd=self.dir, user=self.user, group=self.user,
            env=self.environment, extra_groups=[] if self.user else None)

    def end(self, number):
        if self.agent is None:
            return
        if number != signal.SIGKILL:
            self.until(lambda: self.said("following;"), "the agent has started")
        self.agent.send_signal(number)
        status = self.agent.wait(timeout=PATIENCE)
        self.agent = None
        self.out.close()
        if number == signal.SIGTERM and status != 0:
            raise Wrong("exit status %d after SIGTERM" % status)

    def stop(self):
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)

    def reload(self):
        """SIGHUP, or what comes to the same for an agent that does not run."""
        if self.agent is None:
            return
        self.until(lambda: self.said("following;"), "the agent has started")
        self.reloads += 1  # with a file that only the new configuration reads
        self.put("../sentinel/%d" % self.reloads, line("~r%d" % self.reloads))
        self.make_old("../sentinel/%d" % self.reloads)
        self.write_config()
        self.agent.send_signal(signal.SIGHUP)
        self.until(lambda: self.has("~r%d" % self.reloads), "the configuration is reloaded")

    @contextlib.contextmanager
    def event(self):
        """What happens in it happens before the eyes of the agent, or while it is away."""
        self.start()
        self.caught_up()
        if not self.running:
            self.end(signal.SIGTERM if self.watch == "poll" else signal.SIGKILL)
        yield
        self.start()

    def said(self, text):
        """How often the agent has said so since it was started."""
        with open(self.path("..", "out"), "rb") as f:
            f.seek(self.said_from)
            return f.read().decode().count(text)

    # ---- what is counted ----

    def until(self, condition, what, patience=PATIENCE):
        began = time.monotonic()
        while True:
            if condition():
                return
            if self.agent and self.agent.poll() is not None:
                raise Wrong("the agent has ended with status %d" % self.agent.returncode)
            if time.monotonic() - began > patience:
                raise Wrong("waited in vain: %s" % (what() if callable(what) else what))
            time.sleep(0.02)

    @contextlib.contextmanager
    def locked(self):
        """Somebody else writes to the database, and takes his time."""
        with contextlib.closing(sqlite3.connect(self.path("..", "db", "t.db"), timeout=PATIENCE,
                                                isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("ROLLBACK")

    def query(self, sql, *values):
        try:
            db = sqlite3.connect("file:%s?mode=ro" % self.path("..", "db", "t.db"), uri=True)
            try:
                return db.execute(sql, values).fetchall()
            finally:
                db.close()
        except sqlite3.OperationalError:  # not there yet, or locked
            return []

    def counted(self):
        return [row[0] for row in self.query(
            "SELECT request_id FROM call_rows WHERE request_id NOT LIKE '~%'")]

    def has(self, name):
        return self.query("SELECT 1 FROM call_rows WHERE request_id = ?", name)

    def number(self):
        rows = self.query("SELECT count(*) FROM call_rows WHERE request_id NOT LIKE '~%'")
        return rows[0][0] if rows else 0

    def missing(self):
        ids = collections.Counter(self.counted())
        extra = [i for i, n in (ids - collections.Counter(self.written)).items() if n]
        if extra:
            raise Wrong("counted twice, or never written: %s" % sorted(extra)[:5])
        return set(self.written) - set(ids)

    def caught_up(self):
        """While the agent runs: all lines are counted."""
        if self.agent:
            self.until(lambda: self.number() >= len(self.written) and not self.missing(),
                       lambda: "missing %s" % sorted(self.missing())[:5])

    def looked(self):
        """While the agent runs: it has begun and ended a turn since."""
        if self.agent is None:
            return
        self.sentinels += 1
        name = "~%d" % self.sentinels
        with open(self.path("..", "sentinel", "s.log"), "ab") as f:
            f.write(line(name))
        self.until(lambda: self.has(name), "a turn of the agent")

    def file(self, name):
        """State, reason, offset and lost of a file by its path, as last committed."""
        rows = self.query("SELECT state, reason, offset, lost FROM files WHERE path = ?"
                          " ORDER BY id DESC LIMIT 1", self.path(name))
        return rows[0] if rows else (None, "", 0, 0)

    def descriptors(self):
        """Where those lead that the agent has in the logs, and how many others it has."""
        logs, others = [], 0
        folder = "/proc/%d/fd" % self.agent.pid
        for number in os.listdir(folder):
            try:
                to = os.readlink(os.path.join(folder, number))
            except FileNotFoundError:
                continue
            if to.startswith((self.path("..", "sentinel"), self.path("..", "db"))):
                continue  # the archive's thread has a connection of its own for a while
            if to.startswith(self.path() + "/"):
                logs.append(to)
            elif not to.endswith("/out"):  # its log, which may match a glob
                others += 1
        return logs, others

    def sanitized(self):
        """Then its memory says nothing."""
        with open("/proc/%d/maps" % self.agent.pid, encoding="ascii") as f:
            return "libasan" in f.read()

    def memory_peak(self):
        """KiB."""
        with open("/proc/%d/status" % self.agent.pid, encoding="ascii") as f:
            return next(int(row.split()[1]) for row in f if row.startswith("VmHWM"))

    def status(self):
        done = subprocess.run([self.binary, "status", "--json", "-c", self.path("..", "t.yaml")],
                              stdout=subprocess.PIPE, check=False, timeout=PATIENCE)
        if done.returncode not in (0, 3):  # 3: a file is corrupt
            raise Wrong("status ends with %d" % done.returncode)
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def unseen(self):
        """What happens in it an agent that runs sees only when it is over."""
        if self.agent:
            self.agent.send_signal(signal.SIGSTOP)
        yield
        if self.agent:
            self.agent.send_signal(signal.SIGCONT)

    # ---- the verdict ----

    def quiet_descriptors(self):
        """Nothing is held that is gone, and nothing twice. Returns the number of others."""
        def held():
            logs, _ = self.descriptors()
            return [to for to in logs if to.endswith("(deleted)") or logs.count(to) > 1]
        self.until(lambda: not held(), lambda: "descriptors are given back: %s" % held())
        others = []
        for _ in range(5):  # one is open for a moment now and then
            others.append(self.descriptors()[1])
            time.sleep(0.01)
        return min(others)

    def all_old(self):
        """No file is so young that the agent leaves it alone."""
        def youngest():
            times = [0]
            for folder, _, names in os.walk(self.path()):
                times += [os.lstat(os.path.join(folder, n)).st_mtime for n in names]
            return max(times)
        self.until(lambda: time.time() - youngest() > 1.5 * FINISH_AFTER, "all files are old")

    def check_counted(self):
        missing = self.missing()
        if missing:
            raise Wrong("missing %s" % sorted(missing)[:5])

    def check_sums(self):
        with contextlib.closing(sqlite3.connect(self.path("..", "db", "t.db"))) as db:
            problems = list(adds_up.problems(db, None))
        if problems:
            raise Wrong("does not add up: %s" % problems)
        outcomes = dict(self.query("SELECT outcome, sum(records) FROM coverage_daily"
                                   " WHERE source <> 'sentinel' GROUP BY outcome"))
        for outcome, wanted in self.others.items():
            if wanted is not None and outcomes.get(outcome, 0) != wanted:
                raise Wrong("%s: %d, not %d" % (outcome, outcomes.get(outcome, 0), wanted))

    def check_status(self):
        found = self.status()
        lost = 0
        for f in found["files"]:
            lost += f["lost_bytes"]
            if f["state"] not in SETTLED:
                raise Wrong("%s is %s: %s" % (f["path"], f["state"], f["reason"]))
            if f["state"] in ("corrupt", "left out", "finished") and not f["reason"]:
                raise Wrong("%s is %s without a reason" % (f["path"], f["state"]))
            if f["lag_bytes"] and f["state"] == "read" and not f["reason"]:
                raise Wrong("%s: %d bytes behind" % (f["path"], f["lag_bytes"]))
        if self.lost is not None and self.lost != (lost > 0):
            raise Wrong("%d bytes are said to be lost" % lost)

    def check(self):
        self.start()
        self.caught_up()
        self.all_old()
        self.looked()
        others = self.quiet_descriptors()
        self.check_counted()
        self.stop()
        for _ in range(2):
            self.start()
            self.looked()
            again = self.quiet_descriptors()
            if again != others:
                raise Wrong("%d descriptors beside logs, then %d" % (others, again))
            self.stop()
            self.check_counted()
        self.check_sums()
        self.check_status()

    def clean(self):
        if self.agent:
            self.agent.kill()
            self.agent.wait()
            self.out.close()
        subprocess.run(["chmod", "-R", "u+rwX", self.dir], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
