# 111-copies - copies are one log, in the same run and in the next; with `copies: count` each counts
. "$(dirname "$0")/lib.sh"

mkdir logs
calls 1 300 > logs/app.log
cp logs/app.log logs/app.log.1
gzip -c logs/app.log > logs/app.log.2.gz
for jobs in 1 2; do
	rm -f "$DB"*
	backfill --jobs $jobs --preset json 'logs/*'
	expect_counts 300 300 0 0 0
	expect_json files 3
	backfill --jobs $jobs --preset json 'logs/*'
	expect_counts 0 0 0 0 0
done

# A copy is a log of its own from where it was made.
calls 301 310 >> logs/app.log
calls 401 405 >> logs/app.log.1
backfill --preset json 'logs/*'
expect_counts 15 15 0 0 0
cp logs/app.log elsewhere.log
backfill --preset json elsewhere.log
expect_counts 0 0 0 0 0

expect_total 315 0.11025
adds_up "$DB" 315

DB=$T/count.db
cat > tokentail.yaml <<'YAML'
sources:
  - { name: app, paths: 'logs/*', preset: json, copies: count }
YAML
backfill -c tokentail.yaml
expect_counts 915 915 0 0 0
# Each of them is still known when it has not changed, or has grown.
calls 411 415 >> logs/app.log.1
backfill -c tokentail.yaml
expect_counts 5 5 0 0 0
expect_total 920 0.322
adds_up "$DB" 920
