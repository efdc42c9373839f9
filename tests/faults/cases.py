"""Plays the cases of cases_*.py, each in its ways, many at a time: cases.py [--list] [NAME...]

A NAME is that of a case, such as PC-3, or of its function. What fails is told with its way, and its
world is kept to be looked at.
"""
import argparse
import concurrent.futures
import glob
import importlib
import os
import shutil
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import world  # noqa: E402

AT_ONCE = 8 * (os.cpu_count() or 1)  # they wait most of the time
# WAYS=1: each case in one of its ways, another for each case; where the program is slow.
WAYS = int(os.environ.get("WAYS", "4"))


def load():
    for path in sorted(glob.glob(os.path.join(HERE, "cases_*.py"))):
        importlib.import_module(os.path.splitext(os.path.basename(path))[0])


def ways(only, turn):
    all_ways = list(every_way(only))
    for at in range(min(WAYS, len(all_ways))):
        yield all_ways[(turn + at) % len(all_ways)]


def every_way(only):
    for running in (True, False):
        if only is None or (only == "running") == running:
            yield from ((running, watch) for watch in ("inotify", "poll"))


def play(binary, base, found, running, watch):
    """What went wrong, in words; None: nothing."""
    name, expectation, _, function = found
    w = world.World(binary, base, running, watch)
    began = time.monotonic()
    try:
        function(w)
        w.check()
    except Exception as wrong:  # pylint: disable=broad-except
        if w.agent:
            w.agent.kill()
            w.agent.wait()
        where = [f for f in traceback.extract_tb(wrong.__traceback__) if "cases_" in f.filename]
        return "%s %s (%s) [%s, %s]%s: %s: %s\n  kept in %s" % (
            name, function.__name__, expectation, "running" if running else "stopped", watch,
            " line %d" % where[-1].lineno if where else "", type(wrong).__name__, wrong,
            w.dir), time.monotonic() - began
    w.clean()
    return None, time.monotonic() - began


def play_all(binary, base, cases):
    problems, times = [], []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        playing = {}
        for turn, found in enumerate(cases):
            for running, watch in ways(found[2], turn):
                task = pool.submit(play, binary, base, found, running, watch)
                playing[task] = found, running, watch
        for task in concurrent.futures.as_completed(playing):
            problem, seconds = task.result()
            found, running, watch = playing[task]
            times.append((seconds, "%s %s" % (found[0], found[3].__name__)))
            if problem:
                problems.append((problem, found, running, watch))
                print(problem, flush=True)
    return again(binary, base, problems), sorted(times, reverse=True)


def again(binary, base, problems):
    """Those that fail by themselves, too: beside many others something may have come too late."""
    failed = []
    for _, found, running, watch in problems:
        problem, _ = play(binary, base, found, running, watch)
        if problem:
            failed.append(problem)
            print("again: " + problem, flush=True)
    return failed


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--list", action="store_true")
    options.add_argument("--times", action="store_true")
    options.add_argument("names", nargs="*")
    args = options.parse_args()
    load()
    cases = [c for c in world.CASES
             if not args.names or c[0] in args.names or c[3].__name__ in args.names]
    if args.list:
        for name, expectation, only, function in cases:
            print("%-8s %-28s %s%s" % (name, function.__name__, expectation,
                                       " (%s)" % only if only else ""))
        return 0
    base = tempfile.mkdtemp(prefix="tokentail-cases-")
    os.chmod(base, 0o755)
    binary = os.path.join(base, "tokentail")
    shutil.copy(os.environ.get("TOKENTAIL") or os.path.join(HERE, "..", "..", "tokentail"), binary)
    problems, times = play_all(binary, base, cases)
    if args.times:
        for seconds, name in times[:12]:
            print("%6.1f s  %s" % (seconds, name))
    print("%d cases, played %d times, %d failed" % (len(cases), len(times), len(problems)))
    if not problems:
        shutil.rmtree(base)
    return 1 if problems or not times else 0


if __name__ == "__main__":
    sys.exit(main())
