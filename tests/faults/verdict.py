"""What has to be true when a play is over.

    - every line that still stands somewhere is counted, and within a while
    - no line is counted twice, none that was never written, and each at the byte where it stands
    - what is missing was destroyed, and is the end of its content: nothing is left out in between
    - bytes that were there when the agent looked, and are not counted, are said to be lost; and no
      more are said to be lost than there were behind what was counted. Where nothing was destroyed,
      none are
    - files that are gone are closed, and neither a backfill nor another run adds anything
"""
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import adds_up  # noqa: E402
from victim import PATIENCE, Wrong  # noqa: E402

NEW, PARTIAL, FINISHED = 0, 2, 5  # enum file_state


def counted(p):
    """Id -> byte at which it was counted."""
    rows = p.victim.query("SELECT request_id, offset FROM call_rows WHERE request_id NOT LIKE"
                          " 'witness%'")
    ids = dict(rows)
    if len(ids) != len(rows):
        twice = sorted(name for name in ids if sum(row[0] == name for row in rows) > 1)
        raise Wrong("%d calls were counted twice: %s" % (len(twice), twice[:5]))
    return ids


def unsettled(p):
    """Paths of which the agent has not yet said that it has read them as they are."""
    read = set(p.victim.query("SELECT inode, size FROM files WHERE state NOT IN (?, ?, ?)",
                              NEW, PARTIAL, FINISHED))
    stats = {path: os.stat(path) for path in p.files.at}
    return [path for path, now in stats.items() if (now.st_ino, now.st_size) not in read]


def held(p):
    """Deleted files that the agent holds open."""
    folder, found = "/proc/%d/fd" % p.victim.process.pid, []
    for number in os.listdir(folder):
        with contextlib.suppress(OSError):
            to = os.readlink(os.path.join(folder, number))
            if to.endswith("(deleted)") and "/t.db" not in to:
                found.append(to)
    return found


def lost(p):
    return p.victim.query("SELECT total(lost) FROM files")[0][0]


def must_be_lost(p, ids):
    """Lines that were there when the agent looked, and were not counted, and their bytes."""
    lines = [(name, end - begin) for content in p.files.contents
             for name, (begin, end) in content.lines.items()
             if end <= content.seen and name not in ids]
    return [name for name, _ in lines], sum(size for _, size in lines)


def may_be_lost(p, ids):
    """Bytes behind what was counted of what was destroyed."""
    return sum(content.size - max((end for name, (_, end) in content.lines.items() if name in ids),
                                  default=0)
               for content in p.files.contents if content.destroyed)


def settle(p):
    """The agent has counted all that stands, and rests."""
    p.victim.relieve()
    p.victim.start()

    def missing():
        return sorted(p.files.standing() - set(counted(p)))
    p.victim.until(lambda: not missing(), lambda: "%d lines are not counted: %s, of %s" % (
        len(missing()), missing()[:5], p.files.places(missing()[0])))
    p.victim.until(lambda: not unsettled(p), lambda: "not settled: %s" % unsettled(p)[:3])
    p.look()
    p.victim.until(lambda: not held(p), lambda: "deleted files are held: %s" % held(p)[:3])


def check_missing(content, ids):
    lines = sorted(content.lines.items(), key=lambda line: line[1])
    gone = [name for name, _ in lines if name not in ids]
    if gone and not content.destroyed:
        raise Wrong("lines are missing that nobody destroyed: %s" % gone[:5])
    if gone != [name for name, _ in lines[len(lines) - len(gone):]]:
        raise Wrong("lines are left out before others that are counted: %s" % gone[:5])


def check_places(content, ids):
    for name, (begin, _) in content.lines.items():
        if name in ids and ids[name] != begin:
            raise Wrong("%s stands at %d, and was counted at %d" % (name, begin, ids[name]))


def check_lost(p, ids):
    names, least = must_be_lost(p, ids)
    most = may_be_lost(p, ids) if p.destroys else 0
    p.victim.until(lambda: lost(p) >= least,
                   lambda: "%d bytes were seen and not counted, %d are said to be lost: %s"
                   % (least, lost(p), names[:5]))
    if lost(p) > most:
        raise Wrong("%d bytes are said to be lost, of %d that were not counted" % (lost(p), most))


def check_ledger(p):
    with contextlib.closing(sqlite3.connect(p.path("t.db"))) as db:
        problems = list(adds_up.problems(db, None))
    if problems:
        raise Wrong("does not add up: %s" % problems)


def check_again(p, ids):
    """All that stands is known: to a backfill, and to another run."""
    subprocess.run([os.environ["TOKENTAIL"], "backfill", "-q", "-c", p.path("t.yaml")],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                   timeout=PATIENCE)
    if counted(p) != ids:
        raise Wrong("a backfill has added %s" % sorted(set(counted(p)) - set(ids))[:5])
    settle(p)
    p.victim.end(signal.SIGTERM)
    if counted(p) != ids:
        raise Wrong("another run has added %s" % sorted(set(counted(p)) - set(ids))[:5])


def check(p):
    ids = counted(p)
    if set(ids) - p.files.written():
        raise Wrong("nobody wrote %s" % sorted(set(ids) - p.files.written())[:5])
    for content in p.files.contents:
        check_missing(content, ids)
        check_places(content, ids)
    check_lost(p, ids)
    p.victim.end(signal.SIGTERM)
    check_again(p, ids)
    check_ledger(p)
