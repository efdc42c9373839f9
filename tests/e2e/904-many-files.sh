# 904-many-files - thousands of known files keep the agent neither from following nor from answering
. "$(dirname "$0")/lib.sh"

FILES=${FILES:-8000}
mkdir logs
cat > t.yaml <<END
database: $DB
sources: [{name: a, paths: $T/logs/*.log, preset: json}]
END
calls 1 "$FILES" | split -a 5 -d -l 1 --additional-suffix=.log - logs/app-
backfill -c t.yaml
expect_counts "$FILES" "$FILES" 0 0 0

start_agent -c t.yaml
answers() {
	tokentail status --json -c t.yaml && grep -q '"state":"answers"' out
}
wait_for answers
expect_json files.length "$FILES"
calls $((FILES + 1)) $((FILES + 3)) >> "$(ls logs/*.log | tail -n 1)"
wait_calls $((FILES + 3))
expect_status 0 reload -c t.yaml
wait_for answers
stop_agent
adds_up "$DB" $((FILES + 3))
