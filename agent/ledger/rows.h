/* The calls that are kept, one row each. */
#ifndef LEDGER_ROWS_H
#define LEDGER_ROWS_H

#include "agent/ledger/inner.h"

/* Writes the rows of the batches that keep them, but of records with a dedupe key only the winners;
 * the ids these got stand in l->winner_calls. */
bool rows_write(struct commit *c, struct err *err);
/* Takes the row of an earlier commit away that holds a dedupe key, if it is still there. */
bool rows_remove(struct commit *c, int64_t call, uint64_t key, struct err *err);

#endif
