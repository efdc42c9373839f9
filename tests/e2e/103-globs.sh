# 103-globs - ** finds files at any depth, hidden ones only when named, each once; odd names are names
. "$(dirname "$0")/lib.sh"

mkdir -p logs/one/two logs/.hidden
calls 1 1 > logs/a.jsonl
calls 2 2 > logs/one/b.jsonl
calls 3 3 > logs/one/two/c.jsonl
calls 4 4 > logs/.hidden/d.jsonl
calls 5 5 > logs/.e.jsonl
calls 6 6 > 'logs/[1].jsonl'
calls 7 7 > "logs/with space and 'quotes'.jsonl"
calls 8 8 > "logs/$(printf 'new\nline').jsonl"
calls 9 9 > logs/one/b.jsonl.1
calls 10 10 | gzip > logs/one/b.jsonl.2.gz

backfill --preset json 'logs/**/*.jsonl' logs/a.jsonl 'logs/*.jsonl'
expect_counts 6 6 0 0 0
expect_json files 6
backfill --preset json 'logs/[1].jsonl' 'logs/one/b.jsonl*'
expect_counts 2 2 0 0 0
backfill --preset json 'logs/.*.jsonl' 'logs/.hidden/*'
expect_counts 2 2 0 0 0
backfill --preset json 'logs/**'
expect_counts 0 0 0 0 0

# A name with a line break does not break a line.
expect_status 0 status --db "$DB"
expect_text out 'logs/new\x0aline.jsonl'
expect_total 10 0.0035
adds_up "$DB" 10
