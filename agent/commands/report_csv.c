/*
 * The report for spreadsheets: RFC 4180, one header line, numbers without separators or signs of
 * currency, no line for the total, which a spreadsheet would add to the sum.
 */
#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/report.h"
#include "agent/meter/cost.h"

/* "cost_eur", ... */
static void put_title(const char *name, const struct currency *currency, struct buf *out)
{
	buf_printf(out, ",%s_", name);
	for (const char *c = currency_code(currency); *c; c++) /* three ASCII letters */
		buf_char(out, (char)(*c | 0x20));
}

static void put_other_titles(const struct query *q, struct buf *out)
{
	if (q->baseline)
		buf_puts(out, ",baseline_calls,baseline_usd,saving_usd");
	if (q->currency)
		put_title("cost", q->currency, out);
	if (q->currency && q->baseline) {
		put_title("baseline", q->currency, out);
		put_title("saving", q->currency, out);
	}
}

static void put_amount(int64_t nano, struct buf *out)
{
	char text[COST_TEXT];

	cost_print(nano, text);
	buf_printf(out, ",%s", text);
}

static void put_other_amounts(const struct query *q, const struct query_row *row, struct buf *out)
{
	if (q->baseline) {
		buf_printf(out, ",%" PRId64, row->compared.calls);
		put_amount(row->compared.baseline, out);
		put_amount(row->compared.baseline - row->compared.cost, out);
	}
	if (q->currency)
		put_amount(query_amount(q, row, AMOUNT_COST), out);
	if (q->currency && q->baseline) {
		put_amount(query_amount(q, row, AMOUNT_BASELINE), out);
		put_amount(query_saving(q, row), out);
	}
}

static void put_header(const struct report *report, struct buf *out)
{
	const struct query *q = report->query;

	for (size_t i = 0; i < q->by_n; i++)
		buf_printf(out, "%s,", dim_name(q->by[i]));
	buf_puts(out, "calls,errors");
	for (size_t i = 0; i < COUNT_TOKENS; i++)
		buf_printf(out, ",%s", count_name((enum count)i));
	buf_puts(out, ",cost_usd,unpriced_calls,estimated_calls,latency_avg_ms,latency_p50_ms,"
	              "latency_p95_ms,latency_p99_ms");
	if (report_estimates(report))
		buf_puts(out, ",estimated_usage_calls");
	put_other_titles(q, out);
	buf_puts(out, "\r\n");
}

static void put_latencies(struct buf *out, const struct query_row *row)
{
	const int64_t percentiles[] = {row->p50, row->p95, row->p99};
	int64_t mean = report_mean_latency(row);

	buf_char(out, ',');
	if (mean >= 0)
		report_milliseconds(out, mean);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		buf_char(out, ',');
		if (row->has_percentiles)
			report_percentile(out, percentiles[i]);
	}
}

static void put_row(const struct report *report, const struct query_row *row, struct buf *out)
{
	const struct query *q = report->query;
	const struct sums *s = &row->sums;
	char cost[COST_TEXT];

	for (size_t i = 0; i < q->by_n; i++) {
		escape_csv(out, row->key[i]);
		buf_char(out, ',');
	}
	buf_printf(out, "%" PRId64 ",%" PRId64, s->calls, row->errors);
	for (size_t i = 0; i < COUNT_TOKENS; i++)
		buf_printf(out, ",%" PRId64, s->count[i]);
	cost_print(s->cost, cost);
	buf_printf(out, ",%s,%" PRId64 ",%" PRId64, cost, s->unpriced, s->estimated);
	put_latencies(out, row);
	if (report_estimates(report))
		buf_printf(out, ",%" PRId64, s->estimated_usage);
	put_other_amounts(q, row, out);
	buf_puts(out, "\r\n");
}

void report_csv(const struct report *report, struct buf *out)
{
	put_header(report, out);
	for (size_t i = 0; i < report->result->n; i++)
		put_row(report, &report->result->rows[i], out);
}
