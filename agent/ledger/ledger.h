/*
 * The SQLite database. One transaction holds calls, totals, coverage, file positions and dedupe
 * keys, so a kill at any moment neither loses nor repeats a call.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdatomic.h>

#include "agent/base/err.h"
#include "agent/base/zone.h"
#include "agent/follow/mark.h"
#include "agent/meter/batch.h"
#include "agent/meter/memory.h"

struct ledger;
struct sqlite3;

enum { LEDGER_BUSY_MS = 10000 }; /* how long another writer is waited for */

/*
 * For writing: makes the file and its folder if need be, migrates it, and holds PATH.lock so that a
 * second writer is told who holds it. `zone_name` is where hours are cut: kept in a new database; a
 * database made with another zone keeps its own (ledger_zone says which). NULL and *err.
 */
struct ledger *ledger_open(const char *path, const char *zone_name, struct err *err);
/*
 * For reading: changes nothing on disk while nobody writes, and does not wait for a writer; NULL
 * and *err when there is no database. A reader that was there first is waited for by a writer, so
 * do not hold it open for longer than an answer takes.
 */
struct ledger *ledger_open_read(const char *path, struct err *err);
/* Another connection for a thread of the process that has `l` open for writing; neither is used by
 * two threads at once. NULL and *err. */
struct ledger *ledger_open_beside(const struct ledger *l, struct err *err);
/*
 * From now on calls before `before` (microseconds) are written to the archive as they are
 * committed, and do not become rows: history that is read late does not pass through the database.
 * Keeps `folder` and `prices` (segment.h).
 */
void ledger_archive_old(struct ledger *l, const char *folder, struct str prices, int64_t before);
/* Another writer is waited for no longer than this from now on. */
void ledger_patience(struct ledger *l, int wait_ms);
/* Another writer is waited for, for LEDGER_BUSY_MS, but no longer once *stop is set. */
void ledger_patience_until(struct ledger *l, atomic_bool *stop);
void ledger_close(struct ledger **l);

const struct zone *ledger_zone(const struct ledger *l);
struct hash_key ledger_key(const struct ledger *l); /* of dedupe keys and hash: true */
struct sqlite3 *ledger_db(struct ledger *l);        /* for query.c */

/* All files known, on the heap (mark_free each, then free the array). False and *err. */
bool ledger_marks(struct ledger *l, struct mark **ret, size_t *n, struct err *err);

/*
 * Fills *m with what a source remembers, and with what is remembered of sources that are none any
 * more (is_source says false): renaming one must not count its counters anew. Text that is loaded
 * later wins, a source's own comes last. False and *err.
 */
bool ledger_remembered(struct ledger *l, const char *source,
                       bool (*is_source)(void *arg, struct str name), struct memory *m, void *arg,
                       struct err *err);

/*
 * When a source was first read by this ledger, microseconds: `now` if it never was, which is kept.
 * What `start: end` of the source means. False and *err.
 */
bool ledger_first_read(struct ledger *l, const char *source, int64_t now, int64_t *ret,
                       struct err *err);

/* What a commit found out. */
struct commit_sums {
	int64_t records[OUTCOMES];
	int64_t unpriced;
	int64_t archived; /* calls written to the archive at once, see ledger_archive_old */
	int64_t cost;     /* nano-dollars; what this commit added, replaced calls taken off */
};

/* What is committed together: the batches of all threads, and the files their rows and steps are
 * of, by number; NULL where the batches have nothing of a file. */
struct commit_input {
	struct batch *const *batches;
	size_t batches_n;
	struct mark *const *files;
	size_t files_n;
};

/*
 * Commits the input as one transaction. The offset, hashes, last_time and id of its files are
 * brought up to date (only if the commit succeeds); the steps of a file must join on without a gap
 * at its offset. On false nothing has changed, *err says why (locked, full disk), and the same
 * batches can be given again.
 */
bool ledger_commit(struct ledger *l, const struct commit_input *input, struct commit_sums *ret,
                   struct err *err);

/* Bytes of a file's content were destroyed before they could be read. */
bool ledger_add_loss(struct ledger *l, int64_t file, int64_t bytes, struct err *err);

/* They turned up in a copy, before that was said. */
bool ledger_find_loss(struct ledger *l, int64_t file, struct err *err);

/* The row of a file of which nothing was counted, and which turned out to be one that has a row. */
bool ledger_forget_file(struct ledger *l, int64_t file, struct err *err);

/* Whether a call that looks the same was counted at this offset of some file, and is kept. */
bool ledger_has_call(struct ledger *l, const struct call *c, int64_t offset);
/* Microseconds: the days that begin then or later have all their calls in the database. */
int64_t ledger_unarchived(struct ledger *l);

/* Only marks: states and reasons of files of which nothing was counted. */
bool ledger_save_marks(struct ledger *l, struct mark *const *marks, size_t n, struct err *err);

#endif
