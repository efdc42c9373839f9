# 110-counted-once - a second run, a grown, a renamed, a packed file: what is new counts, nothing else
. "$(dirname "$0")/lib.sh"

mkdir logs
calls 1 500 > logs/app.log
backfill --preset json 'logs/*'
expect_counts 500 500 0 0 0
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0

# It grows.
calls 501 510 >> logs/app.log
backfill --preset json 'logs/*'
expect_counts 10 10 0 0 0

# It is rotated: renamed, and a new one begins.
mv logs/app.log logs/app.log.1
calls 511 520 > logs/app.log
backfill --preset json 'logs/*'
expect_counts 10 10 0 0 0

# It is packed after its last lines were written; the new one has grown too.
calls 521 522 >> logs/app.log.1
gzip -n logs/app.log.1
calls 523 524 >> logs/app.log
backfill --preset json 'logs/*'
expect_counts 4 4 0 0 0
expect_file logs/app.log.1.gz read ''

# Renamed and touched, nothing is new.
mv logs/app.log.1.gz logs/app.log.2.gz
touch logs/*
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0

# Rewritten on the spot (copied back, another inode, same content) nothing is new either.
cp logs/app.log copy && rm logs/app.log && mv copy logs/app.log
backfill --preset json 'logs/*'
expect_counts 0 0 0 0 0

# A gzip with another member, which holds more of the same log.
calls 525 530 | gzip -n >> logs/app.log.2.gz
backfill --preset json 'logs/*'
expect_counts 6 6 0 0 0

# Truncated and written anew, longer than it was: a log of its own.
calls 601 700 > logs/app.log
backfill --preset json 'logs/*'
expect_counts 100 100 0 0 0
expect_total 630 0.2205
adds_up "$DB" 630
