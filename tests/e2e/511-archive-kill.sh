# 511-archive-kill - killed at any moment, with and without a full disk, the archive neither loses nor
# repeats a call, and all calls are priced anew or none
#
# KILLS=200 is how often it is killed, SEED makes a run that failed happen again.
. "$(dirname "$0")/lib.sh"

python3 "$ROOT/tests/e2e/kill_archive.py" "$TOKENTAIL" "$T" "${KILLS:-100}" "${SEED:-}"
adds_up "$T/tokentail.db"
