# 102-matches-nothing - a path that finds no file is warned of by name, and the others are read
. "$(dirname "$0")/lib.sh"

mkdir logs
calls 1 2 > logs/a.jsonl
cat > tokentail.yaml <<'YAML'
sources:
  - name: app
    paths: ['logs/*.jsonl', 'logs/*.gone', /nonexistent/app.log]
    preset: json
YAML
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
expect_eq 2 "$(wc -l < err | tr -d ' ')" 'warnings'
expect_text err 'logs/*.gone: matches no file'
expect_text err '/nonexistent/app.log: matches no file'

# Given on the command line it was wanted now: that is a failure.
expect_status 1 backfill --preset json --db "$DB" 'logs/*.gone' --json
expect_text err 'logs/*.gone: matches no file'
expect_total 2 0.0007
adds_up "$DB" 2
