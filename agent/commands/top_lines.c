/*
 * For a pipe or a file: a line for each time that something was added, as vmstat has them.
 */
#include <inttypes.h>

#include "agent/commands/text.h"
#include "agent/commands/top_view.h"

static const char *const titles[] = {"records", "calls", "duplicates", "skipped", "rejected"};

enum { TIME = 8, ADDED = 11, MONEY = 13 };

static const char *slot_name(const struct top_view *v)
{
	return v->answer->span == LIVE_HOUR ? "this minute" : "this hour";
}

void top_line_titles(const struct top_view *v, struct buf *out)
{
	buf_printf(out, "%-*s", TIME, "time");
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		buf_printf(out, "%*s", ADDED, titles[i]);
	buf_printf(out, "%*s%*s%*s\n", MONEY, slot_name(v), MONEY, top_span_name(v->answer->span),
	           ADDED, "lag");
}

static void put_added(struct buf *out, int64_t n)
{
	char count[TEXT_COUNT];
	char text[TEXT_COUNT + 1];

	text_count(count, n);
	(void)snprintf(text, sizeof(text), "%s%s", n < 0 ? "" : "+", count);
	buf_printf(out, "%*s", ADDED, text);
}

static void put_money(struct buf *out, int64_t nano)
{
	char text[TEXT_COST];

	text_cost(text, nano);
	buf_printf(out, "%*s", MONEY, text);
}

void top_line(const struct top_view *v, const int64_t before[OUTCOMES], struct buf *out)
{
	const struct live_answer *a = v->answer;
	const struct zone *zone = a->query.zone;
	struct civil c = civil_of(v->now + zone_offset(zone, v->now) * TIME_SEC);
	int64_t unpriced = a->result->total.sums.unpriced;
	int64_t records = 0;
	char lag[TEXT_SIZE];

	for (size_t i = 0; i < OUTCOMES; i++)
		records += a->records[i] - before[i];
	buf_printf(out, "%02d:%02d:%02d", c.hour, c.minute, c.second);
	put_added(out, records);
	for (size_t i = 0; i < OUTCOMES; i++)
		put_added(out, a->records[i] - before[i]);
	put_money(out, a->cost[a->slots - 1]);
	put_money(out, a->result->total.sums.cost);
	text_size(lag, v->lag);
	buf_printf(out, "%*s", ADDED, lag);
	if (unpriced)
		buf_printf(out, "  %" PRId64 " without a price", unpriced);
	buf_char(out, '\n');
}
