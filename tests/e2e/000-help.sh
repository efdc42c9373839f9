# 000-help - every command explains itself with examples; a wrong command line is one line, status 2
. "$(dirname "$0")/lib.sh"

# The commands are those that `help` lists.
expect_status 0 help
for command in $(sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' out); do
	expect_status 0 "$command" --help
	expect_text out "Usage: tokentail $command"
	expect_text out 'Common options:'
	case $command in
	version) ;;
	*) expect_text out 'Examples:' ;;
	esac
	cp out option
	expect_status 0 help "$command"
	cmp -s option out || fail "help $command is not $command --help"
done
[ -s option ] || fail 'help lists no commands'

expect_status 0 --help
expect_text out 'usage: tokentail COMMAND'
expect_status 2 # without a command the same page is printed, and nothing was done
expect_text out 'usage: tokentail COMMAND'
expect_status 0 help keys
expect_text out 'sources[].dedupe.keep'
expect_text out 'cache_write_1h_tokens'

expect_status 0 version
expect_eq "tokentail $(cat "$ROOT/VERSION")" "$(cat out)"
cp out version
expect_status 0 --version
cmp -s version out || fail '--version is not version'
expect_status 0 version --json
expect_json tokentail "$(cat "$ROOT/VERSION")"

# wrong TEXT ARGUMENTS...: one line with TEXT, nothing on stdout.
wrong() {
	text=$1
	shift
	expect_status 2 "$@"
	expect_one_line
	expect_text err "$text"
	[ ! -s out ] || fail "tokentail $* prints to stdout"
}
wrong 'unknown command `frobnicate`; see `tokentail --help`' frobnicate
wrong 'unknown command `-c`' -c x.yaml backfill
wrong 'unknown command `frobnicate`' help frobnicate
for command in backfill report status check explain prices version help; do
	wrong "tokentail $command: unknown option \`--frob\`; see \`tokentail $command --help\`" \
		"$command" --frob
done
wrong 'a value is missing after `--db`' report --db
wrong 'no value can be given to `--json`' report --json=yes
wrong 'unexpected argument `extra`' report extra
wrong 'not `frob`' report --by frob
wrong "such as \`model\`, not \`modle\`" report --by modle
wrong '--limit is a number of rows, not `-1`' report --limit -1

wrong 'give one of --json, --csv and --markdown' report --json --csv
wrong 'takes 1 to 64, not `none`' backfill --jobs none
wrong 'takes a LINE' explain
wrong 'no such action `frob`' prices frob
# What was typed is escaped like what was logged.
wrong 'unknown command `\x1b[31mred`' "$(printf '\033[31mred')"

# Every shipped preset is listed with what it is for.
expect_status 0 help presets
for preset in "$ROOT"/conf/presets/*.yaml; do
	grep -qE "^  $(basename "$preset" .yaml) +[A-Za-z]" "$T/out" || fail "help presets lacks $preset"
done
