"""Truncation: copytruncate, files written anew, and what cannot be saved then.

While the agent is away, what is written after the copy and before the truncation is gone before
anybody could see it: then nothing can be said of it either.  Where the agent has seen that bytes were
there and could not read them, it must say that they are lost.
"""
import os

from world import case


@case("PC-3", "copytruncate under a writer without O_APPEND: the hole it leaves is no line")
def copytruncate_hole(w):
    writer = w.writer(append=False)
    writer.line("before-truncate-1", "before-truncate-2")
    with w.event():
        w.copytruncate("app.log", "app.log.1")
        writer.line("after-truncate")


@case("PC-3", "copytruncate under a writer with O_APPEND: three lines")
def copytruncate_append(w):
    writer = w.writer()
    writer.line("before-truncate-1", "before-truncate-2")
    with w.event():
        w.copytruncate("app.log", "app.log.1")
        writer.line("after-truncate")


@case("PC-3", "copytruncate, the copy outside of the globs: three lines")
def copytruncate_outside(w):
    w.configure("app.log")
    writer = w.writer(append=False)
    writer.line("before-truncate-1", "before-truncate-2")
    with w.event():
        w.copytruncate("app.log", "old")
        writer.line("after-truncate")


@case("PC-8", "truncated and longer than it was: its new lines, whole")
def truncated_to_larger(w):
    writer = w.writer()
    writer.line("before")
    with w.event():
        w.copytruncate("app.log", "app.log.1")
        writer.line("after-truncation-with-a-much-longer-line", "and-another")


@case("FB-3", "truncated and shorter than it was: its new line at once")
def truncated_to_smaller(w):
    w.put_lines("app.log", "old", 100)
    with w.event():
        w.truncate("app.log")
        w.put_lines("app.log", "new", 1)


@case("FB-16", "truncated, the same first line again, shorter and longer: each generation counts")
def same_first_line(w):
    banner = b'{"event":"start","note":"a banner that comes first"}\n'
    for n in (1, 30):
        w.put("app.log-%d" % n, banner)
        w.put_lines("app.log-%d" % n, "old-%d" % n, 10)
    w.others["skipped"] = 4
    with w.event():
        for n in (1, 30):
            w.truncate("app.log-%d" % n)
            w.put("app.log-%d" % n, banner, "ab")
            w.put_lines("app.log-%d" % n, "new-%d" % n, n)


@case("FB-32", "a banner of 4 KB at the head of every generation: each is told from the others")
def long_banner(w):
    banner = b'{"event":"start","note":"%s"}\n' % (b"x" * 4096)
    w.others["skipped"] = None  # a banner of which a copy is known may be passed over

    def generation(g):
        writer = w.writer()
        writer.raw(banner)
        writer.lines("g%d" % g, 5)
        writer.close()

    generation(0)
    with w.event():
        w.copytruncate("app.log", "app.log.1")
        generation(1)
        w.caught_up()
        w.rename("app.log.1", "app.log.2")
        w.copytruncate("app.log", "app.log.1")
        generation(2)
        w.caught_up()
        w.rename("app.log", "app.log.0")
        generation(3)


@case("PC-20", "copied and truncated, both written afterwards: each line once")
def copytruncate_write_both(w):
    w.writer().line("testlog1", "testlog2")
    with w.event():
        w.copytruncate("app.log", "app.log.1")
        w.writer("app.log.1").line("testlog3")
        w.writer().line("testlog4")


@case("PC-20", "copied and truncated often, all copies kept: all lines")
def matrix_copytruncate(w):
    writer = w.writer()
    w.lost = None  # bytes that only the copy still has may be given up before it is found
    with w.event():
        for i in range(15):
            writer.lines("c%d" % i, 10)
            w.copytruncate("app.log", "app.log.%d" % (15 - i))
        writer.lines("last", 3)


@case("PC-20", "truncated while the agent looks, then written: only the new line is new")
def truncate_then_write(w):
    w.put_lines("app.log", "old", 5)
    with w.event():
        w.truncate("app.log")
        w.looked()
        w.put_lines("app.log", "new", 1)


@case("PC-32", "truncated by opening it anew: both lines")
def opened_anew(w):
    w.writer().line("line-1")
    with w.event():
        os.close(os.open(w.path("app.log"), os.O_WRONLY | os.O_TRUNC))
        w.writer().line("2")


@case("FB-4", "forty rounds of truncating and writing, each seen: every line", "running")
def many_rounds(w):
    writer = w.writer()
    with w.event():
        for i in range(40):
            w.truncate("app.log")
            writer.lines("r%d" % i, 50)
            w.caught_up()


@case("FB-4", "bytes that were seen and truncated before they could be read: said to be lost", "running")
def lost_bytes(w):
    """With the database locked what is read is kept until the batch is full; the rest is only
    seen. It is truncated then."""
    w.configure("app.log")
    with w.event():
        writer = w.writer()
        w.put_lines("app.log", "kept", 10)
        w.caught_up()
        import signal
        w.agent.send_signal(signal.SIGSTOP)
        writer.raw(b'{"half":"a line')
        w.agent.send_signal(signal.SIGCONT)
        w.until(lambda: "unfinished" in w.file("app.log")[1], "the half line is seen")
        w.truncate("app.log")
        writer.line("new")
        w.caught_up()
        w.until(lambda: w.said("they are lost"), "the loss is told")
    w.lost = True


@case("FB-41", "an editor writes it anew with its last lines: with dedupe each call once")
def rewritten_tail(w):
    w.configure("app.log*", source="preset: json, dedupe: {by: request_id}")
    w.put_lines("app.log", "a", 100)
    w.others["duplicate"] = 50
    with w.event():
        with open(w.path("app.log"), "rb") as f:
            tail = f.read().splitlines(True)[50:]
        w.put("app.log.tmp", b"")
        w.put("new", b"".join(tail))
        os.unlink(w.path("app.log.tmp"))
        w.rename("new", "app.log")
        w.put_lines("app.log", "b", 10)


@case("6", "a copy below 1 KiB that stops short of what was counted: nothing again")
def short_copy_of_little(w):
    writer = w.writer()
    writer.line("one", "two")
    with w.event():
        if w.running:
            w.copy("app.log", "app.log.1")
            writer.line("three")  # counted before the truncation, and not in the copy
            w.caught_up()
            w.truncate("app.log")
            writer.line("four")
        else:
            w.start()
            w.caught_up()
            w.copy("app.log", "short")
            writer.line("three")
            w.caught_up()
            w.stop()
            w.rename("short", "app.log.1")
            w.truncate("app.log")
            writer.line("four")


@case("FB-32", "a banner that is counted alone, then calls; the next generation too: every call")
def banner_first(w):
    """What begins like a file that was counted further is no copy of it that stopped short."""
    banner = b'{"event":"start","note":"%s"}\n'
    w.others["skipped"] = None
    for n in (40, 4096):
        w.put("app.log-%d" % n, banner % (b"x" * n))
    with w.event():
        w.start()
        for n in (40, 4096):
            w.until(lambda n=n: w.file("app.log-%d" % n)[2] > n, "the banner is counted")
            w.put_lines("app.log-%d" % n, "a%d" % n, 20)
        w.caught_up()
        if not w.running:
            w.stop()
        for n in (40, 4096):
            w.rename("app.log-%d" % n, "app.log-%d.1" % n)
            w.put("app.log-%d" % n, banner % (b"x" * n))
            w.put_lines("app.log-%d" % n, "b%d" % n, 3)
        w.caught_up()
        for n in (40, 4096) if w.running else ():
            w.truncate("app.log-%d" % n)
            w.put("app.log-%d" % n, banner % (b"x" * n), "ab")
            w.put_lines("app.log-%d" % n, "c%d" % n, 2)
