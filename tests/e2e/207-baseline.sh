# 207-baseline - what the same calls would have cost: another book, a discount, and what cannot be compared
. "$(dirname "$0")/lib.sh"

cat > reseller.yaml <<'YAML'
provider: openai
models:
  - name: gpt-4o
    prices:
      - { input: 2, output: 8 }
      - { from: 2026-03-02, input: 4, output: 16, tiers: [{ above: 1000, input: 1, output: 1 }] }
YAML
source() {
	echo "$KEEP"
	printf 'timezone: Europe/Berlin\nsources:\n  - { name: app, paths: "*.jsonl", preset: json }\n'
}
source > plain.yaml
{ source; echo 'baseline: { name: reseller, books: reseller.yaml, discount: 50 % }'; } > book.yaml
{ source; echo 'baseline: { discount: 10 }'; } > discount.yaml
{ source; echo 'baseline: { books: absent.yaml }'; } > absent.yaml

# call TIME MODEL INPUT OUTPUT
call() {
	printf '{"time":"%s","model":"%s","input_tokens":%s,"output_tokens":%s,"user":"ada"}\n' "$@"
}
{
	call 2026-03-01T12:00:00Z gpt-4o 1000 100
	call 2026-03-02T12:00:00Z gpt-4o 1000 100
	call 2026-03-02T13:00:00Z gpt-4o 1001 100
	call 2026-03-02T13:00:00Z nobody-knows 1001 100
	call 2026-03-01T23:30:00Z o3 1000 0 # no row of ours but the shipped book has it
} > a.jsonl
sed -i 's/ #.*//' a.jsonl
backfill -c plain.yaml

# The reseller's book comes before the shipped one, at the price of each day; half of it.
expect_status 0 report -c book.yaml --db "$DB" --by day --json
expect_json baseline reseller
expect_json rows.0.baseline_calls 1
expect_json rows.0.baseline_usd 0.0014
expect_json rows.0.saving_usd -0.0021
# (1000 x 4 + 100 x 16 + 1001 x 1 + 100 x 1) / 2, and o3, which is 2 per million everywhere, halved
expect_json rows.1.baseline_calls 3
expect_json rows.1.baseline_usd 0.0043505
expect_json total.baseline_calls 4
expect_json total.baseline_usd 0.0057505
expect_status 0 report -c book.yaml --db "$DB"
expect_text out 'reseller'
expect_text out 'saving'
expect_text out 'reseller and saving are of 4 calls of 5'
expect_status 0 report -c book.yaml --db "$DB" --by user --where model=gpt-4o --csv
expect_text out 'baseline_calls,baseline_usd,saving_usd'
expect_text out ',3,0.0047505,'

# A report of any zone and of sessions compares the same calls.
for more in '--tz Asia/Kolkata --by hour' '--by session' '--by month' '--by provider,day'; do
	# shellcheck disable=SC2086
	expect_status 0 report -c book.yaml --db "$DB" --json $more
	expect_json total.baseline_usd 0.0057505
done

# A discount needs no calls, and totals know it for ever.
expect_status 0 report -c discount.yaml --db "$DB" --json
expect_json total.cost_usd 0.0125025
expect_json total.baseline_usd 0.01125225
expect_json total.saving_usd -0.00125025

# How far the logs' own costs are from the computed ones: of the calls that have one.
{ source; echo 'baseline: { name: logged, books: logged }'; } > logged.yaml
echo '{"time":"2026-03-03T12:00:00Z","model":"gpt-4o","input_tokens":1000,"output_tokens":0,"cost":0.0035}' > b.jsonl
backfill -c logged.yaml
expect_status 0 report -c logged.yaml --db "$DB" --json
expect_json total.baseline_calls 1
expect_json total.baseline_usd 0.0035
expect_json total.saving_usd 0.001

expect_status 2 report -c absent.yaml --db "$DB"
expect_one_line
expect_text err 'absent.yaml'
expect_status 0 report -c plain.yaml --db "$DB" --json
expect_no_text out baseline
