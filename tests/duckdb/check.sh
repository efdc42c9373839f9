#!/bin/sh
# check-duckdb - DuckDB, from npm, reads the archive as it is, to the nano-dollar. Status 77, with the
# reason last: it cannot be had here.
. "$(dirname "$0")/../e2e/lib.sh"

command -v npm > /dev/null || { echo 'there is no npm'; exit 77; }
modules=$ROOT/build/duckdb
[ -d "$modules/node_modules/@duckdb" ] || npm install --silent --no-save --prefix "$modules" @duckdb/node-api@1.5.6-r.1 > log 2>&1 ||
	{ echo 'npm does not give @duckdb/node-api'; exit 77; }

rm "$XDG_CONFIG_HOME/tokentail/tokentail.yaml" # so that what is old is archived
{ calls 1 700; calls 701 1000 claude-haiku-4-5; } > a.log
calls 1001 1500 gpt-4o-mini > b.log
backfill --preset json a.log
backfill --preset json b.log # a further member
cp "$ROOT/tests/duckdb/read.mjs" "$modules/read.mjs"
node "$modules/read.mjs" "$DB.archive" > read
expect_eq 'claude-haiku-4-5 300 0.045000000
gpt-4o 700 0.245000000
gpt-4o-mini 500 0.010500000' "$(cat read)" 'what DuckDB reads'
expect_total 1500 0.3005
