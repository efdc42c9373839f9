# 205-estimate - tokens from the length of texts: flagged, told apart, never a text in the ledger
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
keep: {calls: forever}
sources:
  - name: app
    paths: '*.jsonl'
    preset: json
    dedupe: { by: request_id }
    estimate: { input: [system, messages], output: answer, chars_per_token: 4 }
YAML
python3 - <<'PYTHON'
import json
def line(f, **call):
    f.write(json.dumps(dict({"time": "2026-03-01T12:00:00Z", "model": "gpt-4o"}, **call)) + "\n")
question = [{"role": "user", "content": "a secret phrase of words: äöü"}]    # 4 + 29 characters
picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}}]
with open("a.jsonl", "w") as f:
    line(f, request_id="both", user="ada", system="be good", messages=question, answer="12345678")   # 10 and 2
    line(f, request_id="counted", user="bob", messages=question, input_tokens=100, output_tokens=10)
    line(f, request_id="half", user="cyd", messages=question, answer="12345678", input_tokens=100)    # 100 and 2
    line(f, request_id="none", user="dan")
    line(f, request_id="seen", user="eve", messages=question + picture, answer="1")                    # 33 + 9
    line(f, request_id="twice", user="fay", messages=question * 100, answer="1234")
    line(f, request_id="twice", user="fay", input_tokens=50, output_tokens=1)
PYTHON
backfill -c tokentail.yaml
expect_counts 7 6 1 0 0
expect_status 0 report --db "$DB" --by user --json
python3 - <<'PYTHON' || fail "$(cat out)"
import json, sys
rows = {r["user"]: (r["input_tokens"], r["output_tokens"], r["cost_usd"], r["estimated_calls"], r["estimated_usage_calls"])
        for r in json.load(open("out"), parse_float=str)["rows"]}
wanted = {"ada": (10, 2, "0.000045", 1, 1), "bob": (100, 10, "0.00035", 0, 0), "cyd": (100, 2, "0.00027", 1, 1),
          "dan": (0, 0, 0, 0, 0), "eve": (11, 1, "0.0000375", 1, 1), "fay": (50, 1, "0.000135", 0, 0)}
if rows != wanted:
    sys.exit("found %s" % rows)
PYTHON
expect_json total.estimated_usage_calls 3
expect_status 0 report --db "$DB"
expect_text out '~ 3 calls with tokens estimated'
expect_text out '1 call without token counts'
expect_no_text out 'priced as another model'
expect_status 0 explain -c tokentail.yaml "$(head -n 1 a.jsonl)"
expect_text out 'input_tokens is not logged: estimated as 10 from 40 characters'
expect_text out 'estimated usage'
expect_status 0 explain -c tokentail.yaml --json "$(head -n 1 a.jsonl)"
expect_text out '"estimated_from_characters":{"input_tokens":40,"output_tokens":8}'
adds_up "$DB" 7

# A report in which nothing is estimated has no column for it.
expect_status 0 report --db "$DB" --where user=bob --json
expect_no_text out estimated_usage

# Pricing anew keeps the flag: it is about tokens.
cat >> tokentail.yaml <<'YAML'
prices: { own: [{ provider: openai, name: gpt-4o, prices: [{ input: 1, output: 1 }] }] }
YAML
expect_status 0 reprice -c tokentail.yaml --db "$DB" --json
expect_json total.changed_calls 5
expect_eq 3 "$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT sum(estimated_usage) FROM calls").fetchone()[0])' "$DB")" 'estimated calls'
expect_status 0 report --db "$DB" --json
expect_json total.estimated_usage_calls 3
adds_up "$DB" 7

# Nothing of a text is in any file of the ledger.
if grep -qa -e 'secret phrase' -e 'be good' "$DB"*; then fail 'a text is in the ledger'; fi
