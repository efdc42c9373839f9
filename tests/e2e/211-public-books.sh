# 211-public-books - where public books say otherwise than the shipped ones is what the manual lists, and nothing more
. "$(dirname "$0")/lib.sh"

# Models of two public books: those that differ, and some of each provider that agree.
cat > compare.py <<'PYTHON'
import json, os, re, subprocess, sys

page, fixture, title, effective, unseen, instants = sys.argv[1:7]
instants = instants.split()


def listed():
    """The names in the first column of the table behind the title."""
    section = open(page).read().split("## Where public books say otherwise\n")[1].split(title)[1]
    rows = section.split("\n\n")[1].splitlines()[2:]
    return {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}


def equals(match):
    return [match["equals"]] if "equals" in match else [m["equals"] for m in match["or"]]


def models():
    book = json.load(open(fixture))
    if isinstance(book, list):
        return [(p["id"], name) for p in book for m in p["models"] for name in equals(m["match"])]
    return [(p, name) for p in book for name in book[p]["models"]]


def run(folder, *arguments):
    done = subprocess.run([os.environ["TOKENTAIL"], "prices", *arguments, "-c", folder + "/tokentail.yaml"],
                          stdout=subprocess.PIPE, check=False)
    if not done.stdout:
        sys.exit("%s: nothing" % (arguments,))
    return json.loads(done.stdout, parse_float=str, parse_int=str)


def price(folder, provider, name, instant):
    found = run(folder, "show", name, "--provider", provider, "--at", instant, "--json")["price"]
    return found and [found[key] for key in ("rates", "tiers", "service_tiers", "regions")]


def has_one_price(folder, provider, name):
    rows = run(folder, "show", name, "--provider", provider, "--json")["rows"]
    return len(rows) == 1 and not rows[0]["from"] and not rows[0]["hours"]


def make(folder):
    os.mkdir(folder)
    with open(folder + "/tokentail.yaml", "w") as file:
        file.write("database: %s/x.db\nsources: [{name: app, paths: '*.jsonl', preset: json}]\n" % os.path.abspath(folder))


def same(what, found, wanted):
    if found != wanted:
        sys.exit("%s: too many: %s, missing: %s" % (what, sorted(found - wanted), sorted(wanted - found)))


shipped, imported = "shipped-" + effective, "imported-" + effective
make(shipped)
make(imported)
options = ["--effective", effective] if effective != "dated" else []
told = run(imported, "import", fixture, "--accept", "--json", *options)
both, differ = set(), set()
for provider, name in models():
    once = all(has_one_price(folder, provider, name) for folder in (shipped, imported))
    for instant in instants[-1:] if once else instants:
        ours = price(shipped, provider, name, instant)
        if ours is None:
            sys.exit("%s: not in the shipped books" % name)
        if ours != price(imported, provider, name, instant):
            differ.add(name)
    both.add(name)
same("differ", differ, listed())
if len(both - differ) < 8:
    sys.exit("too few that agree")
# The summary of the import tells of those that differ on its day.
same("told", {c["model"] for c in told["changes"]}, listed() - set(unseen.split()))
if any(c["kind"] != "changed" for c in told["changes"]):
    sys.exit("no model here is new")
PYTHON

page=$ROOT/conf/manual/books.md
# Before and on every day on which a price of them changes, hours of a peak, a Saturday.
python3 compare.py "$page" "$FIX/price/public-dated.json" 'Against genai-prices' dated \
	'o3 deepseek-v4-flash deepseek-v4-pro' \
	'2025-06-09 2025-12-02 2026-03-12 2026-03-13 2026-06-16 2026-07-30 2026-08-16T17:00:00Z 2026-08-18T02:00:00Z
	2026-08-21 2026-09-01 2026-11-26T08:00:00Z 2026-11-26T17:00:00Z 2026-11-28T02:00:00Z 2027-01-01' \
	> log 2>&1 || fail "$(cat log)"
python3 compare.py "$page" "$FIX/price/public-snapshot.json" 'Against models.dev' 2025-09-12 '' \
	'2025-09-12T12:00:00Z 2025-09-12T20:00:00Z' > log 2>&1 || fail "$(cat log)"
