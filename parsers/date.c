#include "parsers/date.h"

#include "parsers/timestamp.h"

static bool begins_with_year(struct str text)
{
	for (size_t i = 0; i < 4; i++)
		if (i >= text.n || text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 4 && text.p[4] == '-';
}

/* "2026-03-12": a day may begin later than at 00:00, which timestamp_parse would take it for. */
static bool is_day(struct str text, const struct zone *zone, int64_t *ret)
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

bool date_parse(struct str text, const struct zone *zone, int64_t *ret)
{
	const struct timestamp_context context = {.zone = zone};

	if (!begins_with_year(text))
		return false;
	return is_day(text, zone, ret) || timestamp_parse(text, &context, ret);
}
