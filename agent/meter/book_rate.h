/* The numbers of a price book: exact decimal text to integers and back. */
#ifndef METER_BOOK_RATE_H
#define METER_BOOK_RATE_H

#include "agent/meter/book.h"

/* RATES when no kind has this name. */
enum rate_kind rate_find(struct str name);

/*
 * A rate as a book writes it, to femto-dollars per unit. Digits and a point only: no sign, no
 * exponent, nothing that would have to be rounded. On failure *why is what was expected, constant
 * text.
 */
bool rate_parse(enum rate_kind kind, struct str text, int64_t *ret, const char **why);

/* A factor ("0.5") in parts per million, above 0 and at most FACTOR_MAX. */
bool factor_parse(struct str text, int64_t *ret, const char **why);

enum { FACTOR_ONE = 1000000, FACTOR_MAX = 10 };

/* No kind has a price. */
void rates_clear(struct rates *r);
/* What `over` gives replaces what `r` has. */
void rates_overlay(struct rates *r, const struct rates *over);

#endif
