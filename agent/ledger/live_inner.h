/*
 * What a live view has read, for the files that make it up.
 *
 * The span has two parts. What is `settled` was read once and is not read again; the `tail`, the
 * minute that goes on and the one before it, is read at each look. As time goes on, the tail
 * settles. Calls of an earlier time may still come, and calls be replaced: so the whole span is
 * read anew as often as its size allows (live.c), which is each time for most ledgers.
 */
#ifndef LEDGER_LIVE_INNER_H
#define LEDGER_LIVE_INNER_H

#include "agent/ledger/inner.h"
#include "agent/ledger/live.h"
#include "agent/ledger/query_group.h"
#include "agent/ledger/query_latency.h"

enum live_part { LIVE_SETTLED, LIVE_TAIL, LIVE_PARTS };

/* Sums of one label, or of all that found no room. */
struct live_group {
	int64_t label;
	struct str text;
	struct {
		int64_t errors;
		union numbers sums;
	} part[LIVE_PARTS];
};

struct live_groups {
	struct live_group *v;
	size_t capacity;
	struct table index; /* index.n of them */
	struct live_group others;
	struct arena text;
};

enum {
	LIVE_COMBINATIONS = 1 << 15, /* remembered: a power of two */
	LIVE_SLOTS_ROOM = LIVE_SLOTS_MAX + 64,
};

/* What is to be known of a combination of labels. */
struct live_combination {
	int64_t id; /* 0: none here */
	int64_t label, model;
	bool is_error;
};

/* The readings of one span by one label. */
struct live_tally {
	enum dim dim;
	enum live_span span;
	int64_t slot;    /* microseconds */
	int64_t base;    /* begin of the first slot */
	int64_t settled; /* the tail begins here */
	int64_t until;
	int64_t rows; /* read so far */
	struct live_groups by, unpriced;
	struct latencies latencies[LIVE_PARTS]; /* by number in `by` */
	bool too_many_latencies;
	int64_t cost[LIVE_PARTS][LIVE_SLOTS_ROOM];
	struct live_combination *combinations; /* LIVE_COMBINATIONS, by the low bits of the id */
	int64_t error_label;                   /* -1: no call has that status */
};

void live_groups_free(struct live_groups *g);
/* Forgets one part, or all with the labels. */
void live_groups_clear_tail(struct live_groups *g);
void live_groups_clear(struct live_groups *g);
/* The group of a label, entered if it is new; the others when there is no room. NULL and *err. */
struct live_group *live_groups_of(struct live_groups *g, struct sql *sql, int64_t label,
                                  struct err *err);

/*
 * Adds what lies in [from, t->until): before t->settled it is settled, behind it is of the tail,
 * which has to be empty. t->rows grows by the rows that were read. False and *err: some was added.
 */
bool live_scan_calls(struct live_tally *t, struct sql *sql, int64_t from, struct err *err);
bool live_scan_totals(struct live_tally *t, struct sql *sql, int64_t from, struct err *err);

/* Fills the result, the unpriced models and the slots, `slots` of them up to the last. False and
 * *err: a sum is beyond 64 bits; nothing is left to free. */
bool live_tally_answer(struct live_tally *t, size_t slots, struct live_answer *ret,
                       struct err *err);

#endif
