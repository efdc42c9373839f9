/*
 * The places at which the records of a log have single values, with what their values look like:
 * the leaves of JSON objects, the keys of logfmt. One table over many records.
 */
#ifndef DETECT_LEAVES_H
#define DETECT_LEAVES_H

#include "agent/base/intern.h"
#include "agent/detect/evidence.h"
#include "parsers/value.h"

enum {
	LEAVES_MAX = 1024,    /* places; more are not looked at */
	LEAF_RECORDS = 512,   /* records of a table */
	LEAF_DISTINCT = 64,   /* values told apart at one place */
	LEAF_PATH_MAX = 1024, /* bytes of a path; a longer one is not looked at */
	LEAF_LONG = 128,      /* bytes of a value that is more than a word */
};

struct leaf {
	struct str path; /* as a configuration writes it */
	size_t depth;    /* parts of it */
	uint32_t n;      /* records in which it has a value */
	uint64_t there[LEAF_RECORDS / 64];
	/* How many of these were */
	uint32_t counts; /* whole numbers of tokens, not negative */
	uint32_t money, durations, times, models, statuses;
	uint32_t with_unit; /* durations that say their unit */
	uint32_t dollars;   /* money with a $ */
	uint32_t words;     /* without spaces */
	uint32_t longs;     /* longer than LEAF_LONG */
	uint32_t strings;
	int64_t largest;    /* of the counts */
	const char *format; /* of the times; NULL: understood without */
	bool format_unsure;
	uint32_t distinct; /* values, up to LEAF_DISTINCT + 1 */
	uint64_t hashes[LEAF_DISTINCT];
	struct str first; /* the first value */
};

struct leaves {
	const struct evidence *evidence;
	struct arena memory;
	struct intern *paths; /* the number of a path is that of its leaf */
	struct leaf *v;
	size_t n, capacity;
	size_t records; /* added so far */
	size_t seen;    /* values, in all of them */
};

void leaves_free(struct leaves *l);
/* The values added from now on are those of a new record; false: no more fit. */
bool leaves_record(struct leaves *l);
/* A value of the record at hand. `value` is its text; one that is absent or null is passed over,
 * and so is a second one at the same path. */
void leaves_value(struct leaves *l, struct str path, struct str value, bool is_string);

static inline bool leaf_is_there(const struct leaf *leaf, size_t record)
{
	return leaf->there[record / 64] >> (record % 64) & 1;
}

#endif
