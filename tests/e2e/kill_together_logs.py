"""The logs of the kill test for records that belong together, with the true totals.

    pieces/   docker's json-file: calls whose lines are cut into pieces, standard error between them
    carry/    the model of a call stands in an earlier line of its file
    join/     a request and its usage are two lines, in the same file or in a later one
    grow/     counters that grow through a session, over files; some begin anew

All files of a folder begin with the same KiB and more, so that each has to wait until the one before
it is committed: see kill_logs.py.
"""
import gzip
import json
import os
from collections import Counter

MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")
FILES = 6
BEGIN = 1772323200  # 2026-03-01T00:00:00Z
PIECE = 16384


class Truth:
    """Records by source and outcome, and tokens by source and model."""

    def __init__(self):
        self.records = {}
        self.totals = {}

    def count(self, source, outcome, n=1):
        self.records.setdefault(source, Counter())[outcome] += n

    def call(self, source, model, tokens_in, tokens_out):
        self.count(source, "call")
        total = self.totals.setdefault((source, model), Counter())
        total.update(calls=1, input_tokens=tokens_in, output_tokens=tokens_out)


def at(number):
    return BEGIN + number * 30


def usage(random):
    return random.randrange(1, 5000), random.randrange(1, 900)


def docker(line, stream):
    data = line + "\n"
    return [json.dumps({"log": data[n:n + PIECE], "stream": stream, "time": "2026-03-01T00:00:00Z"})
            for n in range(0, len(data), PIECE)]


def interleave(random, a, b):
    """Both in their order, one among the other."""
    lines = []
    while a or b:
        lines.append((a if a and (not b or random.random() < 0.5) else b).pop(0))
    return lines


def pieces(random, truth, number, _):
    model = random.choice(MODELS)
    tokens = usage(random)
    call = {"time": at(number), "model": model, "input_tokens": tokens[0],
            "output_tokens": tokens[1], "prompt": "}{\\n" * random.choice((3, 3, 3, 9000, 20000))}
    truth.call("pieces", model, *tokens)
    errors = []
    if random.random() < 0.5:
        errors = docker("oops " * random.choice((2, 2, 8000)), "stderr")
        truth.count("pieces", "rejected")
    return interleave(random, docker(json.dumps(call), "stdout"), errors)


def carry(random, truth, number, state):
    lines = []
    if random.random() < 0.3 or "model" not in state:
        state["model"] = random.choice(MODELS)
        lines.append({"turn": {"model": state["model"]}})
        truth.count("carry", "skipped")
    tokens = usage(random)
    lines.append({"at": at(number), "usage": {"in": tokens[0], "out": tokens[1]}})
    truth.call("carry", state["model"], *tokens)
    return [json.dumps(line) for line in lines]


def join(random, truth, number, state):
    """What waits in state["asked"] is of the whole folder: a part may be in a later file."""
    asked = state.setdefault("asked", [])
    model, tokens = random.choice(MODELS), usage(random)
    parts = [{"id": number, "at": at(number), "model": model},
             {"id": number, "at": at(number) + 5, "in": tokens[0], "out": tokens[1]}]
    if random.random() < 0.3:
        parts.reverse()
    asked.append(parts[1])
    truth.call("join", model, *tokens)
    truth.count("join", "duplicate")
    random.shuffle(asked)
    given = [asked.pop() for _ in range(random.randrange(len(asked) + 1)) if len(asked) > 3]
    return [json.dumps(line) for line in [parts[0], *given]]


def grow(random, truth, number, state):
    """Unchanged, grown, or begun anew: then it counts in full."""
    session = "s%d" % random.randrange(20)
    counter = state.setdefault(session, {"in": 0, "out": 0, "model": random.choice(MODELS)})
    kind = random.random()
    more = dict(zip(("in", "out"), usage(random)))
    if counter["in"] and kind < 0.2:
        truth.count("grow", "duplicate")
    elif counter["in"] > 1 and kind < 0.3:
        counter.update(more, **{"in": random.randrange(1, counter["in"])})
        truth.call("grow", counter["model"], counter["in"], counter["out"])
    else:
        counter["in"] += more["in"]
        counter["out"] += more["out"]
        truth.call("grow", counter["model"], more["in"], more["out"])
    return [json.dumps({"id": session, "at": at(number), **counter})]


WRITERS = {"pieces": (pieces, 400), "carry": (carry, 6000), "join": (join, 3000),
           "grow": (grow, 6000)}


def banner(source, truth):
    text = json.dumps({"banner": "a line that all files begin with " * 40})
    truth.count(source, "skipped")
    return docker(text, "stdout") if source == "pieces" else [text]


def files_of(random, truth, source):
    writer, records = WRITERS[source]
    files, state = [], {}
    for number in range(FILES):
        lines = banner(source, truth)
        if source == "carry":
            state = {}
        for n in range(records // FILES):
            lines += writer(random, truth, number * (records // FILES) + n, state)
        files.append(lines)
    files[-1] += [json.dumps(part) for part in state.get("asked", ())]
    return files


def write(random, folder):
    truth = Truth()
    for source in WRITERS:
        os.makedirs(os.path.join(folder, source))
        for number, lines in enumerate(files_of(random, truth, source)):
            name = "%02d.log" % number
            path = os.path.join(folder, source, name + (".gz" if number % 3 == 1 else ""))
            data = "".join(line + "\n" for line in lines).encode()
            with open(path, "wb") as out:
                out.write(gzip.compress(data) if path.endswith(".gz") else data)
            os.utime(path, (BEGIN + number, BEGIN + number))  # older files are read first
    return truth
