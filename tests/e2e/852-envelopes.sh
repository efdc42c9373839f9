# 852-envelopes - the journal, syslog, Fluentd, one in the other; the envelope's time where the record has none
. "$(dirname "$0")/lib.sh"

wrap() { python3 "$ROOT/tests/e2e/envelope.py" "$@"; }
# Calls without a time of their own.
timeless() { calls "$1" "$2" | sed 's/"time":"[^"]*",//'; }
# expect_times PATH TIME...: of the calls, in their order. PATH names a file of its own.
expect_times() {
	rm -f "$DB"*
	backfill --preset json "$1"
	shift
	_times=$(python3 -c 'import sqlite3, sys
print(*[time.replace(".000Z", "Z") for (time,) in sqlite3.connect(sys.argv[1]).execute("SELECT time FROM calls ORDER BY time")])' \
		"$DB")
	expect_eq "$*" "$_times" 'times of the calls'
	expect_counts $# $# 0 0 0
	adds_up "$DB" $#
}

timeless 1 2 > lines
wrap docker < lines > docker.log
expect_times docker.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
wrap cri < lines > cri.log
expect_times cri.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
wrap journald < lines > journald.log
expect_times journald.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
wrap fluentd < lines > fluentd.log
expect_times fluentd.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
sed 's/^/[2026-03-05 06:00:07] INFO llm /' lines | head -n 1 > prefix.log
expect_times prefix.log 2026-03-05T06:00:07Z
sed 's/^/shop-1  | 2026-03-05T06:00:08.5Z /' lines | head -n 1 > compose.log
expect_times compose.log 2026-03-05T06:00:08.500Z
sed 's/^/<165>1 2026-03-05T06:00:09.25Z host-1 app 7 - [a@1 b="]"] /' lines | head -n 1 > new.log
expect_times new.log 2026-03-05T06:00:09.250Z
sed 's/^/2026-03-05T08:00:10+02:00 host-1 app[7]: /' lines | head -n 1 > rsyslog.log
expect_times rsyslog.log 2026-03-05T06:00:10Z

# syslog has no year: that of the file, or, for a December in January's file, the one before.
wrap syslog < lines > syslog.log
touch -d '2024-03-20' syslog.log
expect_times syslog.log 2024-03-05T06:00:00Z 2024-03-05T06:00:01Z
sed 's/Mar  5/Dec 31/' syslog.log > other.log
touch -d '2025-01-02' other.log
expect_times other.log 2024-12-31T06:00:00Z 2024-12-31T06:00:01Z

# One in the other: the innermost time counts.
wrap docker < lines | wrap cri 90 | sed 's/^2026-03-05T06/2026-03-05T07/' > nested.log
expect_times nested.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
wrap cri 40 < lines | wrap docker | sed 's/"time":"2026-03-05T06/"time":"2026-03-05T07/' > nested.log
expect_times nested.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
gzip -c nested.log > nested.log.gz
expect_times nested.log.gz 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z
wrap cri < lines | wrap journald > nested.log
expect_times nested.log 2026-03-05T06:00:00Z 2026-03-05T06:00:01Z

# A record's own time wins.
calls 1 1 | wrap docker > own.log
expect_times own.log 2026-03-01T00:00:01Z
# Some lines have no envelope, or another one.
{ cat docker.log; timeless 3 3; calls 4 4; wrap cri < lines; } > mixed.log
rm -f "$DB"*
backfill --preset json mixed.log
expect_counts 6 5 0 0 1
adds_up "$DB" 6

# As its person says.
source_of() {
	printf '%s\nsources:\n  - { name: app, paths: "%s/%s", preset: json, %s }\n' "$KEEP" "$T" "$1" "$2" \
		> tokentail.yaml
	rm -f "$DB"*
	backfill -c tokentail.yaml
}
wrap journald-pretty < lines > pretty.log
source_of pretty.log 'frame: json'
expect_counts 2 2 0 0 0
source_of docker.log 'unwrap: none'
expect_counts 2 0 0 2 0
source_of docker.log 'unwrap: docker'
expect_counts 2 2 0 0 0
source_of syslog.log 'unwrap: [syslog]'
expect_counts 2 2 0 0 0
source_of prefix.log 'unwrap: prefix'
expect_counts 1 1 0 0 0
source_of prefix.log 'unwrap: none'
expect_counts 1 0 0 0 1
# JSON of many lines, each in its envelope, and both streams.
calls 1 3 | python3 -c 'import json, sys
for line in sys.stdin:
	print(json.dumps(json.loads(line), indent=1))
	print("!oops")' > pretty
for kind in docker cri; do
	wrap $kind < pretty > pretty.log
	source_of pretty.log 'frame: json'
	expect_counts 6 3 0 0 3
	adds_up "$DB" 6
done
