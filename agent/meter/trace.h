/*
 * The way of a record as events, for `explain` and `check --lines`. They are given as things
 * happen; what an event points to lives until the listener returns. Without a listener none is
 * made.
 */
#ifndef METER_TRACE_H
#define METER_TRACE_H

#include "agent/config/config.h"
#include "agent/meter/call.h"
#include "parsers/pattern.h"
#include "parsers/value.h"

enum trace_kind {
	TRACE_ELEMENT, /* an element of `each` begins */
	TRACE_TEST,    /* a test of `only` was made */
	TRACE_PATTERN, /* one of `patterns` was tried */
	TRACE_BROKEN,  /* the record, or an element of it, cannot be parsed */
	TRACE_VALUE,   /* a field, or a name of one's own, has a value */
	TRACE_MISSED,  /* what a way to it found was nothing its pattern or map can use */
	TRACE_NOTHING, /* a field that the source sets has no value */
	TRACE_CARRY,   /* a value that later records of the file keep */
	TRACE_KEY,     /* a part of what makes records one, as in dedupe.by */
	TRACE_COUNTERS,
	TRACE_PART, /* of a joined call */
	TRACE_TOKENS,
	TRACE_PRICE, /* is looked up now */
};

struct trace_element {
	size_t number; /* from 1 */
	struct str name, text;
};

struct trace_test {
	const struct test *test;
	bool passed, limited; /* limited: a pattern gave up */
	bool there;           /* `value` is; not for tests of the record's bytes */
	struct str value;
};

struct trace_pattern {
	size_t number; /* from 0 */
	struct str regex, record;
	enum pattern_result result;
};

struct trace_broken {
	struct str text; /* of which `at` is a byte */
	size_t at;
	const char *what;
};

enum trace_from {
	FROM_PATH,
	FROM_GROUP, /* of the pattern that matched */
	FROM_SUM,
	FROM_DEFAULT,
	FROM_CLOCK,
	FROM_SET,
	FROM_ENVELOPE,
	FROM_EARLIER, /* carried from an earlier record */
};

struct trace_value {
	struct str name;
	const struct field *field; /* NULL: a name of one's own */
	enum trace_from from;
	const char *path;            /* as the source names it, or the group's name; NULL: none */
	const struct origin *origin; /* what was done to it on the way; NULL: nothing */
	size_t number, of;           /* which way to the field it was, from 1; of how many */
	struct str raw;              /* before pattern, map and hash; p is NULL: none */
	struct str text;             /* what they left */
	bool mapped;                 /* the map has it */
	bool good;                   /* the field can be read from the text */
	const struct call *call;     /* all fields up to this one; NULL: a name of one's own */
};

struct trace_carry {
	const char *name;
	struct str value;
};

enum trace_key_of { KEY_DEDUPE, KEY_JOIN, KEY_CUMULATIVE };

struct trace_key {
	enum trace_key_of of;
	const char *name; /* the part, as `by` names it */
	bool there;
	struct str value;
};

struct trace_counters {
	const struct call *logged, *last, *grown; /* last: NULL when there was no earlier record */
	bool unchanged;
};

struct trace_part {
	const struct call *earlier, *all; /* before and with this part */
	bool complete;
};

struct trace_tokens {
	const struct call *read; /* as the log has it */
	const struct call *made; /* with what its numbers leave out */
	const struct call *cut;  /* and made consistent */
};

struct trace {
	enum trace_kind kind;
	union {
		struct trace_element element;
		struct trace_test test;
		struct trace_pattern pattern;
		struct trace_broken broken;
		struct trace_value value; /* TRACE_MISSED too; of TRACE_NOTHING name and field */
		struct trace_carry carry;
		struct trace_key key;
		struct trace_counters counters;
		struct trace_part part;
		struct trace_tokens tokens;
		const struct call
			*call; /* TRACE_PRICE: provider and model are as they are looked for */
	};
};

typedef void trace_fn(void *arg, const struct trace *event);

#endif
