# 105-bytes - line ends of Windows, blank lines, a byte order mark, bytes that are no UTF-8, NULs
. "$(dirname "$0")/lib.sh"

calls 1 3 | sed 's/$/\r/' > crlf.jsonl
{
	printf '\357\273\277'
	calls 4 4
	printf '\n \n\r\n\t\n'
	calls 5 5
} > blank.jsonl
printf '{"time":"2026-03-01T00:00:06Z","model":"gpt-4o","user":"J\303\274rgen \377\376","prompt":"\200","input_tokens":100,"output_tokens":10}\n' > latin.jsonl
{
	calls 7 7
	printf '\0\0\0\0'
	calls 8 8
} > hole.jsonl
backfill --preset json crlf.jsonl blank.jsonl latin.jsonl hole.jsonl
expect_counts 8 8 0 0 0

# A model's name does not get the carriage return, and what is no UTF-8 is shown as U+FFFD.
expect_status 0 report --db "$DB" --by model,user --json
expect_json rows.length 2
expect_status 0 report --db "$DB" --by user --json
python3 -c 'import json, sys
users = {row["user"] for row in json.load(open("out", encoding="utf-8"))["rows"]}
sys.exit(users != {"", "J\u00fcrgen \ufffd\ufffd"})' || fail "users: $(cat out)"
expect_total 8 0.0028
adds_up "$DB" 8
