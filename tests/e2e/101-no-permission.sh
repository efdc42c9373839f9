# 101-no-permission - a file that may not be read is left out by name and read when it may be
. "$(dirname "$0")/lib.sh"

# Root may read anything: then the binary runs as somebody else.
if [ "$(id -u)" -eq 0 ]; then
	setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null || exit 0
	mkdir nobody
	cp "$TOKENTAIL" nobody/tokentail
	chmod 755 "$T" nobody nobody/tokentail
	WRAP="setpriv --reuid 65534 --regid 65534 --clear-groups" TOKENTAIL=$T/nobody/tokentail
	chown 65534:65534 nobody
	DB=$T/nobody/tokentail.db
fi
mkdir logs logs/shut
calls 1 2 > logs/a.jsonl
calls 3 5 > logs/b.jsonl
calls 6 9 > logs/shut/c.jsonl
chmod 000 logs/b.jsonl logs/shut

expect_status 1 backfill --json -q --preset json --db "$DB" 'logs/**/*.jsonl'
expect_counts 2 2 0 0 0
expect_text err 'logs/shut: Permission denied'
expect_file logs/a.jsonl read ''
expect_file logs/b.jsonl 'left out' 'Permission denied'

chmod 644 logs/b.jsonl
chmod 755 logs/shut
backfill --preset json 'logs/**/*.jsonl'
expect_counts 7 7 0 0 0
expect_file logs/b.jsonl read ''
expect_total 9 0.00315
adds_up "$DB" 9
