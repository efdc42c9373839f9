# 843-check-lines - each source is tried on the first records of its files, and nothing is written
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
prices:
  own:
    - { provider: house, name: small, prices: [{ input: 1, output: 2 }] }
sources:
  - name: app
    paths: app/*.log*
    format: text
    timezone: UTC
    only: [{ not: { pattern: 'DEBUG' } }]
    patterns:
      - '^(?<time>\S+) INFO llm call model=(?<model>\S+) in=(?<input_tokens>\d+) out=(?<output_tokens>\d+)'
      - '^(?<time>\S+) WARN slow llm call model=(?<model>\S+) user=(?<user>\S+)'
  - name: gateway
    paths: gateway.jsonl
    format: json
    timezone: UTC
    only: [{ path: event, equals: call }]
    dedupe: { by: [request_id] }
    fields:
      time: [at, ts]
      model: [response.model, model]
      input_tokens: in
      user: { path: who, default: nobody }
      request_id: id
YAML
mkdir app
cat > app/a.log <<'LOG'
2026-03-01T10:00:00Z INFO llm call model=small in=10 out=5
2026-03-01T10:00:01Z DEBUG llm call model=small in=10 out=5

2026-03-01T10:00:02Z INFO llm call mdl=small in=10 out=5
2026-03-01T10:00:03Z INFO started
2026-03-01T10:00:04Z INFO llm call model=large in=10 out=5
yesterday INFO llm call model=small in=10 out=5
2026-03-01T10:00:05Z INFO stopped
2026-03-01T10:00:06Z INFO stopped again, which is said at such a length that all of it does not fit
LOG
gzip -c app/a.log > app/a.log.1.gz
touch -d 2026-03-01 app/a.log.1.gz
touch app/empty.log
cat > gateway.jsonl <<'LOG'
{"event":"call","ts":"2026-03-01T10:00:00Z","model":"small","in":10,"id":"r1"}
{"event":"call","ts":"2026-03-01T10:00:00Z","model":"small","in":12,"id":"r1"}
{"event":"health","ts":"2026-03-01T10:00:00Z","note":"a text much longer than what is shown of it"}
{"ts":"2026-03-01T10:00:00Z"}
{"event":"call","ts":"2026-03-01T10:00:00Z","model":"small","in":-5}
{"event":"call","ts":"2026-03-01T10:00:00Z",
{"event":"call","ts":"2026-03-01T10:00:00Z","model":"small","in":1,"id":"r2"}
{"event":"call","ts":"2026-03-01T10:00:00Z","model":"small","in":1,"id":"r3"}
LOG
expect_status 0 check --lines 7
cat > wanted <<'SCREEN'
app: text
records  calls  duplicates  skipped  rejected  file
      7      2           0        4         1  app/a.log.1.gz, and more
      7      2           0        4         1  app/a.log, and more
      0      0           0        0         0  app/empty.log
───────────────────────────────────────────────────────────────────────
     14      4           0        8         2  all of them
  2 skipped: only: not pattern 'DEBUG'
    app/a.log.1.gz:2
      2026-03-01T10:00:01Z DEBUG llm call model=small in=10 out=5
    app/a.log:2
      2026-03-01T10:00:01Z DEBUG llm call model=small in=10 out=5
  6 skipped: no pattern matches
    app/a.log.1.gz:4
      2026-03-01T10:00:02Z INFO llm call mdl=small in=10 out=5
    app/a.log.1.gz:5
      2026-03-01T10:00:03Z INFO started
    app/a.log.1.gz:8
      2026-03-01T10:00:05Z INFO stopped
  2 rejected: bad time in time
    app/a.log.1.gz:7  it is yesterday
      yesterday INFO llm call model=small in=10 out=5
    app/a.log:7  it is yesterday
      yesterday INFO llm call model=small in=10 out=5
  2 calls without a price: 2 of large
  never matched: patterns[1]
  never had a value: user

gateway: json
records  calls  duplicates  skipped  rejected  file
      7      2           1        2         2  gateway.jsonl, and more
  1 duplicate: the same call as another record
  2 skipped: only: event = call
    gateway.jsonl:3  it is health
      {"event":"health","ts":"2026-03-01T10:00:00Z","note":"a text much longer …
    gateway.jsonl:4
      {"ts":"2026-03-01T10:00:00Z"}
  1 rejected: bad number in input_tokens
    gateway.jsonl:5  it is -5
      {"event":"call","ts":"2026-03-01T10:00:00Z","model":"small","in":-5}
  1 rejected: not JSON
    gateway.jsonl:6  unexpected end
      {"event":"call","ts":"2026-03-01T10:00:00Z",
  never used: time from at, model from response.model, user from who
SCREEN
diff -u wanted out >> log || fail 'check --lines shows another screen than wanted'
[ ! -e "$DB" ] && [ ! -e .local ] || fail 'check --lines has written'

# The counts are those of a backfill, which counts a copy once.
rm app/a.log.1.gz
backfill
expect_counts 16 5 1 7 3
expect_status 0 check --lines 1000 --json
for row in lines:1000 sources.0.records:8 sources.0.calls:2 sources.0.skipped:5 sources.0.rejected:1 \
	sources.0.files.0.path:app/a.log sources.0.files.0.more:false sources.0.reasons.length:3 \
	sources.0.reasons.1.reason:'no pattern matches' sources.0.reasons.1.records:4 \
	sources.0.reasons.1.examples.length:3 sources.0.reasons.1.examples.2.line:8 \
	sources.0.reasons.2.examples.0.value:yesterday sources.0.patterns.0.matched:3 \
	sources.0.patterns.1.matched:0 sources.0.unpriced_models.0.model:large \
	sources.1.records:8 sources.1.calls:3 sources.1.duplicates:1 sources.1.skipped:2 \
	sources.1.rejected:2 sources.1.fields.0.origins.0.used:0 sources.1.fields.0.origins.1.used:5 \
	sources.1.fields.3.values:5 sources.1.fields.3.origins.0.used:0 sources.1.unpriced_calls:0; do
	expect_json "${row%%:*}" "${row#*:}"
done
adds_up "$DB" 16

# What counts together is counted together: parts of calls, counters, what is carried.
cat > together.yaml <<'YAML'
sources:
  - name: parts
    paths: parts.jsonl
    format: json
    timezone: UTC
    carry: [model]
    fields: { time: t, model: m, input_tokens: in, output_tokens: out, request_id: id }
    join: { by: [request_id], until: [input_tokens, output_tokens], within: 10m }
YAML
cat > parts.jsonl <<'LOG'
{"t":"2026-03-01T10:00:00Z","id":"r1","m":"gpt-4o","in":1000}
{"t":"2026-03-01T10:00:01Z","id":"r2","in":7}
{"t":"2026-03-01T10:00:02Z","id":"r1","out":50}
LOG
DB=$T/together.db
backfill -c together.yaml
expect_counts 3 2 1 0 0
expect_status 0 check -c together.yaml --lines 10
grep -qE '^ +3 +2 +1 +0 +0  parts.jsonl$' out || fail 'the counts of joined parts'
expect_text out '1 duplicate: a part of a joined call'

# A source that finds no call among its records is an answer: no.
printf 'sources:\n  - { name: wrong, paths: gateway.jsonl, preset: logfmt }\n' > wrong.yaml
printf '  - { name: none, paths: gone/*.log, preset: json }\n' >> wrong.yaml
expect_status 3 check -c wrong.yaml --lines 5
expect_text out 'no call was found'
expect_no_text out 'never'
expect_text out 'none: json, preset json'
expect_text out 'no files'
expect_text err 'warning: source none: gone/*.log: matches no file'
expect_status 3 check -c wrong.yaml --lines 5 -q
[ ! -s out ] || fail 'check --lines -q prints'

# The newest files, and with -v all; what the preset has and the log has not is a number.
mkdir many
for i in $(seq 10 34); do
	calls 1 2 > many/$i.jsonl
	touch -d "2026-03-$((i - 9))" many/$i.jsonl
done
calls 1 2 | gzip | head -c 60 > many/99.jsonl.gz
printf 'sources:\n  - { name: many, paths: many/*, preset: json }\n' > many.yaml
expect_status 0 check -c many.yaml --lines 1
expect_text out '6 more files, all older, which -v reads too'
expect_text out 'many/99.jsonl.gz: '
expect_no_text out 'many/15.jsonl'
grep -qE '^ +19 +19 +0 +0 +0  all of them$' out || fail 'the records of the newest 20 files'
expect_text out 'ways to fields that the preset has were not needed; -v lists them'
expect_status 0 check -c many.yaml --lines 1 -v
expect_text out 'many/10.jsonl'
expect_text out 'model from response_model'

# A pattern that gives up is there by name, and slow records end the sample before they end patience.
a=$(printf '%0300d' 0 | tr 0 a)
i=0
while [ $i -lt 2000 ]; do
	echo "2026-03-01T10:00:00Z $a! model= in="
	i=$((i + 1))
done > slow.log
echo '2026-03-01T10:00:00Z ab model=gpt-4o in=1' >> slow.log
cat > slow.yaml <<'YAML'
sources:
  - name: slow
    paths: slow.log
    timezone: UTC
    patterns: '^(?<time>\S+) (\w+)+ model=(?<model>\S+) in=(?<input_tokens>\d+)$'
YAML
began=$(date +%s)
expect_status 3 check -c slow.yaml --lines 5000
[ $(($(date +%s) - began)) -le 30 ] || fail 'slow records are read for too long'
expect_text out 'rejected: pattern limit in patterns[0]'
expect_text out 'it takes too long: after 5 seconds the rest was left'
expect_text out 'slow.log, and more'

for wrong in 0 -1 x 1000001 ''; do
	expect_status 2 check --lines "$wrong"
	expect_one_line
	expect_text err '--lines takes 1 to 1000000'
done
