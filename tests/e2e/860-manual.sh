# 860-manual - the examples of the manual give what it says
. "$(dirname "$0")/lib.sh"

for page in "$ROOT"/conf/manual/*.md; do
	mkdir "$T/page" && cd "$T/page"
	python3 "$ROOT/tests/e2e/manual.py" "$page" > "$T/log" 2>&1 || fail "$page"
	cd "$T" && rm -rf "$T/page"
	name=$(basename "$page" .md)
	expect_status 0 help "$name"
	cmp -s "$T/out" "$page" || fail "help $name is not the page"
done
