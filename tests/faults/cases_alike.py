"""Files that begin alike: logs with one banner, copies of part of a log, files that are looked at
while one cannot tell yet what they are. Found by plays (play.py)."""
import os
import signal
import time

from world import case, line

READ = 1  # a state of a file, as the database has it
BANNER = b'{"event":"started","by":"an application that says so at length"}\n' * 20


@case("P-17", "a banner that another log has too, which goes further: every call of both")
def shared_banner(w):
    """The other one was once counted up to the end of its banner: a copy that stops there would
    look like this one, but for its calls."""
    w.configure("*.log")
    w.others["skipped"] = None
    w.put("other.log", BANNER)
    with w.event():
        w.start()
        w.until(lambda: w.file("other.log")[2] == len(BANNER), "the banner is counted")
        w.put_lines("other.log", "o", 200)
        w.caught_up()
        if not w.running:
            w.stop()
        w.put("app.log", BANNER)
        w.put_lines("app.log", "a", 100)


@case("P-21", "copies of a log's beginning, all new, the log itself read first: each call once")
def beginnings(w):
    with w.event():
        for n in (1, 3, 40):
            name = "app.log-%d" % n
            w.put_lines(name, "a%d" % n, n)
            w.copy(name, name + ".1")
            w.put_lines(name, "b%d" % n, 20)
            w.make_old(name)


@case("P-40", "replaced by itself and more, copied, and written on: each call once", "stopped")
def replaced_and_copied(w):
    w.put_lines("app.log", "old", 200)
    with w.event():
        w.copy("app.log", "new")
        w.rename("new", "app.log")
        w.put_lines("app.log", "more", 2)
        w.copy("app.log", "app.log.1")
        w.put_lines("app.log", "last", 200)
        w.make_old("app.log")


@case("P-18", "deleted while one cannot tell yet what it is: its calls are counted", "running")
def deleted_young(w):
    w.finish_after = "3s"
    w.configure("*.log")
    w.put_lines("other.log", "o", 10)
    with w.event():
        w.put_lines("app.log", "a", 2)
        w.until(lambda: w.path("app.log") in w.descriptors()[0], "it is opened")
        os.unlink(w.path("app.log"))
        w.put_lines("app.log", "b", 3)
        w.until(lambda: w.path("app.log") in w.descriptors()[0], "it is opened")
        w.put_lines("new", "c", 1)
        w.rename("new", "app.log")


@case("P-42", "truncated while one cannot tell yet what it is: said to be lost", "running")
def truncated_young(w):
    """The first file is known to begin otherwise when the second is counted in its place."""
    w.configure("*.log")
    w.put_lines("other.log", "o", 10)
    with w.event():
        began = time.monotonic()
        w.put("app.log", line("gone"))
        w.looked()
        w.truncate("app.log")
        w.put_lines("app.log", "b", 3)
        w.caught_up()
        if time.monotonic() - began < 0.3 and not w.has("gone"):
            w.until(lambda: w.said("they are lost"), "the loss is told")
    if w.has("gone"):
        w.written.append("gone")
    w.lost = None


@case("P-1079", "one log by two names, closed and written at again: each call once")
def two_names(w):
    w.configure("*", source="preset: json, follow_symlinks: true")
    one, two = w.writer("to-0"), w.writer("to-1")

    def swap(target):
        os.symlink(target, w.path("../aside"))
        w.rename("../aside", "current")

    swap("to-0")
    one.line("a")
    with w.event():
        swap("to-1")
        two.line("b")
        w.caught_up()
        if w.running:
            w.until(lambda: w.path("to-0") not in w.descriptors()[0], "it is finished")
            w.agent.send_signal(signal.SIGSTOP)  # the search finds it grown, and by both names
        swap("to-0")
        one.line("c")
        if w.running:
            w.agent.send_signal(signal.SIGCONT)
        for name in "def":
            one.line(name)
            w.caught_up()


@case("P-1474", "killed while a file that was read before is read on: all of it", "running")
def killed_reading(w):
    writer = w.writer()
    writer.line("first")
    with w.event():
        writer.lines("l", 60000)
        w.until(lambda: w.number() > 1, "something is counted")
        w.kill()
        w.start()


@case("P-23298", "a log copied over an older copy, in its place: its calls count once")
def copied_over(w):
    w.put_lines("app.log.1", "old", 4)
    w.put_lines("app.log", "a", 2)
    with w.event():
        w.caught_up()
        w.copy("app.log", "app.log.1")
        w.looked()
        w.put_lines("app.log", "b", 2)


@case("P-40071", "a log copied over an older one that begins as it does: its calls count once")
def copied_over_alike(w):
    """Which then seems to have grown."""
    w.others["skipped"] = None
    w.put("app.log.1", BANNER)
    w.put("app.log", BANNER)
    w.put_lines("app.log", "a", 100)
    with w.event():
        w.caught_up()
        if w.running:
            w.until(lambda: w.path("app.log.1") not in w.descriptors()[0], "it is finished")
            w.agent.send_signal(signal.SIGSTOP)
        w.copy("app.log", "app.log.1")
        if w.running:
            w.agent.send_signal(signal.SIGCONT)
        w.looked()
        w.put_lines("app.log", "b", 2)


@case("P-20", "emptied, then written again with all that was there and more: each call once", "running")
def saved_in_place(w):
    """As an editor saves that writes at the file itself, and is slow."""
    w.put_lines("app.log", "a", 5)
    with open(w.path("app.log"), "rb") as f:
        text = f.read()
    with w.event():
        w.truncate("app.log")
        w.until(lambda: w.file("app.log")[0] == 0, "it is seen empty")
        w.put("app.log", text)
        w.put_lines("app.log", "b", 2)
        w.caught_up()


@case("P-40258", "replaced by itself and more, and truncated while that waits: the rest is lost",
      "running")
def more_destroyed_young(w):
    w.finish_after = "3s"
    w.configure("app.log*")
    w.put_lines("app.log", "a", 4)
    w.make_old("app.log")
    with w.event():
        w.caught_up()
        w.copy("app.log", "new")
        w.rename("new", "app.log")
        w.put("app.log", line("gone"), "ab")
        w.until(lambda: w.file("app.log")[0] == 0, "it is seen, and waits")
        w.truncate("app.log")
        w.until(lambda: w.said("they are lost"), "the loss is told")
        w.until(lambda: w.query("SELECT sum(lost) FROM files")[0][0] == len(line("gone")),
                "no more than that is lost")
    w.lost = True


@case("P-40464", "half a line that was seen, and found again whole in a copy: nothing is lost",
      "running")
def half_a_line_copied(w):
    """Beside another of which no copy is made: when that is told, this one would have been."""
    data, other = line("a-0"), b'{"begins":"otherwise, and nobody finishes it'
    w.configure("*.log*")
    with w.event():
        for name in ("app.log", "other.log"):
            w.put(name, data[:50] if name == "app.log" else other)
            w.until(lambda n=name: "unfinished" in w.file(n)[1], "half a line waits")
        w.put("app.log", data[50:], "ab")
        w.agent.send_signal(signal.SIGSTOP)
        w.copytruncate("app.log", "app.log.1")
        w.truncate("other.log")
        w.agent.send_signal(signal.SIGCONT)
        w.written.append("a-0")
        w.until(lambda: w.said("other.log was truncated"), "the loss of the other is told")
        w.caught_up()
    w.until(lambda: w.query("SELECT sum(lost) FROM files")[0][0] == len(other),
            "no more than that is lost")
    w.lost = True


def copy_slowly(w, name):
    """app.log, in pieces that end within a line, each after the agent has found out what it is."""
    with open(w.path("app.log"), "rb") as f:
        data = f.read()
    for begin in range(0, len(data), 9000):
        w.put(name, data[begin:begin + 9000], "ab")
        if w.agent:
            w.until(lambda: w.file(name)[0] == READ, "it is found out what it is")
            w.looked()


@case("P-50001", "a copy that pauses when it is half made: each call once")
def paused_copy(w):
    """Long enough to be taken for a copy of less than was counted, twice."""
    w.put_lines("app.log", "a", 300)
    with w.event():
        w.caught_up()
        copy_slowly(w, "app.log.1")
        w.put_lines("app.log", "b", 2)


@case("P-50002", "a log copied over its own older copy, again and again: each call once")
def copied_again(w):
    """As a person does who keeps a copy beside it, by cron. It seems to have grown each time."""
    with w.event():
        for name in "abc":
            w.put_lines("app.log", name, 50)
            w.caught_up()
            with w.unseen():
                w.copy("app.log", "app.log.copy")
            if w.agent:
                w.until(lambda: w.file("app.log.copy")[0] == READ, "it is found out what it is")
        w.put_lines("app.log", "d", 2)


@case("P-50003", "a copy that somebody writes on: what is its own counts, and soon")
def written_on(w):
    w.put_lines("app.log", "a", 100)
    with w.event():
        w.copy("app.log", "app.log.1")
        w.caught_up()
        if w.agent:
            w.until(lambda: w.file("app.log.1")[0] == READ, "it is found out what it is")
        for n in range(3):
            w.put_lines("app.log.1", "own%d" % n, 2)
            w.put_lines("app.log", "b%d" % n, 2)
            w.caught_up()


@case("P-50004", "copied over its own older copy by turns with restarts: each call once")
def copied_and_restarted(w):
    """Also while it is so small that there is no whole head to know it by."""
    with w.event():
        for n in (2, 2, 2, 50, 50):
            w.put_lines("app.log", "n%d" % len(w.written), n)
            w.caught_up()
            with w.unseen():
                w.copy("app.log", "app.log.copy")
            if w.agent:
                w.until(lambda: w.file("app.log.copy")[2] == os.stat(w.path("app.log")).st_size,
                        "the copy is known to its end")
                w.stop()
                w.start()


@case("P-50005", "moved to where it can only be copied, slowly: each call once")
def moved_slowly(w):
    """The original goes when the copy is whole."""
    w.put_lines("app.log", "a", 300)
    with w.event():
        w.caught_up()
        copy_slowly(w, "app.log.moved")
        os.unlink(w.path("app.log"))
        w.looked()
        w.put_lines("app.log.moved", "b", 2)


@case("P-50006", "the next log copied over a copy of the one before: each call once")
def next_copied_over(w):
    """It is larger than that was, so nobody sees it shrink."""
    with w.event():
        for n, name in enumerate("abc"):
            w.put_lines("app.log", name, 20 + 20 * n)
            w.caught_up()
            with w.unseen():
                w.copy("app.log", "app.log.copy")
            if w.agent:
                w.until(lambda: w.file("app.log.copy")[0] == READ, "it is found out what it is")
                w.looked()
            w.rename("app.log", "app.log.%d" % n)


@case("P-50007", "a small log and its copy by another name grow beyond the head: each call once")
def small_copied_again(w):
    """Nothing in the names says that they are of one log."""
    w.configure("app.*")
    with w.event():
        for name in "abc":
            w.put_lines("app.jsonl", name, 6)
            w.caught_up()
            with w.unseen():
                w.copy("app.jsonl", "app.copy")
            if w.agent:
                w.until(lambda: w.file("app.copy")[0] == READ, "it is found out what it is")
                w.looked()
