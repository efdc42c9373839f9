# 842-explain-file - a line of a file is explained with what it carries, joins and counts on from before it
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
prices:
  own:
    - { provider: house, name: small, prices: [{ input: 1, output: 2 }] }
sources:
  - name: agent
    paths: agent.jsonl*
    format: json
    timezone: UTC
    only: [{ path: type, equals: usage }]
    carry: [model, session]
    fields: { time: t, model: ctx.model, session: sid, input_tokens: in, output_tokens: out }
    cumulative: { by: [session], fields: [input_tokens, output_tokens] }
  - name: parts
    paths: parts.log
    format: json
    timezone: UTC
    fields: { time: t, model: m, input_tokens: in, output_tokens: out, request_id: id }
    join: { by: [request_id], until: [model, output_tokens], within: 10m }
  - name: spans
    paths: spans.json
    format: json
    frame: json
    each: spans[*]
    fields: { time: { path: end, unit: ns }, model: attrs.model, input_tokens: attrs.in, service: $.app }
YAML
cat > agent.jsonl <<'LOG'
{"type":"ctx","sid":"s1","ctx":{"model":"small"},"t":"2026-03-01T10:00:00Z"}
{"type":"usage","t":"2026-03-01T10:00:01Z","in":100,"out":10}

{"type":"usage","t":"2026-03-01T10:00:02Z","in":300,"out":40}
{"type":"usage","t":"2026-03-01T10:00:03Z","in":300,"out":40}
{"type":"usage","t":"2026-03-01T10:00:04Z","in":50,"out":5}
LOG
gzip -c agent.jsonl > agent.jsonl.1.gz

# explain STATUS FILE LINE, then the screen on standard input; the source is the one that reads FILE.
explain() {
	expect_status "$1" explain --file "$2" --line "$3"
	cat > wanted
	diff -u wanted out >> log || fail "explain $2 line $3 shows another screen than wanted"
}

# A counter and what is carried, also from a line that `only` skips, and through gzip.
for file in agent.jsonl agent.jsonl.1.gz; do
	sed "s/FILE/$file/" > screen <<'SCREEN'
source     agent, format json
line       4 of FILE
record     {"type":"usage","t":"2026-03-01T10:00:02Z","in":300,"out":40}
only       passed  type = usage
fields     time           2026-03-01T10:00:02Z  t
           model          small         ctx.model, of an earlier record
           input_tokens   300           in
           output_tokens  40            out
           session        s1            sid, of an earlier record
cumulative by session = s1
           input_tokens 300 - 100 in the record before = 200
           output_tokens 40 - 10 in the record before = 30
tokens     input_tokens 200
           output_tokens 30
price      house/small, for any date
             model name: small in house
             own price
cost       input                 200 x $1 per 1M tokens = $0.0002
           output                 30 x $2 per 1M tokens = $0.00006
           sum                                          = $0.00026
outcome    call, $0.00026
SCREEN
	explain 0 $file 4 < screen
done
explain 3 agent.jsonl 1 <<'SCREEN'
source     agent, format json
line       1 of agent.jsonl
record     {"type":"ctx","sid":"s1","ctx":{"model":"small"},"t":"2026-03-01T10:0
           0:00Z"}
only       FAILED  type = usage, it is ctx
carry      model = small, session = s1, kept for the records that follow
outcome    skipped: only: type = usage
SCREEN
expect_status 3 explain --file agent.jsonl --line 5
expect_text out 'input_tokens 300 - 300 in the record before = 0'
expect_text out 'duplicate: an unchanged counter'
expect_status 0 explain --file agent.jsonl --line 6
expect_text out 'input_tokens 50 counts in full: the counters have begun anew, they'
expect_text out 'call, $0.00006'
# Alone the same line counts from 0, and has no model.
expect_status 0 explain --source agent "$(sed -n 4p agent.jsonl)"
expect_text out 'no value: model, session'
expect_text out 'by session (not there)'
expect_status 0 explain --source agent -- - < agent.jsonl
expect_eq 5 "$(grep -c '^outcome' out)" 'records of standard input'
expect_text out 'line       6'

# Parts in CRI lines, of which one is in two pieces; N may be any of its lines.
cat > parts.log <<'LOG'
2026-03-01T10:00:00.1Z stdout F {"t":"2026-03-01T10:00:00Z","id":"r1","m":"small","in":1000}
2026-03-01T10:00:01.1Z stdout P {"t":"2026-03-01T10:00:01Z","id":"r2",
2026-03-01T10:00:01.2Z stderr F note
2026-03-01T10:00:01.3Z stdout F "m":"small","in":7}
2026-03-01T10:00:02.1Z stdout F {"t":"2026-03-01T10:00:02Z","id":"r1","out":50}
2026-03-01T10:20:00.1Z stdout F {"t":"2026-03-01T10:20:00Z","id":"r2","out":50}
LOG
cat > wanted <<'SCREEN'
source     parts, format json
lines      2 to 4 of parts.log
envelope   cri, time 2026-03-01T10:00:01.3Z, 2 lines of it joined
record     {"t":"2026-03-01T10:00:01Z","id":"r2","m":"small","in":7}
fields     time          2026-03-01T10:00:01Z  t
           model         small         m
           input_tokens  7             in
           request_id    r2            id
           no value: output_tokens
join       by request_id = r2
           a part of a call that still lacks output_tokens; after 10m it counts
             without
outcome    duplicate: a part of a joined call
SCREEN
for n in 2 4; do
	expect_status 3 explain --file parts.log --line $n
	diff -u wanted out >> log || fail "line $n of parts.log"
done
# Byte 93 is where line 2 begins, as `status` would say.
expect_status 3 explain --file parts.log --offset 93
diff -u wanted out >> log || fail 'offset 93 of parts.log'
expect_status 3 explain --file parts.log --line 3
expect_text out 'record     note'
expect_text out 'rejected: not JSON'
explain 0 parts.log 5 <<'SCREEN'
source     parts, format json
line       5 of parts.log
envelope   cri, time 2026-03-01T10:00:02.1Z
record     {"t":"2026-03-01T10:00:02Z","id":"r1","out":50}
fields     time           2026-03-01T10:00:02Z  t
           output_tokens  50            out
           request_id     r1            id
           no value: model, input_tokens
join       by request_id = r1
           of earlier parts: time 2026-03-01T10:00:00Z, model small,
             input_tokens 1000, request_id r1
           with this part the call is complete
tokens     input_tokens 1000
           output_tokens 50
price      house/small, for any date
             model name: small in house
             own price
cost       input                1000 x $1 per 1M tokens = $0.001
           output                 50 x $2 per 1M tokens = $0.0001
           sum                                          = $0.0011
outcome    call, $0.0011
SCREEN
expect_status 3 explain --file parts.log --line 6
expect_text out 'an earlier call has waited too long for its parts'
expect_text out 'a part of a call that still lacks model; after 10m it counts without'
expect_status 3 explain --json --file parts.log --line 6
expect_json records.0.elements.0.join.missing model
expect_json records.0.elements.0.join.complete false
expect_json records.0.envelopes.0 cri

# A value over several lines, with an element for each span; two values in a line are both shown.
cat > spans.json <<'LOG'
[
  {"app": "shop", "spans": [
     {"end": "1772359200000000000", "attrs": {"model": "small", "in": 5}},
     {"end": "1772359201000000000", "attrs": {}}
   ]},
  {"spans": []}, {"spans": 1}
]
LOG
explain 0 spans.json 4 <<'SCREEN'
source     spans, format json
lines      2 to 5 of spans.json
record     {"app":"shop","spans":[{"end":"1772359200000000000","attrs":{"model":
           "small","in":5}},{"end":"1772359201000000000","attrs":{}}]}
           (156 bytes)
element    1
fields     time          2026-03-01T10:00:00Z
               end "1772359200000000000", unit ns
           model         small         attrs.model
           service       shop          $.app
           input_tokens  5             attrs.in
tokens     input_tokens 5
price      house/small, for any date
             model name: small in house
             own price
cost       input                   5 x $1 per 1M tokens = $0.000005
           sum                                          = $0.000005
outcome    call, $0.000005

element    2
fields     time     2026-03-01T10:00:01Z  end "1772359201000000000", unit ns
           service  shop          $.app
           no value: model, input_tokens
outcome    skipped: neither a model nor usage
SCREEN
expect_status 3 explain --file spans.json --line 6
expect_eq 2 "$(grep -c 'skipped: nothing at `each`' out)" 'values of line 6'

# Which records of the file are the same call.
cat > same.yaml <<'YAML'
sources:
  - { name: same, paths: same.jsonl, preset: json, dedupe: { by: [request_id] } }
YAML
for id in a b a c a; do
	echo "{\"time\":\"2026-03-01T10:00:00Z\",\"model\":\"gpt-4o\",\"input_tokens\":1,\"request_id\":\"$id\"}"
done > same.jsonl
expect_status 0 explain -c same.yaml --file same.jsonl --line 3
expect_text out 'by request_id = a'
expect_text out 'in this file: lines 1, 3, 5'
expect_status 0 explain -c same.yaml --file same.jsonl --line 2
expect_text out 'no other record of this file is it'
expect_status 0 explain -c same.yaml --file same.jsonl --line 1 --json
expect_json records.0.elements.0.dedupe.records 3
expect_json records.0.elements.0.dedupe.lines.2 5

# Nothing there, and a file that more than one source reads.
expect_status 1 explain --file agent.jsonl --line 3
expect_eq 'tokentail: agent.jsonl: there is no record at line 3' "$(cat err)"
expect_status 1 explain --file agent.jsonl --line 99
expect_status 1 explain --source agent --file gone.jsonl --line 1
expect_one_line
printf '  - { name: other, paths: agent.jsonl, preset: json }\n' >> tokentail.yaml
expect_status 2 explain --file agent.jsonl --line 1
expect_text err 'the sources are agent, parts, spans, other'
expect_status 3 explain --source other --file agent.jsonl --line 1
expect_text out 'skipped: neither a model nor usage'

# A hash is the one that the report shows.
cat > keys.yaml <<'YAML'
sources:
  - { name: keys, paths: keys.jsonl, preset: json, fields: { api_key: { path: key, hash: true } } }
YAML
echo '{"time":"2026-03-01T10:00:00Z","model":"gpt-4o","input_tokens":1,"key":"sk-1"}' > keys.jsonl
backfill -c keys.yaml
expect_status 0 report -c keys.yaml --db "$DB" --by api_key --json
hash=$(sed -n 's/.*"api_key":"\([0-9a-f]*\)".*/\1/p' out)
expect_status 0 explain -c keys.yaml --db "$DB" --file keys.jsonl --line 1
expect_text out "$hash  key, hash"
adds_up "$DB" 1
