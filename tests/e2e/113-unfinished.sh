# 113-unfinished - a last line without its end waits for it; an empty file is known when it grows
. "$(dirname "$0")/lib.sh"

mkdir logs
calls 1 3 > all
head -c $(($(wc -c < all) - 40)) all > logs/app.log
backfill --preset json 'logs/*'
expect_counts 2 2 0 0 0
expect_file logs/app.log read 'unfinished record'
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0
tail -c 40 all >> logs/app.log
backfill --preset json 'logs/*'
expect_counts 1 1 0 0 0
expect_file logs/app.log read ''

# Only the newline is missing.
calls 4 4 | tr -d '\n' >> logs/app.log
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0
echo >> logs/app.log
backfill --preset json 'logs/*'
expect_counts 1 1 0 0 0

# In a gzip nobody writes on: the last line counts, once.
calls 5 5 | tr -d '\n' >> logs/app.log
gzip logs/app.log
backfill --preset json 'logs/*'
expect_counts 1 1 0 0 0
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0

# A file that is empty, or has an unfinished first line, is one file however often it is looked at.
: > logs/new.log
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0
calls 6 6 | tr -d '\n' > logs/new.log
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0
echo >> logs/new.log
backfill --preset json 'logs/*'
expect_counts 1 1 0 0 0
expect_status 0 status --db "$DB" --json
expect_json files.length 2
: | gzip > logs/empty.gz
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0
expect_file logs/empty.gz read ''
expect_total 6 0.0021
adds_up "$DB" 6
