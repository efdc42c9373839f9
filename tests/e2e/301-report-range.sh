# 301-report-range - --since, --until, --where and --tz choose exactly what they say
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
timezone: Europe/Berlin
sources:
  - { name: app, paths: app.jsonl, preset: json }
YAML
# call TIME USER FEATURE
call() {
	printf '{"time":"%s","model":"gpt-4o","user":"%s","feature":"%s","input_tokens":100,"output_tokens":10}\n' "$@"
}
{
	call 2026-03-11T22:59:59Z ada search
	call 2026-03-11T23:00:00Z ada chat
	call 2026-03-12T22:59:59Z bob search
	call 2026-03-12T23:00:00Z bob ''
	call 2026-03-29T00:30:00Z ada chat
	call 2026-03-29T01:30:00Z ada chat
} > app.jsonl
backfill -c tokentail.yaml

# count WANTED ARGUMENTS...
count() {
	wanted=$1
	shift
	expect_status 0 report -c tokentail.yaml --db "$DB" --json "$@"
	expect_json total.calls "$wanted"
}
count 6
count 2 --since 2026-03-12 --until 2026-03-13
count 5 --since 2026-03-12
count 1 --until 2026-03-12
count 1 --since 2026-03-12T22:00:00Z --until 2026-03-12T23:00:00Z
count 0 --since 2027-01-01
expect_json since 2026-12-31T23:00:00Z
count 2 --since 2026-03-12 --until 2026-03-13 --tz UTC
expect_json until 2026-03-13T00:00:00Z
count 4 --where user=ada
count 6 --where user=ada --where user=bob
count 1 --where user=bob --where feature=search
count 1 --where feature=
count 0 --where user=nobody
count 2 --by day --since 2026-03-12 --until 2026-03-13
expect_json rows.length 1
expect_json rows.0.day 2026-03-12
expect_json timezone Europe/Berlin
count 6 --by day --tz UTC
expect_json rows.0.day 2026-03-11
expect_json rows.0.calls 2
# The hour that Berlin does not have on 29 March.
count 2 --by hour_of_day --since 2026-03-29
expect_json rows.length 2
expect_json rows.0.hour_of_day 01
expect_json rows.1.hour_of_day 03

expect_status 2 report -c tokentail.yaml --db "$DB" --tz Mars/Olympus
expect_one_line
expect_status 2 report -c tokentail.yaml --db "$DB" --since 2026-03-13 --until 2026-03-12
expect_one_line
expect_status 2 report -c tokentail.yaml --db "$DB" --since 'the day before'
expect_one_line
expect_text err '--since is a date'
# Nothing found is said, with when there is something.
expect_status 0 report -c tokentail.yaml --db "$DB" --since 2027-01-01
expect_text out '2026-03'
adds_up "$DB" 6
