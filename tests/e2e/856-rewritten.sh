# 856-rewritten - a file that is replaced as a whole: only what is new or has changed counts
. "$(dirname "$0")/lib.sh"

cat > tokentail.yaml <<END
sources:
  - name: chats
    paths: "$T/logs/*.json"
    format: json
    frame: json
    rewritten: true
    each: "messages[*]"
    only: { path: tokens, exists: true }
    dedupe: { by: [session, request_id], keep: last }
    fields:
      time: at
      model: model
      session: \$.id
      request_id: n
      input_tokens: tokens.in
      output_tokens: tokens.out
END
# A chat of session $1, pretty-printed: each further argument is NUMBER:INPUT:OUTPUT.
chat() {
	python3 - "$@" <<-'END'
		import json, sys
		session, *messages = sys.argv[1:]
		calls = [[int(n) for n in m.split(":")] for m in messages]
		print(json.dumps({"id": session, "messages": [{"text": "asked {"}] + [
		    {"n": "m%d" % n, "at": 1772690400 + n, "model": "gpt-4o",
		     "tokens": {"in": i, "out": o}} for n, i, o in calls]}, indent=2))
	END
}
expect_tokens() {
	expect_status 0 report --db "$DB" --json
	expect_json total.calls "$1"
	expect_json total.input_tokens "$2"
	expect_json total.output_tokens "$3"
}

mkdir logs
chat s1 1:100:10 2:200:20 > logs/s1.json
chat s2 1:1000:1 > logs/s2.json
backfill -c tokentail.yaml
expect_counts 5 3 0 2 0
expect_tokens 3 1300 31
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0

# One element more, and one that has grown: the others are duplicates.
chat s1 1:100:10 2:200:25 3:300:30 > new
mv new logs/s1.json
backfill -c tokentail.yaml
expect_tokens 4 1600 66
adds_up "$DB"
backfill -c tokentail.yaml
expect_counts 0 0 0 0 0
# In place, without a new file.
chat s1 1:100:10 2:200:25 3:300:30 4:1:1 > logs/s1.json
backfill -c tokentail.yaml
expect_tokens 5 1601 67
adds_up "$DB"

# Shorter: what is gone from the file stays counted. An empty file, and the old one again: nothing.
chat s1 4:1:1 > logs/s1.json
backfill -c tokentail.yaml
expect_tokens 5 1601 67
: > logs/s1.json
backfill -c tokentail.yaml
chat s1 1:100:10 2:200:25 3:300:30 4:1:1 > logs/s1.json
backfill -c tokentail.yaml
expect_tokens 5 1601 67
adds_up "$DB"

# Seen while it is being written: read when it is whole.
chat s1 1:100:10 2:200:25 3:300:30 4:1:1 5:2:2 > whole
for bytes in 50 300 700; do
	head -c $bytes whole > logs/s1.json
	backfill -c tokentail.yaml
	expect_tokens 5 1601 67
done
cp whole logs/s1.json
backfill -c tokentail.yaml
expect_tokens 6 1603 69
adds_up "$DB"

# The same chat under another name is another file of the same calls.
cp logs/s1.json logs/copy.json
backfill -c tokentail.yaml
expect_tokens 6 1603 69
adds_up "$DB"
