#!/bin/sh
# Drift is a failure: keys, commands, presets, make targets and price providers are held against the
# documents that speak of them, and the examples of README.md must be right.
set -u
cd "$(dirname "$0")/.."
tokentail=${TOKENTAIL:-./tokentail}
rc=0
wrong() {
	echo "$*"
	rc=1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every key of the table stands in the sample configuration, which is right.
"$tokentail" help keys >"$work/keys" || wrong "help keys fails"
sed -n 's/^\([a-z][a-z_]*[][a-z_.]*\)$/\1/p' "$work/keys" | while read -r path; do
	key=${path##*.}
	key=${key%%\[*}
	grep -qE "(^|[ #{,])$key:" conf/tokentail.yaml || echo "conf/tokentail.yaml lacks the key $path"
done >"$work/lacking"
[ ! -s "$work/lacking" ] || wrong "$(cat "$work/lacking")"
[ "$(grep -c . "$work/keys")" -gt 50 ] || wrong "help keys prints too little"
HOME=$work XDG_DATA_HOME=$work "$tokentail" check -c conf/tokentail.yaml >"$work/out" 2>&1 ||
	wrong "conf/tokentail.yaml: $(tail -1 "$work/out")"

# Commands stand in the README and explain themselves with examples.
for command in $("$tokentail" help | sed -n 's/^  \([a-z]*\)  *[a-z0-9].*/\1/p'); do
	grep -q "tokentail $command" README.md || wrong "README.md lacks the command $command"
	"$tokentail" "$command" --help | grep -q '^Example' ||
		[ "$command" = version ] || wrong "tokentail $command --help has no examples"
done

# Presets and fields.
for preset in conf/presets/*.yaml; do
	name=$(basename "$preset" .yaml)
	grep -q "\`$name\`" README.md || wrong "README.md lacks the preset $name"
	[ -e "fixtures/presets/$name.case" ] || wrong "fixtures/presets/$name.case: no cases"
	grep -q "PRESET(\"$name\")" tests/unit/test_presets.c || wrong "test_presets.c lacks $name"
done

# make targets that README.md names are there, and help lists what is there.
make -s help >"$work/targets"
for target in $(grep -o 'make [a-z][a-z-]*' README.md | sed 's/make //' | sort -u); do
	grep -q "^  $target " "$work/targets" || wrong "README.md names make $target, make help does not"
done

# The configurations of README.md are right.
awk '/^```yaml/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (out "/readme" n ".yaml") }' out="$work" README.md
for yaml in "$work"/readme*.yaml; do
	HOME=$work XDG_DATA_HOME=$work "$tokentail" check -c "$yaml" >"$work/out" 2>&1 ||
		wrong "README.md: $(tail -1 "$work/out")"
done

# The schema's views are the ones that README.md promises.
for view in calls usage_hourly coverage_daily; do
	grep -q "CREATE VIEW $view\b" agent/ledger/schema.sql || wrong "schema.sql lacks the view $view"
	grep -q "\`$view\`" README.md || wrong "README.md lacks the view $view"
done
grep -q "$(cat VERSION)" CHANGELOG.md || wrong "CHANGELOG.md lacks the version $(cat VERSION)"
exit $rc
