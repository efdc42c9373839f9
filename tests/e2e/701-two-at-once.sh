# 701-two-at-once - a second backfill says who is writing and leaves all as it is; reading goes on
. "$(dirname "$0")/lib.sh"

calls 1 100 > a.log
calls 101 200 > b.log
backfill --preset json a.log

# One that waits for its standard input holds the ledger.
mkfifo pipe
"$TOKENTAIL" backfill --json -q --preset json --db "$DB" - < pipe > first 2> first-err &
first=$!
exec 3> pipe
calls 201 210 >&3
tries=0
until [ "$(cat "$DB.lock")" = "$first" ]; do
	tries=$((tries + 1))
	[ $tries -lt 200 ] || fail 'the first backfill does not hold the ledger'
	sleep 0.05
done
expect_status 1 backfill --json -q --preset json --db "$DB" b.log
expect_one_line
expect_text err "being written by another tokentail (pid $first)"
expect_total 100 0.035
expect_status 0 status --db "$DB"

exec 3>&-
wait $first || fail "the first backfill fails: $(cat first-err)"
backfill --preset json b.log
expect_counts 100 100 0 0 0
expect_total 210 0.0735
adds_up "$DB" 210
