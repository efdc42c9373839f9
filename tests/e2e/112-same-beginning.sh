# 112-same-beginning - logs whose first KiBs are alike are told apart, whichever is read first
. "$(dirname "$0")/lib.sh"

mkdir logs
banner() { # 2 KiB and more, no call in it
	for _ in 1 2 3 4 5 6 7 8; do
		printf '{"event":"start","note":"%0250d"}\n' 0
	done
}
for i in 1 2 3 4; do
	{
		banner
		calls $((i * 100)) $((i * 100 + 9))
	} > logs/$i.log
done
gzip logs/4.log
for jobs in 1 2; do
	rm -f "$DB"*
	backfill --jobs $jobs --preset json 'logs/*'
	records=$(counts | cut -d ' ' -f 1)
	expect_json calls 40
	expect_json skipped $((records - 40))
	[ "$records" -ge 48 ] && [ "$records" -le 72 ] || fail "$records records"
	backfill --preset json 'logs/*'
	expect_counts 0 0 0 0 0
done
# Another day the banner is all there is in a file, then calls follow.
banner > logs/5.log
backfill --preset json 'logs/*'
expect_json calls 0
calls 500 509 >> logs/5.log
backfill --preset json 'logs/*'
expect_counts 10 10 0 0 0
expect_total 50 0.0175
adds_up
