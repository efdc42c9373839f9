"""Lines: unfinished, long, at the edges of buffers, in pieces, and what is none."""
import gzip
import os

from world import Wrong, case, line


@case("PC-7", "ended and started again: only the second line is new")
def resume(w):
    writer = w.writer()
    writer.line("first")
    with w.event():
        writer.line("second")


@case("PC-9", "half a line, then its rest: one line; cut within a character too")
def partial(w):
    for cut in (1, 30, 47, 48, 49):  # the smile begins at 47
        writer = w.writer("app.log-%d" % cut)
        name = "half-%d" % cut
        whole = ('{"time":"2026-03-01T10:00:00Z","model":"m","user":"\U0001f600","input_tokens":1,'
                 '"request_id":"%s"}\n' % name).encode()
        writer.line("before-%d" % cut)
        writer.raw(whole[:cut])
        with w.event():
            writer.raw(whole[cut:])
            w.written.append(name)


@case("PC-9", "half a line in a file that is rotated and never finished: rejected, once")
def partial_for_ever(w):
    writer = w.writer()
    writer.line("before")
    writer.raw(line("never")[:50])
    w.others["rejected"] = 1
    with w.event():
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "new", 1)
    w.until(lambda: w.query("SELECT 1 FROM coverage_daily WHERE outcome = 'rejected'"), "it is told")


@case("PC-9", "a last line that only lacks its newline, in a file that is rotated: counts once")
def no_newline(w):
    writer = w.writer()
    writer.line("before")
    writer.raw(line("last")[:-1])
    with w.event():
        w.rename("app.log", "app.log.1")
        w.put_lines("app.log", "new", 1)
        w.written.append("last")


@case("PC-12", "a line of 10 KiB, and one that is longer than any may be: its neighbours count")
def long_lines(w):
    writer = w.writer()
    writer.line("before")
    w.others["rejected"] = 1
    with w.event():
        writer.line("long", more=',"x":"%s"' % ("y" * 10240))
        writer.raw(b'{"too":"long')
        os.lseek(writer.fd, 0, os.SEEK_END)
        os.truncate(w.path("app.log"), os.stat(w.path("app.log")).st_size + (65 << 20))
        writer.raw(b"\n")
        writer.line("after")


@case("PC-29", "LF, CRLF and characters at every power of two, plain and packed: every line")
def at_edges(w):
    def body(prefix, shift, end, filler):
        data = b""
        for power in range(9, 21):
            head = line("%s-%d" % (prefix, power))[:-2] + b',"x":"'
            room = (1 << power) + shift - len(data) - len(head) - 2
            if room < 0:
                continue
            pad = filler * (room // len(filler)) + b"." * (room % len(filler))
            data += head + pad + b'"}' + end
            w.written.append("%s-%d" % (prefix, power))
        return data
    with w.event():
        for shift in (-2, -1, 0, 1):
            for kind, end, filler in (("lf", b"\n", b"a"), ("crlf", b"\r\n", b"b"),
                                      ("utf8", b"\n", "\u20ac".encode())):
                name = "%s%d" % (kind, shift)
                w.put("app.log-" + name, body(name, shift, end, filler))
                w.put("app.log-%s.9.gz" % name, gzip.compress(body("z" + name, shift, end, filler)))


def cri(tag, text):
    return ("2026-03-01T10:00:00.000000000Z stdout %s %s\n" % (tag, text)).encode()


@case("PC-30", "pieces of one record, the last when the agent has looked at the first: one record")
def cri_pieces(w):
    w.configure("app.log*", source="preset: json, unwrap: [cri]")
    whole = line("joined").decode().rstrip()
    writer = w.writer()
    writer.raw(cri("P", whole[:40]))
    with w.event():
        w.looked()
        writer.raw(cri("P", whole[40:60]))
        w.looked()
        writer.raw(cri("F", whole[60:]))
        w.written.append("joined")


@case("FB-28", "nothing but lines that are skipped: the position moves on all the same")
def only_skipped(w):
    w.others["skipped"] = 200
    w.put("app.log", b'{"level":"info"}\n' * 100)
    with w.event():
        w.put("app.log", b'{"level":"info"}\n' * 100, "ab")
    w.until(lambda: w.file("app.log")[2] == 200 * 17, "the position is at the end")


@case("FB-29", "one short line in a small file: counts at once")
def small(w):
    with w.event():
        w.put_lines("app.log", "s", 1)
        w.caught_up()


@case("FB-33", "a line of 200 KB that comes in pieces of 1 KB: one record")
def slow_line(w):
    writer = w.writer()
    data = line("slow", ',"x":"%s"' % ("z" * 200_000))
    writer.line("before")
    with w.event():
        for at in range(0, len(data), 1024):
            writer.raw(data[at:at + 1024])
            if at % (40 << 10) == 0:
                w.looked()
        w.written.append("slow")
    writer.line("after")


def grow(w, prefix, before, begin, end):
    """The file grows by a byte or two; each time an agent is started anew, looks, and is killed. The
    two ways stop at every other byte each."""
    text = b"".join(line("%s%d" % (prefix, i)) for i in range(6))
    w.put("app.log", text[:before])
    writer = w.writer()
    writer.raw(text[before:begin])
    at = begin
    for size in range(begin + (w.watch == "poll"), end, 2):
        writer.raw(text[at:size + 1])
        at = size + 1
        w.make_old("app.log")
        w.start()
        w.until(lambda n=size + 1: w.query("SELECT 1 FROM files WHERE path = ? AND content_size = ?",
                                           w.path("app.log"), n), "it is looked at")
        w.kill()
    w.written += ["%s%d" % (prefix, i) for i in range(6)]
    writer.raw(text[at:])


# In six parts, which are played side by side.
for part in range(6):
    @case("FB-36", "a file grows through bytes %d to %d, with a kill at each: every line once"
          % (part * 100 + 1, part * 100 + 100), "stopped")
    def grow_by_bytes(w, part=part):
        grow(w, "g%d-" % part, 0, part * 100, part * 100 + 100)


@case("FB-44", "a file of a terabyte that holds nothing: it costs little, and others go on")
def sparse(w):
    w.put_lines("app.log", "a", 2)
    with w.event():
        w.put("app.log-huge", b"")
        os.truncate(w.path("app.log-huge"), 1 << 40)
        w.start()
        w.put_lines("app.log", "b", 2)
        w.caught_up()
        w.until(lambda: w.file("app.log-huge")[0] is not None, "it is looked at")
        w.looked()
        if w.memory_peak() > 128 << 10:
            raise Wrong("%d KiB" % w.memory_peak())
    w.put_lines("app.log-huge", "behind", 2)
    w.until(lambda: w.file("app.log-huge")[2] > 1 << 40, "what comes behind it is read")
