/*
 * Dates and words are days of a person's calendar, so they are resolved in the zone of the report;
 * "7d" and "24h" are distances on the clock, whatever the calendar does in between.
 */
#include "agent/commands/when.h"

#include "agent/config/quantity.h"
#include "parsers/timestamp.h"

/* Dates and instants begin with a year and a dash: a bare number is a slip, not an epoch. */
static bool begins_with_year(struct str text)
{
	for (size_t i = 0; i < 4; i++)
		if (i >= text.n || text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 4 && text.p[4] == '-';
}

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

/* "2026-03-12": a day may begin later than at 00:00, which timestamp_parse would take it for. */
static bool is_date(struct str text, const struct zone *zone, int64_t *ret)
{
	const struct timestamp_context utc = {0};
	char noon[] = "YYYY-MM-DDT12:00:00Z";
	int64_t wall;

	if (text.n != sizeof("YYYY-MM-DD") - 1)
		return false;
	memcpy(noon, text.p, text.n);
	if (!timestamp_parse(STR(noon), &utc, &wall))
		return false;
	*ret = zone_day_start(zone, zone_to_utc(zone, wall));
	return true;
}

bool when_parse(struct str text, const struct zone *zone, int64_t now, int64_t *ret)
{
	const struct timestamp_context context = {.zone = zone, .near = now};
	int64_t duration;

	if (is_day(text, zone, now, ret))
		return true;
	if (begins_with_year(text))
		return is_date(text, zone, ret) || timestamp_parse(text, &context, ret);
	if (!quantity_duration(text, &duration) || duration <= 0)
		return false;
	*ret = now - duration;
	return true;
}
