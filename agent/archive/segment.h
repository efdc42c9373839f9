/*
 * The file of one UTC day: FOLDER/2026/calls-2026-01-31.jsonl.gz. Gzip, of one member or more, one
 * call a line; the first line is a header. Whether a file counts, and how many bytes of it, is what
 * the ledger says: behind them may be what was being written when the power went.
 */
#ifndef ARCHIVE_SEGMENT_H
#define ARCHIVE_SEGMENT_H

#include "agent/archive/line.h"
#include "agent/base/hash.h"

/* Of the calls of a segment. `check` is the sum of the hashes of their lines: it does not depend on
 * their order, nor on how they are packed. */
struct segment_sums {
	int64_t calls, input, output; /* tokens */
	int64_t cost;                 /* nano-dollars */
	int64_t content;              /* bytes of lines */
	struct hash128 check;
};

bool segment_sums_eq(const struct segment_sums *a, const struct segment_sums *b);
void segment_sums_add(struct segment_sums *to, const struct segment_sums *add);

struct segment {
	int64_t day;   /* since 1970-01-01 */
	int64_t made;  /* microseconds, UTC: when it was begun. Stands in its header, tells it from
	                * others of  the same name */
	int64_t bytes; /* of the file */
	uint32_t crc;  /* CRC-32 of these bytes, as `crc32` prints it */
	struct segment_sums sums;
};

int64_t segment_day(int64_t time); /* microseconds, not before 1970 */
enum { SEGMENT_DATE = 16 };
void segment_date(int64_t day, char out[SEGMENT_DATE]); /* "2026-01-31" */
/* "2026/calls-2026-01-31.jsonl.gz", appended. */
void segment_name(struct buf *out, int64_t day);

/*
 * Appends what `prices` is of a file with calls of another, whose header says `old`, and calls
 * priced by the books of `add`: each book once, with a space between. The oldest of very many are
 * left out.
 */
void segment_join_prices(struct buf *out, struct str old, struct str add);

/* ---- writing ---- */

struct segment_writer;

/* A new file under a temporary name; `prices` names the price books that its costs come from. NULL
 * and *err. */
struct segment_writer *segment_create(const char *folder, int64_t day, struct str prices,
                                      struct err *err);
/* A further member for the file there is. What lies behind `to`'s bytes is cut off. NULL and *err:
 * also when it is not the file that `to` describes. */
struct segment_writer *segment_append(const char *folder, const struct segment *to,
                                      struct err *err);
bool segment_put(struct segment_writer *w, const struct archived *a, struct err *err);
/* All is on disk, under the temporary name if it is new; *ret is what the segment has become. */
bool segment_finish(struct segment_writer *w, struct segment *ret, struct err *err);
/* Gives a finished new file its name. The one that had it is kept as NAME.before until
 * segment_settle. */
bool segment_publish(const char *folder, int64_t day, struct err *err);
/* What was not finished is gone. */
void segment_writer_free(struct segment_writer **w);

/* After a crash, or when all went well: of a file and the one before it, the one that the ledger
 * knows stays. `known` NULL: the ledger knows none of that day. */
bool segment_settle(const char *folder, int64_t day, const struct segment *known, struct err *err);

/* Whether there are files of a day that segment_settle would remove or put back. */
bool segment_is_unsettled(const char *folder, int64_t day);

/* Of a day that the ledger knows no more. What cannot be removed stays. */
void segment_remove(const char *folder, int64_t day);

/* ---- reading ---- */

struct segment_reader;

/* NULL and *err: it is not there, is not the one that `s` describes, or is damaged. */
struct segment_reader *segment_open(const char *folder, const struct segment *s, struct err *err);
/* A new file of `day` that has no name yet. */
struct segment_reader *segment_open_new(const char *folder, const struct segment *s,
                                        struct err *err);
/* The next call; *more is false at the end, where the sums have been compared. False and *err: it
 * is damaged, and where. */
bool segment_next(struct segment_reader *r, struct archived *ret, bool *more, struct err *err);
void segment_close(struct segment_reader **r);
/* What its header says of the price books; lives as long as the reader. */
struct str segment_prices(const struct segment_reader *r);
/* Opens a segment and reads all of it. False and *err: which damage it has. */
bool segment_verify(const char *folder, const struct segment *s, struct err *err);
/* The same of a new file that has no name yet. */
bool segment_verify_new(const char *folder, const struct segment *s, struct err *err);

#endif
