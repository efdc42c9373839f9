# 209-explain-call - how a call of the ledger is priced, when its log is gone and prices have changed
. "$(dirname "$0")/lib.sh"

source() {
	printf 'sources:\n  - { name: app, paths: app.jsonl, preset: json, estimate: { output: answer } }\n'
}
{ echo "$KEEP"; source; } > old.yaml
{
	echo "$KEEP"
	source
	cat <<-'YAML'
	prices:
	  own:
	    - provider: openai
	      name: gpt-4o
	      source: our contract
	      checked: 2026-02-03
	      batch: 0.5
	      prices: [{ from: 2026-03-01, input: 1, output: 2, tiers: [{ above: 1000, input: 3 }] }]
	YAML
} > new.yaml
# call TIME REQUEST MODEL INPUT REST
call() {
	printf '{"time":"%s","request_id":"%s","model":"%s","input_tokens":%s,%s}\n' "$@"
}
{
	call 2026-03-01T12:00:00Z one gpt-4o 1001 '"output_tokens":0,"service_tier":"batch"'
	call 2026-03-01T12:00:01Z two gpt-4o 10 '"answer":"12345678"'
	call 2026-03-01T12:00:02Z twice gpt-4o 10 '"output_tokens":1'
	call 2026-03-01T12:00:03Z twice house 10 '"output_tokens":1'
	# shellcheck disable=SC1003
	call 2026-03-01T12:00:04Z evil 'x\u001b[2Jy' 10 '"output_tokens":1'
} > app.jsonl
backfill -c old.yaml
rm app.jsonl

expect_status 0 explain -c old.yaml --db "$DB" --call one
expect_text out 'app.jsonl at byte 0'
expect_text out 'openai/gpt-4o, for any date'
expect_text out 'checked'
expect_text out '1001 x $1.25 per 1M tokens'
expect_text out 'service tier batch: rates times 0.5'
expect_text out 'kept       $0.00125125 by openai/gpt-4o'
expect_no_text out 'reprice'

# Other prices: what would be changed, and after that, what is.
expect_status 0 explain -c new.yaml --db "$DB" --call one
expect_text out 'our contract'
expect_text out 'tier above 1000'
expect_text out 'kept       $0.00125125 by openai/gpt-4o'
expect_text out "today's books give \$0.0015015 by openai/gpt-4o@2026-03-01"
expect_status 0 reprice -q -c new.yaml --db "$DB"
expect_status 0 explain -c new.yaml --db "$DB" --call one --json
expect_json 0.cost_usd 0.0015015
expect_json 0.kept_price openai/gpt-4o@2026-03-01
expect_json 0.cost_usd_today 0.0015015
expect_json 0.price.source 'our contract'
expect_json 0.price.tier_above 1000
expect_json 0.price.service_tier batch

expect_status 0 explain -c new.yaml --db "$DB" --call two
expect_text out 'estimated usage'
expect_status 0 explain -c new.yaml --db "$DB" --call twice --json
expect_json length 2
expect_status 0 explain -c new.yaml --db "$DB" --call twice
expect_text out 'unpriced'
expect_status 0 explain -c new.yaml --db "$DB" --call evil
if grep -q "$(printf '\033')" out; then fail 'a control character of the log reaches the terminal'; fi
id=$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT id FROM calls WHERE request_id = ?", ("two",)).fetchone()[0])' "$DB")
expect_status 0 explain -c new.yaml --db "$DB" --call "$id" --json
expect_json 0.id "$id"
expect_json 0.call.request_id two

for name in 0 -1 99999999999999999999999999 three ''; do
	expect_status 1 explain -c new.yaml --db "$DB" --call "$name"
	expect_one_line
done
expect_status 2 explain --call one two
expect_status 1 explain --db absent.db --call one
