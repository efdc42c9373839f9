/*
 * Finding the fields of a call in a log that nobody described: by the names of its values and by
 * what the values look like. The result is what a source of the configuration says, with a doubt
 * beside whatever is not sure.
 */
#ifndef DETECT_GUESS_H
#define DETECT_GUESS_H

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/detect/leaves.h"

enum {
	GUESS_ORIGINS = 3, /* ways to one field */
	GUESS_FIELDS = 32,
	GUESS_PATTERNS = 4,
	GUESS_WORTH = 40, /* the score from which on a place is taken for a field, with a doubt */
	GUESS_SURE = 60,  /* and that without one */
};

struct guess_origin {
	struct str path;    /* a path of JSON, a key of logfmt, a group of a pattern */
	int64_t unit_ns;    /* 0: none is to be given */
	const char *format; /* strptime; NULL: none. So are the next two */
	const char *scale, *pattern;
	bool hash;
	const char *doubt; /* why it is not sure, for a comment; NULL: it is */
};

struct guess_field {
	const struct field *field;
	struct guess_origin v[GUESS_ORIGINS];
	size_t n;
};

/* A pattern for lines of text, whose groups are fields. */
struct guess_pattern {
	struct str regex;
	const char *doubt;
};

struct guess {
	struct arena memory; /* of the texts */
	const char *preset;  /* what is here stands beside this preset; NULL: on its own */
	const char *format;  /* "json", "logfmt", "text" */
	bool values;         /* frame: json */
	struct str each;     /* empty: the record itself */
	struct guess_field fields[GUESS_FIELDS];
	size_t fields_n;
	struct guess_pattern patterns[GUESS_PATTERNS];
	size_t patterns_n;
	bool received; /* there is no time: the clock at the moment of reading */
	bool input_without_cache, output_without_reasoning;
	const char *cache_doubt;
	struct str
		only_path; /* records that are no calls are told by this; empty: none is needed */
	struct str only_equals; /* its value in calls; empty: it only has to be there */
	struct str total;       /* a total of tokens, when there are no parts */
	struct str numbers;     /* places of whole numbers, when no tokens were found */
};

void guess_free(struct guess *g);
/* A copy that lives as long as the guess. */
struct str guess_keep(struct guess *g, struct str text);
/* What it says of a field; NULL: nothing. */
struct guess_field *guess_field(struct guess *g, enum field_kind kind, int index);
bool guess_has(const struct guess *g, enum field_kind kind, int index);
/* Adds a way to a field behind those there are; nothing when there is no more room. */
void guess_add(struct guess *g, const struct field *field, struct guess_origin origin);

/* ---- JSON and logfmt: places with values ---- */

/* Adds the leaves of records, an array or an object each; what is broken is passed over. */
void json_leaves(struct leaves *l, const struct str *records, size_t n);
void logfmt_leaves(struct leaves *l, const struct str *records, size_t n);
/* Whether a record is JSON, an object or an array. */
bool json_is(struct str record);
/* A member more at the end of a path, quoted where the language of paths wants it. */
void path_member(struct buf *path, struct str name);

/* How well a leaf fits a field, 0 to 110. *origin is what it takes to read it. */
int leaf_score(const struct leaf *leaf, const struct field *field, struct guess_origin *origin);

/*
 * The guess for records of a format, which have their padding behind them: `leaves_of` is
 * json_leaves or logfmt_leaves. What the numbers mean is told from records in which they add up in
 * one way only.
 */
typedef void leaves_fn(struct leaves *l, const struct str *records, size_t n);
void guess_places(struct guess *g, const struct evidence *e, leaves_fn *leaves_of,
                  const struct str *records, size_t n);
/* Whether counts are named as Anthropic names them, which leave cached tokens out of the input. */
bool guess_anthropic_names(struct str input, struct str cached);
#define GUESS_ANTHROPIC "with these names Anthropic leaves cached tokens out of the input"
void guess_meaning(struct guess *g, struct str total, const struct str *records, size_t n);

/* ---- text: patterns ---- */

void guess_text(struct guess *g, const struct evidence *e, const struct str *records, size_t n);

/* For logfmt whose lines begin with a bare time: a pattern that finds it. */
void guess_time_at_start(struct guess *g, const struct evidence *e, const struct str *records,
                         size_t n);

#endif
