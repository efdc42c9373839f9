# 911-cases - what other log followers test and where they failed, in four ways each (tests/faults/cases.py)
. "$(dirname "$0")/lib.sh"

python3 "$ROOT/tests/faults/cases.py" > "$T/log" 2>&1 || fail 'some cases'
