/*
 * A page of labelled lines: the label on the left, the text beside it, wrapped to the width.
 */
#ifndef COMMANDS_PAGE_H
#define COMMANDS_PAGE_H

#include "agent/base/buf.h"
#include "agent/commands/look.h"

enum { PAGE_TEXT = 11 }; /* column at which texts begin */

struct page {
	struct buf out;
	struct look look;
	const char *label; /* of the next line; it stands there once */
};

/* The lines that follow are under this label. */
void page_label(struct page *p, const char *label);
/* A line; `indent` is of its text, those it is wrapped into have two more. Escaped already. */
void page_line(struct page *p, size_t indent, struct str text);
/* The same; the buffer is given back. */
void page_buf(struct page *p, size_t indent, struct buf *text);
/* Appends a value of a log to a text: escaped, and cut if it is long. */
void page_value(const struct page *p, struct buf *text, struct str value);
/* The beginning of a line, for who writes the rest of it. */
void page_begin(struct page *p);
/* Writes the page to a file and forgets it; where only ASCII can be shown, ? for the rest. */
void page_print(struct page *p, FILE *to);

#endif
