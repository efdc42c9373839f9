# 820-preset-logs - whole logs as their writers leave them, each through its preset
#
# fixtures/logs/PRESET.log or PRESET.VARIANT.log is the log, the file beside it that ends in .calls
# what a careful reader makes of it. With ACCEPT=1 in the environment the test writes what the
# program makes: read the difference before you commit it.
. "$(dirname "$0")/lib.sh"

echo 'keep: {calls: forever}' > keep.yaml # the logs have dates of their own
for log in "$FIX"/logs/*.log; do
	name=$(basename "$log" .log)
	expected=$FIX/logs/$name.calls
	rm -f "$DB"*
	backfill -c keep.yaml --preset "${name%%.*}" "$log"
	python3 "$ROOT/tests/e2e/calls.py" "$DB" > made
	[ -z "${ACCEPT-}" ] || cp made "$expected"
	diff -u "$expected" made >> "$T/log" || fail "$name.log is not read as $name.calls says"
	adds_up "$DB" "$(awk '/^[0-9]+ (call|duplicate|skipped|rejected)/ { n += $1 } END { print n }' "$expected")"
done
