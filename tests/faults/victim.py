"""The agent under murder: started, ended in every way, and kept from its work."""
import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import time

PATIENCE = 60  # seconds that anything may take on a busy machine

# A leak checker that gets no descriptors at the end of the process waits for itself for ever.
NO_LEAK_CHECK = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


class Wrong(Exception):
    pass


class Victim:
    def __init__(self, folder):
        self.folder = folder
        self.process = self.out = self.lock = None
        self.hindrances = set()
        self.said_from = 0
        self.hindered = False  # since it was started
        self.free_since = 0    # when it got descriptors again; what failed is tried at a rescan

    def path(self, name):
        return os.path.join(self.folder, name)

    # ---- its life ----

    def start(self):
        """Sees first to one that has ended because it could not open the database, which is all
        that it may end of."""
        if self.process and self.process.poll() is not None:
            if not self.hindered or self.said(b"following;"):
                raise Wrong("the agent has ended with status %d" % self.process.returncode)
            self.buried()
        if self.process:
            return
        # pylint: disable=consider-using-with
        self.out = open(self.path("out"), "ab")
        self.hindered = self.lock is not None
        self.said_from = self.out.tell()
        self.process = subprocess.Popen(
            [os.environ["TOKENTAIL"], "run", "-c", self.path("t.yaml")], stdout=self.out,
            stderr=self.out, env=os.environ | NO_LEAK_CHECK,
            restore_signals=False)  # so that a full disk is no signal

    def buried(self):
        self.process = None
        self.hindrances -= {"stopped", "descriptors", "disk"}
        self.out.close()

    def said(self, text):
        with open(self.path("out"), "rb") as f:
            f.seek(self.said_from)
            return text in f.read()

    def end(self, number):
        if self.process is None:
            return
        ready, hindered = self.said(b"following;"), bool(self.hindrances)
        if "stopped" in self.hindrances:
            self.process.send_signal(signal.SIGCONT)
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(timeout=PATIENCE)
        self.buried()
        # One that could not say yet what it does then, or could not commit, may fail.
        if number == signal.SIGTERM and status != 0 and ready and not hindered:
            raise Wrong("exit status %d after SIGTERM" % status)
        if time.monotonic() - began > PATIENCE / 2:
            raise Wrong("took too long to end")

    # ---- what is in its way ----

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGSTOP)
            self.hindrances.add("stopped")

    def limit(self, what, name, most):
        if self.process and self.process.poll() is None:
            _, hard = resource.prlimit(self.process.pid, what)
            resource.prlimit(self.process.pid, what, (most, hard))
            self.hindered = True
            self.hindrances.add(name)

    def has_begun(self):
        """It has opened something of its own, or has ended."""
        if self.process.poll() is not None:
            return True
        with contextlib.suppress(OSError):
            folder = "/proc/%d/fd" % self.process.pid
            return any(os.readlink(os.path.join(folder, n)).startswith(self.path("t.db"))
                       for n in os.listdir(folder))
        return False

    def no_descriptors(self):
        if self.process and "stopped" not in self.hindrances:  # the loader, too, needs some
            self.until(self.has_begun, "its beginning")
            self.limit(resource.RLIMIT_NOFILE, "descriptors", 3)

    def full_disk(self):
        self.limit(resource.RLIMIT_FSIZE, "disk", 0)

    def lock_database(self):
        """Somebody else writes, and does not come to an end."""
        if self.lock:
            return
        db = sqlite3.connect(self.path("t.db"), timeout=0.2, check_same_thread=False)
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            db.close()
            return
        self.lock = db
        self.hindered = True
        self.hindrances.add("locked")

    def relieve(self):
        if self.lock:
            self.lock.rollback()
            self.lock.close()
            self.lock = None
        if self.process and self.process.poll() is None:
            for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
                _, hard = resource.prlimit(self.process.pid, what)
                resource.prlimit(self.process.pid, what, (hard, hard))
            self.process.send_signal(signal.SIGCONT)
            if "descriptors" in self.hindrances:
                self.free_since = time.monotonic()
        elif self.process:
            self.buried()
        self.hindrances.clear()

    def works(self):
        return self.process is not None and not self.hindrances

    # ---- what it has counted ----

    def query(self, sql, *values):
        try:
            db = sqlite3.connect("file:%s?mode=ro" % self.path("t.db"), uri=True)
            try:
                return db.execute(sql, values).fetchall()
            finally:
                db.close()
        except sqlite3.OperationalError:  # not there yet, or locked
            return []

    def until(self, condition, what):
        """`what` is in words what is waited for, or gives them."""
        began, pause = time.monotonic(), 0.01
        while not condition():
            if self.process and self.process.poll() is not None:
                self.start()
            if time.monotonic() - began > PATIENCE:
                raise Wrong("waited in vain: %s" % (what() if callable(what) else what))
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
