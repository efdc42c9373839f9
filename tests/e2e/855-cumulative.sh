# 855-cumulative - counters that grow count by their increase, over runs, files and another name of the source
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<END
$KEEP
sources:
  - name: agent
    paths: "$T/logs/*"
    format: json
    cumulative: { by: session, fields: [input_tokens, output_tokens] }
    fields: { time: at, model: model, session: id, input_tokens: in, output_tokens: out }
END
at=1772690400
# The counters of session $1 stand at $2 and $3.
stand() {
	at=$((at + 1))
	printf '{"id":"%s","at":%d,"model":"gpt-4o","in":%d,"out":%d}\n' "$1" $at "$2" "$3"
}
# expect_tokens INPUT OUTPUT: of all that is in the ledger.
expect_tokens() {
	expect_status 0 report --db "$DB" --json
	expect_json total.input_tokens "$1"
	expect_json total.output_tokens "$2"
}

mkdir logs
{ stand a 100 10; stand a 100 10; stand a 150 30; stand b 1000 1; } > logs/x.log
backfill -c tokentail.yaml
expect_counts 4 3 1 0 0
expect_tokens 1150 31
adds_up "$DB" 4

# Another run, another file: goes on from where it stood.
{ stand a 150 30; stand a 151 30; } >> logs/x.log
{ stand b 1000 1; stand b 1100 2; stand c 7 7; } > logs/y.log
backfill -c tokentail.yaml
expect_counts 5 3 2 0 0
expect_tokens 1258 39
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0

# A smaller value: the counter began anew, and counts in full.
{ stand a 40 5; stand a 60 5; } >> logs/x.log
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
expect_tokens 1318 44
adds_up "$DB" 11

# Under another name it counts nothing anew, be there other sources that remember; a copy neither.
cat > others.yaml <<END
$KEEP
sources:
  - name: parts
    paths: "$T/more/*"
    format: json
    join: { by: id, until: [latency], within: 1s }
    fields: { time: at, model: model, input_tokens: in, latency: { path: ms, unit: ms } }
END
sed 's/name: agent/name: coder/; 1,2d' tokentail.yaml >> others.yaml
mkdir more
{ stand a 61 5; stand c 7 7; } >> logs/x.log
gzip -c logs/y.log > logs/y.log.1.gz
backfill -c others.yaml
expect_counts 2 1 1 0 0
expect_tokens 1319 44
adds_up "$DB" 13
# And again: what it remembers is its own now.
{ stand a 62 5; stand b 1100 2; } >> logs/x.log
backfill -c others.yaml
expect_counts 2 1 1 0 0
expect_tokens 1320 44
adds_up "$DB" 15

# Cut off behind each line, then whole.
rm -rf "$DB"* logs/*
for i in 1 2 3 4; do stand a $((i * 10)) $i; stand b 5 5; done > whole
for n in 0 1 2 3 4 5 6 7 8; do
	head -n "$n" whole > logs/x.log
	backfill -c tokentail.yaml
	cp whole logs/x.log
	backfill -c tokentail.yaml
	expect_tokens 45 9
	adds_up "$DB" 8
	rm -f "$DB"*
done
