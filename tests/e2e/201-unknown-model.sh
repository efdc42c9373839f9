# 201-unknown-model - a model without a price is loud everywhere; price_as estimates it, and says so
. "$(dirname "$0")/lib.sh"

calls 1 2 > logs.jsonl
calls 3 5 house-llama >> logs.jsonl
expect_status 0 backfill --preset json --db "$DB" logs.jsonl
expect_text out '3 calls that have no price'
expect_status 0 report --db "$DB"
expect_text out 'house-llama'
expect_text out 'no price'
expect_status 0 report --db "$DB" --markdown
expect_text out 'no price'
expect_status 0 report --db "$DB" --json
expect_json total.calls 5
expect_json total.unpriced_calls 3
expect_json total.cost_usd 0.0007
expect_json total.input_tokens 500
expect_status 0 report --db "$DB" --by model --sort calls --json
expect_json rows.0.model house-llama
expect_json rows.0.cost_usd 0
expect_json rows.0.unpriced_calls 3
expect_status 0 report --db "$DB" --by model --sort calls --csv
expect_text out 'house-llama,3,0,300,0,0,0,30,0,0,3,0'
expect_status 0 explain --preset json "$(tail -n 1 logs.jsonl)"
expect_text out 'unpriced'
expect_status 3 prices show house-llama
expect_text out 'no book has this model'
adds_up "$DB" 5

DB=$T/estimated.db
cat > tokentail.yaml <<'YAML'
sources:
  - { name: app, paths: logs.jsonl, preset: json }
unknown_model: { price_as: gpt-4o-mini }
YAML
backfill -c tokentail.yaml
expect_json unpriced_calls 0
expect_status 0 report --db "$DB" --json --sort calls
expect_json rows.0.estimated_calls 3
expect_json rows.0.cost_usd 0.000063
expect_json total.cost_usd 0.000763
expect_status 0 report --db "$DB"
expect_text out 'estimated'
adds_up "$DB" 5

# As a model that nobody knows is a mistake.
sed -i 's/gpt-4o-mini/gtp-4o/' tokentail.yaml
expect_status 2 backfill -c tokentail.yaml --db "$DB"
expect_one_line
expect_text err 'gtp-4o'
