# Helpers of the end-to-end tests. A test sources this file first and then runs the real binary in
# a folder of its own, which is also its working directory and home, so that no configuration of the
# person who runs it is found:
#
#     . "$(dirname "$0")/lib.sh"
#     cat > tokentail.yaml <<-END ... END
#     backfill -c tokentail.yaml
#     expect_json calls 2
#     adds_up "$DB" 3
#
# A test that fails shows what the last commands printed. TOKENTAIL names the binary (default
# ./tokentail of the repository), WRAP what to run it under (valgrind -q).
# shellcheck shell=sh
set -eu

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
FIX=$ROOT/fixtures
TOKENTAIL=$(realpath "${TOKENTAIL:-$ROOT/tokentail}")
T=$(mktemp -d "${TMPDIR:-/tmp}/tokentail-e2e.XXXXXX")
DB=$T/tokentail.db
HOME=$T XDG_CONFIG_HOME=$T/.config TZ=UTC LC_ALL=C.UTF-8
PYTHONDONTWRITEBYTECODE=1
export HOME XDG_CONFIG_HOME TZ LC_ALL PYTHONDONTWRITEBYTECODE TOKENTAIL ROOT FIX
touch "$T/log" "$T/out" "$T/err"
cd "$T"

# The logs here are of days that pass: without this their calls would be in the archive one day. A test
# that writes a configuration of its own says the same if it looks at calls.
KEEP='keep: {calls: forever}'
mkdir -p "$XDG_CONFIG_HOME/tokentail"
echo "$KEEP" > "$XDG_CONFIG_HOME/tokentail/tokentail.yaml"

agent= # its process, while one runs

finish() {
	status=$?
	[ -z "$agent" ] || kill -9 "$agent" 2> /dev/null || :
	[ ! -e "$T/run" ] || cat "$T/run" >> "$T/log"
	[ "$status" -eq 0 ] || { echo "--- log"; tail -n 60 "$T/log"; }
	cd /
	rm -rf "$T"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
	echo "FAILED: $*"
	exit 1
}

# Runs the binary with its output in $T/out and $T/err and both in the log. Gives its exit status.
tokentail() {
	echo "$ tokentail $*" >> "$T/log"
	_status=0
	${WRAP-} "$TOKENTAIL" "$@" > "$T/out" 2> "$T/err" || _status=$?
	cat "$T/out" "$T/err" >> "$T/log"
	[ "$_status" -eq 0 ] || echo "exit status $_status" >> "$T/log"
	return "$_status"
}

# expect_status WANTED ARGUMENTS...: runs the binary.
expect_status() {
	_wanted=$1 _got=0
	shift
	tokentail "$@" || _got=$?
	[ "$_got" -eq "$_wanted" ] || fail "tokentail $*: exit status $_got, wanted $_wanted"
}

# start_agent ARGUMENTS...: `run` in the background, its log in $T/run. wait_calls says when it follows.
start_agent() {
	echo "$ tokentail run $*" >> "$T/log"
	# shellcheck disable=SC2086 # WRAP may be several words
	${WRAP-} "$TOKENTAIL" run "$@" > "$T/run" 2>&1 &
	agent=$!
}

# Ends it as a service manager does; it has to end well.
stop_agent() {
	kill -TERM "$agent"
	_status=0
	wait "$agent" || _status=$?
	agent=
	expect_eq 0 "$_status" 'exit status of the agent'
}

# wait_for COMMAND...: until it succeeds, half a minute at most.
wait_for() {
	_tries=0
	until "$@"; do
		_tries=$((_tries + 1))
		[ $_tries -lt 300 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}

has_calls() {
	[ "$(python3 -c 'import sqlite3, sys
try: print(int(sqlite3.connect(sys.argv[1]).execute("SELECT total(calls) FROM totals").fetchone()[0]))
except sqlite3.Error: print("none")' "$DB" 2>&1)" = "$1" ]
}

# wait_calls N: until so many are counted in $DB.
wait_calls() {
	wait_for has_calls "$1"
}

# What the backfill that ran last counted: records, calls, duplicates, skipped, rejected.
counts() {
	sed -n 's/.*"records":\([0-9]*\),"calls":\([0-9]*\),"duplicates":\([0-9]*\),'\
'"skipped":\([0-9]*\),"rejected":\([0-9]*\),.*/\1 \2 \3 \4 \5/p' "$T/out"
}

# Fails when a record did not end as exactly one thing. Takes what `counts` gives.
expect_sum() {
	[ $# -eq 5 ] && [ "$1" -eq $(($2 + $3 + $4 + $5)) ] ||
		fail "records are not calls + duplicates + skipped + rejected: $*"
}

# Runs `backfill --json` on $DB, wants success, and that each record ended as exactly one thing.
backfill() {
	expect_status 0 backfill --json -q --db "$DB" "$@"
	# shellcheck disable=SC2046 # five words
	expect_sum $(counts)
}

# expect_eq WANTED GOT [WHAT]
expect_eq() {
	[ "$1" = "$2" ] || fail "${3:-value}: wanted '$1', got '$2'"
}

# expect_json KEY VALUE: in what the binary printed last. KEY is a path such as rows.0.cost_usd or
# rows.length; numbers are compared as the text they were printed as.
expect_json() {
	_got=$(python3 "$ROOT/tests/e2e/json_value.py" "$1" < "$T/out") || fail "no JSON with $1"
	expect_eq "$2" "$_got" "$1"
}

# expect_text FILE TEXT: FILE (out or err of the last run, or a path) holds TEXT literally.
expect_text() {
	grep -qF -e "$2" "$1" || fail "$1 does not hold '$2'"
}

# expect_no_text FILE TEXT
expect_no_text() {
	! grep -qF -e "$2" "$1" || fail "$1 holds '$2'"
}

# calls FROM TO [MODEL]: one JSON line a call, each with a time and a request id of its own, for the
# preset `json`. Each is 100 tokens in and 10 out: with gpt-4o 0.00035 dollars.
calls() {
	awk -v from="$1" -v to="$2" -v model="${3:-gpt-4o}" 'BEGIN {
		for (i = from; i <= to; i++)
			printf "{\"time\":\"2026-03-01T%02d:%02d:%02dZ\",\"model\":\"%s\"," \
				"\"input_tokens\":100,\"output_tokens\":10,\"request_id\":\"r%d\"}\n",
				i / 3600, i / 60 % 60, i % 60, model, i
	}'
}

# expect_counts RECORDS CALLS DUPLICATES SKIPPED REJECTED: of the backfill that ran last.
expect_counts() {
	expect_eq "$*" "$(counts)" 'records, calls, duplicates, skipped, rejected'
}

# expect_total CALLS COST: of all that is in the ledger.
expect_total() {
	expect_status 0 report --db "$DB" --json
	_got=$(sed -n 's/^"total":{"calls":\([0-9]*\),.*"cost_usd":\([0-9.]*\),.*/\1 \2/p' "$T/out")
	expect_eq "$1 $2" "$_got" 'calls and cost'
}

# expect_one_line: the last run said exactly one line on stderr, and it says who speaks.
expect_one_line() {
	expect_eq 1 "$(wc -l < "$T/err" | tr -d ' ')" 'lines on stderr'
	expect_text "$T/err" 'tokentail'
}

# expect_file PATH STATE REASON: what `status` says of a file. REASON is a part of the words; with
# STATE - there is no such file.
expect_file() {
	tokentail status --db "$DB" --json || :
	python3 "$ROOT/tests/e2e/json_value.py" "file $1" < "$T/out" > "$T/file" ||
		fail "status has no $1"
	expect_eq "$2" "$(head -n 1 "$T/file")" "state of $1"
	expect_text "$T/file" "$3"
}

# adds_up [DB [RECORDS]]: the tables of the ledger agree with each other, and with the number of
# records there were to read. Every test that writes a ledger ends with it.
adds_up() {
	python3 "$ROOT/tests/e2e/adds_up.py" "${1:-$DB}" ${2+"$2"} >> "$T/log" 2>&1 ||
		fail "the ledger ${1:-$DB} does not add up"
}
