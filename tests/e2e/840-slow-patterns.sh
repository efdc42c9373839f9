# 840-slow-patterns - a pattern that backtracks without end costs one bounded record, counted by its name
. "$(dirname "$0")/lib.sh"

# Each record may take two seconds, also under sanitizers.
soon() {
	_took=$(($(date +%s) - began))
	[ "$_took" -le $((2 * $1)) ] || fail "$1 slow records took $_took seconds"
}

# Three sources, each with a slow pattern in another place: `patterns`, `only`, a field.
cat > tokentail.yaml <<'YAML'
sources:
  - name: text
    paths: text.log
    timezone: UTC
    patterns:
      - '^(?<time>\S+) quick model=(?<model>\S+) in=(?<input_tokens>\d+)$'
      - '^(?<time>\S+) slow ((\w+)+ )+model=(?<model>\S+) in=(?<input_tokens>\d+)$'
  - name: tests
    paths: tests.jsonl
    format: json
    only:
      - pattern: '"call"'
      - not: { path: note, pattern: '^(a|aa)+$' }
    fields: { time: t, model: m, input_tokens: i }
  - name: fields
    paths: fields.jsonl
    format: json
    fields:
      time: t
      model: m
      input_tokens: { path: i, pattern: '^(\d+\d+)+ tokens' }
      user: { path: u, pattern: '(?:x+x+)+(y)', default: nobody }
YAML
T0=2026-03-01T10:00:00Z
# What a pattern ends with is in each of these, else PCRE2 would see at once that it cannot match.
a=$(printf '%0200d' 0 | tr 0 a)
{
	echo "$T0 quick model=gpt-4o in=100"
	echo "$T0 slow one two three model=gpt-4o in=100"
	echo "$T0 slow $a$a! model= in="
	echo "$T0 something else"
	echo "$T0 quick model=gpt-4o in=100"
	echo "$T0 slow $a $a $a! model= in="
	echo "$T0 slow one two three model=gpt-4o in=100"
} > text.log
{
	echo "{\"k\":\"call\",\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":100}"
	echo "{\"k\":\"call\",\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":100,\"note\":\"$a$a!\"}"
	echo "{\"k\":\"call\",\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":100,\"note\":\"aaa\"}"
	echo "{\"k\":\"call\",\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":100,\"note\":\"b\"}"
} > tests.jsonl
{
	echo "{\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":\"100 tokens\"}"
	echo "{\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":\"$(printf '%0300d' 0 | tr 0 1) token s\"}"
	echo "{\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":\"100 tokens\",\"u\":\"$(printf '%0300d' 0 | tr 0 x)!y\"}"
	echo "{\"t\":\"$T0\",\"m\":\"gpt-4o\",\"i\":\"100 tokens\",\"u\":\"xxxy\"}"
} > fields.jsonl
began=$(date +%s)
backfill -c tokentail.yaml
soon 4
expect_counts 15 8 0 2 5
expect_total 8 0.002

expect_status 0 status --db "$DB"
reason() {
	grep -qE "^$1 +rejected +$2  $3\$" out || fail "status does not say: $1 rejected $2 $3"
}
reason text 2 'pattern limit in patterns\[1\]'
reason tests 1 "pattern limit in only: not note ~ '\\^\\(a\\|aa\\)\\+\\\$'"
reason fields 1 'pattern limit in input_tokens'
reason fields 1 'pattern limit in user'
adds_up "$DB" 15

# A long line costs no more than a short one, where neither JIT nor PCRE2's own limit would end it.
python3 - <<'PYTHON'
with open("text.log", "w") as log:
    for i in range(2):
        log.write("2026-03-01T10:00:00Z slow " + "a" * 500000 + " model=" * 50000 + "\n")
        log.write("2026-03-01T10:00:01Z quick model=gpt-4o in=100\n")
PYTHON
cat > long.yaml <<'YAML'
sources:
  - name: long
    paths: text.log
    timezone: UTC
    patterns: '(?<time>\S+) .*slow.*.* model=(?<model>[^= ]+) .*in=(?<input_tokens>\d+)|quick'
    set: { service: quick }
YAML
DB=$T/long.db
began=$(date +%s)
backfill -c long.yaml
soon 2
expect_eq '4 0 0 2 2' "$(counts)" 'records of long lines'
expect_status 0 status --db "$DB"
reason long 2 'pattern limit in patterns\[0\]'
adds_up "$DB" 4
