/* Rows of the price book as text and as JSON, for `prices`. */
#ifndef COMMANDS_PRICE_TEXT_H
#define COMMANDS_PRICE_TEXT_H

#include "agent/base/buf.h"
#include "agent/meter/book.h"

/* One line a row, under a heading, in columns. */
void price_table(struct buf *out, const struct price *rows, size_t n, struct str provider);
/* Everything about one row, on several lines; `mark` is put before its key. */
void price_detail(struct buf *out, const struct price *p, const char *mark);
/* A JSON object. */
void price_json(struct buf *out, const struct price *p);

/* "above 200000 input tokens", "from 200000 input tokens on" */
void price_tier_text(struct buf *out, const struct tier *t);

#endif
