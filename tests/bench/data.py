"""The sets: made once, kept under build/bench/data, with their true totals beside them."""
import os
import subprocess
from dataclasses import dataclass, field

SETS = {
    "a": "LiteLLM-like JSON, 2.4 KB a line",
    "b": "slim gateway JSON, 350 B a line",
    "c": "text, 220 B a line",
    "d": "mixed text, one call in ten lines",
}


@dataclass
class Truth:
    """What a reader of a set has to find. A sum is (calls, input, output, cached)."""
    lines: int = 0
    models: dict = field(default_factory=dict)

    @property
    def total(self):
        return tuple(map(sum, zip(*self.models.values())))


@dataclass
class Data:
    """One set: the whole in one file, the same gzipped, and the set written as two files."""
    name: str
    plain: str
    packed: str
    halves: list
    truth: Truth
    halves_truth: Truth

    @property
    def size(self):
        return os.path.getsize(self.plain)


def read_truth(path):
    truth = Truth()
    with open(path + ".expect", encoding="ascii") as lines:
        truth.lines = int(next(lines).split()[1])
        for line in lines:
            model, *sums = line.split()
            truth.models[model] = tuple(map(int, sums))
    return truth


def made(path, source):
    return os.path.exists(path) and os.path.getmtime(path) >= os.path.getmtime(source)


def make(name, megabytes, folder, generate):
    """Writes what is missing of a set, or older than the generator."""
    base = os.path.join(folder, "%s-%d" % (name, megabytes))
    plain, packed = base + ".log", base + ".packed.log.gz"
    halves = [base + ".half1.log", base + ".half2.log"]
    for files in ([plain], halves):
        if not made(files[0] + ".expect", generate):
            subprocess.run([generate, name, str(megabytes), *files], check=True)
    if not made(packed, plain):
        with open(packed + ".new", "wb") as out:
            subprocess.run(["gzip", "-6", "-c", plain], stdout=out, check=True)
        os.rename(packed + ".new", packed)
    return Data(name, plain, packed, halves, read_truth(plain), read_truth(halves[0]))
