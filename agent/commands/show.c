/*
 * Numbers for people, in integers throughout: what is shown of money must not depend on how a
 * floating point number happens to round.
 */
#include "agent/commands/show.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/base/escape.h"
#include "agent/base/wide.h"
#include "agent/commands/text.h"

static void put_count(struct buf *out, int64_t n)
{
	char text[TEXT_COUNT];

	text_count(text, n);
	buf_puts(out, text);
}

void show_compact(struct buf *out, int64_t n)
{
	static const char units[] = {'k', 'M', 'G', 'T', 'P'};
	int64_t last = 1; /* worth of the third digit */
	int64_t unit = 1000;
	size_t i = 0;

	if (n < 10000) {
		put_count(out, n);
		return;
	}
	while (n / last >= 1000)
		last *= 10;
	n = (n / last + (n % last * 2 >= last)) * last;
	for (; n / unit >= 1000 && i + 1 < sizeof(units); i++)
		unit *= 1000;
	put_count(out, n / unit);
	if (n / unit < 10)
		buf_printf(out, ".%02" PRId64, n % unit / (unit / 100));
	else if (n / unit < 100)
		buf_printf(out, ".%" PRId64, n % unit / (unit / 10));
	buf_char(out, units[i]);
}

void show_share(struct buf *out, int64_t part, int64_t whole)
{
	int64_t permille;

	if (whole <= 0)
		return;
	permille = (int64_t)(((wide)part * 2000 + whole) / ((wide)whole * 2));
	if (permille == 0 && part > 0)
		buf_puts(out, "<0.1%");
	else
		buf_printf(out, "%" PRId64 ".%" PRId64 "%%", permille / 10, permille % 10);
}

void show_bar(struct buf *out, int64_t part, int64_t whole, size_t columns, bool utf8)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int64_t steps = utf8 ? 8 : 1;
	int64_t length;

	if (whole <= 0 || part <= 0)
		return;
	if (part > whole)
		part = whole;
	length = (int64_t)(((wide)part * (wide)columns * steps * 2 + whole) / ((wide)whole * 2));
	for (int64_t i = 0; i < length / steps; i++)
		buf_puts(out, utf8 ? "█" : "#");
	if (utf8)
		buf_puts(out, eighths[length % steps]);
}

void show_latency(struct buf *out, int64_t microseconds)
{
	int64_t ms = (microseconds + 500) / 1000;

	if (ms < 1000)
		buf_printf(out, "%" PRId64 "ms", ms);
	else if (ms < 99950)
		buf_printf(out, "%" PRId64 ".%" PRId64 "s", (ms + 50) / 1000, (ms + 50) / 100 % 10);
	else if (ms < INT64_C(600) * 1000)
		buf_printf(out, "%" PRId64 "s", (ms + 500) / 1000);
	else
		buf_printf(out, "%" PRId64 "m", (ms + 30000) / 60000);
}

void show_age(struct buf *out, int64_t microseconds)
{
	int64_t s = microseconds / TIME_SEC;

	if (s < 10)
		buf_printf(out, "%" PRId64 ".%" PRId64 "s", s, microseconds / 100000 % 10);
	else if (s < 100)
		buf_printf(out, "%" PRId64 "s", s);
	else if (s < INT64_C(100) * 60)
		buf_printf(out, "%" PRId64 "m", s / 60);
	else if (s < INT64_C(48) * 3600)
		buf_printf(out, "%" PRId64 "h", s / 3600);
	else
		buf_printf(out, "%" PRId64 "d", s / 86400);
}

void show_minute(struct buf *out, const struct zone *zone, int64_t time)
{
	struct civil c = civil_of(time + zone_offset(zone, time) * TIME_SEC);

	buf_printf(out, "%04" PRId32 "-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour,
	           c.minute);
}

void show_text(struct buf *out, struct str text, bool utf8)
{
	size_t start = out->n;
	size_t to;

	escape_terminal(out, text);
	if (utf8 || out->n == start)
		return;
	to = start;
	for (size_t i = start; i < out->n; i++) {
		unsigned char c = (unsigned char)out->p[i];

		if (c >= 0xc0)
			out->p[to++] = '?';
		else if (c < 0x80)
			out->p[to++] = (char)c;
	}
	out->n = to;
	out->p[to] = '\0';
}

void show_plural(struct buf *out, int64_t n, const char *noun)
{
	put_count(out, n);
	buf_printf(out, " %s%s", noun, n == 1 ? "" : "s");
}

bool show_full(char out[SHOW_DATE], const struct sizes *s, int64_t now)
{
	enum { FAR = 365000 }; /* days */
	struct civil day;

	if (s->free < 0 || s->growth <= 0 || s->free / s->growth > FAR)
		return false;
	day = civil_of(now + s->free / s->growth * TIME_DAY);
	(void)snprintf(out, SHOW_DATE, "%04d-%02d-%02d", (int)day.year, day.month, day.day);
	return true;
}
