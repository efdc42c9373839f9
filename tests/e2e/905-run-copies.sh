# 905-run-copies - a copy of what has been read and not yet committed is not counted again
. "$(dirname "$0")/lib.sh"

mkdir logs
cat > t.yaml <<END
database: $DB
follow: {poll: 50ms, commit: 2s, rescan: 200ms, finish_after: 1s}
keep: {calls: forever}
sources: [{name: a, paths: $T/logs/app.log*, preset: json}]
END
counted() {
	python3 -c 'import sqlite3,sys
try: print(int(sqlite3.connect(sys.argv[1]).execute("SELECT total(calls) FROM totals").fetchone()[0]))
except sqlite3.Error: print(0)' "$DB"
}
# wait_calls N: until at least so many are counted, twenty seconds at most.
wait_calls() {
	_tries=0
	until [ "$(counted)" -ge "$1" ]; do
		_tries=$((_tries + 1))
		[ $_tries -lt 200 ] || { cat "$T/run" >> "$T/log"; fail "there are not $1 calls"; }
		sleep 0.1
	done
}
calls 1 100 > logs/app.log
"$TOKENTAIL" run -c t.yaml > "$T/run" 2>&1 &
agent=$!
trap '_s=$?; kill -9 $agent 2>/dev/null || :; tail -n 40 "$T/log"; cd /; rm -rf "$T"; exit $_s' EXIT
wait_calls 100
for i in 1 2 3 4; do
	calls $((i * 100 + 1)) $((i * 100 + 100)) >> logs/app.log
	sleep 0.1 # read, and most likely not committed
	cp logs/app.log logs/app.log.$i
	wait_calls $((i * 100 + 100))
done
kill -TERM $agent
wait $agent
trap finish EXIT
cat "$T/run" >> "$T/log"
adds_up "$DB" 500
