# 513-coarse-clock - more calls of one second than milliseconds can tell apart, in and out of the archive, each
# replaced by a better record of it
. "$(dirname "$0")/lib.sh"

source="sources: [{ name: app, paths: '$T/logs/*', preset: json, dedupe: { by: request_id } }]"
printf '%s\n%s\n' "$KEEP" "$source" > tokentail.yaml
echo "$source" > old.yaml # the default: 90 days

# records NAME TOKENS: the same calls again, of TOKENS tokens each. Files of their own, whose records share offsets.
records() {
	python3 - "$@" <<-'END'
	import sys
	for file in range(3):
	    with open("logs/%s-%d.log" % (sys.argv[1], file), "w") as out:
	        for i in range(6000):
	            out.write('{"time":"2026-01-01T00:00:00Z","model":"gpt-4o","input_tokens":%s,"output_tokens":1,'
	                      '"request_id":"r%d-%d"}\n' % (sys.argv[2], file, i))
	END
}
# expect_calls TOKENS: all of them, each with so many, by totals and one by one.
expect_calls() {
	adds_up "$DB"
	expect_status 0 report --db "$DB" --by session --detail --json
	expect_json total.calls 18000
	expect_json total.input_tokens $((18000 * $1))
	expect_status 0 archive verify --db "$DB"
}

mkdir logs
records a 100
backfill -c tokentail.yaml
expect_status 0 archive run -q -c old.yaml --db "$DB"
expect_calls 100
records b 200 # of calls in the archive
backfill -c tokentail.yaml
expect_calls 200
expect_status 0 archive run -q -c old.yaml --db "$DB"
expect_calls 200
expect_status 0 archive restore -q --since 2026-01-01 --db "$DB"
records c 300 # of calls that came back
backfill -c tokentail.yaml
expect_calls 300
expect_status 0 archive run -q -c old.yaml --db "$DB"
expect_calls 300
# Calls that are late get ids that others had before they were archived, and stay when those are replaced.
python3 - > logs/d.log <<-'END'
for i in range(2000):
    print('{"time":"2026-01-01T00:00:00Z","model":"gpt-4o","input_tokens":400,"output_tokens":1,"request_id":"late%d"}' % i)
END
backfill -c tokentail.yaml
records e 400
backfill -c tokentail.yaml
expect_status 0 archive run -q -c old.yaml --db "$DB"
adds_up "$DB"
expect_status 0 report --db "$DB" --by session --detail --json
expect_json total.calls 20000
expect_json total.input_tokens 8000000
