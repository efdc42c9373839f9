# 200-own-prices - tier at 200000/200001, a change at midnight UTC, own prices before the shipped ones
. "$(dirname "$0")/lib.sh"

cat > book.yaml <<'YAML'
provider: house
source: test
checked: 2026-01-01
models:
  - name: step
    prices:
      - input: 3
        cache_read: 0.3
        output: 15
        tiers: [{ above: 200000, input: 6, cache_read: 0.6, output: 22.5 }]
  - name: shared
    prices: [{ input: 1, output: 1 }]
YAML
cat > tokentail.yaml <<'YAML'
timezone: Europe/Berlin # days of reports; a price changes when it says
sources:
  - { name: app, paths: '*.jsonl', preset: json }
aliases: { my-deployment: gpt-4o-mini }
prices:
  books: [book.yaml]
  own:
    - provider: house
      name: dated
      prices:
        - { from: 2026-01-01, input: 1, output: 2 }
        - { from: 2026-03-01, input: 10, output: 20 }
    - { provider: house, name: shared, prices: [{ input: 7, output: 7 }] }
    - { provider: openai, name: gpt-4o, prices: [{ input: 1, output: 1 }] }
YAML
# call USER MODEL TIME INPUT CACHED OUTPUT
call() {
	printf '{"user":"%s","model":"%s","time":"%s","input_tokens":%s,"cached_tokens":%s,"output_tokens":%s}\n' "$@"
}
{
	call under step 2026-03-01T12:00:00Z 200000 100000 1000
	call over step 2026-03-01T12:00:00Z 200001 100000 1000
	call before dated 2026-02-28T23:59:59.999Z 1000 0 1000
	call after dated 2026-03-01T00:00:00Z 1000 0 1000
	call zone dated 2026-03-01T00:30:00+01:00 1000 0 1000
	call shared shared 2026-03-01T12:00:00Z 1000 0 0
	call own gpt-4o-2024-08-06 2026-03-01T12:00:00Z 1000 0 1000
	call alias my-deployment 2026-03-01T12:00:00Z 1000000 0 0
} > app.jsonl
backfill -c tokentail.yaml
expect_counts 8 8 0 0 0
expect_json unpriced_calls 0

expect_status 0 report -c tokentail.yaml --db "$DB" --by user --json
python3 - <<'PYTHON' || fail "$(cat out)"
import json, sys
wanted = {
    "under": "0.345",        # 100000 x 3 + 100000 x 0.3 + 1000 x 15
    "over": "0.682506",      # 100001 x 6 + 100000 x 0.6 + 1000 x 22.5
    "before": "0.003", "after": "0.03", "zone": "0.003",
    "shared": "0.007",       # own prices before own books
    "own": "0.002",          # own prices before the shipped book, for its dated name too
    "alias": "0.15",
}
found = {row["user"]: row["cost_usd"] for row in json.load(open("out"), parse_float=str)["rows"]}
if found != wanted:
    sys.exit("found %s" % found)
PYTHON
expect_json total.cost_usd 1.222506

# A person can ask why.
expect_status 0 explain -c tokentail.yaml "$(sed -n 2p app.jsonl)"
expect_text out '$0.682506'
expect_text out '100001 x $6'
expect_status 0 prices show step -c tokentail.yaml
expect_text out 200000
adds_up "$DB" 8
