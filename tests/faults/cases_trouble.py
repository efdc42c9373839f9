"""The system's troubles: a disk that is full, a database that is locked, descriptors, permissions and
folders that are gone for a while, power that fails."""
import contextlib
import os
import random
import resource
import shutil
import signal

from world import Wrong, case

PASS_XFSZ = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]


@case("703", "no room for the database for a while: told once, nothing lost", "running")
def full_disk(w):
    w.limit = PASS_XFSZ
    w.put_lines("app.log", "first", 1)
    with w.event():
        size = os.stat(w.path("..", "db", "t.db-wal")).st_size
        before = resource.prlimit(w.agent.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        writer = w.writer()
        for i in range(5):
            writer.lines("full%d" % i, 500)
            w.until(lambda: w.said("kept and tried again"), "it is told")
        resource.prlimit(w.agent.pid, resource.RLIMIT_FSIZE, before)
        w.caught_up()
        w.until(lambda: w.said("commits succeed again"), "the end of it is told")
        if w.said("kept and tried again") > 2:
            raise Wrong("it is told %d times" % w.said("kept and tried again"))


@case("PC-25", "the database locked while more is written than is held: memory bounded, all counted", "running")
def locked(w):
    w.put_lines("app.log", "first", 1)
    with w.event():
        with w.locked():
            writer = w.writer()
            writer.lines("l", 80000)
            w.rename("app.log", "app.log.1")
            w.until(lambda: w.said("kept and tried again"), "it is told")
            writer.lines("m", 8)
            w.put_lines("app.log", "n", 8)
        w.caught_up()
        if w.memory_peak() > 96 << 10 and not w.sanitized():
            raise Wrong("%d KiB" % w.memory_peak())


@case("FB-10", "locked, and truncated meanwhile: what was never read is said to be lost", "running")
def locked_and_truncated(w):
    w.configure("app.log")
    w.put_lines("app.log", "first", 1)
    with w.event():
        with w.locked():
            writer = w.writer()
            for i in range(6):
                writer.lines("l%d" % i, 40000)
            w.until(lambda: w.said("kept and tried again"), "it is told")
            w.truncate("app.log")
            writer.lines("after", 3)
        w.until(lambda: "after-2" in w.counted(), "it goes on")
        w.until(lambda: w.said("they are lost"), "the loss is told")
    counted = set(w.counted())
    if len(counted) < 1000:
        raise Wrong("only %d are counted" % len(counted))
    w.written = [name for name in w.written if name in counted]
    w.lost = True


@case("FB-15", "three hundred files, sixty-four descriptors: every line, and rotations too")
def few_descriptors(w):
    w.limit = ["prlimit", "--nofile=64:64", "--"]
    writers = [w.writer("app.log-%d" % i) for i in range(300)]
    for i, writer in enumerate(writers):
        writer.line("a-%d" % i)
    with w.event():
        for i in range(0, 300, 10):
            w.rename("app.log-%d" % i, "app.log-%d.1" % i)
        for i, writer in enumerate(writers):
            writer.line("b-%d" % i)
            writer.close()


@case("FB-23", "no descriptor left for a while: nothing is taken for deleted, nothing again", "running")
def no_descriptor(w):
    for i in range(30):
        w.put_lines("app.log-%d" % i, "a%d" % i, 2)
    with w.event():
        w.caught_up()
        hard = resource.prlimit(w.agent.pid, resource.RLIMIT_NOFILE)[1]
        before = resource.prlimit(w.agent.pid, resource.RLIMIT_NOFILE, (4, hard))
        for i in range(30):
            w.put_lines("app.log-%d" % i, "b%d" % i, 2)
            w.put_lines("app.log-new%d" % i, "c%d" % i, 2)
        w.until(lambda: w.said("Too many open files"), "it is told")
        resource.prlimit(w.agent.pid, resource.RLIMIT_NOFILE, before)
        w.caught_up()
        if w.said("was moved or deleted"):
            raise Wrong("a file that could not be seen was taken for deleted")


@case("PC-13", "one of ten files cannot be read, then it can: counted, the others never wait")
def permission_later(w):
    w.unprivileged()
    for i in range(10):
        w.put_lines("app.log-%d" % i, "a%d" % i, 2)
    shut = [name for name in w.written if name.startswith("a3-")]
    w.written = [name for name in w.written if name not in shut]
    os.chmod(w.path("app.log-3"), 0)
    with w.event():
        w.start()
        w.until(lambda: w.file("app.log-3")[0] == 4, "it is left out")
        if "Permission denied" not in w.file("app.log-3")[1]:
            raise Wrong("the reason is %s" % w.file("app.log-3")[1])
        os.chmod(w.path("app.log-3"), 0o644)
        w.written += shut


@case("PC-36", "the folder cannot be read for a while, a restart within: nothing again")
def folder_shut(w):
    w.unprivileged()
    w.put_lines("app.log", "a", 30)
    w.put_lines("app.log.1", "b", 30)
    with w.event():
        os.chmod(w.path(), 0)
        w.start()
        w.looked()
        w.kill()
        w.start()
        w.until(lambda: w.said("Permission denied"), "it is told")
        if not w.running:
            w.stop()
        os.chmod(w.path(), 0o755)
        w.put_lines("app.log", "c", 3)


@case("PC-36", "the folder is empty for a while, as when it is unmounted: nothing again")
def folder_away(w):
    w.put_lines("app.log", "a", 30)
    w.put_lines("app.log.1", "b", 30)
    with w.event():
        w.rename("", "../away")
        os.mkdir(w.path())
        w.looked()
        if w.running:
            w.until(lambda: w.said("was moved or deleted") == 2, "they are not there")
        os.rmdir(w.path())
        w.rename("../away", "")
        w.put_lines("app.log", "c", 3)


@case("FB-8", "more events than the system queues, while the agent hangs: all lines", "running")
def events_overflow(w):
    writer = w.writer()
    writer.line("first")
    with w.event():
        w.agent.send_signal(signal.SIGSTOP)
        for i in range(6000):
            name = w.path("app.log-%d" % i)
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644))
            os.unlink(name)
        w.put_lines("app.log-real", "real", 2)
        writer.line("second")
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "new", 2)
        w.agent.send_signal(signal.SIGCONT)


@case("7", "the power fails: from the database as it was at any moment, all once", "running")
def power_loss(w):
    """A copy of the database and its log; of the log's end as much as has reached the disk."""
    dice = random.Random(3)
    folder = w.path("..", "db")
    writer = w.writer()
    with w.event():
        for i in range(6):
            for part in range(10):
                writer.lines("p%d-%d" % (i, part), 300)
            w.rename("app.log", "app.log.%d" % (6 - i))
            writer = w.writer()
            w.until(lambda: w.number() > 0, "something is counted")
            w.agent.send_signal(signal.SIGSTOP)
            shutil.copytree(folder, w.path("..", "power%d" % i),
                            ignore=shutil.ignore_patterns("*.sock"))
            w.agent.send_signal(signal.SIGCONT)
        writer.lines("last", 10)
        w.caught_up()
    for i in range(6):
        w.kill()
        shutil.rmtree(folder)
        w.rename("../power%d" % i, "../db")
        with contextlib.suppress(FileNotFoundError):
            wal = w.path("..", "db", "t.db-wal")
            os.truncate(wal, dice.randrange(os.stat(wal).st_size + 1))
            os.unlink(w.path("..", "db", "t.db-shm"))
        w.start()
        w.caught_up()


@case("PC-23", "a database that is damaged: said, and not taken for an empty one", "stopped")
def damaged_database(w):
    w.put_lines("app.log", "a", 300)
    with w.event():
        w.start()
        w.stop()
        database = w.path("..", "db", "t.db")
        shutil.copy(database, w.path("..", "good"))
        for at, data in ((0, b"{\"offset\":\n" * 10), (4096, b"\xff" * 4096 * 4)):
            with open(database, "r+b") as f:
                f.seek(at)
                f.write(data)
            w.start()
            try:
                w.until(lambda: w.said("kept and tried again"), "it ends, or says so")
            except Wrong:
                pass
            if w.agent.poll() is None:
                w.agent.kill()
            elif w.agent.returncode != 1:
                raise Wrong("status %d" % w.agent.wait())
            w.agent.wait()
            w.agent = None
            if not any(w.said(words) for words in ("no SQLite database", "malformed", "damaged")):
                raise Wrong("the damage is not told")
            os.unlink(database)
            for more in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(database + more)
            shutil.copy(w.path("..", "good"), database)
