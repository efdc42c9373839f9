/*
 * Spend over time as bars. A slot takes as many columns as there are; where there are fewer columns
 * than slots, a column is the sum of several. What is there but little is still seen: heights are
 * rounded up.
 */
#include "agent/base/escape.h"
#include "agent/base/wide.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/commands/top_view.h"

enum { LABEL = 9, LABEL_FROM = 44 }; /* columns of the scale; the width from which on it is there */

struct chart {
	int64_t column[LIVE_SLOTS_MAX]; /* nano-dollars; of one or several slots */
	size_t columns;
	size_t wide; /* columns of the terminal for each */
	int64_t most;
	size_t indent;
	bool utf8;
};

static struct chart fit(const struct live_answer *a, const struct look *look)
{
	struct chart c = {.utf8 = look->utf8, .indent = look->width >= LABEL_FROM ? LABEL + 1 : 0};
	size_t room = look->width > c.indent ? look->width - c.indent : 1;
	size_t each = (a->slots + room - 1) / room;

	c.columns = (a->slots + each - 1) / each;
	c.wide = room / c.columns;
	/* The last column ends with the last slot; so the first one may be of fewer. */
	for (size_t i = 0; i < a->slots; i++)
		c.column[c.columns - 1 - (a->slots - 1 - i) / each] += a->cost[i];
	for (size_t i = 0; i < c.columns; i++)
		if (c.column[i] > c.most)
			c.most = c.column[i];
	return c;
}

/* How much of a line is filled, in steps of a character, `from` steps above the ground. */
static int64_t filled(const struct chart *c, int64_t cost, size_t rows, int64_t steps, int64_t from)
{
	int64_t height;

	if (cost <= 0 || c->most <= 0)
		return 0;
	height = (int64_t)(((wide)cost * (wide)rows * steps + c->most - 1) / c->most) - from;
	return height < 0 ? 0 : height > steps ? steps : height;
}

static void put_bars(const struct chart *c, size_t rows, size_t row, struct buf *out)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const plain[] = {" ", ".", "-", "=", "#"};
	int64_t steps = c->utf8 ? 8 : 4;

	for (size_t i = 0; i < c->columns; i++) {
		int64_t n = filled(c, c->column[i], rows, steps, (int64_t)(rows - 1 - row) * steps);

		for (size_t j = 0; j < c->wide; j++) /* a gap between bars that are wide */
			buf_puts(out, c->wide > 1 && j + 1 == c->wide ? " "
			              : c->utf8                       ? blocks[n]
			                                              : plain[n]);
	}
}

static void put_label(const struct chart *c, bool is_most, struct buf *out)
{
	char text[TEXT_COST] = "";

	if (c->indent == 0)
		return;
	if (is_most && c->most > 0)
		text_cost(text, c->most);
	buf_printf(out, "%*s ", LABEL, text);
}

/* "11:05", with its date where the span is longer than a day. */
static void put_time(const struct live_answer *a, int64_t time, struct buf *out)
{
	struct buf text = {0};
	size_t date = sizeof("2026-03-12 ") - 1;

	show_minute(&text, a->query.zone, time);
	buf_str(out, str_from(buf_view(&text), a->span == LIVE_WEEK ? sizeof("2026-") - 1 : date));
	buf_free(&text);
}

static void put_times(const struct chart *c, const struct live_answer *a, struct buf *out)
{
	size_t start = out->n, end = c->indent + c->columns * c->wide, used;
	struct buf last = {0};

	put_label(c, false, out);
	put_time(a, a->result->until - (int64_t)a->slots * a->slot, out);
	put_time(a, a->result->until - a->slot, &last);
	used = out->n - start;
	if (used + last.n < end)
		buf_printf(out, "%*s", (int)(end - used), last.p);
	buf_char(out, '\n');
	buf_free(&last);
}

void top_chart(const struct top_view *v, const struct look *look, size_t rows, struct buf *out)
{
	struct chart c = fit(v->answer, look);

	for (size_t row = 0; row < rows; row++) {
		put_label(&c, row == 0, out);
		if (look->colour)
			buf_puts(out, "\x1b[36m");
		put_bars(&c, rows, row, out);
		buf_puts(out, look->colour ? "\x1b[0m\n" : "\n");
	}
	if (rows > 1)
		put_times(&c, v->answer, out);
}
