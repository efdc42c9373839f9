# 853-carry - a value carried from record to record survives runs, rotation and kills; files keep theirs apart
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<END
$KEEP
sources:
  - name: agent
    paths: "$T/logs/*"
    format: json
    only: { path: usage, exists: true }
    carry: [model, session]
    fields:
      time: at
      model: turn.model
      session: begin.id
      input_tokens: usage.in
      output_tokens: usage.out
END
turn() { printf '{"at":"2026-03-05T06:00:0%dZ","turn":{"model":"%s"}}\n' "$1" "$2"; }
use() { printf '{"at":"2026-03-05T06:00:0%dZ","usage":{"in":1000,"out":%d}}\n' "$1" "$2"; }
# calls_are "SESSION MODEL OUT,...": of all that is in the ledger.
calls_are() {
	_got=$(python3 -c 'import sqlite3, sys
print(*["%s %s %d" % (session or "-", model or "-", out) for session, model, out in
	sqlite3.connect(sys.argv[1]).execute(
	"SELECT session, model, output_tokens FROM calls ORDER BY session, time, output_tokens")], sep=",")' "$DB")
	expect_eq "$1" "$_got" calls
}

mkdir logs
{
	echo '{"begin":{"id":"s1"}}'
	turn 1 gpt-4o
	use 2 1
	turn 3 gpt-4o-mini
} > logs/a.jsonl
{
	echo '{"begin":{"id":"s2"}}'
	use 1 7
} > logs/b.jsonl
backfill -c tokentail.yaml
expect_counts 6 2 0 4 0
calls_are 's1 gpt-4o 1,s2 - 7'

# The next run goes on with what the last one knew, in each file.
use 4 2 >> logs/a.jsonl
use 5 8 >> logs/b.jsonl
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
calls_are 's1 gpt-4o 1,s1 gpt-4o-mini 2,s2 - 7,s2 - 8'
# Renamed, packed, and with more in it: the same file.
use 6 3 >> logs/a.jsonl
gzip logs/a.jsonl
mv logs/a.jsonl.gz logs/a.jsonl.1.gz
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
calls_are 's1 gpt-4o 1,s1 gpt-4o-mini 2,s1 gpt-4o-mini 3,s2 - 7,s2 - 8'
# A new file knows nothing.
use 1 9 > logs/a.jsonl
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
calls_are '- - 9,s1 gpt-4o 1,s1 gpt-4o-mini 2,s1 gpt-4o-mini 3,s2 - 7,s2 - 8'
adds_up "$DB" 10

# Cut off behind any line, in the midst of one, then whole; with what stands in pieces of docker too.
rm -rf logs/* "$DB"*
{
	echo '{"begin":{"id":"s1"}}'
	for i in 1 2 3; do
		turn $i gpt-4o
		use $i $i
		turn $i gpt-4o-mini
		use $i 1$i
	done
} > lines
python3 "$ROOT/tests/e2e/envelope.py" cri 30 < lines > wrapped
wanted=$(for i in 1 2 3; do printf 's1 gpt-4o %d,s1 gpt-4o-mini 1%d,' $i $i; done)
for whole in lines wrapped; do
	for n in $(seq 0 "$(wc -l < $whole)"); do
		head -n "$n" $whole > logs/a.jsonl
		sed -n "$((n + 1))p" $whole | cut -c 1-20 | tr -d '\n' >> logs/a.jsonl
		backfill -c tokentail.yaml
		cp $whole logs/a.jsonl
		backfill -c tokentail.yaml
		calls_are "${wanted%,}"
		adds_up "$DB" 13
		rm -f "$DB"*
	done
done

# Many pieces, and as many threads as there are: still in order.
rm -f logs/*
python3 - > logs/big.jsonl <<-'END'
	for i in range(40000):
	    print('{"turn":{"model":"m%d"},"pad":"%s"}' % (i % 7, "x" * 100))
	    print('{"at":1772690400,"usage":{"in":%d,"out":1}}' % (i % 7))
END
backfill -c tokentail.yaml --jobs 4
expect_counts 80000 40000 0 40000 0
wrong=$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute(
	"SELECT COUNT(*) FROM calls WHERE model <> (CHAR(109) || input_tokens)").fetchone()[0])' "$DB")
expect_eq 0 "$wrong" 'calls with the model of another line'
adds_up "$DB" 80000
