# 300-report-dimensions - each dimension gives the same total; JSON has its keys in order and exact numbers
. "$(dirname "$0")/lib.sh"

# call TIME MODEL USER MORE: MORE begins with a comma.
call() {
	printf '{"time":"%s","model":"%s","user":"%s"%s}\n' "$@"
}
{
	call 2026-03-12T09:00:00Z gpt-4o ada ',"input_tokens":200,"cached_tokens":100,"output_tokens":30,"latency_ms":800,"feature":"search","team":"red","session":"s1"'
	call 2026-03-12T23:30:00Z gpt-4o bob ',"input_tokens":100,"output_tokens":10,"latency_ms":1000,"status":500,"session_id":"s2"'
	call 2026-03-13T10:00:00Z claude-sonnet-4-5 ada ',"input_tokens":1000,"cache_creation_input_tokens":400,"usage":{"cache_creation":{"ephemeral_1h_input_tokens":100}},"output_tokens":50,"reasoning_tokens":20,"feature":"search","api_key_name":"k","agent":"a","service":"web"'
	call 2026-04-01T10:00:00Z nobody-knows-it ada ',"input_tokens":7,"output_tokens":7'
} > app.jsonl
backfill --preset json app.jsonl
expect_counts 4 4 0 0 0

for by in model provider feature user agent service team api_key session source status operation \
	hour day week month hour_of_day tier model,user day,feature; do
	expect_status 0 report --db "$DB" --by $by --json
	total=$(grep '^"total"' out)
	expect_eq "${first:=$total}" "$total" "total by $by"
	expect_status 0 report --db "$DB" --by $by
	expect_text out total
done

# The keys of DESIGN section 8, in their order, with nothing more.
expect_status 0 report --db "$DB" --since 2026-03-12 --until 2026-03-13 --json
cat > wanted <<'JSON'
{"since":"2026-03-12T00:00:00Z","until":"2026-03-13T00:00:00Z","timezone":"UTC","by":["model"],"rows":[{"model":"gpt-4o","calls":2,"errors":1,"input_tokens":300,"cache_read_tokens":100,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":0,"cost_usd":0.001025,"unpriced_calls":0,"estimated_calls":0,"latency_ms":{"avg":900,"p50":800,"p95":1000,"p99":1000}}],"total":{"calls":2,"errors":1,"input_tokens":300,"cache_read_tokens":100,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":0,"cost_usd":0.001025,"unpriced_calls":0,"estimated_calls":0,"latency_ms":{"avg":900,"p50":800,"p95":1000,"p99":1000}}}
JSON
# Percentiles are out by 1 % at most.
sed 's/"p50":\(79[2-9]\|80[0-8]\),"p95":\(99[0-9]\|100[0-9]\|1010\),"p99":\2}/"p50":800,"p95":1000,"p99":1000}/g' \
	out | tr -d '\n' > found
tr -d '\n' < wanted | cmp -s - found || fail "wanted $(cat wanted), found $(cat found)"

expect_status 0 report --db "$DB" --by model --json
# 600 x 3 + 300 x 3.75 + 100 x 6 + 50 x 15
expect_json rows.0.model claude-sonnet-4-5
expect_json rows.0.cost_usd 0.004275
expect_json rows.0.cache_write_1h_tokens 100
expect_json rows.0.reasoning_tokens 20
expect_json total.cost_usd 0.0053
expect_json total.unpriced_calls 1
expect_status 0 report --db "$DB" --by model --limit 1 --json
expect_json total.calls 4
adds_up "$DB" 4
