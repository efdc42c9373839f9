"""Runs the examples of a page of the manual: manual.py PAGE, in an empty folder.

A block ```text NAME or ```yaml NAME is written to the file NAME. In a block ```console each line
that begins with "$ tokentail" is run, and what follows it must be what was printed; "..." stands for
any text to the end of the line.
"""
import os
import re
import shlex
import subprocess
import sys


def blocks(text):
    for match in re.finditer(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.M | re.S):
        yield match.group(1), match.group(2), match.group(3)


def steps(console):
    """(command, wanted output) of a console block."""
    parts = re.split(r"^\$ (.*)\n", console, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def run(command):
    words = shlex.split(command)
    assert words[0] == "tokentail", command
    done = subprocess.run([os.environ["TOKENTAIL"], *words[1:]], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def agrees(got, wanted):
    lines, wanted = got.rstrip().split("\n"), wanted.rstrip().split("\n")
    return len(lines) == len(wanted) and all(
        line.startswith(want[:-3]) if want.endswith("...") else line.rstrip() == want.rstrip()
        for line, want in zip(lines, wanted))


def main(page):
    wrong = ran = 0
    with open(page, encoding="utf-8") as f:
        text = f.read()
    for kind, name, body in blocks(text):
        if kind in ("text", "yaml"):
            with open(name, "w", encoding="utf-8") as f:
                f.write(body)
            continue
        for command, wanted in steps(body):
            got = run(command)
            ran += 1
            if not agrees(got, wanted):
                wrong += 1
                print("$ %s\nwanted:\n%s\ngot:\n%s" % (command, wanted, got))
    print("%d examples, %d wrong" % (ran, wrong))
    return 1 if wrong or ran < 4 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
