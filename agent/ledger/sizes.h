/* How much room the ledger takes on disk, and for how long there is more. */
#ifndef LEDGER_SIZES_H
#define LEDGER_SIZES_H

#include "agent/ledger/ledger.h"

/* Bytes. */
struct sizes {
	int64_t database; /* with its journal */
	int64_t archive;
	int64_t free;   /* for others on the same disk; -1: not known */
	int64_t growth; /* of database and archive, a day, in the last two weeks; -1: not known yet
	                 */
};

bool ledger_sizes(struct ledger *l, int64_t now, struct sizes *ret, struct err *err);
/* Notes the sizes of today (UTC), which growth is told by: once a day counts. */
bool ledger_note_sizes(struct ledger *l, int64_t now, struct err *err);

#endif
