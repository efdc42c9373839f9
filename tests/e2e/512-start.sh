# 512-start - calls from before `start` of their source do not count, and are said to be skipped
. "$(dirname "$0")/lib.sh"

configuration() { # START
	printf '%s\nsources:\n  - { name: app, paths: "%s/logs/*", preset: json, start: %s }\n' "$KEEP" "$T" "$1"
}
call_at() { # TIME
	printf '{"time":"%s","model":"gpt-4o","input_tokens":100,"output_tokens":10}\n' "$1"
}
mkdir logs
calls 1 3600 > logs/a.log # from 2026-03-01T00:00:01Z on

# A date or an instant; what is before it is skipped and not lost from sight.
configuration 2026-03-01T00:30:00Z > date.yaml
backfill -c date.yaml
expect_counts 3600 1801 0 1799 0
adds_up "$DB" 3600
expect_status 0 status --db "$DB"
expect_text out 'before `start` of its source'
backfill -c date.yaml
expect_counts 0 0 0 0 0
expect_status 3 explain -c date.yaml "$(call_at 2026-03-01T00:00:00Z)"
expect_text out 'before `start` of its source'
configuration 2026-03-02 > later.yaml
expect_status 0 backfill --json -q -c later.yaml --db other.db
expect_counts 3600 0 0 3600 0

# From now on: the first time it is read is kept, also over restarts and a rotation.
DB=$T/end.db
configuration end > end.yaml
backfill -c end.yaml
expect_counts 3600 0 0 3600 0
sleep 1.1
call_at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >> logs/a.log
call_at 2026-03-02T00:00:00Z >> logs/a.log
backfill -c end.yaml
expect_counts 2 1 0 1 0
mv logs/a.log logs/a.log.1
start_agent -c end.yaml --db "$DB"
call_at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >> logs/a.log
wait_calls 2
stop_agent
adds_up "$DB" 3603

configuration beginning > all.yaml
expect_status 0 backfill --json -q -c all.yaml --db all.db
expect_counts 3603 3603 0 0 0
