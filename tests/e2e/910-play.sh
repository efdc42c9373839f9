# 910-play - random writing, rotating, destroying, killing and hindering: SEEDS=N plays of each kind (tests/faults/play.py)
. "$(dirname "$0")/lib.sh"

python3 "$ROOT/tests/faults/play.py" --seeds $((2 * ${SEEDS:-100})) > "$T/log" 2>&1 || fail 'some plays'
