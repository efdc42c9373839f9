# 601-kill-together - killed at any moment, and what belongs together is found together: pieces, carry, join, counters
#
# KILLS=100 is how often it is killed, SEED makes a run that failed happen again.
. "$(dirname "$0")/lib.sh"

python3 "$ROOT/tests/e2e/kill.py" "$TOKENTAIL" "$T" "${KILLS:-100}" "${SEED:-}" together
adds_up "$T/kept.db"
adds_up "$T/none.db"
