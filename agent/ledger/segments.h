/* What the ledger knows of the archive: its files, and calls in them that count no longer. */
#ifndef LEDGER_SEGMENTS_H
#define LEDGER_SEGMENTS_H

#include "agent/archive/segment.h"
#include "agent/ledger/ledger.h"
#include "agent/ledger/sql.h"

/* The folder of a database's archive: PATH.archive. On the heap. */
char *archive_folder(const char *database);

/* Those of days [first, last], in order, on the heap. False and *err. */
bool segments_load(struct sql *sql, int64_t first, int64_t last, struct segment **ret, size_t *n,
                   struct err *err);
bool segments_find(struct sql *sql, int64_t day, struct segment *ret, bool *found, struct err *err);
/* Enters a segment, or what it has become. */
bool segments_set(struct sql *sql, const struct segment *s, struct err *err);
bool segments_remove(struct sql *sql, int64_t day, struct err *err);

/* Calls of one segment that count no longer. */
struct superseded {
	struct superseded_key {
		uint64_t key;
		int64_t ms;
	} * v;
	size_t n, room;
};

bool superseded_load(struct sql *sql, int64_t day, struct superseded *ret, struct err *err);
void superseded_free(struct superseded *s);
bool superseded_has(const struct superseded *s, const struct call *c);
/* If the day of `time` has a segment. */
bool superseded_add(struct sql *sql, uint64_t key, int64_t time, struct err *err);
bool superseded_clear(struct sql *sql, int64_t day, struct err *err);

/*
 * The calls of a segment that count, one after the other. `folder` and `sql` are kept.
 */
struct segment_calls;

struct segment_calls *segment_calls_open(struct sql *sql, const char *folder,
                                         const struct segment *s, struct err *err);
bool segment_calls_next(struct segment_calls *c, struct archived *ret, bool *more, struct err *err);
void segment_calls_close(struct segment_calls **c);
/* As segment_prices. */
struct str segment_calls_prices(const struct segment_calls *c);

#endif
