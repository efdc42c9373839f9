# 107-long-lines - a line of 70 MiB is rejected, one of 20 MiB read; the calls around them count
. "$(dirname "$0")/lib.sh"

calls 1 1 > log.jsonl
python3 -c 'import sys; sys.stdout.write("{\"note\":\"" + "x" * (70 << 20) + "\"}\n")' >> log.jsonl
calls 2 2 >> log.jsonl
python3 -c 'import sys
line = sys.stdin.readline().rstrip()
print("{\"note\":\"%s\",%s" % ("x" * (20 << 20), line[1:]))' < log.jsonl > wide
cat wide >> log.jsonl
calls 3 3 >> log.jsonl
gzip -1 < log.jsonl > packed.jsonl.gz

for file in log.jsonl packed.jsonl.gz; do
	rm -f "$DB"*
	backfill --preset json $file
	expect_counts 5 4 0 0 1
	expect_status 0 status --db "$DB" --json
	expect_json rejects.0.reason 'line too long'
	expect_json sources.0.reasons.0.reason 'line too long'
	expect_total 4 0.0014
	adds_up "$DB" 5
done

# Known by content through the long line, and the last line without its end waits.
backfill --preset json log.jsonl
expect_counts 0 0 0 0 0
python3 -c 'import sys; sys.stdout.write("y" * (70 << 20))' >> log.jsonl
backfill --preset json log.jsonl
expect_counts 0 0 0 0 0
{
	echo
	calls 5 5
} >> log.jsonl
backfill --preset json log.jsonl
expect_counts 2 1 0 0 1
adds_up "$DB" 7
