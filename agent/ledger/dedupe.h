/* Records that are one call: which of them counts. */
#ifndef LEDGER_DEDUPE_H
#define LEDGER_DEDUPE_H

#include "agent/ledger/inner.h"

/* Of a row of `dedupe`: the millisecond that its call has where it is kept. That of the call's id,
 * which may be another one of the call's second (rows.c); a call that went straight to the archive
 * never had an id. */
#define DEDUPE_MS                                                                     \
	"CASE call WHEN 0 THEN time / 1000 ELSE (call >> 25) * 1000 + (call >> 15 & " \
	"1023) END"

/*
 * Fills l->winners with the records (of those with a dedupe key) that count, takes back the calls
 * of earlier commits that they replace, and counts the coverage of all.
 */
bool dedupe_decide(struct commit *c, struct err *err);
/* Remembers the winners, when their rows have ids. */
bool dedupe_write(struct commit *c, struct err *err);

#endif
