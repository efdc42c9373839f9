#!/bin/sh
# Runs tests of one kind, JOBS of them at a time (as many as there are processors): quiet on success, the
# whole output on failure; ends with a line of counts and adds them to $RESULTS if that is set.
#   tests/run.sh unit PROGRAM...   |   e2e SCRIPT...   |   lint TARGET...   |   fuzz PROGRAM... -- SECONDS
set -u
kind=$1
shift

# Counts a program's tests as cmocka says them: sets p and f.
count_unit() {
	p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out" | tail -1)
	f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$out" | tail -1)
	[ $status = 0 ] || [ -n "$f" ] || f=1 # it crashed
	[ $status != 0 ] || [ -n "$p" ] || f=1 # it ran nothing
}

# Runs "$@" and leaves its counts in DIR/name.counts.
try() {
	name=$1 out=$DIR/$1.out p=0 f=0 began=$(date +%s)
	shift
	"$@" >"$out" 2>&1
	status=$?
	if grep -q '^make.*: .* Error 77$' "$out"; then # what make ran said so
		status=77
		sed -i '/^make.*Error 77$/d' "$out"
	fi
	case $kind:$status in
	unit:*) count_unit ;;
	*:0) p=1 ;;
	*:77) ;;
	*) f=1 ;;
	esac
	echo "${p:-0} ${f:-0}" >"$DIR/$name.counts"
	{
		flock 9 # one says what it has to say at a time
		case $status in
		0) printf '  ok     %s%s\n' "$name" "$(took $(($(date +%s) - began)))" ;;
		77) printf '  skip   %s: %s\n' "$name" "$(tail -n 1 "$out")" ;; # it cannot be done here
		*)
			printf '  FAILED %s (status %s)\n' "$name" $status
			sed 's/^/    /' "$out"
			;;
		esac
	} 9>"$DIR/lock"
}

took() { # SECONDS: said of those that take long
	[ "$1" -lt 10 ] || echo ", $1 s"
}

# Fuzzers share what they found with the next run.
fuzz() {
	door=${1##*/fuzz_}
	mkdir -p "build/fuzz/corpus/$door" "fixtures/fuzz/$door"
	try "fuzz $door" "$1" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix="build/fuzz/" "build/fuzz/corpus/$door" "fixtures/fuzz/$door"
}

if [ "${DIR:-}" ]; then # called by itself, for one test
	case $kind in
	unit) try "${1##*/}" ${WRAP:-} "$1" ;;
	e2e) try "${1##*/}" "$1" ;;
	lint) try "$1" make --no-print-directory "$1" ;;
	fuzz) fuzz "$1" ;;
	esac
	exit 0
fi

DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
export DIR
if [ "$kind" = fuzz ]; then
	for FUZZ_SECONDS in "$@"; do :; done
	export FUZZ_SECONDS
fi
for t in "$@"; do
	[ "$t" != -- ] || break
	printf '%s\0' "$t"
done | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" "$0" "$kind"
all=$? # not 0 if one could not even be started
set -- $(cat "$DIR"/*.counts | awk -v all=$all '{ p += $1; f += $2 } END { print p + 0, f + (all != 0) }')
echo "$kind: $1 passed, $2 failed"
[ -z "${RESULTS:-}" ] || echo "$1 $2" >>"$RESULTS"
[ "$2" = 0 ]
