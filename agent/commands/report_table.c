/*
 * The report for a terminal. It should fit the width whatever is in it: long names are cut first;
 * where that is not enough, the table gives up what tells least, one step after the other.
 */
#include "agent/commands/grid.h"
#include "agent/commands/report.h"
#include "agent/commands/show.h"
#include "agent/ledger/dim.h"

/* What a table is made of, widest first. The last one is used even if it does not fit. */
struct shape {
	size_t bar;   /* columns of the bar; 0: none */
	bool compact; /* tokens as 2.01M */
	bool latency;
	bool details; /* cached tokens, errors */
};

static const struct shape shapes[] = {
	{10, false, true, true}, {6, false, true, true}, {6, true, true, true},
	{0, true, true, true},   {6, true, false, true}, {0, true, false, true},
	{0, true, false, false},
};

enum { NAME_LEAST = 15, NAMES_LEAST = 8 }; /* columns of a name: of one, of each of several */

enum { COLUMNS_MAX = QUERY_DIMS_MAX + REPORT_COLUMNS + 1 };

struct table {
	const struct report *report;
	const struct shape *shape;
	struct grid_column columns[COLUMNS_MAX];
	char titles[REPORT_COLUMNS][REPORT_TITLE];
	size_t n;
	int64_t largest; /* measure of the largest row: a full bar */
	struct grid grid;
};

static bool shown(const struct table *t, enum report_column column)
{
	bool latency = column == REPORT_P50 || column == REPORT_P95;
	bool detail = column == REPORT_CACHED || column == REPORT_ERRORS;

	return (t->shape->latency || !latency) && (t->shape->details || !detail) &&
	       report_has(t->report, column);
}

static bool has_bar(const struct table *t)
{
	return t->shape->bar > 0 && shown(t, REPORT_SHARE);
}

/* Columns a name may be cut to; a time is not cut. */
static size_t least_width(const struct query *q, enum dim dim)
{
	if (dim_is_time(dim))
		return 0;
	return q->by_n > 1 ? NAMES_LEAST : NAME_LEAST;
}

static void add_columns(struct table *t)
{
	const struct query *q = t->report->query;

	for (size_t i = 0; i < q->by_n; i++)
		t->columns[t->n++] = (struct grid_column){.title = dim_name(q->by[i]),
		                                          .least = least_width(q, q->by[i])};
	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (!shown(t, (enum report_column)i))
			continue;
		report_title_of(t->report, (enum report_column)i, t->titles[i]);
		t->columns[t->n++] = (struct grid_column){.title = t->titles[i], .right = true};
		if (i == REPORT_SHARE && has_bar(t))
			t->columns[t->n++] = (struct grid_column){.title = ""};
	}
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
		report_cell(t->report, row, column, t->shape->compact, &text);
		grid_cell(&t->grid, buf_view(&text), unpriced ? GRID_WARN : style);
		if (column != REPORT_SHARE || !has_bar(t))
			continue;
		buf_clear(&text);
		if (row != &t->report->result->total)
			show_bar(&text, report_measure(t->report, row), t->largest, t->shape->bar,
			         t->report->look.utf8);
		grid_cell(&t->grid, buf_view(&text), GRID_DIM);
	}
	buf_free(&text);
}

static void add_row(struct table *t, const struct query_row *row)
{
	struct buf key = {0};
	struct buf text = {0};

	for (size_t i = 0; i < t->report->query->by_n; i++) {
		buf_clear(&text);
		show_text(&text, report_key(t->report, row, i, &key), t->report->look.utf8);
		grid_cell(&t->grid, buf_view(&text), GRID_PLAIN);
	}
	add_cells(t, row, GRID_PLAIN);
	buf_free(&key);
	buf_free(&text);
}

static void add_total(struct table *t)
{
	grid_rule(&t->grid);
	for (size_t i = 0; i < t->report->query->by_n; i++)
		grid_cell(&t->grid, i ? STR("") : STR("total"), GRID_BOLD);
	add_cells(t, &t->report->result->total, GRID_BOLD);
}

static void build(struct table *t, const struct report *report, const struct shape *shape)
{
	const struct query_result *r = report->result;

	*t = (struct table){.report = report, .shape = shape};
	for (size_t i = 0; i < r->n; i++)
		if (report_measure(report, &r->rows[i]) > t->largest)
			t->largest = report_measure(report, &r->rows[i]);
	add_columns(t);
	grid_init(&t->grid, t->columns, t->n);
	for (size_t i = 0; i < r->n; i++)
		add_row(t, &r->rows[i]);
	add_total(t);
}

/* Nothing was found: what there is, and what to do. */
static void put_nothing(const struct report *report, struct buf *out)
{
	if (report->first == report->last) {
		buf_puts(out, "No calls yet. Read logs with `tokentail backfill PATH...`, or see "
		              "`tokentail status` for what was read.\n");
		return;
	}
	buf_puts(out, "No calls match. The ledger has calls from ");
	show_minute(out, report->query->zone, report->first);
	buf_puts(out, " to ");
	show_minute(out, report->query->zone, report->last);
	buf_printf(out, " (%s).\n", zone_name(report->query->zone));
	if (report->result->unread_calls || report->result->damaged_calls)
		report_notes(report, out);
}

void report_table(const struct report *report, struct buf *out)
{
	const size_t last = sizeof(shapes) / sizeof(shapes[0]) - 1;
	struct table table;

	if (report->result->n == 0) {
		put_nothing(report, out);
		return;
	}
	for (size_t i = 0;; i++) {
		build(&table, report, &shapes[i]);
		if (i == last || grid_fits(&table.grid, &report->look))
			break;
		grid_free(&table.grid);
	}
	if (!report->quiet) {
		report_title(report, out);
		buf_puts(out, "\n\n");
	}
	grid_print(&table.grid, &report->look, out);
	grid_free(&table.grid);
	if (!report->quiet) {
		size_t before = out->n;

		buf_char(out, '\n');
		report_notes(report, out);
		if (out->n == before + 1)
			out->p[--out->n] = '\0';
	}
}
