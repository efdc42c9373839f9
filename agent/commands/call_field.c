#include "agent/commands/call_field.h"

#include <inttypes.h>

#include "agent/base/zone.h"
#include "agent/meter/cost.h"
#include "parsers/timestamp.h"

/* Billionths as decimal text, exact. */
static void put_decimal(struct buf *out, int64_t nano)
{
	char text[COST_TEXT];

	cost_print(nano, text);
	buf_puts(out, text);
}

static void put_duration(struct buf *out, int64_t us)
{
	if (us == ABSENT)
		return;
	put_decimal(out, us * 1000);
	buf_puts(out, " s");
}

static void put_count(struct buf *out, int64_t count, int places)
{
	if (count == ABSENT)
		return;
	if (places == 0) {
		buf_printf(out, "%" PRId64, count);
		return;
	}
	for (; places < 9; places++)
		count *= 10;
	put_decimal(out, count);
}

static void put_time(struct buf *out, int64_t time)
{
	char text[TIMESTAMP_TEXT];

	if (time == INT64_MIN)
		return;
	timestamp_print(time, text);
	buf_puts(out, text);
}

static void put_cost(struct buf *out, const struct call *c)
{
	if (!c->has_logged_cost)
		return;
	buf_char(out, '$');
	put_decimal(out, c->logged_cost);
}

void call_field_text(struct buf *out, const struct call *c, const struct field *field)
{
	switch (field->kind) {
	case FIELD_LABEL:
		buf_str(out, c->label[field->index]);
		return;
	case FIELD_DETAIL:
		buf_str(out, c->detail[field->index]);
		return;
	case FIELD_COUNT:
		put_count(out, c->count[field->index], count_places((enum count)field->index));
		return;
	case FIELD_TIME:
		put_time(out, c->time);
		return;
	case FIELD_DURATION:
		put_duration(out, field->index == 0 ? c->latency : c->ttft);
		return;
	case FIELD_MONEY:
		put_cost(out, c);
		return;
	case FIELD_RESOURCE:
		buf_str(out, c->label[LABEL_MODEL]);
		return;
	case FIELD_PROMPT:
		if (c->prompt_hash)
			buf_puts(out, "only a hash is kept");
		return;
	}
}

void duration_text(struct buf *out, int64_t us)
{
	static const struct {
		int64_t us;
		const char *name;
	} units[] = {{TIME_DAY, " days"}, {3600 * TIME_SEC, "h"}, {60 * TIME_SEC, "m"},
	             {TIME_SEC, "s"},     {TIME_MS, "ms"},        {1, "us"}};
	size_t i = 0;

	while (us % units[i].us != 0)
		i++;
	buf_printf(out, "%" PRId64 "%s", us / units[i].us, us == TIME_DAY ? " day" : units[i].name);
}
