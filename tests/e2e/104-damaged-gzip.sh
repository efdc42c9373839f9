# 104-damaged-gzip - whole lines up to the damage count, the file is marked, status 1, the others go on
. "$(dirname "$0")/lib.sh"

calls 1 2000 | gzip > whole.jsonl.gz
calls 3001 3010 > fine.jsonl
python3 - <<'PYTHON'
packed = open("whole.jsonl.gz", "rb").read()
open("cut.jsonl.gz", "wb").write(packed[: len(packed) // 2])
broken = bytearray(packed)
broken[-8] ^= 0xFF  # the check sum: all data are there
open("sum.jsonl.gz", "wb").write(bytes(broken))
broken = bytearray(packed)
broken[len(packed) // 2] ^= 0x55
open("bits.jsonl.gz", "wb").write(bytes(broken))
open("short.jsonl.gz", "wb").write(packed[:4])
open("tail.jsonl.gz", "wb").write(packed + b"no gzip at all\n")
PYTHON
# Each in a ledger of its own, for they hold the same lines. ARGUMENTS: file, reason.
damaged() {
	expect_status 1 backfill --json -q --preset json --db "$1.db" "$1.jsonl.gz" fine.jsonl
	# shellcheck disable=SC2046 # five words
	expect_sum $(counts)
	expect_text err "$1.jsonl.gz: "
	records=$(counts | cut -d ' ' -f 1)
	DB=$T/$1.db
	expect_file "$1.jsonl.gz" corrupt "$2"
	expect_file fine.jsonl read ''
	expect_status 3 status --db "$DB"
	adds_up "$DB" "$records"

	# It is not tried again and again, and nothing is counted twice.
	expect_status 0 backfill --json -q --preset json --db "$DB" "$1.jsonl.gz" fine.jsonl
	expect_counts 0 0 0 0 0
	adds_up "$DB" "$records"
}
damaged cut truncated
[ "$records" -gt 500 ] && [ "$records" -lt 2010 ] || fail "cut: $records records"
expect_total "$records" "$(awk -v n="$records" 'BEGIN { printf "%.5f", n * 0.00035 }' | sed 's/0*$//')"
# When the whole file is there, the rest counts.
cp whole.jsonl.gz cut.jsonl.gz
backfill --preset json cut.jsonl.gz
expect_counts $((2010 - records)) $((2010 - records)) 0 0 0
expect_file cut.jsonl.gz read ''
expect_total 2010 0.7035
adds_up "$DB" 2010

damaged sum ''
expect_eq 2010 "$records"
# What is damaged in the middle may show only in the check sum at the end: the records add up.
damaged bits ''
damaged short ''
expect_eq 10 "$records"
damaged tail ''
expect_eq 2010 "$records"
