/* Coverage and rejected records of a commit. */
#ifndef LEDGER_COVER_H
#define LEDGER_COVER_H

#include "agent/ledger/inner.h"

enum { REJECTS_KEPT = 20 }; /* of each source and reason */

/* The day of a time, as coverage has it. */
int64_t cover_day(const struct ledger *l, int64_t time);
void cover_start(struct ledger *l);
/* Adds to the coverage of the commit what has the labels of a batch (`ids`). */
void cover_add(struct ledger *l, const struct coverage *c, const struct ids *ids);
/* Adds one record, or takes it away, by the ledger's source and reason. */
void cover_record(struct ledger *l, int64_t time, int64_t source, enum outcome outcome,
                  int64_t reason, int sign);

/* Adds what the batches have, writes all and counts it into c->sums. */
bool cover_write(struct commit *c, struct err *err);
bool rejects_write(struct commit *c, struct err *err);

#endif
