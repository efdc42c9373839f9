# 902-hostile-clients - whoever knocks at the agent's socket, following goes on and others are answered
. "$(dirname "$0")/lib.sh"

mkdir logs
cat > t.yaml <<END
database: $DB
follow: {poll: 50ms, commit: 100ms, rescan: 200ms, finish_after: 500ms}
sources: [{name: a, paths: $T/logs/app.log*, preset: json}]
END
calls 1 10 > logs/app.log
start_agent -c t.yaml
wait_calls 10
wait_for test -S "$DB.sock"

# Silent, with half a request, with garbage, with questions whose answer they never take; all at once,
# until the file "enough" is there.
cat > crowd.py <<'PYTHON'
import os, socket, sys, time

def knock(path, text):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(0.2)
    try:
        s.connect(path)
        if text:
            s.send(text)
    except OSError:
        pass  # its queue is full, or it has dropped us
    return s

kinds = [b"", b"6:sta", b"GET / HTTP/1.0\r\n\r\n", b"6:status,", b"\0" * 1000, b"99999999999:"]
crowd = []
n = 0
while not os.path.exists("enough"):
    crowd.append(knock(sys.argv[1], kinds[n % len(kinds)]))
    n += 1
    if n == 100:
        open("begun", "w").close()
    if len(crowd) > 100:
        crowd.pop(0).close()
    if n > 100:
        time.sleep(0.002)
PYTHON
python3 crowd.py "$DB.sock" &
crowd=$!
wait_for test -e begun
before=$(awk '/VmRSS/ { print $2 }' "/proc/$agent/status")
for i in 1 2 3 4 5; do
	calls $((i * 10 + 1)) $((i * 10 + 10)) >> logs/app.log
	wait_calls $((i * 10 + 10))
done
answered() {
	tokentail status --json -c t.yaml && grep -q '"state":"answers"' out
}
wait_for answered
touch enough
wait $crowd
after=$(awk '/VmRSS/ { print $2 }' "/proc/$agent/status")
[ $((after - before)) -lt 8192 ] || fail "it has grown from $before to $after kB"
wait_for answered
python3 - "$T/out" <<'PYTHON'
import json, sys
agent = json.load(open(sys.argv[1]))["agent"]
assert agent["dropped_clients"] >= 50, agent
PYTHON
expect_status 0 status -c t.yaml
expect_text out 'of its socket went without an answer'

# A hundred who say nothing, and stay: the next one is answered all the same.
python3 - "$DB.sock" <<'PYTHON' &
import os, socket, sys, time
silent = []
while len(silent) < 100:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        s.connect(sys.argv[1])
        silent.append(s)
    except OSError:
        time.sleep(0.01)
open("silence", "w").close()
while not os.path.exists("spoken"):
    time.sleep(0.05)
PYTHON
silent=$!
wait_for test -e silence
wait_for answered
touch spoken
wait $silent
stop_agent
adds_up "$DB" 60
