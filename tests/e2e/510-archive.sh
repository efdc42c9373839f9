# 510-archive - old calls leave for the archive and come back, and every report stays the same
. "$(dirname "$0")/lib.sh"

# spread FROM TO: calls like those of `calls`, ten minutes apart from 2026-01-01 on, of some users.
spread() {
	python3 - "$1" "$2" <<-'END'
	import datetime, json, sys
	start = datetime.datetime(2026, 1, 1)
	for i in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
	    time = start + datetime.timedelta(minutes=10 * i)
	    print(json.dumps({"time": time.isoformat() + "Z", "model": ("gpt-4o", "claude-haiku-4-5", "house")[i % 3],
	                      "input_tokens": 100 + i % 7, "output_tokens": i % 50, "user": "u%d" % (i % 5),
	                      "session": "s%d" % (i // 10), "request_id": "r%d" % i, "cached": i % 3,
	                      "ms": i % 1000, "status": "error" if i % 17 == 0 else "ok",
	                      "error": "overloaded" if i % 17 == 0 else None, "usd": 0.25 if i % 11 == 0 else None}))
	END
}
sources() {
	cat <<-END
	sources:
	  - name: app
	    paths: "$T/logs/*"
	    format: json
	    dedupe: { by: request_id, keep: largest }
	    fields: { time: time, model: model, input_tokens: input_tokens, output_tokens: output_tokens, user: user,
	      cache_read_tokens: cached, session: session, request_id: request_id, status: status, error: error,
	      logged_cost: usd, latency: { path: ms, unit: ms } }
	END
}
{ echo "$KEEP"; sources; } > tokentail.yaml
sources > old.yaml # the default: 90 days

# every_report DATABASE FILE: what reports say by anything, of all calls.
every_report() {
	: > "$2"
	for by in model user,day session status,provider hour; do
		expect_status 0 report --db "$1" --by $by --json --detail
		cat out >> "$2"
	done
	expect_status 0 report --db "$1" --by user --where session=s3 --json --detail
	cat out >> "$2"
}
same_reports() {
	every_report "$DB" now
	cmp -s before now || { diff before now >> log; fail "$1: a report is another one now"; }
}
rows() { sqlite "$DB" 'SELECT count(*) FROM call_rows'; }
sqlite() {
	python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(*row)' "$1" "$2"
}
dump() { sqlite "$DB" 'SELECT time, source, provider, model, user, session, request_id, status, error,
	input_tokens, cache_read_tokens, output_tokens, cost_nano, logged_cost_nano, price, unpriced, latency_ms,
	file, offset FROM calls ORDER BY time, request_id'; }

mkdir logs
spread 1 1000 > logs/app.log # seven days
backfill -c tokentail.yaml
expect_counts 1000 1000 0 0 0
expect_json archived_calls 0
every_report "$DB" before
dump > calls_before

# ---- out, in days ----

expect_status 0 archive --db "$DB"
expect_text out 'Nothing is in the archive'
expect_status 0 archive run --db "$DB" -c tokentail.yaml
expect_text out 'No call is moved by its age (keep.calls)'
expect_status 0 archive run --db "$DB" --before 2026-01-03 --dry-run
expect_text out '2026-01-02    144'
expect_text out 'Nothing was changed'
expect_eq 1000 "$(rows)"
expect_status 0 archive run --db "$DB" --before 2026-01-03 --json
expect_json calls 287
expect_json days.0.day 2026-01-01
expect_eq 713 "$(rows)"
expect_status 0 archive run --db "$DB" -c old.yaml --json
expect_json calls 713
expect_eq 0 "$(rows)"
adds_up "$DB" 1000
same_reports 'all is in the archive'
expect_status 0 archive list --db "$DB" --json
expect_json segments.length 7
expect_json segments.6.file 2026/calls-2026-01-07.jsonl.gz
expect_json total.calls 1000
expect_status 0 archive verify --db "$DB"
expect_text out '7 segments, 1,000 calls: all as they were written'
expect_status 0 archive run --db "$DB" -c old.yaml
expect_text out 'No call in the database is from before'

# What a run that was killed left beside a file goes, though there is nothing to move.
file=tokentail.db.archive/2026/calls-2026-01-02.jsonl.gz
cp $file whole
cp tokentail.db.archive/2026/calls-2026-01-01.jsonl.gz $file.before # before its removal
echo half > $file.new
expect_status 0 archive run --db "$DB" -c old.yaml -q
cmp -s $file whole || fail 'the file that counts is another one'
mv $file $file.before # before the database knew the new one
cp tokentail.db.archive/2026/calls-2026-01-01.jsonl.gz $file
expect_status 0 archive verify --db "$DB"
expect_status 0 archive run --db "$DB" -c old.yaml -q
cmp -s $file whole || fail 'the file that counts was not put back'
expect_eq '' "$(find tokentail.db.archive -name '*.gz.*')" 'files that are left'
rm whole

# As other programs read it: the first line is a header, then one call a line; money is text.
zcat tokentail.db.archive/2026/*.gz | python3 -c '
import json, sys
from decimal import Decimal
lines = [json.loads(line) for line in sys.stdin]
calls = [line for line in lines if "tokentail_archive" not in line]
assert len(lines) - len(calls) == 7 and len(calls) == 1000, (len(lines), len(calls))
print(sum(call["input_tokens"] for call in calls), sum(Decimal(call["cost_usd"]) for call in calls))' > sums
expect_status 0 report --db "$DB" --json
expect_json total.cost_usd "$(cut -d' ' -f2 sums)"
expect_json total.input_tokens "$(cut -d' ' -f1 sums)"

# Without --detail a report by session says what it does not show.
expect_status 0 report --db "$DB" --by session
expect_text out '1,000 calls of these days are in the archive; with --detail they count here too'
expect_status 0 report --db "$DB" --by session --json
expect_json archived_calls_not_read 1000

# ---- back, and out again ----

expect_status 2 archive restore --db "$DB"
expect_status 0 archive restore --db "$DB" --since 2026-01-02 --until 2026-01-04
expect_eq 288 "$(rows)"
same_reports 'two days are back'
expect_status 0 archive restore --db "$DB" --since 2026-01-01
expect_eq 1000 "$(rows)"
dump > calls_now
cmp -s calls_before calls_now || { diff calls_before calls_now >> log; fail 'the calls that came back are others'; }
same_reports 'all is back'
adds_up "$DB" 1000
expect_status 0 archive run --db "$DB" -c old.yaml -q
same_reports 'out again'

# ---- what comes late: a call, a duplicate, a better record of a call that is archived ----

{ spread 2000 2001; spread 5 5; spread 6 6 | sed 's/"output_tokens": 6/"output_tokens": 600/'
	echo '{"time":"2026-01-02T00:00:00Z","model":"gpt-4o","input_tokens":1,"output_tokens":1,"request_id":"late"}'
} > logs/late.log
backfill -c tokentail.yaml
expect_counts 5 3 2 0 0 # the one of 5 is one, the one that 6 replaces is another
adds_up "$DB" 1005
every_report "$DB" before
expect_status 0 archive run --db "$DB" -c old.yaml -q
expect_eq 0 "$(rows)"
same_reports 'what came late is archived'
adds_up "$DB" 1005
expect_status 0 archive verify --db "$DB"
expect_text out '1,003 calls: all as they were written'

# ---- history that is old when it is read never is in the database ----

expect_status 0 backfill --json -q -c old.yaml --db straight.db
expect_counts 1005 1003 2 0 0
expect_json archived_calls 1003
expect_eq 0 "$(sqlite straight.db 'SELECT count(*) FROM call_rows')"
adds_up straight.db 1005
every_report straight.db now
cmp -s before now || { diff before now >> log; fail 'history went straight to the archive: another report'; }
expect_status 0 archive verify --db straight.db
spread 3000 3002 > logs/more.log # a further member of a gzip
date -u '+{"time":"%FT%TZ","model":"house","input_tokens":0,"output_tokens":0,"request_id":"today"}' >> logs/more.log
expect_status 0 backfill -c old.yaml --db straight.db
expect_text out '4 records = 4 calls'
expect_text out '3 of the calls went to the archive: older than keep.calls'
spread 6 6 | sed 's/"output_tokens": 6/"output_tokens": 700/' >> logs/more.log # and once more a better one
expect_status 0 backfill -c old.yaml --db straight.db
expect_no_text out archive # it waits in the database for the next rotation
spread 4000 4001 >> logs/more.log
expect_status 0 backfill --json -q -c old.yaml --db straight.db
expect_json archived_calls 0 # and so do others with it
expect_status 0 archive run --db straight.db -c old.yaml -q
expect_status 0 archive verify --db straight.db
adds_up straight.db
expect_status 0 report --db straight.db --where session=s0 --json --detail
expect_json total.output_tokens 739 # 1 + 2 + 3 + 4 + 5 + 700 + 7 + 8 + 9
rm logs/more.log

# ---- out of the house ----

expect_status 0 archive export "$T/copy" --db "$DB"
zcat copy/2026/*.gz | grep -v tokentail_archive | sort > exported
zcat tokentail.db.archive/2026/*.gz | grep -v tokentail_archive | sort > archived
cmp -s exported archived || fail 'what was exported is not what was archived'

# The archive is no log, be it matched or given.
own=$T/tokentail.db.archive/2026/calls-2026-01-01.jsonl.gz
expect_status 1 backfill --db "$DB" --preset json "$own"
expect_file "$own" 'left out' "a file of tokentail's own database"

# ---- damage is named, and nothing is shown as if it were all ----

cp -r tokentail.db.archive whole
file=tokentail.db.archive/2026/calls-2026-01-03.jsonl.gz
python3 -c 'import sys
with open(sys.argv[1], "r+b") as file: # a bit
    file.seek(500); byte = file.read(1)[0] ^ 4; file.seek(500); file.write(bytes([byte]))' $file
truncate -s -1 tokentail.db.archive/2026/calls-2026-01-04.jsonl.gz
rm tokentail.db.archive/2026/calls-2026-01-05.jsonl.gz
echo more >> tokentail.db.archive/2026/calls-2026-01-06.jsonl.gz # behind what counts: no damage
expect_status 3 archive verify --db "$DB"
expect_text out 'calls-2026-01-03.jsonl.gz: damaged'
expect_text out 'calls-2026-01-04.jsonl.gz: 1 bytes are missing at its end'
expect_text out 'calls-2026-01-05.jsonl.gz: cannot be opened: No such file'
expect_text out 'damaged: 3 segments of 432 calls'
expect_status 3 archive verify --db "$DB" --json
expect_json damaged_segments 3
expect_status 0 report --db "$DB" --by session --detail --since 2026-01-02 --until 2026-01-05
expect_text out '288 calls of the archive are missing here'
expect_status 0 report --db "$DB" --by user --detail --json
expect_json archived_calls_damaged 432
expect_json total.calls 1003
# Days are restored up to the damage, and the rest when it is mended.
cp tokentail.db half.db
cp -r tokentail.db.archive half.db.archive
expect_status 1 archive restore --db half.db --since 2026-01-01
expect_one_line
expect_text err '2 segments, 288 calls: back in the database, until the next rotation; stopped at 2026-01-03, '\
'with it 6 segments left (run again to go on): '
expect_text err 'calls-2026-01-03.jsonl.gz: damaged'
expect_eq 288 "$(sqlite half.db 'SELECT count(*) FROM call_rows')"
adds_up half.db 1005
expect_status 1 archive restore --db half.db --since 2026-01-01 --json -q
expect_eq '{"segments":0,"calls":0}' "$(cat out)"
expect_text err '0 segments, 0 calls: back in the database'
cp whole/2026/* half.db.archive/2026/
expect_status 0 archive restore --db half.db --since 2026-01-01 --json
expect_json calls 715
expect_eq 1003 "$(sqlite half.db 'SELECT count(*) FROM call_rows')"
adds_up half.db 1005
rm -r half.db*
# A damaged day cannot be rotated into, and nothing is lost by trying.
echo '{"time":"2026-01-04T00:00:00Z","model":"gpt-4o","input_tokens":1,"output_tokens":1,"request_id":"later"}' >> logs/late.log
backfill -c tokentail.yaml
expect_status 1 archive run --db "$DB" -c old.yaml
expect_text err 'calls-2026-01-04.jsonl.gz: 1 bytes are missing'
expect_eq 1 "$(sqlite "$DB" "SELECT count(*) FROM calls WHERE request_id = 'later'")"
rm -r tokentail.db.archive
mv whole tokentail.db.archive
expect_status 0 archive run --db "$DB" -c old.yaml -q
expect_status 0 archive verify --db "$DB"
adds_up "$DB"

# ---- a rule for its end, which one can see beforehand ----

{ sources; echo 'keep: { archive: 1 days }'; } > short.yaml
expect_status 0 archive run --db "$DB" -c short.yaml --dry-run
expect_text out 'older than keep.archive would be removed from the archive'
expect_status 0 archive verify --db "$DB"
expect_status 0 archive run --db "$DB" -c short.yaml
expect_text out 'older than keep.archive removed from the archive'
expect_status 0 archive list --db "$DB" --json
expect_json segments.length 0
expect_eq '' "$(find tokentail.db.archive -name '*.gz')" 'files that are left'
expect_status 0 report --db "$DB" --json
expect_json total.calls 1004
sed -i 's/1 days/none/' short.yaml
expect_status 2 archive -c short.yaml
expect_text err 'keep.archive: expected a duration such as 400 days, or forever'

# ---- hours become days, and every sum stays ----

{ sources; printf 'timezone: Europe/Berlin\nkeep: { hourly: 31 days, calls: forever }\n'; } > hourly.yaml
rm -rf tokentail.db*
spread 12500 12700 > later.log # summer time begins there
mv later.log logs/late.log
backfill -c hourly.yaml
daily() {
	: > "$1"
	for by in day model user,month status,week; do
		expect_status 0 report --db "$DB" --by $by --json
		grep -v '^{"since"' out >> "$1" # which is moved to whole days
	done
}
daily before
hours() { sqlite "$DB" 'SELECT count(DISTINCT hour) FROM totals'; }
[ "$(hours)" -gt 190 ] || fail "there are only $(hours) hours"
expect_status 0 archive run --db "$DB" -c hourly.yaml --dry-run
expect_text out 'Totals of 10 days older than keep.hourly would be by day'
expect_status 0 archive run --db "$DB" -c hourly.yaml
expect_text out 'Totals of 10 days older than keep.hourly are by day'
expect_eq 10 "$(hours)"
daily now
cmp -s before now || { diff before now >> log; fail 'hours became days: another report'; }
adds_up "$DB" 1201
expect_status 0 report --db "$DB" --by hour --since 2026-01-03T05:00:00Z --until 2026-01-03T06:00:00Z
expect_text out '2026-01-03 00:00 to 2026-01-04 00:00 (Europe/Berlin)'
expect_text out 'hours are kept as days, at their first hour (keep.hourly)'
# What comes late or is replaced meets the day.
{ spread 300 300; spread 301 301 | sed 's/"output_tokens": 1,/"output_tokens": 900,/'
	echo '{"time":"2026-01-03T00:00:00Z","model":"gpt-4o","input_tokens":1,"output_tokens":1,"request_id":"new","ms":5}'
} >> logs/late.log
backfill -c hourly.yaml
expect_counts 3 1 2 0 0
expect_eq 10 "$(hours)"
adds_up "$DB" 1204
expect_status 0 archive run --db "$DB" -c hourly.yaml
expect_no_text out 'Totals of'

# ---- the agent does it by itself ----

spread 1 500 > logs/app.log
rm -rf tokentail.db* logs/late.log
backfill -c tokentail.yaml
echo 'in the way' > tokentail.db.archive
start_agent -c old.yaml --db "$DB"
archive_is() { # STATUS KEY VALUE
	_got=0
	tokentail status --json --db "$DB" || _got=$?
	[ "$_got" = "$1" ] && [ "$(python3 "$ROOT/tests/e2e/json_value.py" "$2" < out)" = "$3" ]
}
wait_for archive_is 3 stuck.0.what archive
expect_text out 'tokentail.db.archive'
expect_status 3 status --db "$DB"
expect_text out 'stuck: old calls have not gone to the archive for '
expect_text out ', or at once by `tokentail reload`'
expect_eq 500 "$(rows)"
rm tokentail.db.archive
expect_status 0 reload --db "$DB"
nothing_kept() { [ "$(rows)" = 0 ]; }
wait_for nothing_kept
wait_for grep -q 'moved to the archive' run
wait_for archive_is 0 agent.archive_error null
expect_eq 1 "$(grep -c 'error archive: ' run)"
stop_agent
adds_up "$DB" 500
expect_status 0 archive verify --db "$DB"

# ---- how much room it takes ----

expect_status 0 status --db "$DB"
expect_text out 'Archive '
expect_no_text out 'grow by'
python3 - "$DB" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
with db: # a week ago it was smaller by 7 MB
    db.execute("DELETE FROM sizes")
    db.execute("INSERT INTO sizes SELECT CAST(strftime('%s') AS INTEGER) / 86400 - 7, (CAST(strftime('%s') AS INTEGER) - 7 * 86400) * 1000000,"
               " (SELECT sum(bytes) FROM segments) + (SELECT page_count * page_size FROM pragma_page_count(),"
               " pragma_page_size()) - 7000000")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
END
expect_status 0 status --db "$DB"
expect_text out 'Both grow by 1.0 MB a day; '
grep -q 'of the disk are free, until 2[0-9]*-' out || fail 'status does not say when the disk is full'
expect_status 0 status --db "$DB" --json
expect_json archive_bytes "$(cat tokentail.db.archive/2026/* | wc -c | tr -d ' ')"

# ---- a database that came out of a dump has no auto_vacuum: it keeps its room, and that is all ----

expect_status 0 backfill -q --db dumped.db
python3 -c 'import sqlite3
database = sqlite3.connect("dumped.db", isolation_level=None)
database.execute("PRAGMA journal_mode = DELETE") # in WAL it stays as it is
database.execute("PRAGMA auto_vacuum = NONE")
database.execute("VACUUM")'
expect_eq 0 "$(sqlite dumped.db 'PRAGMA auto_vacuum')"
WRAP='timeout 30' expect_status 0 archive run -q -c old.yaml --db dumped.db
expect_eq 0 "$(sqlite dumped.db 'SELECT count(*) FROM call_rows')"
adds_up dumped.db
