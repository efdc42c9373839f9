# 210-reprice - what is priced anew is what a new ledger with the new prices would hold; nothing else changes
. "$(dirname "$0")/lib.sh"

# configuration PRICE_OF_HOUSE [ALSO]: gpt-4o is $PRICE, a second model is priced only with ALSO.
configuration() {
	echo "$KEEP"
	cat <<-END
	sources:
	  - { name: app, paths: "$T/logs/*", preset: json, dedupe: { by: request_id } }
	  - { name: own, paths: "$T/own/*", preset: json, cost: logged-else-computed }
	prices:
	  own:
	    - { provider: openai, name: gpt-4o, batch: 0.5, prices: [{ input: $1, output: 10, tiers: [{ above: 5000, input: 1 }] }] }
	END
	[ -z "${2-}" ] || echo '    - { provider: house, name: new-model, prices: [{ input: 1, output: 2, regions: { eu: 1.1 } }] }'
}
# What the ledger holds, without what differs from one reading to another.
dump() {
	python3 - "$1" <<-'END'
	import sqlite3, sys
	db = sqlite3.connect(sys.argv[1])
	for sql in ("SELECT time, source, provider, model, user, service_tier, region, input_tokens, output_tokens, "
	            "cost_usd, price, unpriced, estimated, request_id, latency_ms FROM calls ORDER BY time, request_id",
	            "SELECT hour, source, provider, model, user, service_tier, calls, input_tokens, output_tokens, cost_usd, "
	            "unpriced_calls, latency_ms_sum, latency_calls, logged_cost_nano FROM usage_hourly ORDER BY 1, 2, 3, 4, 5, 6"):
	    for row in db.execute(sql):
	        print(*row)
	END
}

mkdir logs own
python3 - <<'END'
import json, random
random.seed(5)
for folder, logged in (("logs", 0), ("own", 1)):
    with open(folder + "/a.jsonl", "w") as f:
        for i in range(6000):
            call = {"time": "2026-03-%02dT%02d:%02d:%02dZ" % (1 + i // 2000, i // 100 % 20, i % 60, i % 59),
                    "model": random.choice(["gpt-4o", "new-model", "claude-3-5-haiku-20241022"]),
                    "input_tokens": random.choice([100, 5000, 5001, 90000]), "output_tokens": i % 77,
                    "user": random.choice(["ada", "bob"]), "request_id": "r%d" % (i - i % 2 * (i % 3 == 0)),
                    "latency_ms": i % 900}
            if i % 5 == 0:
                call["service_tier"] = "batch"
            if i % 7 == 0:
                call["region"] = "eu"
            if logged and i % 3 == 0:
                call["cost"] = 0.25
            f.write(json.dumps(call) + "\n")
END
configuration 2 > old.yaml
configuration 3.7 also > new.yaml
backfill -c old.yaml
before=$(dump "$DB")
WANT=$T/want.db
expect_status 0 backfill -q -c new.yaml --db "$WANT"

# Only shown: the ledger is as it was, byte for byte.
cp "$DB" copy.db
expect_status 0 reprice --dry-run --json -c new.yaml --db "$DB"
expect_json dry_run true
expect_json rows.0.model new-model
expect_json total.unpriced_calls_after 0
cmp "$DB" copy.db || fail 'a dry run writes'
wanted_after=$(python3 "$ROOT/tests/e2e/json_value.py" total.cost_usd_after < out)
changed=$(python3 "$ROOT/tests/e2e/json_value.py" total.changed_calls < out)

# With the prices it was read with nothing changes, but that it was done is kept.
expect_status 0 reprice --json -c old.yaml --db "$DB"
expect_json total.changed_calls 0
expect_eq "$before" "$(dump "$DB")" 'the ledger'

# A part of it: by hour and label.
expect_status 0 reprice --json -c new.yaml --db "$DB" --since 2026-03-02 --until 2026-03-03 --where user=ada
part=$(python3 "$ROOT/tests/e2e/json_value.py" total.changed_calls < out)
adds_up "$DB"
expect_status 0 reprice -c new.yaml --db "$DB"
expect_text out 'gpt-4o'
expect_text out 'Calls and totals were changed'
expect_no_text out claude-3-5-haiku
adds_up "$DB"
expect_eq "$(dump "$WANT")" "$(dump "$DB")" 'the ledger'
expect_status 0 report --json --db "$DB"
expect_json total.cost_usd "$wanted_after"

# Twice is once.
expect_status 0 reprice --json -c new.yaml --db "$DB"
expect_json total.changed_calls 0
# What was done: one row each.
audit=$(python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT filter, changed_calls, prices <> (SELECT prices FROM repricings LIMIT 1) FROM repricings"):
	print(*row)' "$DB")
expect_eq " 0 0
user=ada $part 1
 $((changed - part)) 1
 0 1" "$audit" 'audit rows'

# A better record of a call that was priced anew takes the new cost back.
for ledger in "$DB" "$WANT"; do
	echo '{"time":"2026-03-01T00:00:00Z","model":"gpt-4o","input_tokens":95000,"output_tokens":1000,"user":"ada","request_id":"r0"}' \
		> logs/b.jsonl
	expect_status 0 backfill -q -c new.yaml --db "$ledger"
	adds_up "$ledger"
done
expect_eq "$(dump "$WANT")" "$(dump "$DB")" 'the ledger after a better record'

# Killed at any moment: all or nothing.
for i in 1 2 3 4 5 6 7 8; do
	cp "$DB" killed.db
	"$TOKENTAIL" reprice -q -c old.yaml --db killed.db & pid=$!
	sleep "0.0$i"
	kill -9 $pid 2> /dev/null || :
	wait $pid 2> /dev/null || :
	adds_up killed.db
	case $(dump killed.db | cksum) in
	"$(dump "$DB" | cksum)") ;;
	*)
		expect_status 0 reprice --json -c old.yaml --db killed.db
		expect_json total.changed_calls 0
		;;
	esac
	rm -f killed.db*
done

# Where old hours are kept as days, a call is of the time at which its total stands.
rm -f "$DB"*
configuration 2 | sed 's/calls: forever/calls: forever, hourly: 31 days/' > daily.yaml
backfill -c daily.yaml
expect_status 0 archive run -q -c daily.yaml --db "$DB"
expect_status 0 reprice --json -c new.yaml --db "$DB" --where hour_of_day=04
expect_json total.calls 0
expect_status 0 report --json --db "$DB" --where hour_of_day=00 --where model=gpt-4o
of_day=$(python3 "$ROOT/tests/e2e/json_value.py" total.calls < out)
expect_status 0 reprice --json -c new.yaml --db "$DB" --where hour_of_day=00 --where model=gpt-4o
expect_json total.calls "$of_day"
adds_up "$DB"

# Totals without calls stay, and that is said. No ledger is made where there is none.
rm -f "$DB"*
configuration 2 | sed 's/calls: forever/calls: none/' > totals.yaml
backfill -c totals.yaml
before=$(dump "$DB")
expect_status 0 reprice --json -c new.yaml --db "$DB"
expect_json total.calls 0
expect_json not_kept_calls "$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT sum(calls) FROM usage_hourly").fetchone()[0])' "$DB")"
expect_eq "$before" "$(dump "$DB")" 'the ledger'
expect_status 0 reprice -c new.yaml --db "$DB"
expect_text out 'in the totals only'
expect_status 1 reprice -c new.yaml --db none.db
expect_one_line
[ ! -e none.db ] || fail 'a database was made'
expect_status 2 reprice --where colour=red --db "$DB"
