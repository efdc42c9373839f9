"""archive.py TOKENTAIL [DAYS [CALLS]]: a database that sees DAYS days of CALLS calls each and keeps 90
of them: how long a day takes to be counted and to be archived, sizes a call, memory, and whether the
reports before and after are the same to the nano-dollar.
"""
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import time

KEEP = 90
CONFIG = """
database: %s/tokentail.db
keep: { calls: forever }
sources:
  - name: app
    paths: "%s/day.jsonl"
    preset: json
"""


def day_of_calls(n):
    """The log of a day whose date is YYYY-MM-DD."""
    lines = []
    for i in range(n):
        ms = i * 86400000 // n
        lines.append('{"time":"YYYY-MM-DDT%02d:%02d:%02d.%03dZ","model":"%s","input_tokens":%d,"output_tokens":%d,'
                     '"user":"u%d","feature":"f%d","session":"s%d","request_id":"YYYYMMDD%08x","latency_ms":%d}\n'
                     % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000,
                        ("gpt-4o", "gpt-4o-mini", "claude-haiku-4-5")[i % 3], 200 + i * 7919 % 3000,
                        i * 104729 % 900, i % 200, i % 12, i // 20, i * 2654435761 % (1 << 32), i * 31 % 9000))
    return "".join(lines).encode()


def run(command):
    """Seconds, CPU seconds and peak memory in MiB."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while True: # what wait4 knows of memory has this program's in it
        peak = peak_of(process.pid) or peak
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.01)
    if status:
        raise SystemExit("%s: status %d" % (command, status))
    return time.monotonic() - began, used.ru_utime + used.ru_stime, peak / 1024


def peak_of(pid):
    """Of its memory so far, in KiB; None: it has ended."""
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return None


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def size(path):
    if os.path.isdir(path):
        return sum(size(os.path.join(path, name)) for name in os.listdir(path))
    return os.path.getsize(path) if os.path.exists(path) else 0


def main(tokentail, days, calls):
    folder = tempfile.mkdtemp(prefix="tokentail-archive-")
    try:
        measure(os.path.abspath(tokentail), folder, days, calls)
    finally:
        shutil.rmtree(folder)


def measure(tokentail, folder, days, calls):
    config = os.path.join(folder, "tokentail.yaml")
    with open(config, "w", encoding="utf-8") as out:
        out.write(CONFIG % (folder, folder))
    database, log = folder + "/tokentail.db", folder + "/day.jsonl"
    text, first = day_of_calls(calls), datetime.date(2025, 1, 1)
    report = [tokentail, "report", "-c", config, "--json", "--by", "model,day"]
    people = report[:-1] + ["user", "--detail"]
    counted, moved, memory, at_90 = [], [], 0, 0
    for i in range(days):
        date = first + datetime.timedelta(days=i)
        with open(log, "wb") as out:
            out.write(text.replace(b"YYYY-MM-DD", date.isoformat().encode())
                      .replace(b"YYYYMMDD", date.isoformat().replace("-", "").encode()))
        counted.append(run([tokentail, "backfill", "-q", "-c", config]))
        memory = max(memory, counted[-1][2])
        if i < KEEP:
            at_90 = size(database) + size(database + "-wal")
            continue
        last = i == days - 1
        before = output(report), output(people) if last else b""
        border = (date - datetime.timedelta(days=KEEP - 1)).isoformat()
        moved.append(run([tokentail, "archive", "run", "-q", "-c", config, "--before", border]))
        memory = max(memory, moved[-1][2])
        if before != (output(report), output(people) if last else b""):
            raise SystemExit("the report is another one after the rotation of day %d" % i)
    output([tokentail, "archive", "verify", "-c", config])
    archived = (days - KEEP) * calls
    print("%d days of %d calls, %d kept in the database" % (days, calls, KEEP))
    print("a day counted in %.2f s (%.2f s CPU), archived in %.2f s (%.2f s CPU): %.2f of counting" % (
        mean(counted, 0), mean(counted, 1), mean(moved, 0), mean(moved, 1), mean(moved, 0) / mean(counted, 0)))
    now = size(database) + size(database + "-wal")
    print("database %.1f MB after %d days, %.1f MB after %d (%.3f times), %.0f bytes a call" % (
        at_90 / 1e6, KEEP, now / 1e6, days, now / at_90, now / (KEEP * calls)))
    print("archive %.1f MB, %.1f bytes a call" % (size(database + ".archive") / 1e6,
                                                 size(database + ".archive") / archived))
    print("peak memory %.1f MiB; reports before and after are the same; verify finds nothing" % memory)


def mean(rows, at):
    return sum(row[at] for row in rows) / len(rows)


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100, int(sys.argv[3]) if len(sys.argv) > 3 else 100000)
