# 703-full-disk - no room left: a clear error, status 1; a later run with room finishes exactly
# A disk of its own is mounted where the system lets it, in a namespace that ends with the test.
if [ -z "${DISK-}" ]; then
	DISK=none
	for way in -m -rm; do
		unshare $way mount -t tmpfs tmpfs /mnt 2> /dev/null || continue
		# shellcheck disable=SC2093 # it does not go on
		DISK=mount exec unshare $way "$0"
	done
fi
. "$(dirname "$0")/lib.sh"

calls 1 40000 | sed 's/"gpt-4o"/"gpt-4o","session":"a session with a name that takes room"/' > a.log
calls 40001 42000 | gzip > b.log.gz

# finishes: what is missing after the failure, and nothing else.
finishes() {
	adds_up
	tokentail backfill --json -q --preset json --db "$DB" a.log b.log.gz || fail 'with room'
	expect_total 42000 14.7
	adds_up "$DB" 42000
	backfill --preset json a.log b.log.gz
	expect_counts 0 0 0 0 0
}

# No file may be longer than 600 KiB (in blocks of 512 bytes). The signal that comes with it is not
# for everybody to ignore.
small=$T/small.db
status=0
(
	trap '' XFSZ
	ulimit -f 1200
	exec "$TOKENTAIL" backfill --json -q --preset json --db "$small" a.log b.log.gz
) > out 2> err || status=$?
expect_eq 1 "$status" "exit status ($(cat err))"
expect_one_line
expect_text err "$small"
DB=$small
finishes

[ "$DISK" = mount ] || exit 0
mkdir disk
mount -t tmpfs -o size=1m tmpfs disk
DB=$T/disk/tokentail.db
expect_status 1 backfill --json -q --preset json --db "$DB" a.log b.log.gz
expect_one_line
expect_text err 'disk is full; free space and run again'
expect_status 1 backfill --json -q --preset json --db "$DB" a.log b.log.gz
mount -o remount,size=100m disk
finishes
cd /
umount "$T/disk"
