/*
 * A record format: how fields are found in a record. One const struct per format; a new format is
 * a new file and a row in format.c.
 */
#ifndef PARSERS_FORMAT_H
#define PARSERS_FORMAT_H

#include "agent/base/err.h"
#include "parsers/value.h"

/* Parsers may read this many bytes past the end of a record (never use them): the memory must
 * be there. Lets them load whole words without asking at every byte. */
enum { RECORD_PAD = 64 };

/* The paths a source wants, compiled; path i of the list fills slots[i]. Immutable. */
struct paths;

struct format {
	const char *name;
	/* NULL and *err when a path is not of this format's language. Two equal paths are allowed.
	 */
	struct paths *(*compile)(const struct str *paths, size_t n, struct err *err);
	void (*free)(struct paths **p);
	/*
	 * Fills slots[0..n) of one record. False when it is broken: then *fault says why and the
	 * slots mean nothing. Pure: no global, no allocation but from `scratch` (which the caller
	 * resets).
	 */
	bool (*parse)(const struct paths *p, struct str record, struct value *slots,
	              struct arena *scratch, struct fault *fault);
};

extern const struct format format_json;
extern const struct format format_logfmt;
/* Nothing is parsed but by `patterns`; a path names a group of one of them. */
extern const struct format format_text;

/* NULL: no such format. */
const struct format *format_find(struct str name);

#endif
