/*
 * A piece of a period costs the difference of two numbers: what has been spent from the start of
 * the period to the end of the piece, and to its start, each rounded down. So nothing is rounded
 * twice, and the pieces of a month are the month.
 */
#include "agent/meter/resource.h"

#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/base/wide.h"
#include "parsers/date.h"

#define HOUR (3600 * TIME_SEC)

struct resources *resources_new(const struct config *config, const struct zone *zone)
{
	struct resources *all = xcalloc(1, sizeof(*all));

	all->v = xcalloc(config->resources_n, sizeof(*all->v));
	for (size_t i = 0; i < config->resources_n; i++) {
		const struct resource_config *c = &config->resources[i];
		struct resource *r = &all->v[all->n];

		if (c->per == PER_UNIT)
			continue;
		*r = (struct resource){.config = c, .until = INT64_MAX};
		(void)date_parse(str_of(c->from), zone, &r->from); /* the reader has checked both */
		if (c->until)
			(void)date_parse(str_of(c->until), zone, &r->until);
		all->n++;
	}
	return all;
}

void resources_free(struct resources **rp)
{
	struct resources *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	free(r->v);
	free(r);
}

/* The period that a time lies in. A day has 23 to 25 hours, a month at most 31 days. */
static void period_of(enum resource_per per, const struct zone *zone, int64_t time, int64_t *begin,
                      int64_t *end)
{
	switch (per) {
	case PER_DAY:
		*begin = zone_day_start(zone, time);
		*end = zone_day_start(zone, *begin + 26 * HOUR);
		return;
	case PER_MONTH:
		*begin = zone_month_start(zone, time);
		*end = zone_month_start(zone, *begin + 32 * TIME_DAY);
		return;
	case PER_HOUR:
	case PER_UNIT:
		break;
	}
	*begin = zone_hour_start(zone, time);
	*end = *begin + HOUR;
}

bool resource_cost(const struct resource *r, const struct zone *zone, int64_t begin, int64_t end,
                   int64_t *ret)
{
	int64_t sum = 0;

	begin = begin > r->from ? begin : r->from;
	end = end < r->until ? end : r->until;
	while (begin < end) {
		int64_t first, last, stop;
		wide before, after;

		period_of(r->config->per, zone, begin, &first, &last);
		stop = end < last ? end : last;
		before = (wide)r->config->period_nano * (begin - first) / (last - first);
		after = (wide)r->config->period_nano * (stop - first) / (last - first);
		if (__builtin_add_overflow(sum, (int64_t)(after - before), &sum))
			return false;
		begin = stop;
	}
	*ret = sum;
	return true;
}

struct str resource_label(const struct resource *r, enum label label)
{
	const struct resource_config *c = r->config;

	if (label == LABEL_MODEL)
		return str_of(c->name);
	if (label == LABEL_KIND)
		return str_of(c->kind);
	for (size_t i = 0; i < c->set_n; i++)
		if (strcmp(c->set[i].key, label_name(label)) == 0)
			return str_of(c->set[i].value);
	return STR("");
}
