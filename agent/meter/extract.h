/*
 * From the bytes of a record to calls with their prices: tests, parse, fields, tokens, cost. Pure:
 * bytes, a clock value and a compiled source in, verdicts out.
 */
#ifndef METER_EXTRACT_H
#define METER_EXTRACT_H

#include "agent/base/hash.h"
#include "agent/meter/call.h"
#include "agent/meter/source.h"
#include "agent/meter/trace.h"

/* What became of a record (or of one element of it, with `each`). Duplicates by `dedupe` are the
 * ledger's to find; those here are parts of joined calls and counters that did not change. */
struct verdict {
	enum outcome outcome;
	const char *reason; /* constant text owned by the source: "no time"; "" for a call */
	struct str value;   /* the field's own value that was rejected; empty: none to show */
	size_t at;          /* byte of the record where it broke, for "not JSON" */
	int64_t time;       /* of a duplicate, and of what was waited for: for its day */
	bool waited; /* no record's: its parts were duplicates, of which one, at `time`, is it */
	struct str source; /* for which that one was counted */
};

/* Why a part of a joined call is a duplicate. */
extern const char REASON_PART[];

/* What surrounds a record. */
struct surroundings {
	int64_t now;     /* the clock, for time: {from: received} */
	int64_t near;    /* the file's own time, for time stamps without a year */
	struct str time; /* that the record's envelope says, for records without one; empty: none */
	struct carried *carried; /* of the file; NULL when the source carries nothing */
	struct memory *memory;   /* of the source; NULL: every record is taken on its own */
};

/* Called once for each record, with `each` once for each element. `c` is NULL but for a call. */
typedef void verdict_fn(void *arg, const struct verdict *v, const struct call *c);

/* One thread's working memory for one source. `key` makes the hashes of a ledger: of `dedupe`,
 * `hash: true` and prompts. */
struct extractor;
struct extractor *extractor_new(const struct source *s, struct hash_key key);
void extractor_free(struct extractor **x);

/* `record` has RECORD_PAD readable bytes behind it. With `carried` the records of a file come in
 * their order, with `memory` those of a source. */
void extract_record(struct extractor *x, struct str record, const struct surroundings *around,
                    verdict_fn *fn, void *arg);

/* Calls that have waited for more parts since before `time` are taken as they are. */
void extract_waiting(struct extractor *x, struct memory *memory, int64_t time, verdict_fn *fn,
                     void *arg);

/* Whether a record, out of its envelopes, passes the tests of `detect`; false when there are none.
 */
bool extract_detect(struct extractor *x, struct str record);

/* Who is told of every step on the way of the records that follow. NULL: nobody. */
void extractor_trace(struct extractor *x, trace_fn *fn, void *arg);

#endif
