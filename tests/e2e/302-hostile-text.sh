# 302-hostile-text - what a log says is escaped before a terminal, CSV or Markdown sees it
. "$(dirname "$0")/lib.sh"

esc=$(printf '\033')
cat > app.jsonl <<'JSON'
{"time":"2026-03-01T10:00:00Z","model":"red\u001b[31m\u0007\u009b","user":"=cmd()","input_tokens":1,"output_tokens":1}
{"time":"2026-03-01T10:00:00Z","model":"a|b\r\nc","user":"+1,\"2\"","input_tokens":1,"output_tokens":1}
{"time":"2026-03-01T10:00:00Z","model":"\u202etxt.exe","user":"<script>","input_tokens":1,"output_tokens":1}
{"time":"2026-03-01T10:00:00Z","model":"gpt-4o","user":"@x","input_tokens":"\u001b[2J","output_tokens":1}
JSON
backfill --preset json app.jsonl
expect_counts 4 3 0 0 1
for command in 'report --by model,user' 'report --by model,user --markdown' 'report --by user --csv' \
	'report --by model --csv' status 'report --by model --json' 'status --json'; do
	expect_status 0 $command --db "$DB"
	expect_no_text out "$esc"
	python3 - "$command" <<'PYTHON' || fail "tokentail $command lets a control character through"
import sys
text = open("out", encoding="utf-8", newline="").read()
ends = "\r\n" if "--csv" in sys.argv[1] else "\n"
text = text.replace(ends, "")
json = "--json" in sys.argv[1]
bad = [c for c in text if ord(c) < 32 or 127 <= ord(c) < 160 or (c == "\u202e" and not json)]
sys.exit(bool(bad) and "found %a" % bad)
PYTHON
done
expect_status 0 report --db "$DB" --by model
expect_text out 'red\x1b[31m'
expect_status 0 report --db "$DB" --by user --csv
expect_text out "'=cmd()"
expect_text out "\"'+1,\"\"2\"\"\""
expect_status 0 report --db "$DB" --by model --markdown
expect_text out 'a\|b'
expect_status 0 status --db "$DB"
expect_text out '\x1b[2J'

# explain shows the record of the log, and an error the path.
tokentail explain --preset json "$(head -n 1 app.jsonl)" || :
expect_no_text out "$esc"
expect_text out 'red\x1b[31m'
expect_status 3 explain --preset json "$(tail -n 1 app.jsonl)"
expect_no_text out "$esc"
expect_status 3 explain --preset json "{${esc}[31m"
expect_no_text out "$esc"
expect_status 1 backfill --preset json --db "$DB" "${esc}[31m.log"
expect_no_text err "$esc"
expect_text err '\x1b[31m.log'
adds_up "$DB" 4
