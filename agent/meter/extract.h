/*
 * From the bytes of a record to calls with their prices: tests, parse, fields, tokens, cost. Pure:
 * bytes, a clock value and a compiled source in, verdicts out.
 */
#ifndef METER_EXTRACT_H
#define METER_EXTRACT_H

#include "agent/base/hash.h"
#include "agent/meter/call.h"
#include "agent/meter/source.h"

/* What became of a record (or of one element of it, with `each`). */
struct verdict {
	enum outcome outcome; /* CALL, SKIPPED or REJECTED; duplicates are the ledger's to find */
	const char *reason;   /* constant text owned by the source: "no time"; "" for a call */
	struct str value;     /* the field's own value that was rejected; empty: none to show */
	size_t at;            /* byte of the record where it broke, for "not JSON" */
};

/* Called once for each record, with `each` once for each element. `c` is NULL but for a call. */
typedef void verdict_fn(void *arg, const struct verdict *v, const struct call *c);

/* One thread's working memory for one source. `key` makes the hashes of a ledger: of `dedupe`,
 * `hash: true` and prompts. */
struct extractor;
struct extractor *extractor_new(const struct source *s, struct hash_key key);
void extractor_free(struct extractor **x);

/*
 * `record` has RECORD_PAD readable bytes behind it. `now` is the clock, for time: {from: received};
 * `near` is the file's own time, for time stamps without a year.
 */
void extract_record(struct extractor *x, struct str record, int64_t now, int64_t near,
                    verdict_fn *fn, void *arg);

/* Steps of the way of one record, for `explain`. Set before extract_record; NULL: none. */
typedef void trace_fn(void *arg, const char *step, struct str detail);
void extractor_trace(struct extractor *x, trace_fn *fn, void *arg);

#endif
