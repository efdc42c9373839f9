# 850-pieces - what docker and containerd cut into pieces is one record, wherever the file ends
. "$(dirname "$0")/lib.sh"

# Calls with a prompt of N bytes in them, which holds what a JSON string may hold.
long_calls() {
	calls "$1" "$2" | python3 -c 'import json, sys
for line in sys.stdin:
	call = json.loads(line)
	call["prompt"] = ("}{\"\\n\\\\ \u00fc" * int(sys.argv[1]))[:int(sys.argv[1])]
	print(json.dumps(call))' "$3"
}
wrap() { python3 "$ROOT/tests/e2e/envelope.py" "$@"; }
# A line of standard error behind every line.
with_errors() { awk '{ print; print "!oops {" NR "}" }'; }

mkdir logs
long_calls 1 5 100000 | with_errors > lines
for kind in docker cri; do
	wrap $kind < lines > logs/app.log
	[ "$(wc -l < logs/app.log)" -gt 30 ] || fail 'there are no pieces'
	backfill --preset json 'logs/*'
	expect_counts 10 5 0 0 5
	backfill --preset json 'logs/*'
	expect_counts 0 0 0 0 0
	# The same content packed: known. More of it: counted.
	gzip logs/app.log
	backfill --preset json 'logs/*'
	expect_counts 0 0 0 0 0
	long_calls 6 6 100000 | wrap $kind | gzip >> logs/app.log.gz
	backfill --preset json 'logs/*'
	expect_counts 1 1 0 0 0
	expect_total 6 0.0021
	adds_up "$DB" 11
	rm -rf logs/* "$DB"*
	# Read at once
	wrap $kind < lines | gzip > logs/app.log.gz
	backfill --preset json 'logs/*'
	expect_counts 10 5 0 0 5
	rm -rf logs/* "$DB"*
done

# The file ends behind any line, or in the midst of it: an offset never passes the first piece of a
# record that is not complete. Run after run, each call counts once.
long_calls 1 3 60 | with_errors > lines
for kind in 'docker 16384' 'cri 50'; do
	# shellcheck disable=SC2086 # kind and size
	wrap $kind < lines > whole
	for lines in $(seq 0 "$(wc -l < whole)"); do
		head -n "$lines" whole > logs/app.log
		backfill --preset json 'logs/*'
		next=$(sed -n "$((lines + 1))p" whole)
		printf '%.40s' "$next" >> logs/app.log
		backfill --preset json 'logs/*'
		cp whole logs/app.log
		backfill --preset json 'logs/*'
		expect_total 3 0.00105
		adds_up "$DB" 6
		rm -rf logs/* "$DB"*
	done
done

# One file that grows line by line.
long_calls 1 2 30000 | with_errors | wrap cri 5000 > whole
records=0
while IFS= read -r line; do
	printf '%s\n' "$line" >> logs/app.log
	backfill --preset json 'logs/*'
	# shellcheck disable=SC2046 # five words
	set -- $(counts)
	records=$((records + $1))
	adds_up "$DB" $records
done < whole
expect_eq 4 $records records
expect_total 2 0.0007
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0

# The last piece never comes: said, and not counted.
printf '2026-03-05T07:00:00Z stdout P {"model":\n' >> logs/app.log
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0
expect_file logs/app.log read 'unfinished record'
adds_up "$DB" 4

# A long record, with short ones around it: all count, and it is held once.
{ calls 1 2; long_calls 3 3 20000000; calls 4 5; } > lines
for kind in docker cri; do
	rm -f "$DB"* logs/*
	wrap $kind < lines > logs/app.log
	backfill --preset json 'logs/*'
	expect_counts 5 5 0 0 0
	adds_up "$DB" 5
done
