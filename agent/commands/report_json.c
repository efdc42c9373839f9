/*
 * The report for programs. The keys are a promise; money and milliseconds are exact decimal text
 * written as JSON numbers, never printed from floating point.
 */
#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/report.h"
#include "agent/meter/cost.h"
#include "parsers/timestamp.h"

static void put_time(struct buf *out, int64_t time, int64_t open)
{
	char text[TIMESTAMP_TEXT];

	if (time == open) {
		buf_puts(out, "null");
		return;
	}
	timestamp_print(time, text);
	buf_printf(out, "\"%s\"", text);
}

static void put_latency(struct buf *out, const char *name, int64_t microseconds, bool known,
                        void (*put)(struct buf *out, int64_t microseconds))
{
	buf_printf(out, "\"%s\":", name);
	if (known)
		put(out, microseconds);
	else
		buf_puts(out, "null");
}

static void put_latencies(struct buf *out, const struct query_row *row)
{
	int64_t mean = report_mean_latency(row);
	bool known = row->has_percentiles;

	buf_puts(out, ",\"latency_ms\":{");
	put_latency(out, "avg", mean, mean >= 0, report_milliseconds);
	buf_char(out, ',');
	put_latency(out, "p50", row->p50, known, report_percentile);
	buf_char(out, ',');
	put_latency(out, "p95", row->p95, known, report_percentile);
	buf_char(out, ',');
	put_latency(out, "p99", row->p99, known, report_percentile);
	buf_char(out, '}');
}

static void put_amount(struct buf *out, const char *name, const char *currency, int64_t nano)
{
	char text[COST_TEXT];

	cost_print(nano, text);
	buf_printf(out, ",\"%s_", name);
	for (; *currency; currency++) /* three ASCII letters */
		buf_char(out, (char)(*currency | 0x20));
	buf_printf(out, "\":%s", text);
}

/* What a configuration with a currency or a baseline asks for beside the cost in USD. */
static void put_other_amounts(struct buf *out, const struct query *q, const struct query_row *row)
{
	const struct compared *c = &row->compared;

	if (q->currency)
		put_amount(out, "cost", currency_code(q->currency),
		           query_amount(q, row, AMOUNT_COST));
	if (q->baseline == NULL)
		return;
	buf_printf(out, ",\"baseline_calls\":%" PRId64, c->calls);
	put_amount(out, "baseline", "USD", c->baseline);
	put_amount(out, "saving", "USD", c->baseline - c->cost);
	if (q->currency == NULL)
		return;
	put_amount(out, "baseline", currency_code(q->currency),
	           query_amount(q, row, AMOUNT_BASELINE));
	put_amount(out, "saving", currency_code(q->currency), query_saving(q, row));
}

/* The keys of a row behind its dimensions, and of the total. */
static void put_numbers(const struct report *report, struct buf *out, const struct query_row *row)
{
	const struct sums *s = &row->sums;
	char cost[COST_TEXT];

	buf_printf(out, "\"calls\":%" PRId64 ",\"errors\":%" PRId64, s->calls, row->errors);
	for (size_t i = 0; i < COUNT_TOKENS; i++)
		buf_printf(out, ",\"%s\":%" PRId64, count_name((enum count)i), s->count[i]);
	cost_print(s->cost, cost);
	buf_printf(out, ",\"cost_usd\":%s", cost);
	buf_printf(out, ",\"unpriced_calls\":%" PRId64 ",\"estimated_calls\":%" PRId64, s->unpriced,
	           s->estimated);
	if (report_estimates(report))
		buf_printf(out, ",\"estimated_usage_calls\":%" PRId64, s->estimated_usage);
	put_other_amounts(out, report->query, row);
	put_latencies(out, row);
}

static void put_row(const struct report *report, struct buf *out, const struct query_row *row)
{
	const struct query *q = report->query;

	buf_char(out, '{');
	for (size_t i = 0; i < q->by_n; i++) {
		buf_printf(out, "\"%s\":", dim_name(q->by[i]));
		escape_json(out, row->key[i]);
		buf_char(out, ',');
	}
	put_numbers(report, out, row);
	buf_char(out, '}');
}

void report_json(const struct report *report, struct buf *out)
{
	const struct query_result *r = report->result;
	const struct query *q = report->query;

	buf_puts(out, "{\"since\":");
	put_time(out, r->since, INT64_MIN);
	buf_puts(out, ",\"until\":");
	put_time(out, r->until, INT64_MAX);
	buf_puts(out, ",\"timezone\":");
	escape_json(out, str_of(zone_name(q->zone)));
	buf_puts(out, ",\"by\":[");
	for (size_t i = 0; i < q->by_n; i++)
		buf_printf(out, "%s\"%s\"", i ? "," : "", dim_name(q->by[i]));
	buf_puts(out, "]");
	if (q->currency)
		buf_printf(out, ",\"currency\":\"%s\"", currency_code(q->currency));
	if (q->baseline) {
		buf_puts(out, ",\"baseline\":");
		escape_json(out, str_of(baseline_name(q->baseline)));
	}
	buf_puts(out, ",\n\"rows\":[");
	for (size_t i = 0; i < r->n; i++) {
		buf_puts(out, i ? ",\n" : "\n");
		put_row(report, out, &r->rows[i]);
	}
	buf_puts(out, "],\n\"total\":{");
	put_numbers(report, out, &r->total);
	buf_char(out, '}');
	if (r->unread_calls)
		buf_printf(out, ",\"archived_calls_not_read\":%" PRId64, r->unread_calls);
	if (r->damaged_calls) {
		buf_printf(out,
		           ",\"archived_calls_damaged\":%" PRId64 ",\"damage\":", r->damaged_calls);
		escape_json(out, r->damage);
	}
	buf_puts(out, "}\n");
}
