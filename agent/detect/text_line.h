/*
 * What can be told of one line of text: the places of values that may be fields, each with the
 * words around it by which it is known.
 */
#ifndef DETECT_TEXT_LINE_H
#define DETECT_TEXT_LINE_H

#include "agent/detect/guess.h"
#include "parsers/pattern.h"

enum { LINE_ITEMS = 16, LINE_BYTES = 4096 }; /* of a line; what is behind is not looked at */

enum item_shape {
	ITEM_TIME,
	ITEM_WORD,   /* up to a space or a sign that ends it */
	ITEM_QUOTED, /* within double quotes */
	ITEM_COUNT,
	ITEM_DURATION, /* with its unit: 812ms */
	ITEM_NUMBER,   /* with a fraction, or in a unit that its label gives */
};

struct item {
	const struct field *field;
	enum item_shape shape;
	int score;
	bool weak;         /* of a count: its label is "in" or "out", which mean other things too */
	size_t from;       /* of the line: where the words before the value begin */
	size_t start, end; /* the value */
	size_t to;         /* where the words behind it end */
	const char *time;  /* of ITEM_TIME: the pattern of such time stamps */
	struct guess_origin origin; /* unit, format, scale, doubt; its path is not used */
};

struct text_line {
	struct str text;
	struct item items[LINE_ITEMS]; /* in the order of the line, not over each other */
	size_t n;
};

/* What lines are looked at with. */
struct line_tools;
struct line_tools *line_tools_new(const struct evidence *e);
void line_tools_free(struct line_tools **t);

void line_read(struct line_tools *t, struct str text, struct text_line *line);
/* NULL: the line has none. */
const struct item *line_item(const struct text_line *line, enum field_kind kind, int index);

#endif
