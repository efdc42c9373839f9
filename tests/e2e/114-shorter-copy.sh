# 114-shorter-copy - a copy that stops short of what was counted, as copytruncate may leave, adds nothing
. "$(dirname "$0")/lib.sh"

mkdir logs
echo 'sources: [{name: a, paths: logs/app.log*, preset: json}]' > t.yaml
echo 'keep: {calls: forever}' >> t.yaml
calls 1 100 > logs/app.log
backfill -c t.yaml
calls 101 300 >> logs/app.log
backfill -c t.yaml
expect_counts 200 200 0 0 0

# The copy holds what was counted by the first run, and some more.
head -n 250 logs/app.log > logs/app.log.1
backfill -c t.yaml
expect_counts 0 0 0 0 0

# A file that only begins alike is another one.
{ head -n 50 logs/app.log; calls 1001 1100; } > logs/app.log.2
backfill -c t.yaml
expect_counts 150 150 0 0 0
expect_total 450 0.1575
adds_up "$DB" 450

# The same of less than 1 KiB, plain and packed.
DB=$T/small.db
sed -i "s#logs/app#logs/small#" t.yaml
calls 2001 2002 > logs/small.log
backfill -c t.yaml
calls 2003 2003 >> logs/small.log
backfill -c t.yaml
calls 2001 2002 > logs/small.log.1
calls 2001 2002 | gzip > logs/small.log.2.gz
backfill -c t.yaml
expect_counts 0 0 0 0 0
adds_up "$DB" 3

# A next log that begins as the one before it did is no copy of it.
DB=$T/next.db
sed -i "s#logs/small#logs/next#" t.yaml
calls 3001 3002 > logs/next.log
backfill -c t.yaml
calls 3003 3003 >> logs/next.log
backfill -c t.yaml
mv logs/next.log logs/next.log.1
calls 3001 3002 > logs/next.log
backfill -c t.yaml
expect_counts 2 2 0 0 0
adds_up "$DB" 5
