/*
 * Looks for prices that can be read but are hardly meant: a row that never holds or leaves hours
 * without a price, rates of nothing, rates a thousand times off their neighbours. What is right all
 * the same says so in the book: `free: true`, or `accepted: WHY`, which leaves only the questions
 * of time.
 */
#ifndef METER_BOOK_CHECK_H
#define METER_BOOK_CHECK_H

#include "agent/meter/book.h"

enum { FINDING_TEXT = 200 };

struct finding {
	const struct price *price; /* the row that it is about; its place says where */
	const char *key;           /* "hours", "output" */
	char text[FINDING_TEXT];   /* what is odd, and what to do */
};

typedef void finding_fn(void *into, const struct finding *f);

/* Tells `found` of every finding, row by row; returns how many there are. */
size_t book_check(const struct book *b, finding_fn *found, void *into);

#endif
