#!/usr/bin/env -S python3 -B
"""Runs the tests with real writers and rotators side by side, and says how each ended. Adds the counts to
$RESULTS, as tests/run.sh does."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = ["logrotate", "nginx", "rsyslog", "handlers"]
PATIENCE = 180  # seconds


def main():
    runs = [(name, subprocess.Popen([sys.executable, "-B", os.path.join(HERE, name + ".py")],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
            for name in TESTS]
    failed = 0
    for name, process in runs:
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.terminate()
            output = process.communicate()[0] + "took longer than %d s" % PATIENCE
        failed += process.returncode != 0
        print("  %-6s %s: %s" % ("FAILED" if process.returncode else "ok", name, output.rstrip()))
    passed = len(TESTS) - failed
    print("real: %d passed, %d failed" % (passed, failed))
    if os.environ.get("RESULTS"):
        with open(os.environ["RESULTS"], "a", encoding="ascii") as f:
            f.write("%d %d\n" % (passed, failed))
    return 1 if failed else 0


sys.exit(main())
