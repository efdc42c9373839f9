# 208-currency - reports in another currency: the rate of each day, exact, and the ledger as it was
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
timezone: Europe/Berlin
sources:
  - { name: app, paths: '*.jsonl', preset: json }
currency:
  code: JPY
  rates:
    2026-02-28: 150.25
    2026-03-02: 149.1
resources:
  - { name: vectors, cost: 1, per: day, from: 2026-03-01, until: 2026-03-03 }
YAML
# 0.00035 dollars each; midnight of Berlin is 23:00 UTC
for time in 2026-02-28T12:00:00Z 2026-03-01T22:59:59Z 2026-03-01T23:00:00Z 2026-03-02T12:00:00Z; do
	printf '{"time":"%s","model":"gpt-4o","input_tokens":100,"output_tokens":10}\n' "$time"
done > a.jsonl
backfill -c tokentail.yaml
expect_json cost_usd 0.0014
expect_status 0 report -c tokentail.yaml --db "$DB" --by day --where kind=model --json
expect_json currency JPY
expect_json rows.0.cost_jpy 0.0525875
expect_json rows.1.cost_jpy 0.0525875
expect_json rows.2.cost_jpy 0.10437
expect_json total.cost_jpy 0.209545
expect_json total.cost_usd 0.0014
expect_status 0 report -c tokentail.yaml --db "$DB" --by kind --json
expect_json rows.0.cost_jpy 299.35
expect_status 0 report -c tokentail.yaml --db "$DB" --by kind --csv
expect_text out ',cost_jpy'
expect_status 0 report -c tokentail.yaml --db "$DB"
expect_text out 'cost JPY'
expect_text out '299.35'
# shellcheck disable=SC2016
expect_no_text out '$'
cp "$DB" copy.db

# A rate that comes later leaves the past alone; one too few is an error.
sed -i 's/^    2026-03-02: 149.1/&\n    2026-03-10: 100/' tokentail.yaml
expect_status 0 report -c tokentail.yaml --db "$DB" --where kind=model --json
expect_json total.cost_jpy 0.209545
sed -i '/2026-02-28/d' tokentail.yaml
expect_status 1 report -c tokentail.yaml --db "$DB"
expect_one_line
expect_text err 'no rate of JPY on 2026-02-28'
cmp -s "$DB" copy.db || fail 'a report wrote'
adds_up "$DB" 4
