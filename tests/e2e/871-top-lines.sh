# 871-top-lines - the live view where output is no terminal, and what it may and may not be asked
. "$(dirname "$0")/lib.sh"

# await FILE TEXT
await() {
	_tries=0
	until grep -qF -e "$2" "$1"; do
		_tries=$((_tries + 1))
		[ $_tries -lt 300 ] || { cat "$1"; fail "$1 does not show '$2'"; }
		sleep 0.1
	done
}
# recent FROM TO: calls of just now.
recent() {
	python3 -c 'import json, sys, time
for i in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    print(json.dumps({"time": time.time(), "model": "gpt-4o", "input_tokens": 100, "output_tokens": 10}))' "$@"
}

recent 1 3 > a.log
backfill --preset json a.log
"$TOKENTAIL" top --db "$DB" --interval 100ms > lines 2> errors &
top=$!
trap '_s=$?; kill -9 $top 2>/dev/null || :; [ $_s -eq 0 ] || tail -n 40 "$T/log" lines; cd /; rm -rf "$T"; exit $_s' EXIT

# A page, then a line for what was added, and none for what was not.
await lines 'time        records'
expect_text lines 'by model, last 60 minutes'
expect_text lines '3 records = 3 calls + 0 duplicates + 0 skipped + 0 rejected'
expect_no_text lines 'quit'
expect_no_text lines "$(printf '\033')"
recent 4 8 >> a.log
echo '{"broken' >> a.log
backfill --preset json a.log
await lines '         +6         +5         +0         +0         +1 '
n=$(wc -l < lines)
sleep 0.5
expect_eq "$n" "$(wc -l < lines)" 'lines while nothing happens'

# The database goes and comes back: said once, and gone on with.
mv "$DB" away
await errors 'no database yet'
sleep 0.5
mv away "$DB"
expect_eq 1 "$(wc -l < errors)" 'lines of errors'
recent 9 10 >> a.log
backfill --preset json a.log
await lines '         +2         +2         +0         +0         +0 '
kill -TERM $top
_status=0
wait $top || _status=$?
expect_eq 0 $_status 'exit status of top'

# It ends when nobody reads.
timeout 20 sh -c '"$0" top --db "$1" --interval 100ms | head -n 2 > head' "$TOKENTAIL" "$DB" ||
	fail 'top goes on without a reader'
expect_eq 2 "$(wc -l < head)" 'lines that were read'

# Where calls are not kept there are hours, not minutes.
cat > totals.yaml <<END
database: $T/totals.db
keep: {calls: none}
sources: [{name: a, paths: $T/a.log, preset: json}]
END
expect_status 0 backfill -q -c totals.yaml
"$TOKENTAIL" top --db "$T/totals.db" > totals &
top=$!
await totals 'time        records'
kill -INT $top
wait $top || fail 'SIGINT ends it badly'
expect_text totals 'Calls are not kept (keep.calls): no minutes, only hours.'
expect_text totals 'by model, last 24 hours'
expect_text totals '11 records = 10 calls'

expect_status 2 top --by session
expect_one_line
expect_status 2 top --window 1h
expect_text err '60m, 24h or 7d'
expect_status 2 top --sort name
expect_status 2 top --interval 1ms
expect_status 2 top --json
expect_text err 'report --json'
expect_status 2 top x
adds_up "$DB" 11
