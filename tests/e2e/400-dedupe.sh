# 400-dedupe - records of one call count once, as `keep` says, across lines, files and runs, kept or not
. "$(dirname "$0")/lib.sh"

# record ID MODEL OUTPUT SECOND
record() {
	printf '{"id":"%s","time":"2026-03-01T10:00:%02dZ","model":"%s","input_tokens":100,"output_tokens":%d}\n' \
		"$1" "$4" "$2" "$3"
}
{
	record a gpt-4o 10 1 # grows, then an echo that is smaller
	record a gpt-4o 500 2
	record a gpt-4o 20 3
	record b gpt-4o 10 4
	record b gpt-4o 10 5 # the same once more
} > one.jsonl
{
	record a gpt-4o-mini 5 6
	record c gpt-4o 10 7
	record '' gpt-4o 10 8 # without a key each is a call
	record '' gpt-4o 10 8
} > two.jsonl
record b gpt-4o 900 9 > three.jsonl # another day it has grown
touch -d 2026-03-01T10:01 one.jsonl
touch -d 2026-03-01T10:02 two.jsonl

# configure KEEP CALLS: writes a configuration of its own.
configure() {
	cat > tokentail.yaml <<-YAML
		sources:
		  - name: app
		    paths: '*.jsonl'
		    preset: json
		    fields: { _id: id }
		    dedupe: { by: [_id], keep: $1 }
		keep: { calls: $2 }
	YAML
}

# The cost of each after two files, and after the third. 100 in and n out with gpt-4o: 0.00025 + n x
# 0.00001; mini, 100 in and 5 out: 0.000018.
for case in \
	'largest 0.00665 0.01555' \
	'last 0.001418 0.010318' \
	'first 0.00175 0.00175'; do
	keep=${case%% *} costs=${case#* }
	for calls in forever none; do
		DB=$T/$keep-$calls.db
		configure "$keep" $calls
		mv three.jsonl later
		backfill -c tokentail.yaml
		expect_counts 9 5 4 0 0
		expect_total 5 "${costs% *}"
		mv later three.jsonl
		backfill -c tokentail.yaml
		expect_counts 1 0 1 0 0
		expect_total 5 "${costs#* }"
		adds_up "$DB" 10
	done
done

# The one that counts is the row of the call.
DB=$T/largest-forever.db
expect_eq 500,900 "$(python3 -c 'import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute(
    "SELECT output_tokens FROM calls WHERE output_tokens > 10 ORDER BY 1")
print(",".join(str(row[0]) for row in rows))' "$DB")"
