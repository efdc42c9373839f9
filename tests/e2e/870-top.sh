# 870-top - the live view in a real terminal: sizes, keys, growth, and the terminal as it was
. "$(dirname "$0")/lib.sh"
command -v tmux > /dev/null || { echo 'tmux is not there'; exit 77; }

# A server for each terminal: one that ends would take the next one's first session with it.
server=0
tm() { tmux -S "$T/tmux.$server" -f /dev/null "$@"; }
leave() {
	_s=$?
	[ $_s -eq 0 ] || { tm capture-pane -p >> "$T/log" 2>&1 || :; tail -n 60 "$T/log"; }
	tm kill-server 2> /dev/null || :
	[ -z "${agent-}" ] || kill -9 "$agent" 2> /dev/null || :
	cd /
	rm -rf "$T"
	exit $_s
}
trap leave EXIT

# recent N MODEL [USER [SECONDS]]: N calls of just now.
recent() {
	python3 - "$@" <<'PYTHON'
import json, sys, time
n, model, user, ago = int(sys.argv[1]), sys.argv[2], (sys.argv[3:4] or ["ann"])[0], float((sys.argv[4:5] or ["1"])[0])
for i in range(n):
    print(json.dumps({"time": time.time() - ago, "model": model, "user": user, "input_tokens": 100000,
                      "output_tokens": 1000, "latency_ms": 500}))
PYTHON
}

# In a pane: the program, then what it left of the terminal.
cat > pane.sh <<'END'
trap : INT
stty -g > before
sh -c 'echo $$ > pid; exec $WRAP "$TOKENTAIL" top "$@"' sh "$@" 2> errors
echo $? > status
stty -g > after
echo BACK
exec cat
END
# top_in COLUMNS ROWS ARGUMENTS...: starts it in a terminal of its own.
top_in() {
	_columns=$1 _rows=$2
	shift 2
	rm -f status after pid
	tm kill-server 2> /dev/null || :
	server=$((server + 1))
	WRAP=${WRAP-} tm new-session -d -x "$_columns" -y "$_rows" sh "$T/pane.sh" --db "$DB" \
		--interval 200ms "$@"
}
screen() { tm capture-pane -p > "$T/screen" 2>> "$T/log"; }
# await TEXT: until the screen has it.
await() {
	_tries=0
	until screen && grep -qF -e "$1" "$T/screen"; do
		_tries=$((_tries + 1))
		[ $_tries -lt 300 ] || { cat "$T/screen"; fail "the screen does not show '$1'"; }
		sleep 0.1
	done
}
await_file() {
	_tries=0
	until [ -s "$1" ]; do
		_tries=$((_tries + 1))
		[ $_tries -lt 300 ] || fail "$1 is not there"
		sleep 0.1
	done
}
# restored STATUS: it has ended, and the terminal is as it was before.
restored() {
	await BACK
	await_file after
	expect_eq "$1" "$(cat status)" 'exit status of top'
	expect_eq "$(cat before)" "$(cat after)" 'settings of the terminal'
	expect_eq '0 1' "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" \
		'alternate screen and cursor'
	expect_no_text screen 'q quit'
}

# Nothing to look at, and nothing to show.
expect_status 1 top --db "$DB"
expect_text err 'no database yet'
: > empty.log
backfill --preset json empty.log
top_in 80 24
await 'No calls yet'
await '0 records = 0 calls + 0 duplicates + 0 skipped + 0 rejected'

# It grows while somebody looks. Every line of the screen is where it belongs.
recent 3 gpt-4o > app.jsonl
recent 2 own-llama bob >> app.jsonl
recent 1 "$(printf 'red\033[31m\a\302\233')" >> app.jsonl
backfill --preset json app.jsonl
await '6 records = 6 calls'
await 'no agent runs' # the backfill held the database until a moment ago
expect_text screen 'by model, last 60 minutes'
expect_text screen '2 models have no price'
expect_text screen 'red\x1b[31m\x07\u{009b}'
grep -q '^gpt-4o .* 3 .* \$0\.78 ' screen || { cat screen; fail 'the row of gpt-4o'; }
head -n 1 screen | grep -q '^tokentail top' || fail 'the title is not the first line'
tail -n 1 screen | grep -q '^q quit' || fail 'the keys are not the last line'

# Keys: dimension, order, window.
tm send-keys u
await 'by user, last 60 minutes'
expect_text screen 'bob'
tm send-keys Left
await 'by feature, last'
tm send-keys Right Right
await 'by agent, last'
tm send-keys w
await 'by agent, last 24 hours'
tm send-keys 3
await 'by agent, last 7 days'
tm send-keys s
await '[calls]'
tm send-keys m 1 s s
await '[cost]'

# Smaller, tiny, and large again.
tm resize-window -x 40 -y 10
await '6 rec=6 calls+0 dup+0 skip+0 rej'
expect_text screen 'total'
tail -n 1 screen | grep -q '^q quit' || { cat screen; fail 'ten lines: the keys'; }
tm resize-window -x 12 -y 3
await '$0.78*'
tm resize-window -x 1 -y 1
sleep 0.5
tm resize-window -x 130 -y 40
await 'p50'
await 'm f u model feature user'
tm send-keys q
restored 0

# However it ends, the terminal is given back.
for signal in INT TERM HUP; do
	top_in 80 24
	await 'q quit'
	kill -$signal "$(cat pid)"
	restored 0
done
if [ -z "${WRAP-}" ]; then
	for signal in ABRT SEGV; do
		top_in 80 24
		await 'q quit'
		kill -$signal "$(cat pid)"
		await BACK
		await_file after
		[ "$(cat status)" -gt 128 ] || fail "SIG$signal was swallowed"
		expect_eq "$(cat before)" "$(cat after)" "settings after SIG$signal"
		expect_eq '0 1' "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" "SIG$signal"
	done
fi
top_in 80 24
await 'q quit'
tm send-keys C-c
restored 0

# ASCII and no colour; and a terminal that cannot be drawn on gets lines.
export LC_ALL=C NO_COLOR=1
top_in 80 24
await 'left/right by model'
! LC_ALL=C grep -q '[^ -~]' screen || { cat screen; fail 'more than ASCII'; }
tm capture-pane -p -e > screen
expect_no_text screen "$(printf '\033')"
tm send-keys q
restored 0
export LC_ALL=C.UTF-8
unset NO_COLOR
tm kill-server 2> /dev/null || :
server=$((server + 1))
tm new-session -d -x 80 -y 24 "TERM=dumb sh $T/pane.sh --db $DB"
await 'this minute'
kill -TERM "$(cat pid)"
await BACK

# While the agent follows: who it is, what it adds, how far it is behind.
mkdir logs
cat > t.yaml <<END
database: $DB
follow: {poll: 50ms, commit: 100ms}
sources: [{name: a, paths: $T/logs/*, preset: json}]
END
"$TOKENTAIL" run -c t.yaml > "$T/run" 2>&1 &
agent=$!
top_in 80 24
await "an agent runs (process $agent)"
for i in 1 2 3 4 5; do
	recent 10 gpt-4o-mini eve 0 >> logs/live.jsonl
	sleep 0.2
done
await '56 records = 56 calls'
await 'lag 0 B'
await 'gpt-4o-mini'
kill -TERM $agent
wait $agent || fail 'the agent ends badly'
agent=
await 'no agent runs'
printf '{"time":"2026-03-01T10:00:00Z","model":"x"' >> logs/live.jsonl
await 'lag 42 B in 1 of '
# It is in nobody's way: another agent may begin while it looks.
"$TOKENTAIL" run -c t.yaml > "$T/run" 2>&1 &
agent=$!
await "an agent runs (process $agent)"
kill -TERM $agent
wait $agent || fail 'the agent does not start beside top'
agent=
tm send-keys q
restored 0
adds_up "$DB" 56
