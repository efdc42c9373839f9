/* What sources remember from record to record: the table `memory`. */
#ifndef LEDGER_REMEMBER_H
#define LEDGER_REMEMBER_H

#include "agent/ledger/inner.h"

/* Writes what the batches remember, in the order in which it came about. */
bool remember_write(struct commit *c, struct err *err);

#endif
