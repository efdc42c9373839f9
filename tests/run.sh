#!/bin/sh
# Runs tests of one kind, quiet on success, the whole output on failure; ends with a line of counts and
# adds them to $RESULTS if that is set.
#   tests/run.sh unit PROGRAM...   |   e2e SCRIPT...   |   lint TARGET...   |   fuzz PROGRAM... -- SECONDS
set -u
kind=$1
shift
out=$(mktemp)
trap 'rm -f "$out"' EXIT
passed=0 failed=0

# Runs "$@"; cases_passed and cases_failed count what it holds.
try() {
	name=$1
	shift
	"$@" >"$out" 2>&1
	status=$?
	if grep -q '^make.*: .* Error 77$' "$out"; then # what make ran said so
		status=77
		sed -i '/^make.*Error 77$/d' "$out"
	fi
	if [ "$kind" = unit ]; then # cmocka says how many tests a program holds
		p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out" | tail -1)
		f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$out" | tail -1)
		passed=$((passed + ${p:-0}))
		failed=$((failed + ${f:-0}))
		[ $status = 0 ] || [ -n "${f:-}" ] || failed=$((failed + 1)) # it crashed
		[ $status != 0 ] || [ -n "${p:-}" ] || failed=$((failed + 1)) # it ran nothing
	elif [ $status = 0 ]; then
		passed=$((passed + 1))
	elif [ $status = 77 ]; then # it cannot be done here, and says why
		printf '  skip   %s: %s\n' "$name" "$(tail -n 1 "$out")"
		return
	else
		failed=$((failed + 1))
	fi
	if [ $status = 0 ]; then
		printf '  ok     %s\n' "$name"
	else
		printf '  FAILED %s (status %s)\n' "$name" $status
		sed 's/^/    /' "$out"
	fi
}

case $kind in
unit) for t in "$@"; do try "${t##*/}" ${WRAP:-} "$t"; done ;;
e2e) for t in "$@"; do try "${t##*/}" "$t"; done ;;
lint) for t in "$@"; do try "$t" make --no-print-directory "$t"; done ;;
fuzz)
	for last in "$@"; do :; done
	for t in "$@"; do
		[ "$t" != -- ] || break
		door=${t##*/fuzz_}
		mkdir -p "build/fuzz/corpus/$door" "fixtures/fuzz/$door"
		try "fuzz $door, $last s" "$t" -max_total_time="$last" -timeout=10 -rss_limit_mb=2048 \
			-artifact_prefix="build/fuzz/" "build/fuzz/corpus/$door" "fixtures/fuzz/$door"
	done
	;;
esac
echo "$kind: $passed passed, $failed failed"
[ -z "${RESULTS:-}" ] || echo "$passed $failed" >>"$RESULTS"
[ "$failed" = 0 ]
