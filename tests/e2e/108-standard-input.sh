# 108-standard-input - `backfill -` reads it to its end, plain or gzip; it has no identity
. "$(dirname "$0")/lib.sh"

calls 1 3 > three.jsonl
backfill --preset json - < three.jsonl
expect_counts 3 3 0 0 0
expect_json files 1
calls 4 6 | gzip | tee packed.gz > piped
backfill --preset json - < piped
expect_counts 3 3 0 0 0
# The last line counts without its newline: nobody writes on.
calls 7 7 | tr -d '\n' > open
# shellcheck disable=SC2002 # a pipe is what is tried
cat open | tokentail backfill --json -q --preset json --db "$DB" - || fail 'a pipe'
expect_counts 1 1 0 0 0
backfill --preset json - < /dev/null
expect_counts 0 0 0 0 0
# Read again it counts again: only the user knows whether it is the same.
backfill --preset json - < three.jsonl
expect_counts 3 3 0 0 0
# For a source of the configuration, and beside files.
cat > tokentail.yaml <<'YAML'
sources:
  - { name: app, paths: nothing.jsonl, preset: json }
YAML
calls 8 9 > nine.jsonl
backfill -c tokentail.yaml - nine.jsonl < three.jsonl
expect_counts 5 5 0 0 0
expect_total 15 0.00525
adds_up "$DB" 15
