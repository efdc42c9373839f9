"""Rotation by renaming, by deleting and by links; what the peers test, and where they failed."""
import os
import time

from world import Wrong, case, line


@case("PC-1", "rename, both written: the lines of both files")
def rename_both_written(w):
    old = w.writer()
    old.line("before-rotate")
    with w.event():
        w.rename("app.log", "app.log.1")
        new = w.writer()
        old.line("after-rotate-old-file")
        new.line("after-rotate-new-file")


@case("PC-2", "two renames: the lines of all three files")
def two_renames(w):
    first = w.writer()
    first.line("before-rotate")
    with w.event():
        w.rename("app.log", "app.log.1")
        second = w.writer()
        first.line("after-rotate-old-file")
        second.line("after-rotate-new-file")
        w.looked()
        w.rename("app.log", "app.log.2")
        third = w.writer()
        second.line("after-rotate-2-old-file")
        third.line("after-rotate-2-new-file")


@case("PC-4", "a link that is swapped: the old target is read on, the new one from its start")
def link_swapped(w):
    w.finish_after = "3s"
    w.configure("current.log", source="preset: json, follow_symlinks: true")
    one, two = w.writer("target-one"), w.writer("target-two")
    os.symlink("target-one", w.path("current.log"))
    one.line("link-before-rotate")
    with w.event():
        os.symlink("target-two", w.path("new"))
        w.rename("new", "current.log")
        w.looked()
        if w.running:  # nobody else has the old target open, and no path leads there any more
            one.line("link-old-target")
        two.line("link-new-target")


@case("PC-5", "a writer that is late, and one that is far too late: counted")
def late_writer(w):
    old = w.writer()
    old.line("before-rotate")
    with w.event():
        w.rename("app.log", "app.log.1")
        new = w.writer()
        old.line("late")
        new.line("new-file")
        w.caught_up()
        if w.running:
            w.until(lambda: w.path("app.log.1") not in w.descriptors()[0], "it is finished")
        old.line("too-late")


@case("PC-5", "a late writer at a file that matches no more: counted while it is not finished", "running")
def late_writer_outside(w):
    w.finish_after = "5s"
    w.configure("app.log")
    old = w.writer()
    old.line("before-rotate")
    with w.event():
        w.rename("app.log", "old")
        w.writer().line("new-file")
        old.line("late")
        w.caught_up()
        old.line("later")
        w.caught_up()


@case("PC-6", "deleted and made anew, at once or later: both lines")
def recreated(w):
    for late in (False, True):
        name = "app.log-%d" % late
        w.writer(name).line("before-delete-%d" % late)
    with w.event():
        for late in (False, True):
            name = "app.log-%d" % late
            os.unlink(w.path(name))
            if late:
                w.looked()
            w.writer(name).line("after-recreate-%d" % late)


@case("FB-2", "another file with the inode of one that is gone, and longer: all its lines", "stopped")
def inode_used_again(w):
    w.put_lines("app.log", "old", 3)
    with w.event():
        inode = os.stat(w.path("app.log")).st_ino
        os.unlink(w.path("app.log"))
        for i in range(200):  # most file systems give the same one at once
            w.put("app.log", b"")
            if os.stat(w.path("app.log")).st_ino == inode:
                break
            w.rename("app.log", "other-%d" % i)
        w.put_lines("app.log", "new", 10)


@case("FB-21", "deleted and made anew a hundred times: no descriptor is left")
def recreated_often(w):
    w.put_lines("app.log", "first", 1)
    w.lost = None
    with w.event():
        for _ in range(100):
            os.unlink(w.path("app.log"))
            w.put("app.log", b"")
        w.put_lines("app.log", "last", 2)


@case("PC-11", "three files rotated at the same time: nine lines")
def three_at_once(w):
    w.configure("app*.log*")
    names = ["app%d.log" % i for i in range(3)]
    old = [w.writer(name) for name in names]
    for i, writer in enumerate(old):
        writer.line("before-%d" % i)
    with w.event():
        for i, name in enumerate(names):
            w.rename(name, name + ".1")
            old[i].line("old-after-%d" % i)
            w.writer(name).line("new-after-%d" % i)


def rotate_many(w, per_file, total, name_of, keep=None):
    """Moves the log away after so many lines. Returns the ids whose files were deleted."""
    names, gone, current = [], set(), []
    writer = w.writer()
    for i in range(total):
        if i % per_file == 0 and i:
            writer.close()
            rotated = name_of(i // per_file)
            w.rename("app.log", rotated)
            names.append((rotated, current))
            current = []
            if keep is not None and len(names) > keep:
                path, ids = names.pop(0)
                os.unlink(w.path(path))
                gone |= set(ids)
            writer = w.writer()
        writer.line("line-%d" % i)
        current.append("line-%d" % i)
    return gone


@case("PC-20", "moved away often, names with time or with a number: all lines")
def matrix_move(w):
    w.configure("app.log*")
    with w.event():
        rotate_many(w, 10, 300, lambda i: "app.log-202603%02d" % i if i % 2 else "app.log.%d" % i)


@case("PC-20", "moved away and the oldest deleted: no line twice, and none lost that was there")
def matrix_delete(w):
    with w.event():
        gone = rotate_many(w, 10, 300, lambda i: "app.log.%d" % i, keep=10)
    w.looked()
    w.all_old()
    w.looked()
    seen = set(w.counted())
    if (set(w.written) - gone) - seen:
        w.caught_up()
    w.written = [name for name in w.written if name in seen or name not in gone]
    w.lost = None


@case("PC-20", "a big file moved while nobody looks: nothing again, and its rest", "stopped")
def moved_big(w):
    w.put_lines("app.log", "big", 5000)
    writer = w.writer()
    with w.event():
        writer.lines("rest", 5000)
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "new", 10)


@case("PC-20", "moved out of sight and back: nothing again")
def moved_away_and_back(w):
    w.put_lines("app.log", "a", 50)
    with w.event():
        w.rename("app.log", "elsewhere")
        w.looked()
        w.rename("elsewhere", "app.log")
    w.caught_up()
    w.rename("app.log", "elsewhere")
    if w.agent:
        w.until(lambda: not w.descriptors()[0], "it is finished")
    w.rename("elsewhere", "app.log")
    w.put_lines("app.log", "b", 3)


@case("PC-23", "renamed to a name that matches: the rest is counted; to one that does not: only what was seen")
def renamed_with_rest(w):
    matching, other = w.writer(), w.writer("app.log.x")
    w.configure("app.log", "app.log.1", "app.log.x")
    matching.line("seen")
    other.line("seen-too")
    with w.event():
        matching.line("unseen")
        w.rename("app.log", "app.log.1")
        if w.running:  # nobody looks at bytes that were written while nobody followed
            other.line("unseen-too")
            w.caught_up()
        w.rename("app.log.x", "gone")
        w.put_lines("app.log", "new", 2)


@case("PC-28", "an unfinished line when it is rotated, finished through the old descriptor: whole")
def rotation_drains(w):
    w.finish_after = "3s"
    w.configure("app.log*")
    old = w.writer()
    old.line("line1", "line2")
    with w.event():
        old.line("line3", "line4")
        w.written.append("partial")
        data = line("partial")
        old.raw(data[:40])
        w.looked()
        w.rename("app.log", "app.log.1")
        w.writer().line("newline1", "newline2")
        w.looked()
        old.raw(data[40:])


@case("PC-32", "renamed, looked at before there is a new file: three lines")
def renamed_then_nothing(w):
    w.writer().line("one", "two")
    with w.event():
        w.rename("app.log", "app.log.1")
        w.looked()
        w.writer().line("three")


@case("FB-5", "rotated each 256 KiB at full speed: every line")
def fast_rotation(w):
    with w.event():
        writer = w.writer()
        for i in range(24):
            for part in range(4):
                writer.lines("f%d-%d" % (i, part), 500)
            writer.close()
            w.rename("app.log", "app.log.%d" % (i + 1))
            writer = w.writer()


@case("FB-9", "rotated between two halves of a line, the new file has lines at once: all whole")
def rotated_in_a_line(w):
    """Also when the line before is older than finish_after: what is unfinished counts from its own
    last byte."""
    w.finish_after = "2s"
    w.configure("app.log*")
    for half in (1, 20, 60):
        name = "app.log%d" % half
        w.writer(name).line("first-%d" % half)
    w.start()
    w.caught_up()
    w.until(lambda: time.time() - os.stat(w.path("app.log60")).st_mtime > 2.2, "it is quiet")
    with w.event():
        old = {half: w.writer("app.log%d" % half) for half in (1, 20, 60)}
        for half, writer in old.items():
            writer.raw(line("cut-%d" % half)[:half])
            w.rename("app.log%d" % half, "app.log%d.1" % half)
            w.writer("app.log%d" % half).line("new-%d" % half)
        w.looked()
        for half, writer in old.items():
            w.written.append("cut-%d" % half)
            writer.raw(line("cut-%d" % half)[half:])


@case("FB-13", "three rotations while nobody looks: nothing twice, nothing lost")
def three_rotations(w):
    w.put_lines("app.log", "g0", 20)
    with w.event():
        for g in range(1, 4):
            w.put_lines("app.log", "g%d-rest" % (g - 1), 3)
            for n in range(g - 1, 0, -1):
                w.rename("app.log.%d" % n, "app.log.%d" % (n + 1))
            w.rename("app.log", "app.log.1")
            w.put_lines("app.log", "g%d" % g, 20)


@case("FB-26", "lines written just when a rotated file is finished: none lost")
def at_finish_time(w):
    writer = w.writer()
    writer.line("first")
    with w.event():
        w.rename("app.log", "app.log.1")
        w.writer().line("new")
        w.caught_up()
        for i in range(4 if w.running else 1):
            if w.running:
                w.until(lambda: w.path("app.log.1") not in w.descriptors()[0], "it is finished")
            writer.line("late-%d" % i)
            w.caught_up()


@case("FB-37", "three hundred files rotated at once: every line")
def many_rotated(w):
    writers = []
    for i in range(300):
        writers.append(w.writer("app.log-%d" % i))
        writers[-1].line("a-%d" % i)
    with w.event():
        for i, old in enumerate(writers):
            w.rename("app.log-%d" % i, "app.log-%d.1" % i)
            w.writer("app.log-%d" % i).line("b-%d" % i)
            old.line("late-%d" % i)
            old.close()


@case("FB-38", "the log and its one backup are both replaced each time: noticed at once, one row each", "running")
def many_generations(w):
    writer = w.writer()
    with w.event():
        for i in range(20):
            writer.line("g-%d" % i)
            w.rename("app.log", "app.log.1")
            writer.close()
            writer = w.writer()
            w.caught_up()
    if len(w.query("SELECT 1 FROM files")) > 25:
        raise Wrong("%d files are known" % len(w.query("SELECT 1 FROM files")))
