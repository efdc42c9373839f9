/* Files by content: the rows that say how far each has been counted. */
#ifndef LEDGER_MARKS_H
#define LEDGER_MARKS_H

#include "agent/ledger/inner.h"

/*
 * Writes a mark; a new one (id 0) gets its id. `carried` replaces what the mark carries, p NULL: it
 * stays. False and *err when the ledger has no longer the offset m->committed: somebody else has
 * counted the file in the meantime.
 */
bool marks_save(struct ledger *l, struct mark *m, struct str carried, struct err *err);

/* Moves the copies of the marks over the steps of all batches, in the order of each file, counts
 * the records that take their day from the last call before them, and saves the marks. */
bool marks_advance(struct commit *c, struct err *err);

#endif
