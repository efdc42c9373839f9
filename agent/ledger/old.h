/* Calls of a commit that are so old that they go to the archive at once. */
#ifndef LEDGER_OLD_H
#define LEDGER_OLD_H

#include "agent/ledger/inner.h"

/* After it is known which records count. */
bool old_begin(struct commit *c, struct err *err);
/* Whether a call is one. */
bool old_is(const struct commit *c, const struct call_row *row);
/* Writes them behind what the archive has of their days, and to disk; the ledger knows of it with
 * the commit. */
bool old_write(struct commit *c, struct err *err);

#endif
