# 800-readme - what README tells a newcomer to write works, on logs of the shape it speaks of
. "$(dirname "$0")/lib.sh"

# example N: the Nth block of YAML in README, its paths moved to the folder of the test.
example() {
	awk -v n="$1" '/^```/ { inside = $0 == "```yaml" && ++at == n; next } inside' "$ROOT/README.md" |
		sed 's|/var/log/app/|app/|; s|/srv/gateway/|gateway/|'
}
mkdir -p app gateway/one/two
cat > app/app.log <<'LOG'
2026-03-12T09:00:00Z INFO request 17 begins
2026-03-12T09:00:01.250Z INFO llm call model=gpt-4o in=1000 out=100 took=800ms
2026-03-12T09:00:02Z WARN llm call model=gpt-4o-mini user=ada in=2000 out=50
LOG
gzip -c app/app.log > app/app.log.1.gz
example 1 > tokentail.yaml
expect_text tokentail.yaml 'legacy-app'
expect_eq 5 "$(sed '/^$/d' tokentail.yaml | wc -l | tr -d ' ')" 'lines of the first example'
expect_status 0 check
expect_text out app/app.log.1.gz
backfill
expect_counts 3 2 0 1 0
expect_total 2 0.00383
expect_status 0 report --db "$DB" --by service --json
expect_json rows.0.service legacy
adds_up "$DB" 3

# The second, JSON by paths.
cat > gateway/one/two/calls.jsonl <<'LOG'
{"ts":"2026-03-12T09:00:00Z","event":"start"}
{"ts":1773306001,"event":"llm_call","took":812,"ctx":{"user_id":"u1"},"response":{"model":"gpt-4o","usage":{"prompt_tokens":1000,"prompt_tokens_details":{"cached_tokens":400},"completion_tokens":10}}}
{"ts":1773306002500,"event":"llm_call","took":"1.5s","ctx":{"session":{"owner":"u2"}},"response":{"model":"gpt-4o","usage":{"prompt_tokens":1000,"completion_tokens":10}}}
LOG
DB=$T/gateway.db
example 2 > tokentail.yaml
expect_text tokentail.yaml 'name: gateway'
backfill
expect_counts 3 2 0 1 0
# 600 x 2.5 + 400 x 1.25 + 10 x 10, and 1000 x 2.5 + 10 x 10
expect_total 2 0.0047
expect_status 0 report --db "$DB" --by user --json
expect_json rows.0.user u2
expect_json rows.1.user u1
expect_json rows.1.cache_read_tokens 400
expect_json rows.1.latency_ms.avg 812
expect_status 0 explain --source gateway "$(sed -n 2p gateway/one/two/calls.jsonl)"
expect_text out '$0.0021'
adds_up "$DB" 3

# The one line without any configuration, and the reports beside it.
rm tokentail.yaml
DB=$T/preset.db
mkdir logs
calls 1 5 > logs/a.jsonl
calls 6 8 | gzip > logs/a.jsonl.1.gz
backfill --preset json 'logs/*.jsonl*'
expect_counts 8 8 0 0 0
expect_status 0 report --db "$DB" --by feature,model --since 7d
expect_status 0 report --db "$DB" --by day --since month
adds_up "$DB" 8
