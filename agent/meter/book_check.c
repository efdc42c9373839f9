/*
 * Time is looked at as the minutes of a week, one bit each: hours and days in a book are exact to
 * the minute, so two rows overlap when a bit is in both, and a model has a gap when a bit is in
 * none. Rates are held against each other by a table of what is usual; its bounds are far beyond
 * any price there is and well within the factor 1000 of mixed-up units.
 */
#include "agent/meter/book_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/zone.h"
#include "agent/meter/book_rate.h"

enum {
	MINUTES_PER_DAY = 24 * 60,
	MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY,
	WEEK_BYTES = MINUTES_PER_WEEK / 8,
	MONDAY = 4, /* the first one since 1970-01-01, in days */
	ROW_JUMP = 100,
};

/* Microseconds. */
#define MINUTE (60 * TIME_SEC)

struct check {
	finding_fn *found;
	void *into;
	size_t n;
};

__attribute__((format(printf, 4, 5))) static void report(struct check *c, const struct price *p,
                                                         const char *key, const char *format, ...)
{
	struct finding f = {.price = p, .key = key};
	va_list args;

	va_start(args, format);
	(void)vsnprintf(f.text, sizeof(f.text), format, args);
	va_end(args);
	c->found(c->into, &f);
	c->n++;
}

/* ---- time ---- */

struct week {
	unsigned char bits[WEEK_BYTES];
};

static bool has_minute(const struct week *w, int minute)
{
	return w->bits[minute / 8] >> minute % 8 & 1;
}

static void add_minutes(struct week *w, const struct price *p)
{
	for (int i = 0; i < MINUTES_PER_WEEK; i++)
		if (price_in_hours(p, MONDAY * TIME_DAY + i * MINUTE))
			w->bits[i / 8] |= (unsigned char)(1U << i % 8);
}

/* "mon 00:30" */
static void minute_text(int minute, char out[16])
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	(void)snprintf(out, 16, "%s %02d:%02d", days[minute / MINUTES_PER_DAY], minute / 60 % 24,
	               minute % 60);
}

static bool always(const struct price *p)
{
	return p->hours_n == 0 && p->days == EVERY_DAY;
}

/* Rows of one date, the earlier written first: the later one is to be within the earlier. */
static void check_overlap(struct check *c, const struct price *a, const struct price *b)
{
	struct week x = {{0}}, y = {{0}};
	int both = -1, a_only = -1, b_only = -1;
	char text[16];

	add_minutes(&x, a);
	add_minutes(&y, b);
	for (int i = MINUTES_PER_WEEK; i-- > 0;) {
		bool in_a = has_minute(&x, i), in_b = has_minute(&y, i);

		if (in_a && in_b)
			both = i;
		else if (in_a)
			a_only = i;
		else if (in_b)
			b_only = i;
	}
	if (both < 0 || (b_only < 0 && a_only >= 0))
		return;
	minute_text(both, text);
	if (a_only < 0)
		report(c, a, "hours",
		       "never in force: line %d holds at the same time; write it behind",
		       b->place.line);
	else
		report(c, b, "hours", "overlaps with line %d, both hold on %s UTC", a->place.line,
		       text);
}

static void check_overlaps(struct check *c, const struct price *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n && rows[k].from == rows[i].from; k++)
			if (!always(&rows[i]) || always(&rows[k]))
				check_overlap(c, &rows[i], &rows[k]);
}

/* What holds at first holds until a later row covers it, so a gap can only be at first. */
static void check_gap(struct check *c, const struct price *rows, size_t n)
{
	struct week week = {{0}};
	char text[16];

	for (size_t i = 0; i < n && rows[i].from == rows[0].from; i++) {
		if (always(&rows[i]))
			return;
		add_minutes(&week, &rows[i]);
	}
	for (int i = 0; i < MINUTES_PER_WEEK; i++) {
		if (has_minute(&week, i))
			continue;
		minute_text(i, text);
		report(c, rows, "hours", "no row has a price on %s UTC; a row without hours has it",
		       text);
		return;
	}
}

/* ---- rates ---- */

/* How a rate lies to another one: at least 1/low and at most high times. */
static const struct usual {
	enum rate_kind kind, other;
	int64_t low, high;
} usual[] = {
	{RATE_OUTPUT, RATE_INPUT, 50, 150},
	{RATE_CACHE_READ, RATE_INPUT, 500, 1},
	{RATE_CACHE_WRITE, RATE_INPUT, 50, 4},
	{RATE_CACHE_WRITE_1H, RATE_CACHE_WRITE, 1, 4},
	{RATE_REASONING, RATE_OUTPUT, 50, 50},
	{RATE_INPUT_AUDIO, RATE_INPUT, 50, 150},
	{RATE_INPUT_IMAGE, RATE_INPUT, 50, 150},
	{RATE_INPUT_VIDEO, RATE_INPUT, 50, 150},
	{RATE_OUTPUT_AUDIO, RATE_OUTPUT, 50, 150},
	{RATE_OUTPUT_IMAGE, RATE_OUTPUT, 50, 150},
	{RATE_OUTPUT_VIDEO, RATE_OUTPUT, 50, 150},
	{RATE_CACHE_READ_AUDIO, RATE_INPUT_AUDIO, 500, 1},
	{RATE_CACHE_READ_IMAGE, RATE_INPUT_IMAGE, 500, 1},
};

static void check_usual(struct check *c, const struct price *p, const struct rates *r)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		const struct usual *u = &usual[i];
		int64_t rate = r->rate[u->kind], other = r->rate[u->other];
		char text[RATE_TEXT], beside[RATE_TEXT];

		if (rate <= 0 || other <= 0)
			continue;
		if (rate <= other * u->high && other <= rate * u->low)
			continue;
		rate_print(u->kind, rate, text);
		rate_print(u->other, other, beside);
		report(c, p, rate_name(u->kind), "%s is odd beside %s %s; %s", text,
		       rate_name(u->other), beside,
		       u->high == 1 && rate > other ? "a cache read is not dearer"
		                                    : "are both per the same number of tokens?");
	}
}

/* USD per rate_unit that no price reaches; 0: there is no such bound. */
static const struct bound {
	const char *low, *high;
} bounds[RATES] = {
	[RATE_INPUT] = {"0.001", "2000"},
	[RATE_OUTPUT] = {"0.001", "2000"},
	[RATE_CACHE_READ] = {NULL, "2000"},
	[RATE_CACHE_WRITE] = {NULL, "2000"},
	[RATE_CACHE_WRITE_1H] = {NULL, "2000"},
	[RATE_REASONING] = {"0.001", "2000"},
	[RATE_INPUT_AUDIO] = {"0.001", "2000"},
	[RATE_OUTPUT_AUDIO] = {"0.001", "2000"},
	[RATE_INPUT_IMAGE] = {"0.001", "2000"},
	[RATE_OUTPUT_IMAGE] = {"0.001", "2000"},
	[RATE_INPUT_VIDEO] = {"0.001", "2000"},
	[RATE_OUTPUT_VIDEO] = {"0.001", "2000"},
	[RATE_CACHE_READ_AUDIO] = {NULL, "2000"},
	[RATE_CACHE_READ_IMAGE] = {NULL, "2000"},
	[RATE_IMAGE] = {"0.0001", "10"},
	[RATE_AUDIO_SECOND] = {"0.000001", "1"},
	[RATE_VIDEO_SECOND] = {"0.0001", "10"},
	[RATE_PAGE] = {"0.01", "1000"},
	[RATE_CHARACTER] = {"0.1", "2000"},
	[RATE_WEB_SEARCH] = {"0.1", "1000"},
	[RATE_REQUEST] = {NULL, "10"},
	[RATE_UNIT] = {NULL, NULL},
};

static bool beyond(enum rate_kind kind, int64_t rate, const char *bound, bool above)
{
	const char *why;
	int64_t limit;

	if (bound == NULL || !rate_parse(kind, str_of(bound), &limit, &why))
		return false;
	return above ? rate > limit : rate < limit;
}

static void check_bounds(struct check *c, const struct price *p, const struct rates *r)
{
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		bool high = beyond(kind, r->rate[kind], bounds[kind].high, true);
		char text[RATE_TEXT];

		if (r->rate[kind] <= 0 ||
		    (!high && !beyond(kind, r->rate[kind], bounds[kind].low, false)))
			continue;
		rate_print(kind, r->rate[kind], text);
		report(c, p, rate_name(kind), "%s is %s than any price; it is in USD per %s", text,
		       high ? "higher" : "lower", rate_unit(kind));
	}
}

/* Nothing at all, or nothing for what always costs more than the other. */
static void check_zero(struct check *c, const struct price *p)
{
	bool any = false;

	for (int i = 0; i < RATES; i++)
		any |= p->base.rate[i] > 0;
	if (!any)
		report(c, p, "prices", "costs nothing; `free: true` says that it is meant");
	else if (p->base.rate[RATE_INPUT] == 0 && p->base.rate[RATE_OUTPUT] > 0)
		report(c, p, "input", "costs nothing though output does");
}

static void check_tiers(struct check *c, const struct price *p)
{
	const struct rates *below = &p->base;

	for (size_t i = 0; i < p->tiers_n; i++) {
		const struct rates *r = &p->tiers[i].rates;

		for (enum rate_kind kind = 0; kind < RATES; kind++)
			if (r->rate[kind] != RATE_NONE && r->rate[kind] < below->rate[kind])
				report(c, p, "tiers", "%s is lower in tier %zu than below it",
				       rate_name(kind), i + 1);
		check_usual(c, p, r);
		check_bounds(c, p, r);
		below = r;
	}
}

/* Waiting is cheaper, being served first is dearer. */
static void check_service(struct check *c, const struct price *p, const struct variant *v,
                          const struct rates *standard)
{
	bool waits = strcmp(v->name, "batch") == 0 || strcmp(v->name, "flex") == 0;
	struct rates r = *standard;

	rates_overlay(&r, &v->rates);
	if (v->factor_ppm && (waits ? v->factor_ppm > FACTOR_ONE : v->factor_ppm < FACTOR_ONE))
		report(c, p, v->name, "is %s than the standard rate", waits ? "dearer" : "cheaper");
	for (enum rate_kind kind = 0; v->factor_ppm == 0 && kind < RATES; kind++)
		if (r.rate[kind] > 0 && standard->rate[kind] > 0 &&
		    (waits ? r.rate[kind] > standard->rate[kind]
		           : r.rate[kind] < standard->rate[kind]))
			report(c, p, v->name, "%s is %s than the standard rate", rate_name(kind),
			       waits ? "dearer" : "cheaper");
	if (v->factor_ppm == 0) {
		check_usual(c, p, &r);
		check_bounds(c, p, &r);
	}
}

static void check_services(struct check *c, const struct price *p)
{
	for (size_t i = 0; i < p->variants_n; i++)
		check_service(c, p, &p->variants[i], &p->base);
	for (size_t i = 0; i < p->tiers_n; i++)
		for (size_t k = 0; k < p->tiers[i].variants_n; k++)
			check_service(c, p, &p->tiers[i].variants[k], &p->tiers[i].rates);
}

/* Prices fall, but not to a hundredth from one row to the next. */
static void check_jump(struct check *c, const struct price *before, const struct price *p)
{
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		int64_t a = before->base.rate[kind], b = p->base.rate[kind];
		char was[RATE_TEXT], is[RATE_TEXT];

		if (a <= 0 || b <= 0 || (a < b * ROW_JUMP && b < a * ROW_JUMP))
			continue;
		rate_print(kind, a, was);
		rate_print(kind, b, is);
		report(c, p, rate_name(kind), "%s, but %s in the row before; same unit?", is, was);
	}
}

static void check_rates(struct check *c, const struct price *p)
{
	if (p->free || p->accepted)
		return;
	check_zero(c, p);
	check_usual(c, p, &p->base);
	check_bounds(c, p, &p->base);
	check_tiers(c, p);
	check_services(c, p);
}

static bool same_model(const struct price *a, const struct price *b)
{
	return strcmp(a->provider, b->provider) == 0 && strcmp(a->model, b->model) == 0;
}

static void check_model(struct check *c, const struct price *rows, size_t n)
{
	check_gap(c, rows, n);
	check_overlaps(c, rows, n);
	for (size_t i = 0; i < n; i++) {
		check_rates(c, &rows[i]);
		if (i && !rows[i].accepted)
			check_jump(c, &rows[i - 1], &rows[i]);
	}
}

size_t book_check(const struct book *b, finding_fn *found, void *into)
{
	struct check c = {.found = found, .into = into};
	size_t n, first = 0;
	const struct price *rows = book_rows(b, &n);

	for (size_t i = 1; i <= n; i++) {
		if (i < n && same_model(&rows[i], &rows[first]))
			continue;
		check_model(&c, rows + first, i - first);
		first = i;
	}
	return c.n;
}
