/*
 * The way of a file's records into a batch: a piece is read, taken out of its envelopes, and each
 * of its records extracted. A course is what belongs to a file, a hand what belongs to a thread; a
 * backfill has many of both, the follower one hand.
 */
#ifndef PIPELINE_COURSE_H
#define PIPELINE_COURSE_H

#include "agent/config/config.h"
#include "agent/follow/reader.h"
#include "agent/ledger/ledger.h"
#include "agent/meter/records.h"

/* What is read and not counted. */
enum course_skip {
	SKIP_NOTHING,
	SKIP_ALL,
	SKIP_COUNTED, /* up to the first call that the ledger has not */
};

struct course {
	const struct source *source;
	struct reader *reader;
	struct wrapping wrapping; /* what its records are in; for who reads */
	bool wrapping_known;
	struct passing passing;  /* the record that its reader passes over */
	struct carried *carried; /* what its records carry on; NULL: nothing */
	enum course_skip skip;   /* of what was counted elsewhere */
	int64_t near;            /* the file's own time, for time stamps without a year; 0: none */
};

struct hand {
	struct ledger *ledger;
	const struct source *const *sources; /* that records may be of */
	size_t sources_n;
	struct extractor **extractors; /* by source; made when first needed */
	struct records *records;
	struct piece piece;
	struct wrapping wrapping; /* of the piece: a copy for when others read on */
	struct batch *batch;      /* to be filled; the hand's until it is taken */
	int64_t offset;           /* of the record being counted */
	bool skipping;            /* what is read was counted elsewhere, up to here */
	uint64_t calls;           /* so many were counted */
};

/* Keeps `sources`. */
void hand_open(struct hand *h, struct ledger *ledger, const struct source *const *sources,
               size_t sources_n, bool keep_rows);
void hand_close(struct hand *h);

/* Reads the next piece of a file into the hand. */
enum read_result course_read(struct course *c, struct hand *h);
/* Counts the records of the hand's piece as file number `file`, whose step begins at `begin`. What
 * the source remembers and the file carries goes along. `memory` NULL: nothing is remembered. */
void course_count(struct course *c, struct hand *h, uint32_t file, int64_t begin,
                  struct memory *memory);

enum course_known { COURSE_KNOWN, COURSE_NEW, COURSE_CANNOT_SAY };
/* Whether the next call of a file is one that the ledger has, from the same place of another file:
 * then this one goes on as that did. Calls before `since` may not be kept any more. Reads on, so
 * the caller has to go back. */
enum course_known course_is_known(struct course *c, struct hand *h, int64_t since);

/* The calls of source number `source` that have waited for other parts for too long are counted as
 * they are. `memories` are those of all sources of the hand. */
void hand_give_up_waiting(struct hand *h, struct memory *const *memories, size_t source);

/* What a source remembers; NULL: nothing. False and *err. */
bool memory_of_source(struct ledger *l, const struct source *s, const struct config *config,
                      struct memory **ret, struct err *err);

/* Microseconds of the clock on the wall. */
int64_t clock_now(void);
/* Gives sources with `start: end` the time from which on they count. False and *err. */
bool sources_start(struct ledger *l, struct source *const *sources, size_t n, struct err *err);

#endif
