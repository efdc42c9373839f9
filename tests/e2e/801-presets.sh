# 801-presets - every shipped preset reads a call of its log, and leaves out what its log holds beside
. "$(dirname "$0")/lib.sh"

expect_status 0 check -c "$ROOT/conf/tokentail.yaml"
for preset in "$ROOT"/conf/presets/*.yaml; do
	preset=$(basename "$preset" .yaml)
	expect_status 3 explain --preset "$preset" '{}'
	expect_text out 'outcome'
done

# One call in the shape of each; the trap of each in the second line.
cat > claude-code.log <<'LOG'
{"type":"assistant","timestamp":"2026-01-10T10:00:00Z","sessionId":"s","requestId":"q","message":{"id":"m","model":"claude-sonnet-4-5","usage":{"input_tokens":10,"cache_creation_input_tokens":1000,"cache_read_input_tokens":2000,"output_tokens":1}}}
{"type":"assistant","timestamp":"2026-01-10T10:00:01Z","sessionId":"s","requestId":"q","message":{"id":"m","model":"claude-sonnet-4-5","usage":{"input_tokens":10,"cache_creation_input_tokens":1000,"cache_read_input_tokens":2000,"output_tokens":100}}}
LOG
cat > litellm.log <<'LOG'
{"id":"x","startTime":1767952800.5,"endTime":1767952801.5,"call_type":"acompletion","status":"success","model":"gpt-4o","custom_llm_provider":"openai","prompt_tokens":1000,"completion_tokens":100,"response_cost":0.0035}
{"id":"y","startTime":1767952800.5,"endTime":1767952801.5,"call_type":"acompletion","status":"success","cache_hit":true,"model":"gpt-4o","prompt_tokens":1000,"completion_tokens":100}
LOG
cat > envoy-ai-gateway.log <<'LOG'
{"start_time":"2026-01-10T10:00:00.5Z","gen_ai.request.model":"gpt-4o","gen_ai.usage.input_tokens":1000,"gen_ai.usage.output_tokens":100,"duration":900,"response_code":200}
{"start_time":"2026-01-10T10:00:00.5Z","gen_ai.request.model":null,"gen_ai.usage.input_tokens":null,"mcp.method.name":"tools/call","response_code":200}
LOG
cat > kong.log <<'LOG'
{"started_at":1768039200000,"response":{"status":200},"ai":{"proxy":{"meta":{"provider_name":"openai","request_model":"gpt-4o","response_model":"gpt-4o","llm_latency":900},"usage":{"prompt_tokens":1000,"completion_tokens":100,"cost":0}}}}
{"started_at":1768039200000,"response":{"status":200}}
LOG
cat > json.log <<'LOG'
{"ts":"2026-01-10T10:00:00Z","model":"gpt-4o","usage":{"prompt_tokens":1000,"completion_tokens":100}}
{"ts":"2026-01-10T10:00:00Z","level":"info","msg":"listening"}
LOG
cat > logfmt.log <<'LOG'
time=2026-01-10T10:00:00Z level=info msg="llm call" model=gpt-4o prompt_tokens=1000 completion_tokens=100 duration=900ms
time=2026-01-10T10:00:00Z level=info msg="listening" port=80
LOG
# read_preset PRESET COST CALLS DUPLICATES SKIPPED
read_preset() {
	DB=$T/$1.db
	backfill --preset "$1" "$1.log"
	expect_counts 2 "$3" "$4" "$5" 0
	expect_total "$3" "$2"
	adds_up "$DB" 2
}
read_preset claude-code 0.00588 1 1 0
for preset in litellm envoy-ai-gateway kong json logfmt; do
	read_preset $preset 0.0035 1 0 1
done
