/*
 * The calls that are kept, in the database and in the archive, priced anew: calls, totals and an
 * audit row in one transaction, which also decides which files of the archive count.
 */
#ifndef LEDGER_REPRICE_H
#define LEDGER_REPRICE_H

#include "agent/ledger/query.h"
#include "agent/meter/pricer.h"

struct reprice {
	struct query query; /* by model; its time is moved outwards to whole hours, as totals are */
	struct pricer *pricer;
	/* The rule of a source by its name; `flags` are those of the call, for a source that is no
	 * more. */
	enum cost_rule (*rule)(void *arg, struct str source, unsigned flags);
	void *arg;
	const char *archive; /* its folder */
	bool dry;            /* nothing is written; a ledger opened for reading will do */
	/* For the audit row: what `where` says, in words, and which prices. */
	struct str filter, prices;
};

/* Of a model, or of all. Money in nano-dollars. */
struct reprice_sums {
	int64_t calls, changed; /* a call has changed when its cost, price or flags did */
	int64_t cost_before, cost_after;
	int64_t unpriced_before, unpriced_after;
};

struct reprice_row {
	struct str model;
	struct reprice_sums sums;
};

struct reprice_result {
	int64_t since, until;     /* microseconds, as in query_result */
	struct reprice_row *rows; /* those with calls; the largest difference first */
	size_t n;
	struct reprice_sums total;
	int64_t archived; /* of the calls: those in the archive */
	int64_t segments; /* days of the archive in which a call has changed */
	int64_t not_kept; /* calls that are in the totals only: they stay as they are */
	int64_t beyond;   /* calls that would cost more than COST_MAX: they stay, too */
	struct arena text;
};

/* NULL and *err: nothing has changed; also when a file of the archive is damaged or missing. */
struct reprice_result *ledger_reprice(struct ledger *l, const struct reprice *r, struct err *err);
void reprice_result_free(struct reprice_result **r);

#endif
