# 900-run - the agent follows, reloads, and ends with everything committed
. "$(dirname "$0")/lib.sh"

mkdir logs
cat > t.yaml <<END
database: $DB
follow: {poll: 50ms, commit: 100ms, rescan: 200ms, finish_after: 500ms}
keep: {calls: forever}
sources: [{name: a, paths: $T/logs/app.log*, preset: json}]
END
calls 1 10 > logs/app.log
start_agent -c t.yaml
wait_calls 10
calls 11 20 >> logs/app.log
wait_calls 20

# Rotated by name while the writer goes on, then by copy and truncation.
mv logs/app.log logs/app.log.1
calls 21 25 >> logs/app.log.1
calls 26 30 > logs/app.log
wait_calls 30
cp logs/app.log logs/app.log.2
: > logs/app.log
calls 31 40 >> logs/app.log
wait_calls 40

# Half a line waits for its other half.
calls 41 41 | head -c 40 >> logs/app.log
sleep 0.4
calls 41 41 | tail -c +41 >> logs/app.log
wait_calls 41

# A second one is told who holds the database; a wrong configuration is not taken.
expect_status 1 run -c t.yaml
expect_text err "$agent"
echo 'nonsense: 1' >> t.yaml
kill -HUP $agent
calls 42 45 >> logs/app.log
wait_calls 45
expect_text "$T/run" 'the old one is kept'
sed -i '$d' t.yaml
mkdir more
sed -i "s#app.log\*,#app.log*,#; s#logs/app.log\*#logs/*#" t.yaml
kill -HUP $agent
calls 46 50 > logs/other.log
wait_calls 50

# The end: what was written just before is counted, and it does not take long.
stop_agent
adds_up "$DB" 50
backfill -c t.yaml
expect_counts 0 0 0 0 0
