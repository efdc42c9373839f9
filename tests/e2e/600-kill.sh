# 600-kill - killed at any moment and run again, backfill counts every call exactly once
#
# KILLS=200 is how often it is killed, SEED makes a run that failed happen again.
. "$(dirname "$0")/lib.sh"

python3 "$ROOT/tests/e2e/kill.py" "$TOKENTAIL" "$T" "${KILLS:-200}" "${SEED:-}"
adds_up "$T/kept.db"
adds_up "$T/none.db"
