# 106-bad-records - each is rejected with its reason, counted, kept to be looked at; the next is read
. "$(dirname "$0")/lib.sh"

T0='"time":"2026-03-01T10:00:00Z","model":"gpt-4o"'
deep=$(python3 -c 'print("[" * 200 + "]" * 200)')
# The reason, and the record.
cat > cases <<CASES
not JSON|{$T0,"input_tokens":1
not JSON|{$T0,"input_tokens":1}}
not JSON|{$T0,"input_tokens":01}
not JSON|{$T0,"note":"a	tab","input_tokens":NaN}
not JSON|llm call failed
bad number in input_tokens|{$T0,"input_tokens":1e999}
bad number in input_tokens|{$T0,"input_tokens":-5}
bad number in input_tokens|{$T0,"input_tokens":1.5}
bad number in input_tokens|{$T0,"input_tokens":"many"}
bad number in input_tokens|{$T0,"input_tokens":9223372036854775808}
bad number in output_tokens|{$T0,"input_tokens":5,"output_tokens":true}
bad time in time|{"time":"10000-01-01T00:00:00Z","model":"gpt-4o","input_tokens":1}
bad time in time|{"time":"2026-02-30T00:00:00Z","model":"gpt-4o","input_tokens":1}
bad time in time|{"time":"yesterday","model":"gpt-4o","input_tokens":1}
bad time in time|{"time":-1e300,"model":"gpt-4o","input_tokens":1}
no time|{"model":"gpt-4o","input_tokens":1}
no time|{"time":null,"model":"gpt-4o","input_tokens":1}
nested too deeply|{$T0,"input_tokens":1,"note":$deep}
CASES
n=0
while IFS= read -r case; do
	n=$((n + 1))
	printf '%s\n' "${case#*|}"
	calls $n $n
done < cases > all.jsonl
n=$(wc -l < cases)
expect_status 0 backfill --preset json --db "$DB" all.jsonl
expect_text out "$((2 * n)) records = $n calls + 0 duplicates + 0 skipped + $n rejected"
expect_text out 'tokentail status'
expect_status 0 status --db "$DB" --json
python3 - <<'PYTHON' || fail "$(cat out)"
import collections, json, sys
wanted = collections.Counter(line.split("|")[0] for line in open("cases"))
said = json.load(open("out"))["sources"][0]["reasons"]
sys.exit({row["reason"]: row["records"] for row in said} != wanted)
PYTHON
expect_total "$n" "$(awk -v n="$n" 'BEGIN { printf "%.5f", n * 0.00035 }' | sed 's/0*$//')"
adds_up "$DB" $((2 * n))

# A person finds file, offset, and the value itself.
expect_status 0 status --db "$DB"
expect_text out 'bad number in output_tokens'
expect_text out '10000-01-01T00:00:00Z'
expect_text out 'all.jsonl:2860'
# explain says the same of the record.
expect_status 3 explain --preset json "{$T0,\"input_tokens\":-5}"
expect_text out 'rejected: bad number in input_tokens (-5)'
