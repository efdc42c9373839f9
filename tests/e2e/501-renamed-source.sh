# 501-renamed-source - a source that gets another name, or a path of its own, counts nothing again
. "$(dirname "$0")/lib.sh"

mkdir logs
calls 1 5 > logs/a.log
calls 6 9 | gzip > logs/b.log.gz
echo "$KEEP" > tokentail.yaml
printf 'sources: [{ name: old, paths: "logs/*", preset: json }]\n' >> tokentail.yaml
backfill -c tokentail.yaml
expect_counts 9 9 0 0 0
echo "$KEEP" > tokentail.yaml
printf 'sources: [{ name: new, paths: "logs/**", preset: json }]\n' >> tokentail.yaml
calls 10 11 >> logs/a.log
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
expect_status 0 report --db "$DB" --by source --json
expect_json rows.0.source old
expect_json rows.0.calls 9
expect_json rows.1.source new
expect_json rows.1.calls 2

# Two sources that match the same file: it counts once.
echo "$KEEP" > tokentail.yaml
printf 'sources:\n  - { name: one, paths: "logs/*", preset: json }\n' >> tokentail.yaml
printf '  - { name: two, paths: "logs/*", preset: json }\n' >> tokentail.yaml
rm -f "$DB"*
backfill -c tokentail.yaml
expect_counts 11 11 0 0 0
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
# Only one of them is read when it is asked for.
calls 12 12 >> logs/a.log
backfill -c tokentail.yaml --source two
expect_counts 1 1 0 0 0
expect_status 2 backfill -c tokentail.yaml --source three --db "$DB"
expect_one_line
expect_text err 'no source of that name'
expect_status 2 backfill -c tokentail.yaml logs/a.log --db "$DB"
expect_one_line
expect_text err 'which source reads these paths?'
expect_total 12 0.0042
adds_up "$DB" 12
