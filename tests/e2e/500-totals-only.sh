# 500-totals-only - keep.calls: none has the same totals as kept calls, and no calls
. "$(dirname "$0")/lib.sh"

mkdir logs
calls 1 3000 | sed 's/"gpt-4o"/"gpt-4o","user":"ada","latency_ms":120/' > logs/a.log
calls 40000 42500 claude-sonnet-4-5 | gzip > logs/b.log.gz
{
	calls 43000 43010 nobody-knows-it
	echo 'no call at all'
	echo '{"event":"start"}'
} > logs/c.log
for keep in forever none '90 days'; do
	DB=$T/${keep% *}.db
	cat > tokentail.yaml <<-YAML
		sources:
		  - { name: app, paths: 'logs/*', preset: json }
		keep: { calls: $keep }
	YAML
	backfill -c tokentail.yaml
	expect_counts 5514 5512 0 1 1
	for by in model hour day,model; do
		expect_status 0 report --db "$DB" --by $by --json
		cat out >> "${keep% *}.report"
	done
	# Percentiles are kept by hour and model: those of a user need the single calls.
	expect_status 0 report --db "$DB" --by user,operation --json
	sed 's/"p50".*}//' out >> "${keep% *}.report"
	calls 3001 3010 >> logs/a.log
	backfill -c tokentail.yaml
	expect_counts 10 10 0 0 0
	adds_up "$DB" 5524
	head -n 3000 logs/a.log > a && cat a > logs/a.log && rm a
done
cmp -s forever.report none.report || fail 'totals differ'
cmp -s forever.report 90.report || fail 'totals differ'
# rows DB: of calls
rows() {
	python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT COUNT(*) FROM calls").fetchone()[0])' "$1"
}
expect_eq 0 "$(rows none.db)" 'calls that are kept'
expect_eq 5522 "$(rows forever.db)" 'calls that are kept'
# What needs single calls says that there are none.
tokentail report --db none.db --by session --json || expect_one_line
