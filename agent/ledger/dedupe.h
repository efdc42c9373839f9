/* Records that are one call: which of them counts. */
#ifndef LEDGER_DEDUPE_H
#define LEDGER_DEDUPE_H

#include "agent/ledger/inner.h"

/*
 * Fills l->winners with the records (of those with a dedupe key) that count, takes back the calls
 * of earlier commits that they replace, and counts the coverage of all.
 */
bool dedupe_decide(struct commit *c, struct err *err);
/* Remembers the winners, when their rows have ids. */
bool dedupe_write(struct commit *c, struct err *err);

#endif
