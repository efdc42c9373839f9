/*
 * The calls that are kept, one after the other in the order of time, as the calls they were: what
 * pricing them anew, or taking them elsewhere, needs to know.
 */
#ifndef LEDGER_KEPT_H
#define LEDGER_KEPT_H

#include "agent/ledger/query_group.h"

struct kept_call {
	int64_t id; /* call_id.h */
	int64_t combination;
	struct str source;
	struct call call; /* its time to the millisecond */
	struct str file;  /* path; empty: of none that is known */
	int64_t offset;
	uint32_t group; /* in grouping.groups; GROUP_NONE without a grouping */
};

struct kept_reader;

/* Texts live until the next one is asked for. Of those that `grouping` (NULL: all) takes, in
 * [since, until) microseconds. Keeps `sql` and `grouping`. */
struct kept_reader *kept_open(struct sql *sql, struct grouping *grouping, int64_t since,
                              int64_t until);
/* A call is of the time at which its total stands; else of its own. Keeps `scan`. */
struct scan;
void kept_as_totals(struct kept_reader *r, const struct scan *scan);
/* Only the call of this id. */
void kept_only(struct kept_reader *r, int64_t id);
void kept_close(struct kept_reader **r);
/* The next call; *more is false when there is none. False and *err. */
bool kept_next(struct kept_reader *r, struct kept_call *ret, bool *more, struct err *err);
/* Lets go of the table, so that it can be written; kept_next goes on behind the last call. */
void kept_pause(struct kept_reader *r);

#endif
