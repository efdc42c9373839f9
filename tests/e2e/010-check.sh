# 010-check - check shows what each source finds, warns of what it does not, and names a mistake
. "$(dirname "$0")/lib.sh"
rm "$XDG_CONFIG_HOME/tokentail/tokentail.yaml"

expect_status 2 check
expect_text err 'no configuration was found'

mkdir -p logs/old
echo '{}' > logs/a.jsonl
echo '{}' > logs/b.jsonl
ln -s a.jsonl logs/link.jsonl
mkfifo logs/pipe.jsonl
cat > tokentail.yaml <<'END'
sources:
  - name: app
    paths: ['logs/*.jsonl', missing/*.log]
    preset: json
END
expect_status 0 check
expect_text out 'app: json, preset json'
expect_text out '3 B  logs/a.jsonl'
expect_text out 'logs/pipe.jsonl  left out: a FIFO'
expect_text out 'logs/link.jsonl  left out: '
expect_text out 'missing/*.log  matches nothing'
expect_text out '1 source, 1 warning'
expect_text err 'warning: source app: missing/*.log: matches no file'

expect_status 0 check --json
expect_json sources.0.paths.0.files.length 4
expect_json sources.0.paths.0.files.1.path logs/b.jsonl
expect_json sources.0.paths.0.files.3.left_out 'a FIFO'
expect_json warnings 1

expect_status 0 check -q
[ ! -s out ] || fail 'check -q prints'

# The sample that is installed is right as it is.
expect_status 0 check -c "$ROOT/conf/tokentail.yaml"

# Mistakes: one line with file, line and key; nothing else is said.
mistake() {
	expect_status 2 check
	expect_eq "tokentail: $1" "$(cat err)" 'message'
	[ ! -s out ] || fail 'a mistake is printed to stdout'
}
printf 'sources:\n  - {name: a, paths: b, fromat: json}\n' > tokentail.yaml
mistake 'tokentail.yaml:2: sources[0].fromat: unknown key `fromat`; did you mean `format`?'
printf 'sources:\n  - {name: a, paths: b, preset: none-such}\n' > tokentail.yaml
expect_status 2 check
expect_text err 'tokentail.yaml:2: sources[0].preset: unknown preset `none-such`'
printf 'sources:\n  - name: a\n    paths: b\n    patterns: "(?<model>"\n' > tokentail.yaml
expect_status 2 check
expect_text err 'tokentail: tokentail.yaml:4: patterns'
printf 'sources:\n  - {name: a, paths: b, fields: {time: "a["}}\n' > tokentail.yaml
expect_status 2 check
expect_text err 'tokentail: tokentail.yaml:2: '
printf 'sources:\n  - {name: a, paths: b, preset: json, timezone: Mars/Olympus}\n' > tokentail.yaml
expect_status 2 check
expect_text err 'tokentail: tokentail.yaml:2: sources[0].timezone: '
printf 'prices: {books: [gone.yaml]}\n' > tokentail.yaml
expect_status 2 check
expect_text err 'gone.yaml'
expect_status 2 check -c gone.yaml
expect_eq 'tokentail: gone.yaml: cannot be read: No such file or directory' "$(cat err)"
expect_status 2 check extra
