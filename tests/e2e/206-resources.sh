# 206-resources - what costs beside the tokens: by time and by the unit, beside model calls in every report
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
keep: {calls: forever}
timezone: Europe/Berlin
sources:
  - { name: app, paths: calls.jsonl, preset: json }
  - name: gpus
    paths: gpus.jsonl*
    format: json
    dedupe: { by: [_id] }
    fields: { time: t, resource: machine, quantity: hours, team: team, _id: id }
YAML
cp tokentail.yaml plain.yaml
cat >> tokentail.yaml <<'YAML'
resources:
  - { name: a100, kind: gpu, cost: 2.95, per: unit }
  - { name: a100, kind: gpu, cost: 2.50, per: unit, from: 2026-03-02 }
  - { name: vectors, kind: storage, cost: 31, per: month, from: 2026-03-01, until: 2026-03-11, set: { team: search } }
  - { name: proxy, cost: 0.01, per: hour, quantity: 2, from: 2026-03-01, until: 2026-03-02 }
YAML
calls 1 4 > calls.jsonl
gpu() {
	printf '{"t":"%s","machine":"%s","hours":%s,"team":"ml","id":%s}\n' "$@"
}
{
	gpu 2026-03-01T10:00:00Z a100 0.5 1
	gpu 2026-03-02T10:00:00Z a100 10 2
	gpu 2026-03-02T10:00:00Z a100 10 2
	gpu 2026-03-02T11:00:00Z h100 1 3
	echo '{"t":"2026-03-02T11:00:00Z"}'
} > gpus.jsonl
backfill -c tokentail.yaml
expect_counts 9 7 1 1 0
expect_json unpriced_calls 1

# 0.5 x 2.95 + 10 x 2.50; 10 days of March; 24 hours of two.
report() {
	expect_status 0 report -c tokentail.yaml --db "$DB" --json "$@"
	python3 -c 'import json
for row in json.load(open("out"), parse_float=str)["rows"]:
    print(*[v for k, v in row.items() if k not in ("errors", "latency_ms", "unpriced_calls", "estimated_calls") and "tokens" not in k])' > rows
}
expect_rows() {
	printf '%s\n' "$@" > wanted
	cmp -s rows wanted || fail "rows: $(cat rows)"
}
report --by kind
# 10 days of 743 hours, 240 of them in winter time
expect_rows 'gpu 2 26.475' 'storage 0 10.01345895' 'resource 1 0.48' 'model 4 0.0014'
report --by kind --where kind=gpu --where kind=resource --where kind=model
expect_rows 'gpu 2 26.475' 'resource 1 0.48' 'model 4 0.0014'
report --by model --where team=search
expect_eq 1 "$(wc -l < rows)" 'rows of a team'
report --by day,kind --where kind=resource --until 2026-03-02
expect_rows '2026-03-01 resource 0 0.48'
report --by month
cp rows months
report --by hour
python3 - <<'PYTHON' || fail "hours are not the month"
from decimal import Decimal
total = lambda name: sum(Decimal(line.split()[-1]) for line in open(name))
assert total("rows") == total("months"), (total("rows"), total("months"))
PYTHON
expect_status 0 report -c tokentail.yaml --db "$DB" --by kind,model
expect_text out 'h100'
expect_text out 'no price'

# A person can see why, and prices are changed like any other.
expect_status 0 explain -c tokentail.yaml --source gpus "$(head -n 1 gpus.jsonl)"
expect_text out '0.5 x $2.95 per unit'
expect_status 0 prices show a100 -c tokentail.yaml
expect_text out 'unit 2.5'
sed -i 's/name: a100, kind: gpu, cost: 2.50/name: h100, kind: gpu, cost: 4/' tokentail.yaml
expect_status 0 reprice -c tokentail.yaml --db "$DB" --json
expect_json total.changed_calls 2
report --by model --where kind=gpu
expect_rows 'a100 2 30.975' 'h100 1 4'
adds_up "$DB" 9

# Without resources the calls are as they were.
expect_status 0 report -c plain.yaml --db "$DB" --by kind --where kind=model --json
expect_json rows.0.kind model
expect_json total.cost_usd 0.0014
