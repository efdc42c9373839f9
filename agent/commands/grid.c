/*
 * Widths are found in two steps: every column as wide as its widest text; then, while the line is
 * too long, the widest column that may be cut gives way, so that several long names share the loss.
 */
#include "agent/commands/grid.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/base/escape.h"

enum { GAP = 2 }; /* columns between two columns */

struct grid_cell {
	struct str text;
	size_t width;
	enum grid_style style;
	bool rule;
};

static const char *const styles[GRID_STYLES] = {
	[GRID_PLAIN] = "",
	[GRID_BOLD] = "\x1b[1m",
	[GRID_DIM] = "\x1b[36m",
	[GRID_WARN] = "\x1b[33m",
};

void grid_init(struct grid *g, const struct grid_column *columns, size_t n)
{
	*g = (struct grid){.columns = columns, .columns_n = n};
	for (size_t i = 0; i < n; i++)
		grid_cell(g, str_of(columns[i].title), GRID_BOLD);
}

void grid_free(struct grid *g)
{
	free(g->cells);
	arena_free(&g->text);
}

static void add(struct grid *g, struct grid_cell cell)
{
	g->cells = array_room(g->cells, g->n, &g->capacity, sizeof(*g->cells));
	g->cells[g->n++] = cell;
}

void grid_cell(struct grid *g, struct str text, enum grid_style style)
{
	char *copy = arena_bytes(&g->text, text.n);
	bool rule = g->n && g->cells[g->n - 1].rule && g->cells[g->n - 1].text.p == NULL;

	if (rule)
		g->n--; /* the mark that grid_rule left */
	if (text.n)
		memcpy(copy, text.p, text.n);
	add(g, (struct grid_cell){{copy, text.n}, text_columns(text), style, rule});
}

void grid_rule(struct grid *g)
{
	assert(g->n % g->columns_n == 0);
	add(g, (struct grid_cell){.rule = true});
}

/* The natural widths; returns the length of a line. */
static size_t measure(const struct grid *g, size_t *widths)
{
	size_t line = (g->columns_n - 1) * GAP;

	for (size_t i = 0; i < g->n; i++)
		if (g->cells[i].width > widths[i % g->columns_n])
			widths[i % g->columns_n] = g->cells[i].width;
	for (size_t i = 0; i < g->columns_n; i++)
		line += widths[i];
	return line;
}

/* The widest column that may still be cut; columns_n: none. */
static size_t widest(const struct grid *g, const size_t *widths)
{
	size_t found = g->columns_n;

	for (size_t i = 0; i < g->columns_n; i++)
		if (g->columns[i].least && widths[i] > g->columns[i].least &&
		    (found == g->columns_n || widths[i] > widths[found]))
			found = i;
	return found;
}

static bool fit(const struct grid *g, size_t *widths, size_t width)
{
	size_t line = measure(g, widths);

	while (line > width) {
		size_t column = widest(g, widths);

		if (column == g->columns_n)
			return false;
		widths[column]--;
		line--;
	}
	return true;
}

bool grid_fits(const struct grid *g, const struct look *look)
{
	size_t *widths = xcalloc(g->columns_n, sizeof(*widths));
	bool fits = fit(g, widths, look->width);

	free(widths);
	return fits;
}

static size_t character(struct str text)
{
	size_t n = 1;

	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The bytes at the start of `text` that take at most `columns`. */
static size_t bytes_of_columns(struct str text, size_t columns)
{
	size_t n = 0;

	while (n < text.n) {
		size_t more = character(str_from(text, n));

		if (text_columns((struct str){text.p, n + more}) > columns)
			break;
		n += more;
	}
	return n;
}

/* The byte from which on `text` takes at most `columns`. */
static size_t tail_start(struct str text, size_t columns)
{
	size_t from = 0;

	while (from < text.n && text_columns(str_from(text, from)) > columns)
		from += character(str_from(text, from));
	return from;
}

static void put_cut(struct buf *out, struct str text, size_t columns, bool utf8)
{
	struct str dots = utf8 ? STR("…") : STR("..");
	size_t left = columns - text_columns(dots);
	size_t head = bytes_of_columns(text, left - left / 2);
	struct str tail = str_from(text, tail_start(text, left / 2));

	buf_bytes(out, text.p, head);
	buf_str(out, dots);
	buf_str(out, tail);
	/* A wide character that did not fit leaves a column. */
	for (size_t used = text_columns((struct str){text.p, head}) + text_columns(tail);
	     used < left; used++)
		buf_char(out, ' ');
}

static void spaces(struct buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(out, ' ');
}

static void put_cell(struct buf *out, const struct grid_cell *cell, size_t width,
                     const struct look *look)
{
	bool styled = look->colour && cell->style != GRID_PLAIN;

	if (styled)
		buf_puts(out, styles[cell->style]);
	if (cell->width > width)
		put_cut(out, cell->text, width, look->utf8);
	else
		buf_str(out, cell->text);
	if (styled)
		buf_puts(out, "\x1b[0m");
}

static void put_row(const struct grid *g, const struct grid_cell *row, const size_t *widths,
                    const struct look *look, struct buf *out)
{
	size_t pending = 0; /* spaces that are written only if something follows them */

	for (size_t i = 0; i < g->columns_n; i++) {
		size_t pad = row[i].width < widths[i] ? widths[i] - row[i].width : 0;

		if (row[i].width == 0) {
			pending += widths[i] + GAP;
			continue;
		}
		spaces(out, pending + (g->columns[i].right ? pad : 0));
		put_cell(out, &row[i], widths[i], look);
		pending = GAP + (g->columns[i].right ? 0 : pad);
	}
	buf_char(out, '\n');
}

static void put_rule(size_t line, const struct look *look, struct buf *out)
{
	for (size_t i = 0; i < line; i++)
		buf_puts(out, look->utf8 ? "─" : "-");
	buf_char(out, '\n');
}

void grid_print(const struct grid *g, const struct look *look, struct buf *out)
{
	size_t *widths = xcalloc(g->columns_n, sizeof(*widths));
	size_t line = (g->columns_n - 1) * GAP;

	(void)fit(g, widths, look->width);
	for (size_t i = 0; i < g->columns_n; i++)
		line += widths[i];
	for (size_t i = 0; i + g->columns_n <= g->n; i += g->columns_n) {
		if (g->cells[i].rule)
			put_rule(line, look, out);
		put_row(g, &g->cells[i], widths, look, out);
	}
	free(widths);
}
