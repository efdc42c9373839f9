# 854-join - the parts of a call in two runs, in two files, in any order; what waits, and for how long
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<END
sources:
  - name: gateway
    paths: "$T/logs/*"
    format: json
    join: { by: id, until: [model, output_tokens], within: 10m }
    fields:
      time: at
      model: model
      user: user
      request_id: id
      input_tokens: in
      output_tokens: out
END
now=$(date +%s)
# The two parts of call $1, written $2 seconds ago.
asked() { printf '{"id":"c%d","at":%d,"model":"gpt-4o","user":"ada"}\n' "$1" $((now - $2)); }
answered() { printf '{"id":"c%d","at":%d,"in":100,"out":10}\n' "$1" $((now - $2)); }
# expect_waiting N: calls in the making.
expect_waiting() {
	_got=$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT COUNT(*) FROM memory").fetchone()[0])' "$DB")
	expect_eq "$1" "$_got" 'calls that wait'
}

mkdir logs
# In one file, in any order, with others between them.
{ asked 1 60; answered 2 60; asked 3 60; answered 1 59; asked 2 59; } > logs/a.log
backfill -c tokentail.yaml
expect_counts 5 2 3 0 0
expect_waiting 1
expect_total 2 0.0007
adds_up "$DB" 5
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
expect_waiting 1

# The other part comes in the next run; in another file; and of a file that is packed meanwhile.
answered 3 58 >> logs/a.log
asked 4 58 >> logs/a.log
backfill -c tokentail.yaml
expect_counts 2 1 1 0 0
expect_waiting 1
{ answered 4 57; answered 5 57; } > logs/b.log
backfill -c tokentail.yaml
expect_counts 2 1 1 0 0
adds_up "$DB" 9
gzip logs/b.log
asked 5 56 >> logs/a.log
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
expect_waiting 0
expect_total 5 0.00175
adds_up "$DB" 10

# What has waited too long counts as it is, at the end of a run, once: a record that was a duplicate
# is then the call's. What says too little for a call is skipped.
{ answered 6 3600; printf '{"id":"c7","at":%d,"user":"ada"}\n' $((now - 3600)); } >> logs/a.log
backfill -c tokentail.yaml
expect_counts 2 1 0 1 0
expect_waiting 0
adds_up "$DB" 12
expect_status 0 report --db "$DB" --json
expect_json total.unpriced_calls 1
expect_json total.calls 6
# Its other part comes all the same: too late, and it stands alone.
asked 6 3599 >> logs/a.log
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
adds_up "$DB" 13

# Parts that are too far from each other are two calls, whichever is read first.
{ asked 8 7200; answered 8 6000; } >> logs/a.log
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
expect_waiting 0
adds_up "$DB" 15

# Without the key a record is no part; a key is used again after its call; a third part is a new one.
{
	printf '{"at":%d,"model":"gpt-4o","in":100,"out":10}\n' $((now - 50))
	asked 1 40
	answered 1 40
	answered 1 39
} >> logs/a.log
backfill -c tokentail.yaml
expect_counts 4 2 2 0 0
expect_waiting 1
adds_up "$DB" 19

# The file cut off behind every line, run by run: the same each time, at every moment.
rm -rf "$DB"* logs/*
for i in 1 2 3 4 5; do asked $i $((100 - i)); done > whole
for i in 3 1 5 2; do answered $i $((90 - i)); done >> whole
n=0
while IFS= read -r line; do
	printf '%s\n' "$line" >> logs/a.log
	n=$((n + 1))
	backfill -c tokentail.yaml
	adds_up "$DB" $n
done < whole
expect_total 4 0.0014
expect_waiting 1

# Another name for the source: what waits is found again.
sed -i 's/name: gateway/name: front/' tokentail.yaml
answered 4 80 >> logs/a.log
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
expect_waiting 0
expect_total 5 0.00175
adds_up "$DB" 10

# What is still waiting then, and waits too long, counts once, whoever may have inherited it.
rm -rf "$DB"* logs/*
sed -i 's/within: 10m/within: 2s/' tokentail.yaml
now=$(date +%s)
{ asked 1 0; answered 2 0; answered 3 0; } > logs/a.log
backfill -c tokentail.yaml
expect_waiting 3
{
	sed 's/name: front/name: left/; s#logs/#more/#' tokentail.yaml
	sed 's/name: front/name: right/; 1d' tokentail.yaml
	printf '  - { name: other, paths: "%s/more/*", preset: json,\n' "$T"
	printf '      cumulative: { by: session, fields: input_tokens } }\n'
} > heirs.yaml
mkdir more
asked 2 0 >> logs/a.log
sleep 4
expect_status 0 backfill --json -q --db "$DB" -c heirs.yaml
expect_json records 1
expect_json calls 3
expect_json duplicates -2 # two parts of the last run are the calls now
expect_waiting 0
adds_up "$DB" 4
expect_status 0 report --db "$DB" --json
expect_json total.calls 3
backfill -c heirs.yaml
expect_counts 0 0 0 0 0

# To people a run says why its duplicates are below 0.
rm -rf "$DB"* logs/*
now=$(date +%s)
sed -i 's/within: 10m/within: 2s/' tokentail.yaml
answered 9 0 > logs/a.log
backfill -c tokentail.yaml
expect_counts 1 0 1 0 0
sleep 3
expect_status 0 backfill -c tokentail.yaml --db "$DB"
expect_text out '0 records = 1 calls + -1 duplicates + 0 skipped + 0 rejected'
expect_text out 'were duplicates then and are calls now'
adds_up "$DB" 1
