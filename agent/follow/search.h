/*
 * Search of large texts for short ones: newlines and the literal that wanted records hold. Pure.
 * Texts have SEARCH_SLACK readable bytes behind them, which are read but never used.
 */
#ifndef FOLLOW_SEARCH_H
#define FOLLOW_SEARCH_H

#include "agent/base/str.h"

enum { SEARCH_SLACK = 64 };

/* A text to be looked for, and the two places in it of the bytes that are rarest in logs. */
struct needle {
	struct str text;
	size_t a, b; /* equal when the text has one byte */
};

/* Keeps `text`, which is not empty. */
struct needle needle_of(struct str text);

/* The first place of the needle in `text`; NULL when it is not there. */
const char *search(struct str text, const struct needle *needle);
/* The same by what every machine has, for the tests. */
const char *search_portable(struct str text, const struct needle *needle);

#endif
