/*
 * Dates and words are days of a person's calendar, so they are resolved in the zone of the report;
 * "7d" and "24h" are distances on the clock, whatever the calendar does in between.
 */
#include "agent/commands/when.h"

#include "agent/config/quantity.h"
#include "parsers/date.h"

static bool is_day(struct str text, const struct zone *zone, int64_t now, int64_t *ret)
{
	int64_t today = zone_day_start(zone, now);

	if (str_eq(text, STR("today")))
		*ret = today;
	else if (str_eq(text, STR("yesterday")))
		*ret = zone_day_start(zone, today - 1);
	else if (str_eq(text, STR("month")))
		*ret = zone_month_start(zone, now);
	else
		return false;
	return true;
}

bool when_parse(struct str text, const struct zone *zone, int64_t now, int64_t *ret)
{
	int64_t duration;

	if (is_day(text, zone, now, ret))
		return true;
	if (date_parse(text, zone, ret))
		return true;
	if (!quantity_duration(text, &duration) || duration <= 0)
		return false;
	*ret = now - duration;
	return true;
}
