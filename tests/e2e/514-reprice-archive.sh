# 514-reprice-archive - archived calls are priced anew like those in the database, all of them or none
. "$(dirname "$0")/lib.sh"

# configuration KEEP PRICE [ALSO]: gpt-4o is $PRICE, a second model is priced only with ALSO.
configuration() {
	cat <<-END
	keep: { calls: $1 }
	sources:
	  - { name: app, paths: "$T/logs/*", preset: json, dedupe: { by: request_id } }
	  - { name: own, paths: "$T/own/*", preset: json, cost: logged-else-computed }
	prices:
	  own:
	    - { provider: openai, name: gpt-4o, batch: 0.5, prices: [{ input: $2, output: 10, tiers: [{ above: 5000, input: 1 }] }] }
	END
	[ -z "${3-}" ] || echo '    - { provider: house, name: new-model, prices: [{ input: 1, output: 2, regions: { eu: 1.1 } }] }'
}
for keep in forever '90 days'; do
	name=${keep%% *}
	configuration "$keep" 2 > "$name-old.yaml"
	configuration "$keep" 3.7 also > "$name-new.yaml"
done
# logs NAME FIRST LAST TOKENS: calls of six days; on the last one of claude-haiku-4-5 only.
logs() {
	python3 - "$@" <<-'END'
	import json, random, sys
	name, first, last, tokens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
	for folder, logged in (("logs", 0), ("own", 1)):
	    with open("%s/%s.jsonl" % (folder, name), "w") as f:
	        for i in range(first, last):
	            random.seed(i)
	            day = 1 + i % 6
	            call = {"time": "2026-03-%02dT%02d:%02d:%02dZ" % (day, i // 100 % 24, i % 60, i % 59),
	                    "model": random.choice(["gpt-4o", "new-model", "claude-haiku-4-5"]) if day < 6 else "claude-haiku-4-5",
	                    "input_tokens": random.choice([100, 5000, 5001]) + tokens, "output_tokens": i % 77,
	                    "user": random.choice(["ada", "bob"]), "session": "s%d" % (i // 50), "request_id": "r%d" % i,
	                    "latency_ms": i % 900}
	            if i % 5 == 0:
	                call["service_tier"] = "batch"
	            if i % 7 == 0:
	                call["region"] = "eu"
	            if logged and i % 3 == 0:
	                call["cost"] = 0.25
	            f.write(json.dumps(call) + "\n")
	END
}
all_calls() {
	python3 "$ROOT/tests/e2e/all_calls.py" "$1" 2>> log || fail "calls and totals of $1 do not agree"
}
# every_report DATABASE: what reports say by anything.
every_report() {
	for by in model user,day session status,provider hour; do
		expect_status 0 report --db "$1" --by $by --json --detail
		cat out
	done
}
# same LEDGER WANTED WHAT: the same calls, the same totals, a whole archive.
same() {
	all_calls "$1" > calls_now
	all_calls "$2" > calls_wanted
	cmp -s calls_now calls_wanted || { diff calls_now calls_wanted | head -5 >> log; fail "$3: other calls"; }
	every_report "$1" > report_now
	every_report "$2" > report_wanted
	cmp -s report_now report_wanted || { diff report_now report_wanted >> log; fail "$3: other reports"; }
	adds_up "$1"
	expect_status 0 archive verify --db "$1"
	expect_eq '' "$(find "$1.archive" -name '*.gz.*' 2> /dev/null)" "$3: files that are left"
}
# Database and archive, byte for byte.
bytes() {
	find "$DB" "$DB.archive" -type f -exec cksum {} + | sort
}
# expect_books LEDGER WANTED: what the header of a day says of prices.
expect_books() {
	zcat "$1.archive/2026/calls-2026-03-04.jsonl.gz" | head -n 1 > header
	expect_text header "\"prices\":\"$2\""
}
digest() { python3 "$ROOT/tests/e2e/json_value.py" prices < out; }

# The same calls in the database alone, and in all the ways they can be in the archive: moved there, written there
# at once, as a further member of a file, replaced, late.
mkdir logs own
KEPT=$T/kept.db WANT=$T/want.db
logs a 0 2000 0
for ledger in "$DB" "$KEPT"; do expect_status 0 backfill -q -c forever-old.yaml --db "$ledger"; done
expect_status 0 archive run -q -c 90-old.yaml --db "$DB" --before 2026-03-05
logs b 2000 4000 0
expect_status 0 backfill -q -c 90-old.yaml --db "$DB"
expect_status 0 archive run -q -c 90-old.yaml --db "$DB" --before 2026-03-06
logs c 0 40 500 # better records of calls that are archived
logs d 4000 4100 0
for ledger in "$DB" "$KEPT"; do expect_status 0 backfill -q -c forever-old.yaml --db "$ledger"; done
same "$DB" "$KEPT" 'before'
expect_status 0 archive run -q -c 90-old.yaml --db "$DB" --before 2026-03-02
same "$DB" "$KEPT" 'before, with a day of further calls'
expect_status 0 backfill -q -c forever-new.yaml --db "$WANT"

# ---- only shown ----

before=$(bytes)
expect_status 0 reprice --dry-run --json -c forever-new.yaml --db "$KEPT"
sed 's/"archived_calls".*//' out > shown
expect_status 0 reprice --dry-run --json -c forever-new.yaml --db "$DB"
sed 's/"archived_calls".*//' out | cmp -s - shown || fail 'the archive is shown as another sum'
expect_json not_kept_calls 0
expect_json rewritten_segments 5
archived=$(python3 "$ROOT/tests/e2e/json_value.py" archived_calls < out)
[ "$archived" -gt 4000 ] || fail "only $archived calls are in the archive"
new=$(digest)
expect_status 0 reprice --dry-run -c forever-new.yaml --db "$DB"
expect_text out '5 segments of the archive would be written anew'
expect_text out 'Nothing was changed'
expect_eq "$before" "$(bytes)" 'the ledger after a dry run'
# With the prices it was read with nothing is written.
files=$(find "$DB.archive" -type f -exec cksum {} + | sort)
expect_status 0 reprice --json -c forever-old.yaml --db "$DB"
expect_json total.changed_calls 0
expect_json rewritten_segments 0
old=$(digest)
expect_eq "$files" "$(find "$DB.archive" -type f -exec cksum {} + | sort)" 'the archive'

# ---- damage: nothing at all changes ----

file=$DB.archive/2026/calls-2026-03-04.jsonl.gz
cp "$file" whole
python3 -c 'import sys
with open(sys.argv[1], "r+b") as file: # a bit
    file.seek(500); byte = file.read(1)[0] ^ 4; file.seek(500); file.write(bytes([byte]))' "$file"
calls=$(bytes)
for options in '' --dry-run; do
	expect_status 1 reprice -c forever-new.yaml --db "$DB" $options
	expect_one_line
	expect_text err 'calls-2026-03-04.jsonl.gz: damaged'
	expect_text err 'archive verify'
	expect_text err '--since'
	expect_eq "$calls" "$(bytes)" 'the ledger, refused'
done
rm "$file"
expect_status 1 reprice -c forever-new.yaml --db "$DB"
expect_text err "$file"
expect_eq '' "$(find "$DB.archive" -name '*.gz.*')" 'files that are left'
cp "$DB" copy.db
cp -r "$DB.archive" copy.db.archive
expect_status 0 reprice --json -c forever-new.yaml --db copy.db --since 2026-03-05
expect_json rewritten_segments 1
rm -r copy.db*
mv whole "$file"

# ---- a part: by label, hour and session ----

cp "$DB" part.db
cp -r "$DB.archive" part.db.archive
cp "$KEPT" part_kept.db
for ledger in part.db part_kept.db; do
	expect_status 0 reprice -q -c forever-new.yaml --db $ledger --since 2026-03-01T20:00:00Z --until 2026-03-03T03:00:00Z
	expect_status 0 reprice -q -c forever-new.yaml --db $ledger --where user=ada --where model=new-model
	expect_status 0 reprice -q -c forever-new.yaml --db $ledger --where session=s3 --where session=s41
done
same part.db part_kept.db 'a part'
expect_books part.db "$old $new"
rm -r part.db* part_kept.db*

# ---- all ----

sum=$(cksum < "$DB.archive/2026/calls-2026-03-06.jsonl.gz")
expect_status 0 reprice -c forever-new.yaml --db "$DB"
expect_text out '5 segments of the archive were written anew'
expect_text out 'Calls and totals were changed'
same "$DB" "$WANT" 'with new prices'
expect_eq "$sum" "$(cksum < "$DB.archive/2026/calls-2026-03-06.jsonl.gz")" 'a day of another model'
expect_books "$DB" "$new"
# Twice is once: no file is written.
before=$(find "$DB.archive" -type f -exec stat -c '%n %i %Y' {} + | sort)
expect_status 0 reprice --json -c forever-new.yaml --db "$DB"
expect_json total.changed_calls 0
expect_json rewritten_segments 0
expect_eq "$before" "$(find "$DB.archive" -type f -exec stat -c '%n %i %Y' {} + | sort)" 'the archive, priced twice'
# What was done: a row each.
audit=$(python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT calls, changed_calls > 0, prices FROM repricings"):
	print(*row)' "$DB" | sort -u)
expect_eq 3 "$(echo "$audit" | wc -l | tr -d ' ')" 'kinds of audit rows'

# Better records of calls that were priced anew in the archive take the new cost back.
logs e 20 300 900
for ledger in "$DB" "$WANT"; do expect_status 0 backfill -q -c forever-new.yaml --db "$ledger"; done
same "$DB" "$WANT" 'better records afterwards'
expect_status 0 reprice -q -c forever-old.yaml --db "$DB"
expect_status 0 reprice -q -c forever-old.yaml --db "$WANT"
same "$DB" "$WANT" 'the old prices again'
expect_status 0 archive run -q -c 90-old.yaml --db "$DB"
same "$DB" "$WANT" 'all is archived'
expect_status 0 reprice -q -c forever-new.yaml --db "$DB"
expect_status 0 archive restore -q --since 2026-03-02 --until 2026-03-05 --db "$DB"
expect_status 0 reprice -q -c forever-new.yaml --db "$WANT"
same "$DB" "$WANT" 'and restored'

# ---- where days are whole: totals by day, in another zone ----

rm -rf "$DB"* "$KEPT"*
for name in forever 90; do
	{ echo 'timezone: America/St_Johns'; sed "s/calls: \(.*\) }/calls: \1, hourly: 31 days }/" $name-old.yaml; } > $name-day.yaml
done
expect_status 0 backfill -q -c forever-day.yaml --db "$KEPT"
expect_status 0 archive run -q -c forever-day.yaml --db "$KEPT"
expect_status 0 backfill -q -c 90-day.yaml --db "$DB"
expect_status 0 archive run -q -c 90-day.yaml --db "$DB"
for where in hour_of_day=05 day=2026-03-02 month=2026-03; do
	for ledger in "$DB" "$KEPT"; do
		expect_status 0 reprice --json -c forever-new.yaml --db "$ledger" --where $where
		sed 's/"archived_calls".*//' out > "shown_$(basename "$ledger")"
	done
	cmp -s shown_tokentail.db shown_kept.db || fail "--where $where: another sum"
done
every_report "$DB" > report_now
every_report "$KEPT" > report_wanted
cmp -s report_now report_wanted || fail 'by day: another report'
adds_up "$DB"
expect_status 0 archive verify --db "$DB"

# ---- what has left the archive for good is in the totals only ----

sed 's/calls: .*/calls: forever, archive: 1 days }/' forever-old.yaml > short.yaml
expect_status 0 archive run -q -c short.yaml --db "$DB"
expect_status 0 reprice -c forever-new.yaml --db "$DB"
expect_text out 'in the totals only and cannot be priced anew (keep.calls, keep.archive)'
