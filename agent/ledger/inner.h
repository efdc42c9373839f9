/*
 * The ledger from inside, for the files that make up a commit.
 */
#ifndef LEDGER_INNER_H
#define LEDGER_INNER_H

#include "agent/ledger/feed.h"
#include "agent/ledger/item.h"
#include "agent/ledger/ledger.h"
#include "agent/ledger/names.h"
#include "agent/ledger/sql.h"
#include "agent/ledger/total_id.h"

/* Coverage in the ledger's labels, each day, source, outcome and reason once. */
struct coverage_list {
	struct coverage *v;
	size_t n, room;
	struct table index;
};

/* Calls that go to the archive at once: see ledger_archive_old. */
struct old_calls {
	const char *folder; /* NULL: none do */
	struct str prices;
	int64_t before;
};

struct ledger {
	struct sql sql;
	struct zone *zone;
	struct hash_key key;
	int lock;            /* descriptor that holds PATH.lock; -1: none */
	struct feed feed;    /* what the table `feed` shows now */
	int64_t days_before; /* second before which totals are by day; INT64_MIN: none are */
	int64_t volume;      /* no sum over totals is larger than this, see totals.c */
	struct names names;
	struct old_calls old;
	struct coverage_list coverage; /* of the commit */
	struct items items;            /* scratch of one step of a commit */
	/* The records with a dedupe key that count, by key, and their ids in call_rows (0: none).
	 */
	struct items winners;
	int64_t *winner_calls;
	struct buf text; /* scratch */
};

/* In struct item.batch: `at` is a position among the winners. */
#define OF_WINNER UINT32_MAX

/* Numbers of one batch -> numbers of the ledger. */
struct ids {
	int64_t *label;
	uint32_t *combination;
};

/* One commit on its way. */
struct commit {
	struct ledger *l;
	struct batch *const *batches;
	size_t batches_n;
	const struct ids *ids; /* by batch */
	struct mark *files;    /* copies of those touched, as they will be; given back at the end */
	struct str
		*carried; /* by place in `files`: what it carries from now on; p NULL: as it was */
	size_t files_n;
	const uint32_t *file_at; /* place in `files` by the number that rows and steps have */
	bool any_superseded;     /* the archive has calls that count no longer */
	struct commit_sums sums;
	int64_t volume; /* l->volume, once the commit is done */
};

/* Finds or enters the numbers of a batch's labels and combinations; ids_free them, also on false.
 */
bool commit_names(struct ledger *l, const struct batch *b, struct ids *ids, struct err *err);
void ids_free(struct ids *ids);
/* The number in a batch of the labels of a call. */
uint32_t commit_combination(struct batch *b, struct str source, const struct call *c);
/* Keeps how far sums may have grown. */
bool commit_volume(struct commit *c, struct err *err);

/* Reads what days_before is now: another connection may have folded hours (fold.h). */
bool fold_read(struct ledger *l, struct err *err);

/* The second at which an hour's totals stand: it begins then, or its day does. */
static inline int64_t hour_as_kept(const struct ledger *l, int64_t hour)
{
	if (hour >= l->days_before)
		return hour;
	return zone_day_start(l->zone, hour * TIME_SEC) / TIME_SEC;
}

/* The same of a time in microseconds. */
static inline int64_t hour_of(const struct ledger *l, int64_t time)
{
	return hour_as_kept(l, zone_hour_start(l->zone, time) / TIME_SEC);
}

/* The second at which the day after the one that begins at `begin` does: days have 23 to 25 hours.
 */
static inline int64_t next_day_start(const struct zone *zone, int64_t begin)
{
	return zone_day_start(zone, (begin + 26 * INT64_C(3600)) * TIME_SEC) / TIME_SEC;
}

/* The row of a record with a dedupe key. */
static inline const struct call_row *item_row(const struct commit *c, const struct item *winner)
{
	return &c->batches[winner->batch]->rows[winner->at];
}

/*
 * Fetches the row that will be needed soon: winners go by key, which is no order of memory. Must be
 * inlined: gcc takes a function that only fetches for one without effect.
 */
__attribute__((always_inline)) static inline void fetch_ahead(const struct commit *c, size_t winner)
{
	enum { AHEAD = 6 };
	const struct items *list = &c->l->winners;
	const char *row;

	if (list->n - winner <= AHEAD)
		return;
	row = (const char *)item_row(c, &list->v[winner + AHEAD]);
	__builtin_prefetch(row);
	__builtin_prefetch(row + 64);
	__builtin_prefetch(row + 128);
}

#endif
