"""What is configured: sources that change, odd nodes that match, equal logs, an older database."""
import contextlib
import os
import socket
import sqlite3
import subprocess

from world import Wrong, case

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ONE = "  - {name: %s, paths: ['%s'], preset: json%s}\n"


@case("PC-38", "sources renamed, reordered, with other keys: nothing again")
def changed_sources(w):
    app, other = w.path("app.log*"), w.path("other*")
    w.configure(sources=ONE % ("app", app, "") + ONE % ("other", other, ""))
    w.put_lines("app.log", "a", 20)
    w.put_lines("other", "o", 20)
    with w.event():
        for sources in (ONE % ("renamed", app, "") + ONE % ("other", other, ""),
                        ONE % ("other", other, "") + ONE % ("renamed", app, ""),
                        ONE % ("other", other, ", set: {team: x}") +
                        ONE % ("renamed", app, ", set: {service: y}, timezone: UTC"),
                        ONE % ("all", w.path("*"), ", only: [{path: model, exists: true}]")):
            w.configure(sources=sources)
            w.reload()
            w.put_lines("app.log", "more%d" % len(w.written), 2)
            w.caught_up()


@case("FB-39", "reloaded twenty times while lines are written: each once")
def reloads(w):
    writer = w.writer()
    with w.event():
        for i in range(20):
            writer.lines("r%d" % i, 50)
            w.reload()


@case("FB-39", "the same file by two globs and two sources: once")
def same_glob_twice(w):
    w.configure(sources="  - {name: a, paths: ['%s', '%s'], preset: json}\n" % (
        w.path("app.log"), w.path("*.log")) + ONE % ("b", w.path("app*"), ""))
    writer = w.writer()
    writer.lines("a", 5)
    with w.event():
        writer.lines("b", 5)
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "c", 5)


@case("PC-26", "three files with the same 2 KB, then others: each; and byte-identical copies: once")
def same_header(w):
    banner = b'{"event":"start","note":"%s"}\n' % (b"h" * 2048)
    w.others["skipped"] = None
    with w.event():
        for name, n in (("app.log-a", 25), ("app.log-b", 30), ("app.log-c", 30)):
            w.put(name, banner)
            w.put_lines(name, name, n)
        w.caught_up()
        for i in range(3):
            w.copy("app.log-b", "app.log-b.%d" % i)
        w.looked()


@case("PC-35", "a FIFO, a socket, a folder, a device, a dangling link: each has a reason, others go on")
def odd_nodes(w):
    w.put_lines("app.log", "a", 3)
    with w.event():
        os.mkfifo(w.path("app.log-fifo"))
        os.mkdir(w.path("app.log-folder"))
        os.symlink("nowhere", w.path("app.log-dangling"))
        os.symlink("/dev/zero", w.path("app.log-device"))
        os.symlink("app.log", w.path("app.log-link"))
        with socket.socket(socket.AF_UNIX) as s:
            here = os.open(w.path(), os.O_PATH)
            s.bind("/proc/self/fd/%d/app.log-socket" % here)
            os.close(here)
        w.start()
        for name, reason in (("fifo", "FIFO"), ("socket", "socket"), ("dangling", "dangling"),
                             ("device", "link"), ("link", "link")):
            w.until(lambda n=name, r=reason: r in w.file("app.log-" + n)[1], "a reason for " + name)
        w.put_lines("app.log", "b", 3)


@case("PC-40", "its own database and its own log match: no loop")
def own_files(w):
    w.configure("*", "../db/*", "../out")
    w.others["rejected"] = None  # its own log, if it is read, holds no calls
    w.put_lines("app.log", "a", 3)
    with w.event():
        w.put_lines("app.log", "b", 3)
        w.rename("app.log", "app.log.1")
        w.start()
        w.looked()
        if not any("own database" in row[0] for row in w.query("SELECT reason FROM files")):
            raise Wrong("the database is not left out")
        w.all_old()
        size = os.stat(w.path("..", "out")).st_size
        w.looked()
        w.looked()
        if os.stat(w.path("..", "out")).st_size > size + 1000:
            raise Wrong("it reads what it says")


@case("FB-40", "twenty sources of nothing but bad lines: counted, and not a word for each")
def bad_lines(w):
    w.configure(sources="".join(ONE % ("s%d" % i, w.path("bad%d*" % i), "") for i in range(20)) +
                ONE % ("app", w.path("app.log*"), ""))
    w.others["rejected"] = 20 * 200
    w.put_lines("app.log", "a", 3)
    with w.event():
        for i in range(20):
            w.put("bad%d.log" % i, b"line of %d: this is no JSON {\n" % i * 200)
        w.put_lines("app.log", "b", 3)
        w.start()
        w.until(lambda: w.query("SELECT 1 FROM (SELECT sum(records) AS n FROM coverage_daily WHERE"
                                " outcome = 'rejected') WHERE n = 4000"), "they are counted")
        with open(w.path("..", "out"), "rb") as f:
            if len(f.readlines()) > 60:
                raise Wrong("it says too much")


def written_by_version(old, new, version):
    """The rows of a database in one as that version of the schema made it."""
    schema = os.path.join(ROOT, "agent", "ledger", "schema%s.sql")
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as db:
        for step in [""] + ["-%d" % n for n in range(2, version + 1)]:
            with open(schema % step, encoding="utf-8") as f:
                db.executescript(f.read())
        db.execute("ATTACH ? AS old", (old,))
        for stamp in ("application_id", "journal_mode"):
            value = db.execute("PRAGMA old.%s" % stamp).fetchone()[0]
            db.execute("PRAGMA main.%s = %s" % (stamp, value))
        db.execute("PRAGMA main.user_version = %d" % version)
        for (table,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' AND"
                                   " name NOT LIKE 'sqlite_%'").fetchall():
            columns = ", ".join(row[1] for row in db.execute("PRAGMA main.table_info(%s)" % table))
            db.execute("DELETE FROM main.%s" % table)
            db.execute("INSERT INTO main.%s (%s) SELECT %s FROM old.%s" % (
                table, columns, columns, table))


@case("PC-10", "a database of an older release: only the second line is new", "stopped")
def older_database(w):
    writer = w.writer()
    writer.line("first")
    with w.event():
        database = w.path("..", "db", "t.db")
        written_by_version(database, w.path("..", "db", "older"), 2)
        for more in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(database + more)
        w.rename("../db/older", "../db/t.db")
        writer.line("second")


@case("8", "another agent for the same database: told who holds it", "running")
def second_agent(w):
    w.put_lines("app.log", "a", 3)
    with w.event():
        w.caught_up()
        done = subprocess.run([w.binary, "run", "-c", w.path("..", "t.yaml")], check=False,
                              stderr=subprocess.PIPE, timeout=60)
        if done.returncode != 1 or str(w.agent.pid).encode() not in done.stderr:
            raise Wrong("status %d: %s" % (done.returncode, done.stderr))
