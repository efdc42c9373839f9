# 841-explain - the way of a record, screen by screen: JSON with cache tokens, text, docker, rejected, skipped
. "$(dirname "$0")/lib.sh"

cat > book.yaml <<'YAML'
provider: house
source: the house's price list
checked: 2026-01-05
batch: 0.5
models:
  - name: big
    prices:
      - { from: 2025-01-01, input: 1, output: 2 }
      - from: 2026-01-01
        input: 3
        cache_read: 0.3
        cache_write: 3.75
        output: 15
        tiers: [{ above: 2000, input: 6, cache_read: 0.6, cache_write: 7.5, output: 22.5 }]
  - name: small
    prices: [{ input: 0.1, output: 0.4 }]
YAML
cat > tokentail.yaml <<'YAML'
prices: { books: [book.yaml] }
sources:
  - name: gateway
    paths: gateway.jsonl
    format: json
    timezone: UTC
    only: [{ path: event, equals: llm_call }, { not: { path: model, pattern: '^test-' } }]
    tokens: { input_includes_cache: false, output_includes_reasoning: false }
    dedupe: { by: [_id], keep: last }
    set: { service: checkout }
    fields:
      _id: [request.id, id]
      time: ts
      model: { path: model, map: { fast: small } }
      service_tier: tier
      user: [{ path: who, pattern: '^(\w+)@house' }, { path: who, pattern: '^(\w+)@' }]
      api_key: { path: key, hash: true }
      input_tokens: usage.in
      cache_read_tokens: usage.cached
      cache_write_tokens: usage.written
      output_tokens: usage.out
      reasoning_tokens: usage.thought
      latency: { path: took, unit: s }
      ttft: { path: first, unit: ms }
      team: { path: team, default: nobody }
      prompt: prompt
  - name: console
    paths: console.log
    format: text
    timezone: UTC
    only: [{ pattern: 'llm' }]
    patterns:
      - '^(?<time>\S+) INFO llm call model=(?<model>\S+) in=(?<input_tokens>\d+) out=(?<output_tokens>\d+)$'
      - '^(?<time>\S+) WARN llm slow call model=(?<model>\S+) .*took=(?<latency>\S+) in=(?<input_tokens>\d+)'
YAML

# explain STATUS SOURCE RECORD, then the screen on standard input.
explain() {
	expect_status "$1" explain --source "$2" "$3"
	cat > wanted
	sed -E 's/[0-9a-f]{16}  key, hash/HASH  key, hash/' out > screen
	diff -u wanted screen >> log || fail "explain shows another screen than wanted"
}

# 3010 input tokens are in the tier above 2000; batch halves its rates. What a secret or a prompt is
# in the record is left out, and longer texts are shortened.
explain 0 gateway '{"event":"llm_call","ts":"2026-03-12T09:00:00.250Z","request":{"id":"r-1"},"model":"big-20260101","usage":{"in":10,"cached":2000,"written":1000,"out":300,"thought":64},"took":"1.5","tier":"batch","who":"ada@example.com","key":"sk-secret","prompt":"say yes","note":"a text much longer than what is shown of it"}' <<'SCREEN'
source     gateway, format json
record     {"event":"llm_call","ts":"2026-03-12T09:00:00.250Z","request":{"id":"
           r-1"},"model":"big-20260101","usage":{"in":10,"cached":2000,"written"
           :1000,"out":300,"thought":64},"took":"1.5","tier":"batch","who":"ada@
           example.com","key":"…","prompt":"…","note":"a text much longer than …
           (310 bytes)
only       passed  event = llm_call
           passed  not model ~ '^test-', it is big-20260101
names      _id  r-1           request.id (1st of 2)
fields     time                2026-03-12T09:00:00.250Z  ts
           model               big-20260101  model
           user                -
               who (1st of 2) "ada@example.com", pattern '^(\w+)@house' finds
                 nothing in it
           user                ada
               who (2nd of 2) "ada@example.com", pattern '^(\w+)@'
           service             checkout      set
           team                nobody        default
           api_key             HASH  key, hash
           service_tier        batch         tier
           input_tokens        10            usage.in
           cache_read_tokens   2000          usage.cached
           cache_write_tokens  1000          usage.written
           output_tokens       300           usage.out
           reasoning_tokens    64            usage.thought
           latency             1.5 s         took "1.5", unit s
           prompt              only a hash is kept  prompt
           no value: ttft
dedupe     by _id = r-1
           records that have the same are one call: the last one counts
tokens     input_tokens 10 + cache read 2000 + cache write 1000 = 3010
             (input_includes_cache: false)
           output_tokens 300 + reasoning 64 = 364
             (output_includes_reasoning: false)
price      house/big@2026-01-01, in force since 2026-01-01
             model name: without -20260101, big in house
             the house's price list, checked 2026-01-05
             tier above 2000 input tokens: the call has 3010
             service tier batch: rates times 0.5
             no rate for reasoning: that of output
cost       input                  10 x $3 per 1M tokens     = $0.00003
           cache_read           2000 x $0.3 per 1M tokens   = $0.0006
           cache_write          1000 x $3.75 per 1M tokens  = $0.00375
           output                300 x $11.25 per 1M tokens = $0.003375
           reasoning              64 x $11.25 per 1M tokens = $0.00072
           sum                                              = $0.008475
outcome    call, $0.008475
SCREEN

# Text: which pattern matched, and how far another got.
explain 0 console '2026-03-12T09:00:01Z WARN llm slow call model=small id=77 took=12.5s in=1000 out=7' <<'SCREEN'
source     console, format text
record     2026-03-12T09:00:01Z WARN llm slow call model=small id=77 took=12.5s
           in=1000 out=7
only       passed  pattern 'llm'
patterns   [0] no match '^(?<time>\S+) INFO llm call model=(?<model>\S+)
             in=(?<input_tokens>\d+) out=(?<output_tokens>\d+)$'
               fits      '^(?<time>\S+) '
               fails at  'INFO llm call model=(?<model>\S+)
                 in=(?<input_tokens>\d+) out=(?<output_tokens>\d+)$'
           [1] matches  '^(?<time>\S+) WARN llm slow call model=(?<model>\S+)
             .*took=(?<latency>\S+) in=(?<input_tokens>\d+)'
fields     time          2026-03-12T09:00:01Z  group of patterns[1]
           model         small         group of patterns[1]
           input_tokens  1000          group of patterns[1]
           latency       12.5 s        group of patterns[1] "12.5s"
           no value: output_tokens
tokens     input_tokens 1000
price      house/small, for any date
             model name: small in house
             the house's price list, checked 2026-01-05
cost       input                1000 x $0.1 per 1M tokens = $0.0001
           sum                                            = $0.0001
outcome    call, $0.0001
SCREEN

explain 3 console '2026-03-12T09:00:01Z INFO llm call mdl=small in=1000 out=7' <<'SCREEN'
source     console, format text
record     2026-03-12T09:00:01Z INFO llm call mdl=small in=1000 out=7
only       passed  pattern 'llm'
patterns   [0] no match '^(?<time>\S+) INFO llm call model=(?<model>\S+)
             in=(?<input_tokens>\d+) out=(?<output_tokens>\d+)$'
               fits      '^(?<time>\S+) INFO llm call '
               fails at  'model=(?<model>\S+) in=(?<input_tokens>\d+)
                 out=(?<output_tokens>\d+)$'
           [1] no match '^(?<time>\S+) WARN llm slow call model=(?<model>\S+)
             .*took=(?<latency>\S+) in=(?<input_tokens>\d+)'
               fits      '^(?<time>\S+) '
               fails at  'WARN llm slow call model=(?<model>\S+)
                 .*took=(?<latency>\S+) in=(?<input_tokens>\d+)'
outcome    skipped: no pattern matches
SCREEN

# A docker line whose record has no time of its own; a part that is more than its whole.
explain 0 gateway '{"log":"{\"event\":\"llm_call\",\"model\":\"fast\",\"usage\":{\"cached\":7,\"out\":1000}}\n","stream":"stdout","time":"2026-03-12T09:00:00.5Z"}' <<'SCREEN'
source     gateway, format json
envelope   docker, time 2026-03-12T09:00:00.5Z
record     {"event":"llm_call","model":"fast","usage":{"cached":7,"out":1000}}
only       passed  event = llm_call
           passed  not model ~ '^test-', it is small
fields     model              small         model "fast", by its map
           service            checkout      set
           team               nobody        default
           cache_read_tokens  7             usage.cached
           output_tokens      1000          usage.out
           time               2026-03-12T09:00:00.500Z
               of the envelope "2026-03-12T09:00:00.5Z"
           no value: user, api_key, service_tier, input_tokens,
             cache_write_tokens, reasoning_tokens, latency, ttft, prompt
dedupe     by _id (not there)
           so it counts on its own
tokens     input_tokens is not logged: its parts make 7
           output_tokens 1000
price      house/small, for any date
             model name: small in house
             the house's price list, checked 2026-01-05
             no rate for cache_read: that of input
cost       cache_read              7 x $0.1 per 1M tokens = $0.0000007
           output               1000 x $0.4 per 1M tokens = $0.0004
           sum                                            = $0.0004007
outcome    call, $0.0004007
SCREEN

# Skipped by a test, with what it saw.
explain 3 gateway '{"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":"test-1"}' <<'SCREEN'
source     gateway, format json
record     {"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":"test-1"}
only       passed  event = llm_call
           FAILED  not model ~ '^test-', it is test-1
outcome    skipped: only: not model ~ '^test-'
SCREEN
explain 3 gateway '{"ts":"2026-03-12T09:00:00Z"}' <<'SCREEN'
source     gateway, format json
record     {"ts":"2026-03-12T09:00:00Z"}
only       FAILED  event = llm_call, it is not there
outcome    skipped: only: event = llm_call
SCREEN

# Rejected: the value, where it came from and where it stands; or where the record breaks.
explain 3 gateway '{"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":"big","usage":{"in":10,"cached":-1}}' <<'SCREEN'
source     gateway, format json
record     {"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":"big","usage"
           :{"in":10,"cached":-1}}
only       passed  event = llm_call
           passed  not model ~ '^test-', it is big
fields     time               2026-03-12T09:00:00Z  ts
           model              big           model
           service            checkout      set
           team               nobody        default
           input_tokens       10            usage.in
           cache_read_tokens  -1            usage.cached
           no value: user, api_key, service_tier
outcome    rejected: bad number in cache_read_tokens (-1)
           from usage.cached
           ig","usage":{"in":10,"cached":-1}}
                                         ^ byte 88
SCREEN
explain 3 gateway '{"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":big}' <<'SCREEN'
source     gateway, format json
record     {"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":big}
outcome    rejected: not JSON
           expected a value
           2026-03-12T09:00:00Z","model":big}
                                         ^ byte 56
SCREEN
expect_status 3 explain --preset logfmt 'time=2026-03-12T09:00:00Z model=small msg="open prompt_tokens=7'
expect_text out 'rejected: broken record'
expect_text out 'a quoted value does not end'
expect_text out '^ byte 42'
# A pattern that gives up, by its name.
expect_status 3 explain --source console "llm $(printf '%090d' 0 | tr 0 a)"
sed "s/- '^(?<time>.S+) WARN.*/- '^llm (a+)+b?=c/; s/=c\$/=c'/" tokentail.yaml > slow.yaml
expect_status 3 explain -c slow.yaml --source console "llm $(printf '%090d' 0 | tr 0 a)! =c"
expect_text out 'GAVE UP'
expect_text out 'rejected: pattern limit in patterns[1]'

# A tier of the future is not chosen, and a price is that of its day.
expect_status 0 explain --source gateway '{"event":"llm_call","ts":"2025-06-01T00:00:00Z","model":"big","usage":{"in":3000,"out":1},"tier":"flex"}'
expect_text out 'house/big@2025-01-01, in force since 2025-01-01'
expect_text out 'service tier flex: has no price of its own'
expect_no_text out 'tier above'
expect_status 0 explain --source gateway '{"event":"llm_call","ts":"2026-06-01T00:00:00Z","model":"big","usage":{"in":2000,"out":1}}'
expect_text out 'tier up to 2000 input tokens: the call has 2000'
expect_text out '= $0.006015'
expect_status 0 explain --source gateway '{"event":"llm_call","ts":"2026-06-01T00:00:00Z","model":"big","usage":{"out":10},"n":1}'
expect_status 0 explain --source gateway '{"event":"llm_call","ts":"2026-06-01T00:00:00Z","model":"huge","usage":{"in":1,"out":1}}'
expect_text out 'none: no book has this model'
expect_text out 'unpriced: no price is known for it'

# For programs, the same facts; numbers are exact.
expect_status 0 explain --json --source gateway '{"event":"llm_call","ts":"2026-03-12T09:00:00Z","request":{"id":"r-1"},"model":"big-20260101","usage":{"in":10,"cached":2000,"out":300},"who":"ada@example.com","key":"sk-secret","prompt":"say yes"}'
expect_no_text out sk-secret
expect_no_text out 'say yes'
expect_json source gateway
expect_json file null
expect_json records.0.line 1
for row in outcome:call tests.1.passed:true tests.1.value:big-20260101 names.0.path:request.id \
	fields.2.missed:true fields.3.value:ada fields.3.alternative:2 fields.3.raw:ada@example.com \
	dedupe.by._id:r-1 dedupe.keep:last tokens.logged.input_tokens:10 \
	tokens.counted.input_tokens:2010 call.input_tokens:2010 price.key:house/big@2026-01-01 \
	price.tier_above:2000 shares.length:3 shares.1.kind:cache_read shares.1.units:2000 \
	shares.1.usd:0.6 shares.1.cost_usd:0.001200000000000 cost_usd:0.00801 no_value.0:service_tier; do
	expect_json "records.0.elements.0.${row%%:*}" "${row#*:}"
done
expect_status 3 explain --json --source gateway '{"event":"llm_call","ts":"2026-03-12T09:00:00Z","model":big}'
expect_json records.0.elements.0.outcome rejected
expect_json records.0.elements.0.broken 'expected a value'
expect_json records.0.elements.0.at 56

# What has to be said is said.
expect_status 2 explain '{}'
expect_one_line
expect_text err 'give --preset NAME or --source NAME; the sources are gateway, console'
for wrong in '--line 3' '--file console.log' '--file console.log --line 0' '--file console.log --line x' \
	'--file console.log --line 1 --offset 1' '{} {}' '--file console.log --line 1 {}'; do
	# shellcheck disable=SC2086 # words
	expect_status 2 explain --source console $wrong
	expect_one_line
done
expect_status 1 explain --source console ''
expect_one_line
