# 115-many-small-files - far more files than may be open at once, each counted once
. "$(dirname "$0")/lib.sh"

FILES=${FILES:-2000}
ALIKE=${ALIKE:-50} # of a head so long that each may be a copy of the others, and waits for them
mkdir logs
cat > t.yaml <<END
$KEEP
sources: [{name: a, paths: $T/logs/*, preset: json}]
END
calls 1 "$FILES" | split -a 5 -d -l 1 - logs/app-
python3 - "$FILES" "$ALIKE" <<'END'
import sys
first, n = map(int, sys.argv[1:])
for i in range(first + 1, first + n + 1):
    with open("logs/alike-%05d" % i, "w") as f:
        f.write('{"banner":"%s"}\n' % ("=" * 1100))
        f.write('{"time":"2026-03-02T00:00:00Z","model":"gpt-4o","input_tokens":100,"output_tokens":10,'
                '"request_id":"r%d"}\n' % i)
END
mkfifo logs/fifo # left out

few_open() { # of the commands that follow
	[ "$(ulimit -n)" -le 64 ] || ulimit -n 64
}
all=$((FILES + ALIKE))
(
	few_open
	backfill -c t.yaml
	expect_counts $((all + ALIKE)) $all 0 "$ALIKE" 0
	expect_eq '' "$(cat err)" 'what was said'
	backfill -c t.yaml # and known again
	expect_counts 0 0 0 0 0
	expect_json files $all
	backfill -c t.yaml --db one.db --jobs 1
	expect_counts $((all + ALIKE)) $all 0 "$ALIKE" 0
	# More threads than files that may be open.
	backfill -c t.yaml --db many.db --jobs 64
	expect_counts $((all + ALIKE)) $all 0 "$ALIKE" 0
)
expect_file "$T/logs/fifo" 'left out' 'a FIFO'
for db in "$DB" one.db many.db; do
	adds_up "$db" $((all + ALIKE))
done
