"""Files that are packed: growing, cut, damaged, of many members, and packed copies of what was read."""
import gzip
import os
import random

from world import Wrong, case, line

CORRUPT = 3  # a state, as the ledger has it


def lines(prefix, n):
    return b"".join(line("%s-%d" % (prefix, i)) for i in range(n))


def names(prefix, n):
    return ["%s-%d" % (prefix, i) for i in range(n)]


def random_lines(prefix, n):
    """Lines that do not pack well, so that a flipped byte is somewhere in the midst of them."""
    dice = random.Random(7)
    return b"".join(line("%s-%d" % (prefix, i), ',"x":"%032x"' % dice.getrandbits(128))
                    for i in range(n))


@case("PC-14", "a gzip of which the end comes later, whatever part was there: its 100 lines once")
def growing(w):
    data = gzip.compress(lines("x", 100))
    shown = {"5": 5, "half": len(data) // 2, "-20": len(data) - 20, "-8": len(data) - 8}
    packed = {n: gzip.compress(lines(n, 100)) for n in shown}
    w.others["rejected"] = None  # a first part without the magic is no gzip yet
    with w.event():
        for n, size in shown.items():
            w.put("app.log.%s.gz" % n, packed[n][:size])
            w.make_old("app.log.%s.gz" % n)
        w.start()
        for n in shown:
            w.until(lambda n=n: w.file("app.log.%s.gz" % n)[0] is not None, "it is looked at")
        if not w.running:
            w.stop()
        for n, size in shown.items():
            w.written += names(n, 100)
            w.put("app.log.%s.gz" % n, packed[n][size:], "ab")


@case("PC-14", "a gzip in pieces of some bytes: its lines once")
def pieces(w):
    data = gzip.compress(lines("p", 300))
    with w.event():
        for begin, end in ((0, 1), (1, 5), (5, 10), (10, 60), (60, 700), (700, len(data))):
            w.put("app.log.1.gz", data[begin:end], "ab")
            w.looked()
        w.written += names("p", 300)


@case("PC-15", "a packed copy of a file that was read: nothing, and what is appended behind it is told")
def packed_copy(w):
    w.put_lines("app.log", "a", 50)
    with w.event():
        with open(w.path("app.log"), "rb") as f:
            data = gzip.compress(f.read())
        w.put("app.log.1.gz", data)
    w.all_old()
    w.until(lambda: w.file("app.log.1.gz")[0] == 1, "the copy is read")
    w.put("app.log.1.gz", b"what is this", "ab")
    w.until(lambda: "other bytes" in w.file("app.log.1.gz")[1], "the bytes behind it are told")
    w.until(lambda: w.said("other bytes") == 1, "once")


@case("FB-18", "rotated and packed, delayed by one: nothing twice, the last lines once")
def packed_later(w):
    writer = w.writer()
    writer.lines("a", 60)
    with w.event():
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "b", 10)
        writer.lines("late", 3)
        w.caught_up()
        w.pack("app.log.1", "app.log.2.gz")
        w.caught_up()
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "c", 10)
        w.pack("app.log.1")


@case("PC-17", "members: of whole lines, cut in a line, empty, padded with zeros")
def members(w):
    a, b = lines("a", 100), lines("b", 100)
    with w.event():
        w.put("app.log.1.gz", gzip.compress(a[:70]) + gzip.compress(b"") + gzip.compress(a[70:]) +
              gzip.compress(b) + b"\0" * 512)
        w.written += names("a", 100) + names("b", 100)


@case("FB-7", "a thousand members, and two hundred million zeros: counted, and nothing")
def many_members(w):
    w.put("app.log.1.gz", b"".join(gzip.compress(line("m-%d" % i)) for i in range(1000)))
    w.written += names("m", 1000)
    w.make_old("app.log.1.gz")
    with w.event():
        w.put("app.log.2.gz", gzip.compress(b"\0" * 10_000_000, 1) * 20)
        w.make_old("app.log.2.gz")
        w.others["rejected"] = 1  # a line that is too long, of whatever it is
        w.start()
        w.until(lambda: w.file("app.log.2.gz")[0] == 1, "the zeros are read")


@case("PC-18", "a member damaged: what was before it, told once, others go on; a good copy adds the rest")
def damaged(w):
    first, rest = gzip.compress(lines("d", 100)), gzip.compress(lines("e", 100))
    w.put_lines("app.log", "other", 3)
    with w.event():
        w.put("app.log.1.gz", first + b"\x1f\x8b\xff\xff" + rest[4:])
        w.make_old("app.log.1.gz")
        w.written += names("d", 100)
        w.start()
        w.until(lambda: w.file("app.log.1.gz")[0] == CORRUPT, "it is known to be damaged")
        w.put_lines("app.log", "more", 3)
        w.caught_up()
        w.until(lambda: w.said("corrupt") == 1, "it is told once")
        w.put("good", first + rest)
        w.written += names("e", 100)
        w.rename("good", "app.log.1.gz")


@case("PC-18", "damage in the midst of a member: told once and not tried again, others go on")
def damaged_within(w):
    data = bytearray(gzip.compress(random_lines("d", 3000)))
    data[len(data) // 2:len(data) // 2 + 16] = b"\xff" * 16
    w.others["rejected"] = None  # what is unpacked before the damage is noticed may be no line
    with w.event():
        w.put("app.log.1.gz", bytes(data))
        w.make_old("app.log.1.gz")
        w.start()
        w.until(lambda: w.file("app.log.1.gz")[0] == CORRUPT, "it is known to be damaged")
        w.put("app.log.1.gz", bytes(data))
        w.written += [name for name in w.counted() if name.startswith("d-")]
        w.put_lines("app.log", "more", 3)
        w.caught_up()
    if not 100 < len(w.counted()) < 3000:
        raise Wrong("%d lines are counted" % len(w.counted()))


@case("FB-17", "killed in the midst of a gzip: the rest once", "running")
def killed_within(w):
    data = gzip.compress(random_lines("k", 60000), 1)
    w.written += names("k", 60000)
    w.start()
    w.put("app.log.1.gz", data)
    w.make_old("app.log.1.gz")
    for _ in range(5):
        before = w.query("SELECT count(*) FROM call_rows")[0][0] if w.counted() else 0
        w.start()
        w.until(lambda n=before: (w.query("SELECT count(*) FROM call_rows") or [(0,)])[0][0] > n or
                not w.missing(), "some more is counted")
        w.kill()


@case("FB-34", "three packed files, five restarts: nothing again")
def restarts(w):
    for i in range(3):
        w.put("app.log.%d.gz" % i, gzip.compress(lines("z%d" % i, 20)))
        w.make_old("app.log.%d.gz" % i)
        w.written += names("z%d" % i, 20)
    with w.event():
        pass
    for _ in range(5):
        w.caught_up()
        w.looked()
        w.kill()
        w.start()


@case("6", "the last line of a gzip without its newline: counts")
def no_newline(w):
    with w.event():
        w.put("app.log.1.gz", gzip.compress(lines("n", 3)[:-1]))
        w.written += names("n", 3)


@case("PC-3", "copied, packed at once, truncated: nothing twice")
def copied_and_packed(w):
    writer = w.writer()
    writer.lines("a", 40)
    with w.event():
        w.copy("app.log", "app.log.1")
        w.pack("app.log.1")
        w.truncate("app.log")
        writer.lines("b", 5)
    os.stat(w.path("app.log.1.gz"))
