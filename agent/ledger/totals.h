/* Totals by hour and combination, latency by hour and model. */
#ifndef LEDGER_TOTALS_H
#define LEDGER_TOTALS_H

#include "agent/ledger/inner.h"

/* Adds the totals of all batches and the records that won their dedupe. */
bool totals_write(struct commit *c, struct err *err);
bool latencies_write(struct commit *c, struct err *err);

/* Takes back a call of an earlier commit; a total that is left with no calls goes. */
bool totals_take_back(struct commit *c, int64_t hour, int64_t combination, const struct sums *call,
                      struct err *err);
bool latency_take_back(struct commit *c, int64_t hour, int64_t model, int64_t latency,
                       struct err *err);

#endif
