/*
 * The inside of an extractor, shared by extract.c (the record), extract_test.c (tests and patterns)
 * and settle.c (what becomes of its fields).
 */
#ifndef METER_EXTRACTOR_H
#define METER_EXTRACTOR_H

#include "agent/meter/plan.h"
#include "agent/meter/pricer.h"
#include "agent/meter/tracer.h"

struct extractor {
	const struct source *source;
	struct hash_key key;
	struct value *slots;
	struct arena scratch;
	struct pattern_match *match;
	struct pricer *pricer;
	struct tracer *tracer; /* NULL: nobody listens */
	/* Of the record that is being read. */
	const struct surroundings *around;
	struct str record;
	verdict_fn *fn;
	void *arg;
	size_t elements;
	const char *outer[OUTER_MAX]; /* the elements whose slots are filled */
	bool detecting, detected;
};

/* A verdict without a call. */
void extractor_give(struct extractor *x, enum outcome outcome, const char *reason, size_t at);

static inline struct fetch fetch_start(struct extractor *x)
{
	return (struct fetch){.source = x->source,
	                      .key = x->key,
	                      .slots = x->slots,
	                      .scratch = &x->scratch,
	                      .match = x->match,
	                      .around = x->around};
}

/* ---- extract_test.c ---- */

/* Whether all tests of the record's bytes, or of its values, are passed; else the verdict has been
 * given. */
bool passes_bytes(struct extractor *x);
bool passes_values(struct extractor *x);
/* The tests of `detect`. */
bool passes_detect(struct extractor *x);
/* Fills the slots of the groups of the first pattern that matches. False: the verdict has been
 * given. */
bool match_patterns(struct extractor *x);

/* ---- settle.c ---- */

/* The call of a record, alone or with what is remembered of earlier ones. */
void settle(struct extractor *x, struct call *c, bool is_call);

#endif
