/*
 * Columns of text that fit a width: numbers to the right, names to the left and cut in the middle
 * where the place does not suffice, because names differ at both ends.
 */
#ifndef COMMANDS_GRID_H
#define COMMANDS_GRID_H

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/commands/look.h"

enum grid_style { GRID_PLAIN, GRID_BOLD, GRID_DIM, GRID_WARN, GRID_STYLES };

struct grid_column {
	const char *title;
	bool right;
	size_t least; /* columns a text may be cut to; 0: never cut */
	enum grid_style style;
};

struct grid {
	const struct grid_column *columns; /* the caller's; must live as long */
	size_t columns_n;
	struct grid_cell *cells; /* row by row */
	size_t n, capacity;
	struct arena text;
};

void grid_init(struct grid *g, const struct grid_column *columns, size_t n);
void grid_free(struct grid *g);
/* The next cell of the row, then of the next row. Text is shown as it is: escape it before. */
void grid_cell(struct grid *g, struct str text, enum grid_style style);
/* The next row has a line above. */
void grid_rule(struct grid *g);
/* Whether it can be cut to fit. */
bool grid_fits(const struct grid *g, const struct look *look);
void grid_print(const struct grid *g, const struct look *look, struct buf *out);

#endif
