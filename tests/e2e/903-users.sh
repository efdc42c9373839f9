# 903-users - an agent of another user is not obeyed, and a file it may not read is named as stuck
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || { echo 'needs root, to be several users'; exit 77; }
setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null || { echo 'no setpriv'; exit 77; }

mkdir nobody logs bin
cp "$TOKENTAIL" bin/tokentail
chmod 755 "$T" bin bin/tokentail
chown 65534:65534 nobody
TOKENTAIL=$T/bin/tokentail DB=$T/nobody/tokentail.db
as_nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
as_other='setpriv --reuid 65533 --regid 65533 --clear-groups'
cat > t.yaml <<END
database: $DB
follow: {poll: 50ms, commit: 100ms, rescan: 200ms, finish_after: 500ms}
sources: [{name: a, paths: $T/logs/*.log, preset: json}]
END
chmod 644 t.yaml
calls 1 10 > logs/app.log
calls 11 20 > logs/secret.log
chmod 600 logs/secret.log

WRAP=$as_nobody start_agent -c t.yaml
wait_calls 10
expect_eq 600 "$(stat -c %a "$DB.sock")" 'mode of the socket'

# blocked_is WANTED: the state of the file, as `status` of this user sees it.
is_blocked() {
	_got=0
	tokentail status -c t.yaml || _got=$?
	[ "$_got" -eq 3 ] && grep -qF "stuck: $T/logs/secret.log: Permission denied; let the agent's user read it" out
}
is_well() {
	tokentail status -c t.yaml
}
wait_for is_blocked
WRAP=$as_nobody expect_status 3 status -c t.yaml
WRAP=$as_nobody expect_status 0 reload -c t.yaml

# Who may read the database and not speak with the agent is told that one runs. Root may both.
WRAP=$as_other expect_status 1 reload -c t.yaml
expect_text err 'obeys only its own user and root'
_got=0
WRAP=$as_other tokentail status --json -c t.yaml || _got=$?
expect_eq 3 $_got 'status of another user: the file is still not read'
expect_json agent.state forbidden
expect_json agent.pid "$agent"
expect_status 0 reload -c t.yaml

# Without an agent as well, also for who runs anew; then it may be read.
wait_for is_blocked
stop_agent
is_blocked || fail 'it is blocked without an agent too'
WRAP=$as_nobody start_agent -c t.yaml
wait_for is_blocked
chmod 644 logs/secret.log
wait_calls 20
wait_for is_well
stop_agent
is_well || fail 'nothing is stuck any more'
adds_up "$DB" 20

# When root opens the database, SQLite's files beside it are root's for a moment: that is waited for.
python3 - "$DB" <<'END' &
import os, sqlite3, sys, time
database = sqlite3.connect(sys.argv[1])
database.execute('SELECT count(*) FROM totals').fetchall()
for owner in 0, 65534:
    for name in '-wal', '-shm':
        os.chown(sys.argv[1] + name, owner, owner)
    open('moment-%d' % owner, 'w').close()
    time.sleep(0.5)
END
wait_for test -e moment-0
calls 21 30 >> logs/app.log
WRAP=$as_nobody start_agent -c t.yaml
wait_for test -e moment-65534
wait_calls 30
stop_agent
wait
adds_up "$DB" 30

# Who may not write at all does not follow in vain.
chown 0 "$DB"
WRAP="timeout 30 $as_nobody" expect_status 1 run -c t.yaml
expect_text err 'cannot be written; check the rights of the file and its folder'
