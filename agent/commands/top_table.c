/*
 * The rows of the live view. They have the cells of a report, and give up what tells least where
 * the width does not suffice.
 */
#include "agent/commands/grid.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/commands/top_view.h"

enum { TITLE = 16 };

/* Which columns a table has, widest first. The last one is used even if it does not fit. */
static const struct shape {
	size_t name;  /* columns the name may be cut to */
	bool compact; /* tokens as 2.01M */
	bool bar, details, latency, tokens, share, calls;
} shapes[] = {
	{24, false, true, true, true, true, true, true},
	{24, false, false, true, true, true, true, true},
	{20, true, false, true, true, true, true, true},
	{16, true, false, false, true, true, true, true},
	{12, true, false, false, false, true, true, true},
	{10, true, false, false, false, false, true, true},
	{8, true, false, false, false, false, false, true},
	{4, true, false, false, false, false, false, false},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]), BAR = 10 };

struct table {
	struct report report;
	const struct top_view *view;
	const struct shape *shape;
	struct grid_column columns[REPORT_COLUMNS + 2];
	char titles[REPORT_COLUMNS][TITLE];
	size_t n;
	struct grid grid;
};

static bool shown(const struct table *t, enum report_column column)
{
	const struct shape *s = t->shape;
	bool wanted = true;

	switch (column) {
	case REPORT_CACHED:
	case REPORT_ERRORS:
		wanted = s->details;
		break;
	case REPORT_P50:
	case REPORT_P95:
		wanted = s->latency;
		break;
	case REPORT_INPUT:
	case REPORT_OUTPUT:
		wanted = s->tokens;
		break;
	case REPORT_SHARE:
		wanted = s->share;
		break;
	case REPORT_CALLS:
		wanted = s->calls;
		break;
	case REPORT_COST:
	case REPORT_BASELINE:
	case REPORT_SAVING:
	case REPORT_COLUMNS:
		break;
	}
	return wanted && report_has(&t->report, column);
}

static bool is_sorted_by(const struct table *t, enum report_column column)
{
	switch (t->report.query->sort) {
	case SORT_CALLS:
		return column == REPORT_CALLS;
	case SORT_TOKENS:
		return column == REPORT_INPUT || column == REPORT_OUTPUT;
	case SORT_DEFAULT:
	case SORT_COST:
		break;
	}
	return column == REPORT_COST;
}

static bool has_bar(const struct table *t)
{
	return t->shape->bar && shown(t, REPORT_SHARE);
}

static void add_columns(struct table *t)
{
	t->n = 0;
	t->columns[t->n++] = (struct grid_column){.title = dim_name(t->report.query->by[0]),
	                                          .least = t->shape->name};
	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (!shown(t, (enum report_column)i))
			continue;
		(void)snprintf(t->titles[i], TITLE,
		               is_sorted_by(t, (enum report_column)i) ? "[%s]" : "%s",
		               report_titles[i]);
		t->columns[t->n++] = (struct grid_column){.title = t->titles[i], .right = true};
		if (i == REPORT_SHARE && has_bar(t))
			t->columns[t->n++] = (struct grid_column){.title = ""};
	}
}

static void add_bar(struct table *t, const struct query_row *row)
{
	const struct query_result *r = t->report.result;
	struct buf text = {0};

	if (row != &r->total)
		show_bar(&text, report_measure(&t->report, row),
		         report_measure(&t->report, &r->rows[0]), BAR, t->report.look.utf8);
	grid_cell(&t->grid, buf_view(&text), GRID_DIM);
	buf_free(&text);
}

static void add_cells(struct table *t, const struct query_row *row, enum grid_style style)
{
	struct buf text = {0};

	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		enum report_column column = (enum report_column)i;
		bool unpriced = column == REPORT_COST && row->sums.unpriced > 0;

		if (!shown(t, column))
			continue;
		buf_clear(&text);
		report_cell(&t->report, row, column, t->shape->compact, &text);
		grid_cell(&t->grid, buf_view(&text), unpriced ? GRID_WARN : style);
		if (i == REPORT_SHARE && has_bar(t))
			add_bar(t, row);
	}
	buf_free(&text);
}

/* "other (12 more)"; where not all labels could be told apart, there are more than were counted. */
static void put_name(const struct table *t, const struct query_row *row, struct buf *out)
{
	const struct query_result *r = t->report.result;
	struct buf scratch = {0};

	if (t->view->answer->crowded && row == &r->rows[r->n - 1])
		buf_puts(out, "other (too many)");
	else
		show_text(out, report_key(&t->report, row, 0, &scratch), t->report.look.utf8);
	buf_free(&scratch);
}

static void add_row(struct table *t, const struct query_row *row)
{
	struct buf name = {0};

	put_name(t, row, &name);
	grid_cell(&t->grid, buf_view(&name), GRID_PLAIN);
	add_cells(t, row, GRID_PLAIN);
	buf_free(&name);
}

static void build(struct table *t, size_t first, size_t end)
{
	const struct query_result *r = t->report.result;

	add_columns(t);
	grid_init(&t->grid, t->columns, t->n);
	for (size_t i = first; i < end; i++)
		add_row(t, &r->rows[i]);
	grid_cell(&t->grid, STR("total"), GRID_BOLD);
	add_cells(t, &r->total, GRID_BOLD);
}

struct report top_report(const struct top_view *v, const struct look *look)
{
	return (struct report){.query = &v->answer->query,
	                       .result = v->answer->result,
	                       .unpriced = v->answer->unpriced,
	                       .look = *look};
}

size_t top_table(const struct top_view *v, const struct look *look, size_t rows, struct buf *out)
{
	struct table t = {.report = top_report(v, look), .view = v};
	size_t n = t.report.result->n;
	size_t first = v->first < n ? v->first : 0;
	size_t end = n - first > rows ? first + rows : n;

	for (size_t i = 0; i < SHAPES; i++) {
		t.shape = &shapes[i];
		build(&t, first, end);
		if (i + 1 == SHAPES || grid_fits(&t.grid, look))
			break;
		grid_free(&t.grid);
	}
	grid_print(&t.grid, look, out);
	grid_free(&t.grid);
	return end - first;
}
