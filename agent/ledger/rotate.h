/*
 * Calls leave the database for the archive, one UTC day at a time: a day is either in the one or in
 * the other, whatever happens to the process. Totals stay as they are.
 */
#ifndef LEDGER_ROTATE_H
#define LEDGER_ROTATE_H

#include <stdatomic.h>

#include "agent/ledger/segments.h"

/* What segments.h has, for those outside. */
bool ledger_segments(struct ledger *l, int64_t first, int64_t last, struct segment **ret, size_t *n,
                     struct err *err);
struct segment_calls *ledger_segment_calls(struct ledger *l, const char *folder,
                                           const struct segment *s, struct err *err);

struct rotation {
	const char *folder;
	struct str prices;       /* for the header of the files */
	int64_t before;          /* microseconds: days that begin here or later stay */
	const atomic_bool *stop; /* true: give the day up, with an error; NULL: never */
};

/* A day that is to be rotated. */
struct rotation_day {
	int64_t day;
	int64_t calls;    /* in the database */
	int64_t archived; /* of the day, in the archive; it will be written anew with the others */
	int64_t bytes;    /* of the segment, when it has been written */
};

/*
 * The first day from `from` on that has calls in the database, or has superseded ones in the
 * archive; *found is false when there is none before `before`. False and *err.
 */
bool rotation_next(struct ledger *l, const struct rotation *r, int64_t from,
                   struct rotation_day *ret, bool *found, struct err *err);
/*
 * Moves a day. False and *err: everything is as it was. *changed: calls of the day came or went
 * meanwhile, which another writer (a thread of the same process) may do; nothing was done, and can
 * be tried again.
 */
bool rotation_move(struct ledger *l, const struct rotation *r, struct rotation_day *day,
                   bool *changed, struct err *err);

/* Completes what runs that were killed have left of days that need not be moved again: of two files
 * of a day the one that counts stays. What cannot be settled stays as it is, and is damage. */
bool rotation_tidy(struct ledger *l, const char *folder, struct err *err);

/* Puts the calls of a segment back into the database and removes the file: the other way. *calls:
 * how many. False and *err: all of them are where they were. */
bool rotation_restore(struct ledger *l, const char *folder, const struct segment *s, int64_t *calls,
                      struct err *err);

/* Segments of days before `before` leave the archive for good; *n: how many. Totals stay. */
bool rotation_expire(struct ledger *l, const char *folder, int64_t before, int64_t *n,
                     struct err *err);

/* Gives unused space of the database back to the system, a small step of it. *more: there is more.
 */
bool rotation_shrink(struct ledger *l, bool *more, struct err *err);

#endif
