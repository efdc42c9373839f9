#include "agent/meter/currency.h"

#include <stdlib.h>

#include "agent/base/mem.h"
#include "parsers/date.h"

struct currency {
	const struct config *config;
	const struct zone *zone;
	int64_t *from; /* of each rate of the configuration: microseconds, ascending */
};

struct currency *currency_new(const struct config *config, const struct zone *zone)
{
	const struct currency_config *rates = &config->currency;
	struct currency *c;

	if (rates->code == NULL)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->config = config;
	c->zone = zone;
	c->from = xcalloc(rates->rates_n, sizeof(*c->from));
	for (size_t i = 0; i < rates->rates_n; i++) /* the reader has checked them */
		(void)date_parse(str_of(rates->rates[i].from), zone, &c->from[i]);
	return c;
}

void currency_free(struct currency **cp)
{
	struct currency *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	free(c->from);
	free(c);
}

const char *currency_code(const struct currency *c)
{
	return c->config->currency.code;
}

bool currency_rate(const struct currency *c, int64_t time, int64_t *ret, struct err *err)
{
	const struct currency_config *rates = &c->config->currency;
	size_t below = 0, above = rates->rates_n; /* rates that have begun, and have not */

	while (below < above) {
		size_t middle = below + (above - below) / 2;

		if (c->from[middle] <= time)
			below = middle + 1;
		else
			above = middle;
	}
	if (below == 0) {
		struct civil day = civil_of(time + zone_offset(c->zone, time) * TIME_SEC);

		return err_set(err,
		               "%s: currency.rates: no rate of %s on %04d-%02d-%02d, when there "
		               "are costs; give one from that date on or before",
		               c->config->file, rates->code, (int)day.year, day.month, day.day);
	}
	*ret = rates->rates[below - 1].rate;
	return true;
}

int64_t currency_round(wide sum)
{
	wide size = sum < 0 ? -sum : sum;
	wide whole = size / CURRENCY_ONE, twice = size % CURRENCY_ONE * 2;

	whole += twice > CURRENCY_ONE || (twice == CURRENCY_ONE && whole % 2);
	if (whole > INT64_MAX)
		whole = INT64_MAX;
	return (int64_t)(sum < 0 ? -whole : whole);
}
