"""What a play has written: the truth that the ledger is held against.

A Content is one stream of bytes. It may stand under several names (renamed, copied, packed), whole
or in part; it ends when a writer truncates or deletes it. A Log is a name that a writer writes at.
"""
import fcntl
import os

LINE = ('{"time":"2026-03-01T10:00:00Z","model":"gpt-4o","input_tokens":10,"output_tokens":1,'
        '"request_id":"%s"}\n')
# No calls, longer than the head that identifies a file, the same in all that have it.
BANNER = b'{"event":"started","by":"an application that says so at length"}\n' * 20


class Content:
    def __init__(self):
        self.size = 0       # bytes
        self.lines = {}     # id -> (begin, end)
        self.half = None    # of a line that is not finished: id and begin
        self.seen = 0       # bytes that were there when the agent had certainly looked
        self.destroyed = False

    def add(self, name, data, rest=0):
        """Bytes of a line, of which `rest` are still to come."""
        begin = self.half[1] if self.half else self.size
        self.size += len(data)
        self.half = (name, begin) if rest else None
        if not rest and name:
            self.lines[name] = (begin, self.size)

    def up_to(self, size):
        return {name for name, (_, end) in self.lines.items() if end <= size}


class Files:
    """What stands where: path -> the content and how much of it; None: all there will be."""

    def __init__(self):
        self.contents = []
        self.at = {}

    def new(self):
        self.contents.append(Content())
        return self.contents[-1]

    def move(self, old, new):
        self.at[new] = self.at.pop(old)
        os.rename(old, new)

    def written(self):
        return {name for c in self.contents for name in c.lines}

    def places(self, name):
        """The paths at which a line stands."""
        return [path for path, (content, size) in self.at.items()
                if name in content.up_to(content.size if size is None else size)]

    def standing(self):
        """Ids of all lines that can still be read."""
        return {name for content, size in self.at.values()
                for name in content.up_to(content.size if size is None else size)}


class Log:
    def __init__(self, files, path, random):
        self.files, self.path, self.random = files, path, random
        self.names = 0
        self.rest = b""      # of a half line
        self.fd = None
        self.content = None
        self.open()

    def open(self, path=None):
        """A writer that begins a file; it may be one without O_APPEND."""
        append = self.random.choice([os.O_APPEND, os.O_APPEND, 0])
        if self.fd is not None:
            os.close(self.fd)
        self.fd = os.open(path or self.path, os.O_WRONLY | os.O_CREAT | append, 0o644)
        self.content = self.files.new()
        self.files.at[path or self.path] = (self.content, None)
        if self.random.random() < 0.3:
            self.put(None, BANNER)

    def reopen(self, content):
        """A writer that goes on in a copy of what it wrote, by the same name."""
        os.close(self.fd)
        self.fd = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        self.content = content

    def appends(self):
        return fcntl.fcntl(self.fd, fcntl.F_GETFL) & os.O_APPEND

    def put(self, name, data, rest=0):
        """Writes, and may stop for the kernel in the midst of it."""
        if not self.appends():  # a hole, if it was truncated
            self.content.size = os.lseek(self.fd, 0, os.SEEK_CUR)
        while data:
            done = os.write(self.fd, data[:self.random.choice([7, 500, 65536])])
            self.content.add(name, data[:done], rest + len(data) - done)
            data = data[done:]

    def next(self):
        self.names += 1
        name = "%s-%d" % (os.path.basename(self.path), self.names)
        return name, (LINE % name).encode()

    def write(self, n):
        self.finish()
        for _ in range(n):
            self.put(*self.next())

    def write_half(self):
        self.finish()
        name, line = self.next()
        cut = self.random.randrange(1, len(line))
        self.put(name, line[:cut], len(line) - cut)
        self.rest = line[cut:]

    def finish(self):
        if self.rest:
            rest, self.rest = self.rest, b""
            self.put(self.content.half[0], rest)

    def truncate(self):
        """The writer goes on where it was: without O_APPEND that leaves a hole."""
        self.rest = b""
        self.content.destroyed = True
        os.ftruncate(self.fd, 0)
        self.content = self.files.new()
        self.files.at[self.path] = (self.content, None)

    def close(self):
        os.close(self.fd)
