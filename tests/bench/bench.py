#!/usr/bin/env -S python3 -B
"""Runs tokentail beside its peers over made logs, checks every total, prints the figures.

What is measured and how to read it: README.md in this folder. Settings are environment variables:

    BENCH_MB=200         size of each set
    BENCH_SETS=a,b,c,d   which sets
    BENCH_PEERS=...      of wc,gzip,python,jq,duckdb,insert; empty: none
    BENCH_RUNS=3         interleaved runs of everything but the slow scripts, which run once
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from statistics import median
from dataclasses import dataclass, field
from typing import Callable

from data import SETS, make
from goals import Goals, goals_of_all, goals_of_set
from measure import middle, run, table

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = "wc,gzip,python,jq,duckdb,insert"
DUCKDB_PACKAGE = "@duckdb/node-api@1.5.6-r.1"
SHAPES = {"a": "wide", "b": "slim", "c": "text", "d": "text"}


@dataclass
class Task:
    """One line of a table. `seconds` takes the time from the run's output where the program says
    it itself; `check` ends the driver when the run found something else than the truth."""
    name: str
    command: list
    env: dict = field(default_factory=dict)
    prepare: Callable = lambda: None
    check: Callable = lambda run: None
    seconds: Callable = lambda run: run.wall
    slow: bool = False
    discard: bool = False
    runs: list = field(default_factory=list)


def differ(name, found, true):
    sys.exit("bench: WRONG TOTALS: %s\n  found %s\n  true  %s" % (name, found, true))


# ---- tokentail ----

class Tokentail:
    """Builds the tasks that run tokentail, and remembers what holds for all of them."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.peak = 0.0
        self.again = 0.0  # the slowest run over unchanged files

    def task(self, name, data, files, labels, keep, jobs):
        """`labels` is few or all, `keep` a value of keep.calls, `files` a pattern of paths."""
        db = os.path.join(self.folder, "bench.db" if keep == "none" else "kept.db")
        conf = os.path.join(HERE, "conf", "%s-%s.yaml" % (SHAPES[data.name], labels))
        env = {"BENCH_FILES": files, "BENCH_KEEP": keep}
        truth = data.halves_truth if "half" in files else data.truth
        command = [self.binary, "backfill", "-c", conf, "--db", db, "--json", "-q",
                   "--jobs", str(jobs)]

        def prepare():
            for end in ("", "-wal", "-shm", ".lock"):
                if os.path.exists(db + end):
                    os.unlink(db + end)

        def check(done):
            self.peak = max(self.peak, done.peak_mib)
            self.check_backfill(name, done.output, truth)
            self.check_report(name, conf, db, env, truth)
            again = run(command, env)
            self.again = max(self.again, again.wall)
            self.peak = max(self.peak, again.peak_mib)
            if json.loads(again.output)["records"] != 0:
                differ(name + ", second run", again.output, "no records")

        return Task(name, command, env, prepare, check)

    def tasks(self, data):
        halves = data.halves[0].replace("half1", "half?")
        for jobs in (1, 2):
            yield self.task("tokentail few -j%d" % jobs, data, data.plain, "few", "none", jobs)
        yield self.task("tokentail all -j2", data, data.plain, "all", "none", 2)
        yield self.task("tokentail kept -j2", data, data.plain, "all", "forever", 2)
        for jobs in (1, 2):
            yield self.task("tokentail two files few -j%d" % jobs, data, halves, "few", "none",
                            jobs)
        for jobs in (1, 2):
            yield self.task("tokentail gz few -j%d" % jobs, data, data.packed, "few", "none", jobs)
        yield self.task("tokentail gz all -j2", data, data.packed, "all", "none", 2)
        yield self.task("tokentail gz kept -j2", data, data.packed, "all", "forever", 2)

    @staticmethod
    def check_backfill(name, output, truth):
        said = json.loads(output)
        keys = ("records", "calls", "duplicates", "skipped", "rejected", "unpriced_calls")
        calls = truth.total[0]
        true = (truth.lines, calls, 0, truth.lines - calls, 0, 0)
        found = tuple(said[key] for key in keys)
        if found != true:
            differ(name + ": " + ", ".join(keys), found, true)

    def check_report(self, name, conf, db, env, truth):
        keys = ("calls", "input_tokens", "output_tokens", "cache_read_tokens")
        output = run([self.binary, "report", "-c", conf, "--db", db, "--by", "model", "--json"],
                     env).output
        report = json.loads(output)
        found = {row["model"]: tuple(row[key] for key in keys) for row in report["rows"]}
        if found != truth.models:
            wrong = sorted(m for m in found.keys() | truth.models.keys()
                           if found.get(m) != truth.models.get(m))
            differ(name, {m: found.get(m) for m in wrong}, {m: truth.models.get(m) for m in wrong})
        if tuple(report["total"][key] for key in keys) != truth.total:
            differ(name, report["total"], truth.total)


# ---- peers ----

def peer(name, command, truth, **more):
    """A script whose first line of output is calls, input, output and cached tokens."""
    def check(done):
        found = tuple(map(int, done.output.splitlines()[0].split()))
        if found != truth.total:
            differ(name, found, truth.total)

    return Task(name, command, check=check, **more)


def peer_tasks(data, wanted, node_modules):
    """The peers of one set; `node_modules` is None where DuckDB is not to be had."""
    script = lambda name: os.path.join(HERE, "peers", name)
    python = script("python_json.py" if data.name in "ab" else "python_re.py")
    duckdb_sets = [("", data.name)]
    if data.name in "cd":
        duckdb_sets.append((" split", data.name + "-split"))
    if "wc" in wanted:
        yield Task("wc -l", ["wc", "-l", data.plain])
    if "gzip" in wanted:
        yield Task("gzip -dc", ["gzip", "-dc", data.packed], discard=True)
    for gz, path in (("", data.plain), ("gz ", data.packed)):
        if "duckdb" in wanted and node_modules:
            for kind, name in duckdb_sets:
                for jobs in (1, 2):
                    yield peer("%sduckdb%s -j%d" % (gz, kind, jobs),
                               ["node", script("duckdb.mjs"), name, path, str(jobs)], data.truth,
                               env={"NODE_MODULES": node_modules},
                               seconds=lambda done: float(done.output.splitlines()[1]))
        if "python" in wanted:
            yield peer(gz + "python", ["python3", python, data.name, path], data.truth, slow=True)
        if "jq" in wanted:
            yield peer(gz + "jq and awk" if data.name in "ab" else gz + "awk",
                       [script("jq_awk.sh"), data.name, path], data.truth, slow=True)


def insert_task(binary, folder):
    """Inserts the rows of the last ledger that kept its calls; runs after it."""
    new = os.path.join(folder, "insert.db")

    def prepare():
        for end in ("", "-wal", "-shm"):
            if os.path.exists(new + end):
                os.unlink(new + end)

    return Task("bare insert loop", [binary, os.path.join(folder, "kept.db"), new],
                prepare=prepare, seconds=lambda done: json.loads(done.output)["seconds"])


def install_duckdb(folder):
    """The folder of node modules with DuckDB in it, or None with a note why not."""
    modules = os.path.join(folder, "node", "node_modules")
    if os.path.isdir(os.path.join(modules, "@duckdb", "node-api")):
        return modules
    if not shutil.which("npm"):
        print("DuckDB is left out: npm is not installed.\n")
        return None
    os.makedirs(os.path.dirname(modules), exist_ok=True)
    done = subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--prefix",
                           os.path.dirname(modules), DUCKDB_PACKAGE],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        print("DuckDB is left out: npm could not install %s:\n%s\n" % (DUCKDB_PACKAGE, done.stderr))
        return None
    return modules


# ---- running ----

def progress(text):
    if sys.stderr.isatty():
        print("\r\x1b[K" + text, end="", file=sys.stderr, flush=True)


def measure(tasks, rounds):
    """Runs the tasks in turn, so that a slow minute of the machine meets all of them alike."""
    for i in range(rounds):
        for task in tasks:
            if task.slow and i > 0:
                continue
            progress("%d/%d %s" % (i + 1, rounds, task.name))
            task.prepare()
            done = run(task.command, task.env, task.discard)
            task.check(done)
            done.wall = task.seconds(done)
            task.runs.append(done)
    progress("")


def print_set(data, tasks):
    calls = data.truth.total[0]
    rows = []
    for task in tasks:
        m = middle(task.runs)
        rows.append([task.name, "%.3f" % m.wall, "%.0f" % (data.size / 1e6 / m.wall),
                     "%.0f k" % (calls / 1e3 / m.wall), "%.2f" % m.cpu, "%.0f" % m.peak_mib])
    print("set %s: %s; %.0f MB (gzip %.0f MB), %d lines, %d calls" % (
        data.name, SETS[data.name], data.size / 1e6, os.path.getsize(data.packed) / 1e6,
        data.truth.lines, calls))
    table(["", "seconds", "MB/s", "calls/s", "CPU s", "peak MiB"], rows)


def middle_work(runs):
    """Seconds of reading and counting, as tokentail says them: without its own start."""
    return median(json.loads(done.output)["seconds"] for done in runs)


def run_set(data, tokentail, options, goals):
    tasks = []
    if tokentail:
        for task in tokentail.tasks(data):
            tasks.append(task)
            if "insert" in options.peers and task.name == "tokentail kept -j2":
                tasks.append(insert_task(os.path.join(options.bin, "insert_limit"),
                                         options.folder))
    tasks += peer_tasks(data, options.peers, options.node_modules)
    for path in (data.plain, data.packed, *data.halves):
        run(["cat", path], discard=True)  # into the page cache
    measure(tasks, options.runs)
    print_set(data, tasks)
    times = {task.name: middle(task.runs).wall for task in tasks}
    works = {task.name: middle_work(task.runs) for task in tasks
             if task.name.startswith("tokentail")}
    goals_of_set(goals, data, times.get, works.get)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="folder of generate and insert_limit")
    parser.add_argument("--tokentail", default="./tokentail", help="the program measured")
    parser.add_argument("--folder", default="build/bench", help="for data, databases and DuckDB")
    options = parser.parse_args()
    setting = lambda name, default: os.environ.get("BENCH_" + name, default)
    options.mb = int(setting("MB", "200"))
    options.sets = [s for s in setting("SETS", "a,b,c,d").split(",") if s]
    options.peers = [p for p in setting("PEERS", PEERS).split(",") if p]
    options.runs = int(setting("RUNS", "3"))
    for given, known in ((options.sets, SETS), (options.peers, PEERS.split(","))):
        for name in given:
            if name not in known:
                sys.exit("bench: %r is none of %s" % (name, ",".join(known)))
    return options


def main():
    options = read_options()
    folder = os.path.join(options.folder, "data")
    os.makedirs(folder, exist_ok=True)
    options.node_modules = install_duckdb(options.folder) if "duckdb" in options.peers else None
    tokentail = None
    if os.path.exists(options.tokentail):
        tokentail = Tokentail(os.path.abspath(options.tokentail), options.folder)
    else:
        print("%s is not built: only the peers are measured.\n" % options.tokentail)

    goals = Goals()
    for name in options.sets:
        data = make(name, options.mb, folder, os.path.join(options.bin, "generate"))
        run_set(data, tokentail, options, goals)
    if tokentail:
        goals_of_all(goals, tokentail.peak, tokentail.again)
        print("goals")
        table(["", "wanted", "reached", ""], goals.rows)


main()
