# 202-exact-cost - calls at random: each cost, what explain shows of it and the totals are exact
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<'YAML'
sources:
  - name: app
    paths: '*.jsonl'
    format: json
    fields:
      time: time
      model: model
      user: user
      service_tier: tier
      region: region
      input_tokens: input
      cache_read_tokens: cache_read
      cache_write_tokens: cache_write
      cache_write_1h_tokens: cache_write_1h
      output_tokens: output
      reasoning_tokens: reasoning
      input_audio_tokens: audio
      cache_read_audio_tokens: cache_read_audio
      web_searches: searches
      video_seconds: video
prices:
  own:
    - name: m
      prices:
        - input: 3.000000001
          cache_read: 0.3
          cache_write: 3.75
          output: 15
          input_audio: 32
          cache_read_audio: 0.4
          web_search: 10
          video_second: 0.000333
          batch: 0.5
          fast: {input: 18, output: 90}
          regions: {us: 1.1}
          tiers: [{above: 1000, input: 6.000000003, cache_read: 0.6, output: 22.5}]
        - {hours: 22:00-06:00, days: mon-fri, input: 1, cache_read: 0.1, output: 5, batch: 0.333333}
YAML
python3 "$ROOT/tests/e2e/exact_cost.py" make 400 > app.jsonl || fail 'no calls'
backfill -c tokentail.yaml
expect_counts 400 400 0 0 0
expect_json unpriced_calls 0
expect_status 0 report -c tokentail.yaml --db "$DB" --by user --json --limit 1000
python3 "$ROOT/tests/e2e/exact_cost.py" report app.jsonl < out || fail 'a cost or a total is not exact'
sed -n 1,40p app.jsonl | while read -r line; do
	expect_status 0 explain -c tokentail.yaml --json "$line"
	cat out
done > explained
python3 "$ROOT/tests/e2e/exact_cost.py" explain app.jsonl < explained || fail 'explain adds up to another cost'
adds_up "$DB" 400
