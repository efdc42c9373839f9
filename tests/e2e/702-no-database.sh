# 702-no-database - a file that is none, a newer one, one that cannot be written: said, and left as it was
. "$(dirname "$0")/lib.sh"

calls 1 10 > a.log
# broken FILE TEXT: for the commands that write and that read.
broken() {
	cp "$1" before
	for command in 'backfill --preset json a.log' report status; do
		expect_status 1 $command --db "$1"
		expect_one_line
		expect_text err "$1"
		expect_text err "$2"
	done
	cmp -s "$1" before || fail "$1 was changed"
}
echo 'this is no database, but a text that somebody wrote' > text.db
broken text.db 'no SQLite database'
python3 -c 'import sqlite3
db = sqlite3.connect("other.db"); db.execute("CREATE TABLE wages (person, sum)"); db.commit()'
broken other.db 'another program'
backfill --preset json a.log
cp "$DB" newer.db
python3 -c 'import sqlite3
db = sqlite3.connect("newer.db"); db.execute("PRAGMA user_version = 99"); db.commit()'
broken newer.db 'newer'
mkdir folder.db
expect_status 1 backfill --preset json a.log --db folder.db
expect_one_line
expect_status 1 backfill --preset json a.log --db a.log/x.db
expect_one_line

# Folders on the way are made.
expect_status 0 backfill -q --preset json a.log --db one/two/new.db
adds_up one/two/new.db 10

# One that may not be written can still be read. Root may write anything: run as somebody else.
if [ "$(id -u)" -eq 0 ]; then
	setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null || exit 0
	chmod 755 "$T"
	cp "$TOKENTAIL" nobodys
	WRAP='setpriv --reuid 65534 --regid 65534 --clear-groups' TOKENTAIL=$T/nobodys
fi
calls 11 20 >> a.log
chmod 444 "$DB"
mkdir sealed && mv "$DB"* sealed && chmod 555 sealed && DB=$T/sealed/tokentail.db
expect_status 1 backfill --preset json --db "$DB" a.log
expect_one_line
expect_text err 'tokentail.db'
expect_total 10 0.0035
expect_status 0 status --db "$DB"
WRAP=
chmod 755 sealed
chmod 644 "$DB"
backfill --preset json a.log
expect_counts 10 10 0 0 0
expect_total 20 0.007
adds_up "$DB" 20
