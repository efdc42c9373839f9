# 204-prices-import - a public book to a priced call; once more changes no byte, a damaged one leaves all as it was
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<YAML
database: $DB
sources: [{ name: app, paths: '*.jsonl', preset: json }]
prices:
  own: [{ provider: acme, name: brave-own, prices: [{ input: 7, output: 7 }] }]
YAML
cat > litellm.json <<'JSON'
{
    "sample_spec": {"litellm_provider": "one of", "input_cost_per_token": 0.0},
    "acme/brave-4": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 3e-07, "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05},
    "acme/brave-own": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
    "gpt-4o-mini": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3e-07, "output_cost_per_token": 6e-07, "warmth_cost_per_day": 1},
    "zero": {"litellm_provider": "acme", "input_cost_per_token": 0, "output_cost_per_token": 0}
}
JSON
BOOK=$T/imported-prices/litellm.yaml

# First what it would do, then it does.
expect_status 0 prices import litellm.json -c tokentail.yaml --effective 2026-03-01 --dry-run
expect_text out 'not written'
[ ! -e "$BOOK" ] || fail 'written by --dry-run'
expect_status 0 prices import litellm.json -c tokentail.yaml --effective 2026-03-01
expect_text out "LiteLLM's model prices: 4 models, prices from 2026-03-01"
expect_text out 'openai/gpt-4o-mini: input 0.15 -> 0.3, cache_read 0.075 -> none'
expect_text out 'costs nothing (zero)'
expect_text out 'warmth_cost_per_day (gpt-4o-mini)'
expect_text out "written: $BOOK"
expect_status 0 prices check -c tokentail.yaml

# call USER MODEL TIME INPUT OUTPUT
call() {
	printf '{"user":"%s","model":"%s","time":"%s","input_tokens":%s,"output_tokens":%s}\n' "$@"
}
{
	call new brave-4 2026-03-01T00:00:00Z 200000 1000
	call tier acme/brave-4 2026-03-02T00:00:00Z 200001 1000
	call early brave-4 2026-02-28T23:59:59Z 1000 1000
	call own brave-own 2026-03-01T00:00:00Z 1000 0
	call after gpt-4o-mini 2026-03-01T00:00:00Z 1000000 0
	call before gpt-4o-mini 2026-02-28T23:59:59Z 1000000 0
	call nothing zero 2026-03-01T00:00:00Z 1000 0
} > app.jsonl
backfill -c tokentail.yaml
expect_counts 7 7 0 0 0
expect_json unpriced_calls 2 # before its first price, and what is said to cost nothing
expect_status 0 report -c tokentail.yaml --by user --json
python3 - <<'PYTHON' || fail "$(cat out)"
import json, sys
wanted = {"new": "0.615", "tier": "1.222506", "early": "0", "own": "0.007", "after": "0.3", "before": "0.15",
          "nothing": "0"}
found = {row["user"]: row["cost_usd"] for row in json.load(open("out"), parse_float=str, parse_int=str)["rows"]}
if found != wanted:
    sys.exit("found %s" % found)
PYTHON
# Another database is no reason for other prices.
expect_status 0 prices show brave-4 -c tokentail.yaml --db "$T/elsewhere/x.db"
expect_text out "from $BOOK"

# The same file again, from standard input and on another day: not a byte.
cp "$BOOK" once.yaml
expect_status 0 prices import litellm.json -c tokentail.yaml
expect_text out 'nothing changed'
"$TOKENTAIL" prices import - -c tokentail.yaml --json < litellm.json > out || fail 'from standard input'
expect_json new 0
expect_json changed 0
expect_json same 3
expect_json written false
cmp "$BOOK" once.yaml || fail 'changed by the same file'

# Damaged, of no known kind, or odd: said, and nothing is touched.
head -c 300 litellm.json > cut.json
expect_status 1 prices import cut.json -c tokentail.yaml
expect_text err 'cut.json:4: damaged: not JSON'
echo '{"error": "not found"}' > other.json
expect_status 1 prices import other.json -c tokentail.yaml
expect_text err 'no price book that is known'
expect_status 1 prices import nowhere.json -c tokentail.yaml
expect_status 2 prices import -c tokentail.yaml
expect_status 2 prices import litellm.json -c tokentail.yaml --effective tomorrow
sed 's/3e-06/3e-05/' litellm.json > odd.json
expect_status 3 prices import odd.json -c tokentail.yaml --effective 2026-04-01
expect_text out 'acme/brave-4: input 3 -> 30  (ten times or more)'
expect_text err '1 price moved by 10 times or more; nothing was written'
cmp "$BOOK" once.yaml || fail 'changed by a file that was refused'
[ "$(ls imported-prices)" = litellm.yaml ] || fail "left behind: $(ls imported-prices)"

# A folder that nothing can be written to.
if [ "$(id -u)" -ne 0 ]; then
	chmod a-w imported-prices
	expect_status 1 prices import odd.json -c tokentail.yaml --accept
	expect_text err 'cannot be written'
	chmod u+w imported-prices
	cmp "$BOOK" once.yaml || fail 'changed though it could not be'
fi

# Accepted, it holds from its day on, and the row before it stays.
expect_status 0 prices import odd.json -c tokentail.yaml --effective 2026-04-01 --accept
expect_status 0 prices show brave-4 -c tokentail.yaml --at 2026-04-01
expect_text out '* acme/brave-4@2026-04-01'
expect_text out '  acme/brave-4@2026-03-01'
expect_status 0 reprice -c tokentail.yaml --dry-run

# A book with dates has its own.
cat > data.json <<'JSON'
[{"id": "acme", "models": [{"id": "brave-4", "match": {"starts_with": "brave-4"}, "prices": [
  {"prices": {"input_mtok": 2, "output_mtok": 8}},
  {"constraint": {"start_date": "2026-03-02", "type": "start_date"}, "prices": {"input_mtok": 2.5, "output_mtok": 8}}]}]}]
JSON
expect_status 2 prices import data.json -c tokentail.yaml --effective 2026-01-01
expect_text err 'has dates of its own'
expect_status 0 prices import data.json -c tokentail.yaml
expect_status 0 prices show brave-4-turbo -c tokentail.yaml --at 2026-03-02
expect_text out '* acme/brave-4@2026-03-02'
expect_text out 'imported-prices/genai-prices.yaml'
adds_up "$DB" 7

# A running agent takes an import up when it is told to.
start_agent -c tokentail.yaml
wait_calls 7
sed 's/brave-4/brave-5/' litellm.json > more.json
expect_status 0 prices import more.json -c tokentail.yaml --effective 2026-03-01
expect_text out 'dropped        1'
expect_status 0 reload -c tokentail.yaml
call live brave-5 2026-03-01T00:00:00Z 1000000 0 >> app.jsonl
wait_calls 8
stop_agent
expect_status 0 report -c tokentail.yaml --by user --where user=live --json
expect_json total.cost_usd 6
