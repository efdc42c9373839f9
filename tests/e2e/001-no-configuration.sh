# 001-no-configuration - without configuration each command says what to do next
. "$(dirname "$0")/lib.sh"
rm "$XDG_CONFIG_HOME/tokentail/tokentail.yaml"

expect_status 2 backfill
expect_one_line
expect_text err 'no configuration'
expect_text err '--preset NAME'
expect_status 2 check
expect_one_line
expect_text err 'give -c FILE'
expect_status 2 explain '{}'
expect_one_line
expect_text err 'give --preset NAME or --source NAME'
expect_status 2 backfill --preset json
expect_one_line
expect_text err '--preset json: which logs?'
expect_status 2 backfill --preset jsno app.log
expect_one_line
expect_text err 'unknown preset `jsno`; did you mean `json`?'
expect_status 2 backfill -c gone.yaml
expect_one_line
expect_eq 'tokentail: gone.yaml: cannot be read: No such file or directory' "$(cat err)"

# What needs a database says which one is missing and who makes it, and makes none itself.
for command in report status; do
	expect_status 1 $command
	expect_one_line
	expect_text err ".local/share/tokentail/tokentail.db: no database yet; \`tokentail backfill\`"
done
[ ! -e .local ] || fail 'a command that reads has made a folder'

# The price book needs neither.
expect_status 0 prices show gpt-4o
expect_text out 'input 2.5'

# The first use that `help` tells: the database is made where the user's data lie.
mkdir logs
calls 1 3 > logs/app.jsonl
expect_status 0 backfill --preset json 'logs/*.jsonl*'
expect_text out '3 records = 3 calls + 0 duplicates + 0 skipped + 0 rejected'
expect_status 0 report
expect_text out gpt-4o
adds_up .local/share/tokentail/tokentail.db 3

# The configuration is found beside the logs, in the user's folder, or where -c says.
printf 'database: user.db\n' > user.yaml
mkdir -p .config/tokentail
mv user.yaml .config/tokentail/tokentail.yaml
expect_status 1 report
expect_text err user.db
printf 'database: here.db\n' > tokentail.yaml
expect_status 1 report
expect_text err here.db
expect_status 1 report --db there.db
expect_text err there.db
