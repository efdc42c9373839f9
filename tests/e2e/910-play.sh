# 910-play - random writing, rotating, killing and locking, a few seeds (SEEDS=N; tests/faults/play.py)
. "$(dirname "$0")/lib.sh"

python3 "$ROOT/tests/faults/play.py" --seeds "${SEEDS:-3}" --first 1 > "$T/log" 2>&1 || fail 'without truncation'
python3 "$ROOT/tests/faults/play.py" --seeds "${SEEDS:-3}" --first 100 --truncate > "$T/log" 2>&1 || fail 'with truncation'
