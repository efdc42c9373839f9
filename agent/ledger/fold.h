/*
 * Hours that are old become days: the totals and histograms of a day of the ledger's zone are added
 * up and stand at its first hour. Every sum stays as it is; only at which hour it was is forgotten.
 */
#ifndef LEDGER_FOLD_H
#define LEDGER_FOLD_H

#include <stdatomic.h>

#include "agent/ledger/ledger.h"

struct folding {
	int64_t before;          /* microseconds: days that end here or earlier */
	const atomic_bool *stop; /* true: enough for now; NULL: never */
	bool dry;                /* only counts the days */
};

/* *days: how many had hours of their own. False and *err: those before are done. */
bool ledger_fold_hours(struct ledger *l, const struct folding *f, int64_t *days, struct err *err);

#endif
