# 700-locked - a database that somebody else has locked: a clear error, status 1, a later run is exact
. "$(dirname "$0")/lib.sh"

calls 1 100 > a.log
backfill --preset json a.log
calls 101 200 >> a.log

# hold FILE: begins an exclusive transaction and keeps it until FILE is there.
python3 - "$DB" <<'PYTHON' &
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
open("held", "w").close()
while not os.path.exists("let-go"):
    time.sleep(0.05)
db.execute("ROLLBACK")
PYTHON
holder=$!
while [ ! -e held ]; do
	kill -0 $holder || fail 'the lock is not held'
	sleep 0.05
done
expect_status 1 backfill --json -q --preset json --db "$DB" a.log
expect_one_line
expect_text err 'is locked by another program'
touch let-go
wait $holder

backfill --preset json a.log
expect_counts 100 100 0 0 0
expect_total 200 0.07
adds_up "$DB" 200
