"""The logs of the kill test: transcripts as a coding agent writes them, with the true totals.

One answer is several lines with the same ids: its usage grows from line to line, and the last one
may be written twice, in the same file or in that of a resumed session. So which line counts does not
depend on the order in which files are read.

All files begin with the same KiB and more. Such a file has to wait until the one before it is committed,
because it may be a copy of it, so that even a run over so few data has as many commits as files, and most
moments are in the middle of it.
"""
import gzip
import json
import os
from collections import Counter
from datetime import datetime, timedelta, timezone

MODELS = ("claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5", "house-model-without-price")
FILES = ["%02d.jsonl%s" % (n, ".gz" if n % 3 else "") for n in range(15)]
ANSWERS = 6000
FIRST = datetime(2026, 2, 27, tzinfo=timezone.utc)
WORDS = "stone paper river glass copper letter winter engine orchard signal".split()


class Truth:
    """What has to be found: records by outcome, and by day and model the calls and tokens."""

    def __init__(self):
        self.records = Counter()
        self.totals = {}

    def call(self, when, model, usage):
        total = self.totals.setdefault((when.strftime("%Y-%m-%d"), model), Counter())
        cached = usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
        total.update(calls=1, input_tokens=usage["input_tokens"] + cached,
                     cache_read_tokens=usage["cache_read_input_tokens"],
                     cache_write_tokens=usage["cache_creation_input_tokens"],
                     output_tokens=usage["output_tokens"])


def line(number, when, model, usage, text):
    return json.dumps({
        "type": "assistant", "timestamp": when.isoformat(timespec="milliseconds"),
        "sessionId": "session-%d" % (number % 40), "requestId": "req-%06d" % number,
        "message": {"id": "msg-%06d" % number, "model": model, "role": "assistant",
                    "content": [{"type": "text", "text": text}], "usage": usage}})


def answer(random, number, truth):
    """The lines of one answer. Only the last counts; the others are duplicates."""
    when = FIRST + timedelta(seconds=number * 45, milliseconds=random.randrange(1000))
    model = random.choice(MODELS)
    usage = {"input_tokens": random.randrange(1, 4000), "output_tokens": random.randrange(1, 20),
             "cache_read_input_tokens": random.choice((0, random.randrange(50000))),
             "cache_creation_input_tokens": random.choice((0, random.randrange(9000)))}
    lines = []
    for _ in range(random.choice((1, 1, 2, 4))):
        usage["output_tokens"] += random.randrange(1, 500)
        when += timedelta(seconds=random.randrange(900))
        text = " ".join(random.choices(WORDS, k=random.randrange(20, 90)))
        lines.append(line(number, when, model, usage, text))
    truth.call(when, model, usage)
    truth.records["calls"] += 1
    truth.records["duplicates"] += len(lines) - 1
    return lines


def other(random, truth):
    """Lines that are no calls: what a person typed, a line that broke, an empty one."""
    kind = random.randrange(12)
    if kind == 0:
        truth.records["rejected"] += 1
        return ['{"type": "assistant", "message": {"id": "broken']
    if kind == 1:
        return [""]
    truth.records["skipped"] += 1
    return [json.dumps({"type": "user", "message": {"content": random.choice(WORDS) * 30}})]


def spread(random, truth):
    """The lines of each file."""
    banner = json.dumps({"type": "summary", "summary": " ".join(WORDS * 20)})
    files = [[banner] for _ in FILES]
    truth.records["skipped"] += len(FILES)
    for number in range(ANSWERS):
        at = number * len(files) // ANSWERS
        lines = answer(random, number, truth)
        files[at] += lines
        if random.random() < 0.1:
            random.choice(files[at:]).append(lines[-1])
            truth.records["duplicates"] += 1
        if random.random() < 0.5:
            files[at] += other(random, truth)
    return files


def write(random, folder):
    truth = Truth()
    os.makedirs(folder)
    for name, lines in zip(FILES, spread(random, truth)):
        with open(os.path.join(folder, name), "wb") as out:
            cut = len(lines) // 3
            for part in (lines[:cut], lines[cut:]):  # two members where it is gzip
                data = "".join(text + "\n" for text in part).encode()
                out.write(gzip.compress(data) if name.endswith(".gz") else data)
    return truth
