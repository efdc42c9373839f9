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

/* The keys of a row behind its dimensions, and of the total. */
static void put_numbers(struct buf *out, const struct query_row *row)
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
	put_latencies(out, row);
}

static void put_row(struct buf *out, const struct query *q, const struct query_row *row)
{
	buf_char(out, '{');
	for (size_t i = 0; i < q->by_n; i++) {
		buf_printf(out, "\"%s\":", dim_name(q->by[i]));
		escape_json(out, row->key[i]);
		buf_char(out, ',');
	}
	put_numbers(out, row);
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
	buf_puts(out, "],\n\"rows\":[");
	for (size_t i = 0; i < r->n; i++) {
		buf_puts(out, i ? ",\n" : "\n");
		put_row(out, q, &r->rows[i]);
	}
	buf_puts(out, "],\n\"total\":{");
	put_numbers(out, &r->total);
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
