/* Price books as text that book_read.c reads back. */
#ifndef METER_BOOK_WRITE_H
#define METER_BOOK_WRITE_H

#include "agent/meter/book_read.h"

/*
 * Appends the prices of a row as a book writes them, "input: 2.5, output: 10, batch: 0.5", without
 * its time and where it is from. Rows of equal texts price alike.
 */
void book_put_prices(struct buf *out, const struct price *p);

/* The head of a file of many providers. */
struct book_head {
	const char *comment;  /* without #, one line */
	const char *imported; /* which public book it was */
	const char *source;   /* of every row that names no other */
};

/* Appends a file with the models of every vendor, in the order of both. A name that YAML cannot
 * hold leaves its model out: check before. */
void book_write(struct buf *out, const struct book_head *head, const struct shelf *s);

#endif
