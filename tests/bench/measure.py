"""Runs a program and says what it took: wall seconds, CPU seconds, peak memory.

The peak is the kernel's, of the program and of the children it waited for. It is never below the
size of this driver itself (some 15 MiB), from which the program was started.
"""
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median


@dataclass
class Run:
    wall: float
    cpu: float
    peak_mib: float
    output: str


def run(command, env=None, discard=False, wanted=(0,)):
    """Runs `command` to its end. `discard` sends its output to /dev/null. Ends the driver when the
    exit status is not a wanted one: a figure of a failed run means nothing."""
    with tempfile.TemporaryFile() as errors:
        begin = time.monotonic()
        child = subprocess.Popen(command, env={**os.environ, **(env or {})}, stderr=errors,
                                 stdout=subprocess.DEVNULL if discard else subprocess.PIPE)
        output = "" if discard else child.stdout.read().decode()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in wanted:
            errors.seek(0)
            sys.exit("bench: %s: exit status %d\n%s" % (
                " ".join(command), child.returncode, errors.read().decode(errors="replace")))
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def middle(runs):
    """The run in the middle of several, figure by figure; the peak is the highest."""
    return Run(median(r.wall for r in runs), median(r.cpu for r in runs),
               max(r.peak_mib for r in runs), runs[-1].output)


def table(head, rows):
    """Prints rows of text aligned: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())
    print()
