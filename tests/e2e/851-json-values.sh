# 851-json-values - `frame: json`: an array that grows, pretty-printed, concatenated, broken, too long
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<END
$KEEP
sources:
  - { name: app, paths: "$T/logs/*", preset: json, frame: json }
END
# Calls over several lines, with the indentation of an array's elements.
pretty() {
	calls "$1" "$2" | python3 -c 'import json, sys
for line in sys.stdin:
	print("  " + json.dumps(json.loads(line), indent=2).replace("\n", "\n  "))'
}
elements() { pretty "$1" "$2" | sed 's/^  }$/  },/' | sed '$ s/,$//'; }

# An array into which elements are written, one run after the other.
mkdir logs
printf '[' > logs/array.json
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
expect_file "$T"/logs/array.json read 'unfinished record'
{ echo; elements 1 2; } >> logs/array.json
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
expect_file "$T"/logs/array.json read ''
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
{ printf ',\n'; elements 3 3 | head -n 4; } >> logs/array.json
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
expect_file "$T"/logs/array.json read 'unfinished record'
{ elements 3 3 | tail -n +5; printf ',\n'; } >> logs/array.json
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
{ elements 4 5; echo ']'; } >> logs/array.json
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
gzip logs/array.json
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
expect_total 5 0.00175
adds_up "$DB" 5

# Whatever the white space, and complete at the last brace.
calls 6 8 | tr -d '\n' > logs/concatenated.json
calls 9 10 | sed 's/^/\x1e/' > logs/sequence.json
printf '\357\273\277[%s]' "$(calls 11 13 | paste -sd,)" > logs/compact.json
pretty 14 15 | tr '\n' '\r' | sed 's/\r/\r\n/g' > logs/windows.json
calls 16 17 | sed 's/^/2026-03-01 10:00:00 INFO llm: /' > logs/text.log
backfill -c tokentail.yaml
expect_counts 12 12 0 0 0
for file in concatenated.json sequence.json compact.json windows.json text.log; do
	expect_file "$T"/logs/$file read ''
done
calls 18 18 >> logs/concatenated.json
backfill -c tokentail.yaml
expect_counts 1 1 0 0 0
adds_up "$DB" 18

# What is broken costs its own record; the last one waits, as more of it may come.
{
	calls 19 19 | cut -c 1-50
	calls 20 20 | sed 's/"input_tokens":100/"input_tokens":NaN/'
	echo 'some text'
	pretty 21 21 | sed 's/10,$/10/'
	calls 22 22
} > logs/broken.log
backfill -c tokentail.yaml
expect_counts 5 1 0 0 4
{ calls 23 23 | cut -c 1-70; } >> logs/broken.log
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
expect_file "$T"/logs/broken.log read 'unfinished record'
calls 24 24 >> logs/broken.log
backfill -c tokentail.yaml
expect_counts 2 1 0 0 1
adds_up "$DB" 25

# A file cut off anywhere, then whole: the same.
rm -rf "$DB"* logs/*
{
	echo '['
	elements 1 3 | sed 's/"gpt-4o"/"gpt-4o", "n": "]}"/'
	echo ']'
} > whole
size=$(wc -c < whole)
for at in $(seq 0 13 "$size"); do
	head -c "$at" whole > logs/array.json
	backfill -c tokentail.yaml
	cp whole logs/array.json
	backfill -c tokentail.yaml
	expect_total 3 0.00105
	adds_up "$DB" 3
	rm -f "$DB"*
done

# A value of 70 MiB is rejected as one, whatever is in it; those around it count.
rm -rf logs/*
python3 - logs/long.json <<-'END'
	import sys
	element = '      {"time": 1772350000, "model": "gpt-4o", "input_tokens": 1, "output_tokens": 1},\n'
	call = '{"time": 1772350000, "model": "gpt-4o", "input_tokens": 100, "output_tokens": 10}'
	with open(sys.argv[1], "w") as out:
	    out.write('[\n  %s,\n  {\n    "calls": [\n' % call)
	    out.write(element * ((70 << 20) // len(element)))
	    out.write('      {}\n    ]\n  },\n  %s, {"x": "%s"}, %s\n]' % (call, "}{" * (35 << 20), call))
END
for zip in '' yes; do
	[ -z "$zip" ] || gzip -1 logs/long.json
	rm -f "$DB"*
	backfill -c tokentail.yaml
	expect_counts 5 3 0 0 2
	expect_status 0 status --db "$DB" --json
	expect_json rejects.0.reason 'line too long'
	expect_total 3 0.00105
	adds_up "$DB" 5
done
