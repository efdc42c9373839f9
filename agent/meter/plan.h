/*
 * The inside of a compiled source, shared by source.c, which makes it, and fetch.c, fill.c and
 * extract.c, which run it. A record is parsed into slots; getters read slots; fields are lists of
 * getters.
 *
 * Slots of a record, in this order: the paths that start at the element (with `each`; else at the
 * record), those that start at each of the elements around it, those that start at the whole
 * record, the named groups of all patterns, and one for @key.
 */
#ifndef METER_PLAN_H
#define METER_PLAN_H

#include "agent/base/buf.h"
#include "agent/base/zone.h"
#include "agent/meter/extract.h"
#include "parsers/format.h"
#include "parsers/json.h"
#include "parsers/pattern.h"
#include "parsers/timestamp.h"

enum {
	SLOTS_MAX = 512,   /* paths and groups of one source */
	LABEL_BYTES = 256, /* a longer label or detail is cut */
	OUTER_MAX = 4,     /* elements around an element that paths may start at */
};

/* One way to a value. Exactly one of slot >= 0, own >= 0, fields, sum, received and
 * `origin->fallback` gives it. */
struct getter {
	int slot;                     /* -1: none */
	const struct getters *fields; /* a field that is named: all the ways to it; NULL: none */
	struct getter *sum;           /* whose numbers are added up; NULL: none */
	size_t sum_n;
	int own;                     /* a name of the user's own, by number; -1: none */
	bool plain;                  /* a slot and nothing done to its value: the usual case */
	const struct origin *origin; /* how the value is changed; NULL: not at all */
	struct pattern *pattern;     /* of origin->pattern; NULL: none */
	uint32_t group;              /* of the pattern */
	const char *from;            /* what it reads, for explain: "usage.prompt_tokens" */
};

/* First present wins. */
struct getters {
	struct getter *v;
	size_t n;
	size_t carry; /* 1 + place of the field among those that are carried; 0: it is not */
};

struct record_test {
	const struct test *config;
	struct pattern *pattern; /* NULL for equals and exists */
	struct getter getter;    /* for path tests */
	char *reason;            /* why a record is skipped that fails it */
	char *limit_reason;      /* why it is rejected when the pattern gives up */
};

/* A pattern of `patterns:` and where its groups go. */
struct record_pattern {
	struct pattern *pattern;
	int *slots;         /* slot of each named group */
	char *limit_reason; /* "pattern limit in patterns[0]" */
};

/* A field that the source sets. */
struct field_plan {
	const struct field *field;
	struct getters getters;
	const char *constant; /* from `set`; wins over the getters. NULL: none */
	char *bad_reason;     /* "bad number in output_tokens" */
	char *limit_reason;   /* "pattern limit in output_tokens" */
};

struct own_name {
	struct str name; /* with its _ */
	struct getters getters;
};

struct source {
	const struct source_config *config;
	const struct book *book;
	const struct format *format;
	struct paths *element_paths, *root_paths;    /* NULL: none are wanted */
	struct paths *outer_paths[OUTER_MAX];        /* the nearest first */
	size_t outer_ns[OUTER_MAX];                  /* slots of each */
	size_t element_n, outer_n, root_n, groups_n; /* slots of each kind, in order */
	struct json_walk *walk;                      /* of `each`; NULL: the record itself */
	struct record_test *tests, *detect;
	size_t tests_n, detect_n;
	struct record_pattern *patterns;
	size_t patterns_n;
	struct field_plan
		*plans; /* of the fields that are set, in the order of the table of fields */
	size_t plans_n;
	struct own_name *owns;
	size_t owns_n;
	struct getters texts[TEXTS];               /* whose lengths stand for tokens; all count */
	struct getter *dedupe, *join, *cumulative; /* the ways to the parts of their keys */
	size_t dedupe_n, join_n, cumulative_n;
	const struct field **until, **growing; /* of join and of cumulative */
	size_t until_n, growing_n;
	struct getters **carry; /* by the number in getters.carry - 1 */
	const char **carry_names;
	size_t carry_n;
	struct zone *zone;
	int64_t start; /* calls before it do not count; INT64_MIN: all do */
	struct str literal;
	const char *literal_reason;
};

static inline size_t source_root_slot(const struct source *s)
{
	return s->element_n + s->outer_n;
}

static inline int source_key_slot(const struct source *s)
{
	return (int)(source_root_slot(s) + s->root_n + s->groups_n);
}

static inline size_t source_slots(const struct source *s)
{
	return (size_t)source_key_slot(s) + 1;
}

/* ---- fetch.c: from slots to a field's text ---- */

struct fetch {
	const struct source *source;
	struct hash_key key; /* of the ledger: for hashes and dedupe keys */
	const struct value *slots;
	struct arena *scratch;
	struct pattern_match *match;
	const struct surroundings *around;
	const struct getter *used; /* what gave the last value */
	bool carried;              /* it is that of an earlier record */
	bool limited;              /* a pattern gave up: the record is rejected */
};

/* The first present value, else the one that is carried; false: none (or f->limited). *ret lives as
 * long as the scratch. */
bool fetch_text(struct fetch *f, const struct getters *getters, struct str *ret);
/* The same of this record alone. */
bool fetch_fresh(struct fetch *f, const struct getters *getters, struct str *ret);
bool fetch_one(struct fetch *f, const struct getter *g, struct str *ret);

/* What fetch_one does, taken apart for a trace. */
struct fetch_steps {
	struct str raw; /* before anything is done to it; p is NULL: nothing is there */
	bool mapped;    /* the map has it */
	bool fallback;  /* nothing is there, or nothing is left of it, so the default counts */
};
void fetch_steps(struct fetch *f, const struct getter *g, struct fetch_steps *ret);

/* ---- fill.c: from texts to a call ---- */

struct tracer;

struct fill {
	struct fetch *fetch;
	const struct timestamp_context *times;
	struct call *call;
	bool is_call;            /* the log gave a model or a count */
	struct verdict *verdict; /* set when false is returned */
	const struct tracer *tracer;
};

/* Fills all fields. False: rejected, the verdict says why. */
bool fill_call(struct fill *f);

#endif
