/* What the files of reprice*.c share: one run on its way. */
#ifndef LEDGER_REPRICE_INNER_H
#define LEDGER_REPRICE_INNER_H

#include "agent/ledger/inner.h"
#include "agent/ledger/query_scan.h"
#include "agent/ledger/reprice.h"
#include "agent/ledger/segments.h"

enum { REPRICE_ROUND = 1 << 15 }; /* changes written at once */

/* A call as it will be; combination and price are numbers of the batch. */
struct change {
	int64_t id;   /* of its row; 0: it is in the archive */
	uint64_t key; /* of dedupe; 0: none */
	int64_t ms;   /* its time, as it is where the call is kept */
	int64_t cost;
	uint32_t combination, price;
	unsigned flags;
};

/* A segment that is written anew. */
struct rewritten {
	struct segment known, new; /* what the ledger knows before and after */
};

struct repricing {
	struct ledger *l;
	const struct reprice *options;
	struct reprice_result *result;
	struct grouping grouping;
	struct scan totals;        /* for the times at which totals stand */
	struct reprice_sums *sums; /* by group */
	size_t sums_n, sums_room;
	struct batch *batch; /* what the changes of a round do to the totals */
	struct change changes[REPRICE_ROUND];
	size_t changes_n;
	int64_t volume, added; /* as in struct ledger; nano-dollars that the totals have grown by */
	struct rewritten *rewritten;
	size_t rewritten_n, rewritten_room;
};

/* Prices a call of a group anew and adds it to the sums; whether it has changed. *after is as it
 * will be then, and as it was otherwise. */
bool reprice_call(struct repricing *r, uint32_t group, struct str source, const struct call *before,
                  struct call *after);
/* Enters a change; `id` as in struct change. At REPRICE_ROUND of them they have to be written. */
void reprice_add(struct repricing *r, struct str source, const struct call *before, int64_t id,
                 const struct call *after);
/* Writes the changes so far to the database, but for the files of the archive. */
bool reprice_write(struct repricing *r, struct err *err);

/* ---- the archive (reprice_archive.c), in this order ---- */

/* Reads the days that are asked for, and writes those anew, under temporary names, in which a call
 * has changed. */
bool reprice_archive(struct repricing *r, struct err *err);
/* Gives the new files their names, and enters them: the last step of the transaction. */
bool reprice_publish(struct repricing *r, struct err *err);
/* When the transaction is over: removes the files that do not count, the old ones or the new ones.
 */
void reprice_settle(struct repricing *r, bool committed);

#endif
