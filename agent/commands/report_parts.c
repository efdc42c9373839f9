/*
 * What the formats of a report have in common, so that a table and a Markdown page say the same
 * thing in the same words.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/base/escape.h"
#include "agent/commands/report.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"

enum { NAMED_MODELS = 3 }; /* models without a price that are named; the others are counted */

const char *const report_titles[REPORT_COLUMNS] = {
	[REPORT_CALLS] = "calls",       [REPORT_INPUT] = "input",   [REPORT_CACHED] = "cached",
	[REPORT_OUTPUT] = "output",     [REPORT_ERRORS] = "errors", [REPORT_COST] = "cost",
	[REPORT_BASELINE] = "baseline", [REPORT_SAVING] = "saving", [REPORT_SHARE] = "share",
	[REPORT_P50] = "p50",           [REPORT_P95] = "p95",
};

int64_t report_measure(const struct report *report, const struct query_row *row)
{
	const struct sums *s = &row->sums;

	switch (report->query->sort) {
	case SORT_CALLS:
		return s->calls;
	case SORT_TOKENS:
		return s->count[COUNT_INPUT] + s->count[COUNT_OUTPUT];
	case SORT_DEFAULT:
	case SORT_COST:
		break;
	}
	return query_amount(report->query, row, AMOUNT_COST);
}

void report_title_of(const struct report *report, enum report_column column, char out[REPORT_TITLE])
{
	const struct query *q = report->query;
	const char *title = report_titles[column];

	if (column == REPORT_BASELINE && q->baseline)
		title = baseline_name(q->baseline);
	if (column == REPORT_COST && q->currency)
		(void)snprintf(out, REPORT_TITLE, "%s %s", title, currency_code(q->currency));
	else
		(void)snprintf(out, REPORT_TITLE, "%s", title);
}

bool report_has(const struct report *report, enum report_column column)
{
	const struct query_row *total = &report->result->total;

	switch (column) {
	case REPORT_CACHED:
		return total->sums.count[COUNT_CACHE_READ] > 0;
	case REPORT_ERRORS:
		return total->errors > 0;
	case REPORT_SHARE:
		return report_measure(report, total) > 0;
	case REPORT_P50:
	case REPORT_P95:
		return total->has_percentiles;
	case REPORT_BASELINE:
	case REPORT_SAVING:
		return report->query->baseline != NULL;
	case REPORT_CALLS:
	case REPORT_INPUT:
	case REPORT_OUTPUT:
	case REPORT_COST:
	case REPORT_COLUMNS:
		break;
	}
	return true;
}

/* In dollars with their sign; in another currency without, for its column says it. */
static void put_money(const struct report *report, int64_t nano, struct buf *out)
{
	char text[TEXT_COST];

	text_cost(text, nano < 0 ? -nano : nano);
	buf_puts(out, nano < 0 ? "-" : "");
	buf_puts(out, text + (report->query->currency != NULL));
}

bool report_estimates(const struct report *report)
{
	return report->result->total.sums.estimated_usage > 0;
}

/* A sum of money is exact only if every call in it has a price and counts what was used: otherwise
 * it is marked. */
static void put_cost(const struct report *report, const struct query_row *row, struct buf *out)
{
	if (row->sums.calls > 0 && row->sums.unpriced == row->sums.calls) {
		buf_puts(out, "no price");
	} else {
		put_money(report, query_amount(report->query, row, AMOUNT_COST), out);
	}
	if (report->result->total.sums.unpriced || report_estimates(report))
		buf_puts(out, row->sums.unpriced ? "*" : row->sums.estimated_usage ? "~" : " ");
}

static void put_count(struct buf *out, int64_t n, bool compact)
{
	char text[TEXT_COUNT];

	if (compact) {
		show_compact(out, n);
		return;
	}
	text_count(text, n);
	buf_puts(out, text);
}

void report_cell(const struct report *report, const struct query_row *row,
                 enum report_column column, bool compact, struct buf *out)
{
	const struct sums *s = &row->sums;

	switch (column) {
	case REPORT_CALLS:
		put_count(out, s->calls, false);
		break;
	case REPORT_INPUT:
		put_count(out, s->count[COUNT_INPUT], compact);
		break;
	case REPORT_CACHED:
		put_count(out, s->count[COUNT_CACHE_READ], compact);
		break;
	case REPORT_OUTPUT:
		put_count(out, s->count[COUNT_OUTPUT], compact);
		break;
	case REPORT_ERRORS:
		put_count(out, row->errors, false);
		break;
	case REPORT_COST:
		put_cost(report, row, out);
		break;
	case REPORT_BASELINE:
		if (row->compared.calls)
			put_money(report, query_amount(report->query, row, AMOUNT_BASELINE), out);
		break;
	case REPORT_SAVING:
		if (row->compared.calls)
			put_money(report, query_saving(report->query, row), out);
		break;
	case REPORT_SHARE: /* all of all is no news, and of what has no price nothing is known */
		if (row != &report->result->total && !(s->calls > 0 && s->unpriced == s->calls))
			show_share(out, report_measure(report, row),
			           report_measure(report, &report->result->total));
		break;
	case REPORT_P50:
	case REPORT_P95:
		if (row->has_percentiles)
			show_latency(out, column == REPORT_P50 ? row->p50 : row->p95);
		break;
	case REPORT_COLUMNS:
		break;
	}
}

struct str report_key(const struct report *report, const struct query_row *row, size_t dim,
                      struct buf *scratch)
{
	const struct query_result *r = report->result;
	char more[TEXT_COUNT];

	if (r->other_n && row == &r->rows[r->n - 1]) {
		if (dim > 0)
			return STR("");
		text_count(more, (int64_t)r->other_n);
		buf_clear(scratch);
		buf_printf(scratch, "other (%s more)", more);
		return buf_view(scratch);
	}
	return row->key[dim].n ? row->key[dim] : STR("(none)");
}

void report_title(const struct report *report, struct buf *out)
{
	const struct query_result *r = report->result;
	const struct query *q = report->query;

	if (r->since == INT64_MIN || r->until == INT64_MAX) {
		buf_puts(out, "All time");
	} else {
		show_minute(out, q->zone, r->since);
		buf_puts(out, " to ");
		show_minute(out, q->zone, r->until);
		buf_printf(out, " (%s)", zone_name(q->zone));
	}
	for (size_t i = 0; i < q->by_n; i++)
		buf_printf(out, "%s%s", i ? ", " : ", by ", dim_name(q->by[i]));
	for (size_t i = 0; i < q->where_n; i++) {
		buf_printf(out, "%s%s = ", i ? ", " : "; where ", dim_name(q->where[i].dim));
		show_text(out, q->where[i].value, report->look.utf8);
	}
}

static void note_unpriced(const struct report *report, struct buf *out)
{
	const struct query_result *r = report->unpriced;
	char tokens[TEXT_COUNT];

	if (r == NULL || r->n == 0)
		return;
	text_count(tokens, r->total.sums.count[COUNT_INPUT] + r->total.sums.count[COUNT_OUTPUT]);
	buf_puts(out, "* ");
	show_plural(out, r->total.sums.calls, "call");
	buf_printf(out, ", %s tokens of ", tokens);
	show_plural(out, (int64_t)r->n, "model");
	buf_puts(out, r->total.sums.calls == 1 ? " has no price: " : " have no price: ");
	for (size_t i = 0; i < r->n && i < NAMED_MODELS; i++) {
		buf_puts(out, i ? ", " : "");
		show_text(out, r->rows[i].key[0], report->look.utf8);
	}
	if (r->n > NAMED_MODELS)
		buf_puts(out, ", ...");
	buf_puts(out, "; see `tokentail prices show ");
	show_text(out, r->rows[0].key[0], report->look.utf8);
	buf_puts(out, "`\n");
}

static void note_calls(struct buf *out, int64_t calls, const char *what)
{
	if (calls == 0)
		return;
	show_plural(out, calls, "call");
	buf_printf(out, " %s\n", what);
}

/* The archive is looked at only when that is asked for, and some of it may be damaged. */
static void note_archive(const struct query_result *r, bool sessions, struct buf *out)
{
	if (r->unread_calls) {
		show_plural(out, r->unread_calls, "call");
		buf_printf(out, " of these days %s in the archive; with --detail %s too\n",
		           r->unread_calls == 1 ? "is" : "are",
		           sessions ? "they count here" : "they are read");
	}
	if (r->damaged_calls == 0)
		return;
	show_plural(out, r->damaged_calls, "call");
	buf_puts(out, sessions ? " of the archive are missing here: "
	                       : " of the archive are missing in the percentiles: ");
	escape_terminal(out, r->damage);
	buf_char(out, '\n');
}

static bool q_by_hours(const struct query *q)
{
	bool any = false;

	for (size_t i = 0; i < q->by_n; i++)
		any |= q->by[i] == DIM_HOUR || q->by[i] == DIM_HOUR_OF_DAY;
	for (size_t i = 0; i < q->where_n; i++)
		any |= q->where[i].dim == DIM_HOUR || q->where[i].dim == DIM_HOUR_OF_DAY;
	return any;
}

static void note_range(const struct report *report, struct buf *out)
{
	const struct query *q = report->query;
	bool sessions = false;

	for (size_t i = 0; i < q->by_n; i++)
		sessions |= q->by[i] == DIM_SESSION;
	for (size_t i = 0; i < q->where_n; i++)
		sessions |= q->where[i].dim == DIM_SESSION;
	if (sessions)
		buf_puts(out, "Only calls that are still kept know their session (keep.calls).\n");
	note_archive(report->result, sessions, out);
	if (q_by_hours(q) && report->result->days_before > report->result->since) {
		buf_puts(out, "Before ");
		show_minute(out, q->zone, report->result->days_before);
		buf_puts(out, " hours are kept as days, at their first hour (keep.hourly).\n");
	}
	if (report->result->moved)
		buf_puts(out, "Totals are by the hour: the time was widened to whole hours.\n");
}

/* What is compared, where that is not all. */
static void note_baseline(const struct report *report, struct buf *out)
{
	const struct query_row *total = &report->result->total;
	const struct baseline *baseline = report->query->baseline;
	char all[TEXT_COUNT];

	if (baseline == NULL || total->compared.calls == total->sums.calls)
		return;
	text_count(all, total->sums.calls);
	buf_printf(out, "%s and saving are of ", baseline_name(baseline));
	show_plural(out, total->compared.calls, "call");
	buf_printf(out, " of %s: those that are kept and have both prices\n", all);
}

void report_notes(const struct report *report, struct buf *out)
{
	const struct sums *s = &report->result->total.sums;

	note_unpriced(report, out);
	note_calls(out, s->estimated - s->estimated_usage, "priced as another model (estimated)");
	if (s->estimated_usage)
		buf_puts(out, "~ ");
	note_calls(out, s->estimated_usage, "with tokens estimated from the length of their texts");
	note_calls(out, s->unknown_usage, "without token counts in the log");
	note_calls(out, s->inconsistent, "with parts larger than their whole, cut to it");
	note_baseline(report, out);
	note_range(report, out);
}

int64_t report_mean_latency(const struct query_row *row)
{
	const struct sums *s = &row->sums;

	return s->latency_calls > 0 ? (s->latency + s->latency_calls / 2) / s->latency_calls : -1;
}

void report_milliseconds(struct buf *out, int64_t microseconds)
{
	buf_printf(out, "%" PRId64, microseconds / 1000);
	if (microseconds % 1000) {
		buf_printf(out, ".%03" PRId64, microseconds % 1000);
		while (out->p[out->n - 1] == '0')
			out->p[--out->n] = '\0';
	}
}

void report_percentile(struct buf *out, int64_t microseconds)
{
	int64_t unit = 1;

	while (microseconds / unit >= 1000) /* three digits: 1 % is not more */
		unit *= 10;
	report_milliseconds(out, (microseconds + unit / 2) / unit * unit);
}
