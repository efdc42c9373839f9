# 901-status - the running agent is asked how it is, and what is stuck is named with status 3
. "$(dirname "$0")/lib.sh"

mkdir logs
cat > t.yaml <<END
database: $DB
follow: {poll: 50ms, commit: 100ms, rescan: 200ms, finish_after: 500ms}
keep: {calls: forever}
sources:
  - {name: a, paths: [$T/logs/app.log*], preset: json}
  - {name: own, paths: [$T/tokentail.db*], preset: json}
END

# status_is WANTED: exit status of `status --json`, which stays in $T/out.
status_is() {
	_got=0
	tokentail status --json -c t.yaml || _got=$?
	[ "$_got" -eq "$1" ]
}
is_json() {
	status_is "$3" && [ "$(python3 "$ROOT/tests/e2e/json_value.py" "$1" < "$T/out")" = "$2" ]
}

# Nobody runs: nobody is asked, nothing is reloaded.
calls 1 10 > logs/app.log
expect_status 1 reload -c t.yaml
expect_text err 'no agent runs'
backfill -c t.yaml
status_is 0 || fail 'nothing is stuck'
expect_json agent null
expect_json files.0.rate_bytes_per_second null

# One runs: its figures, and those of its files.
calls 11 20 >> logs/app.log
start_agent -c t.yaml
wait_calls 20
wait_for is_json agent.state answers 0
expect_json agent.pid "$agent"
expect_json agent.commit_error null
expect_json stuck.length 0
python3 - "$T/out" > "$T/live" <<'PYTHON'
import json, sys
status = json.load(open(sys.argv[1]))
agent = status["agent"]
assert agent["watch"] in ("inotify", "poll"), agent
assert 0 < agent["records_per_second"] <= 10 and 0 < agent["calls_per_second"] <= 10, agent
assert 0 <= agent["committed_seconds_ago"] < 300, agent
files = {f["path"].rsplit("/", 1)[1]: f for f in status["files"]}
app = files["app.log"]
assert app["lag_bytes"] == 0 and app["offset"] == app["size"], app
assert app["rate_bytes_per_second"] > 0 and 0 <= app["age_seconds"] < 300, app
# Its own files are none to read, and nothing that is stuck.
assert files["tokentail.db.sock"]["reason"] == "a socket", files
for name in "tokentail.db", "tokentail.db.lock", "tokentail.db.sock":
    assert files[name]["state"] == "left out", files[name]
PYTHON
expect_status 0 status -c t.yaml
expect_text out "Agent $agent runs since "

# Somebody locks the database: commits fail, nothing is lost, and it is named.
python3 - "$DB" <<'PYTHON' &
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN IMMEDIATE")
open("held", "w").close()
while not os.path.exists("let-go"):
    time.sleep(0.05)
db.execute("ROLLBACK")
PYTHON
holder=$!
wait_for test -e held
calls 21 30 >> logs/app.log
wait_for is_json stuck.0.what commits 3
python3 - "$T/out" <<'PYTHON'
import json, sys
status = json.load(open(sys.argv[1]))
assert "locked" in status["agent"]["commit_error"], status["agent"]
assert status["agent"]["commits_fail_seconds"] >= 5, status["agent"]
assert [f["lag_bytes"] > 0 for f in status["files"] if f["path"].endswith("app.log")] == [True]
PYTHON
expect_status 3 status -c t.yaml
expect_text out 'stuck: commits have been failing for '
touch let-go
wait $holder
wait_calls 30
wait_for is_json agent.commit_error null 0

# It stands still: that is said, with its process, and soon.
kill -STOP "$agent"
before=$(date +%s)
expect_status 3 status -c t.yaml
[ $(($(date +%s) - before)) -le 20 ] || fail 'status has waited for too long'
expect_text out "stuck: the agent (pid $agent) does not answer within 2 s"
status_is 3 || fail 'an agent that stands still is stuck'
expect_json agent.state silent
expect_json agent.pid "$agent"
expect_json stuck.0.what silent
kill -CONT "$agent"
wait_for is_json agent.state answers 0

# Reload: good, wrong, and not to be taken.
sed -i 's#logs/app.log\*#logs/*#' t.yaml
expect_status 0 reload -c t.yaml
expect_text out 'the configuration was reloaded'
calls 31 40 > logs/other.log
wait_calls 40
is_json agent.state answers 0 || fail 'it answers after a reload'
echo 'nonsense: 1' >> t.yaml
expect_status 2 reload -c t.yaml
expect_text err 't.yaml:7: nonsense: unknown key'
expect_status 2 reload --db "$DB"
expect_text err 't.yaml:7: nonsense: unknown key'
expect_text "$T/run" 'the old one is kept'
sed -i '$d' t.yaml
sed -i 's#^database: .*#database: /nowhere/else.db#' t.yaml
expect_status 1 reload --db "$DB"
expect_text err 'another database takes a restart'
expect_status 1 reload -c t.yaml
expect_text err 'no agent runs with /nowhere/else.db'
sed -i "s#^database: .*#database: $DB#" t.yaml
calls 41 50 >> logs/other.log
wait_calls 50

# Killed: its socket is left, nobody is at it, and the next one replaces it.
kill -9 "$agent"
wait "$agent" || :
test -S "$DB.sock" || fail 'the socket should have been left'
is_json agent null 0 || fail 'a dead agent does not run'
start_agent -c t.yaml
wait_for is_json agent.pid "$agent" 0
stop_agent
status_is 0 || fail 'nothing is stuck'
python3 - "$T/out" <<'PYTHON' # a file that is left out has one row, however often it is looked at
import json, sys
paths = [f["path"] for f in json.load(open(sys.argv[1]))["files"]]
assert len(paths) == len(set(paths)) and len(paths) >= 6, sorted(paths)
PYTHON
[ ! -e "$DB.sock" ] || fail 'the socket is still there'

# Something else in its place: the agent does without, and says so.
mkdir "$DB.sock"
start_agent -c t.yaml
wait_for grep -q 'is in the way' "$T/run"
is_json agent.state 'not listening' 0 || fail 'who writes is told'
expect_json agent.pid "$agent"
expect_status 1 reload -c t.yaml
expect_text err 'does not listen'
stop_agent
rmdir "$DB.sock"
adds_up "$DB" 50

# A folder whose path no address can hold.
deep=$T/$(printf 'a-rather-long-name-of-a-folder-%s/' 1 2 3 4 5)
mkdir -p "$deep"
DB=${deep}t.db
sed -i "s#^database: .*#database: $DB#; /name: own/d" t.yaml
start_agent -c t.yaml
wait_calls 50
is_json agent.state answers 0 || fail 'it answers under a long path'
expect_status 0 reload -c t.yaml
stop_agent
[ ! -e "$DB.sock" ] || fail 'the socket under a long path is still there'
adds_up "$DB" 50
