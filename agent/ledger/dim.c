/*
 * The dimensions of reports as one table: a name, and either a column of `combinations` or the two
 * functions that make a time into a value and a value into text. Values are what is grouped by, as
 * integers; texts are made once for each row of the answer.
 */
#include "agent/ledger/dim.h"

#include <assert.h>
#include <inttypes.h>

static int64_t wall(const struct zone *zone, int64_t time)
{
	return time + zone_offset(zone, time) * TIME_SEC;
}

static int64_t value_hour_of_day(const struct zone *zone, int64_t time)
{
	return civil_of(wall(zone, time)).hour;
}

static void text_day(const struct zone *zone, int64_t value, struct buf *out)
{
	struct civil c = civil_of(wall(zone, value));

	buf_printf(out, "%04" PRId32 "-%02d-%02d", c.year, c.month, c.day);
}

/* In autumn a wall clock shows one hour twice: the second one says its offset. */
static void text_hour(const struct zone *zone, int64_t value, struct buf *out)
{
	struct civil c = civil_of(wall(zone, value));
	int32_t offset = zone_offset(zone, value) / 60;

	text_day(zone, value, out);
	buf_printf(out, " %02d:00", c.hour);
	if (zone_to_utc(zone, wall(zone, value)) != value)
		buf_printf(out, "%c%02" PRId32 ":%02" PRId32, offset < 0 ? '-' : '+',
		           (offset < 0 ? -offset : offset) / 60,
		           (offset < 0 ? -offset : offset) % 60);
}

/* ISO 8601: a week belongs to the year that has its Thursday. */
static void text_week(const struct zone *zone, int64_t value, struct buf *out)
{
	int64_t monday = wall(zone, value);
	int64_t thursday = monday + 3 * TIME_DAY;
	int32_t year = civil_of(thursday).year;
	int64_t new_year = civil_time((struct civil){.year = year, .month = 1, .day = 1});

	buf_printf(out, "%04" PRId32 "-W%02d", year,
	           (int)((thursday - new_year) / TIME_DAY / 7 + 1));
}

static void text_month(const struct zone *zone, int64_t value, struct buf *out)
{
	struct civil c = civil_of(wall(zone, value));

	buf_printf(out, "%04" PRId32 "-%02d", c.year, c.month);
}

static void text_hour_of_day(const struct zone *zone, int64_t value, struct buf *out)
{
	(void)zone;
	buf_printf(out, "%02d", (int)value);
}

static const struct {
	const char *name;
	int column;
	int64_t (*value)(const struct zone *zone, int64_t time); /* NULL: not a time */
	void (*text)(const struct zone *zone, int64_t value, struct buf *out);
} dims[] = {
	[DIM_SOURCE] = {.name = "source", .column = 0},
	[DIM_PROVIDER] = {.name = "provider", .column = 1},
	[DIM_MODEL] = {.name = "model", .column = 2},
	[DIM_FEATURE] = {.name = "feature", .column = 3},
	[DIM_USER] = {.name = "user", .column = 4},
	[DIM_AGENT] = {.name = "agent", .column = 5},
	[DIM_SERVICE] = {.name = "service", .column = 6},
	[DIM_TEAM] = {.name = "team", .column = 7},
	[DIM_API_KEY] = {.name = "api_key", .column = 8},
	[DIM_OPERATION] = {.name = "operation", .column = 9},
	[DIM_TIER] = {.name = "tier", .column = 10},
	[DIM_STATUS] = {.name = "status", .column = 11},
	[DIM_KIND] = {.name = "kind", .column = 12},
	[DIM_SESSION] = {.name = "session", .column = DIM_COLUMN_NONE},
	[DIM_HOUR] = {"hour", DIM_COLUMN_NONE, zone_hour_start, text_hour},
	[DIM_DAY] = {"day", DIM_COLUMN_NONE, zone_day_start, text_day},
	[DIM_WEEK] = {"week", DIM_COLUMN_NONE, zone_week_start, text_week},
	[DIM_MONTH] = {"month", DIM_COLUMN_NONE, zone_month_start, text_month},
	[DIM_HOUR_OF_DAY] = {"hour_of_day", DIM_COLUMN_NONE, value_hour_of_day, text_hour_of_day},
};

_Static_assert(sizeof(dims) / sizeof(dims[0]) == DIMS, "a row for every dimension");

const char *dim_name(enum dim dim)
{
	return dims[dim].name;
}

bool dim_find(struct str name, enum dim *ret)
{
	if (str_eq(name, STR("service_tier"))) /* as the field of a call is named */
		name = STR("tier");
	for (size_t i = 0; i < DIMS; i++) {
		if (str_eq(str_of(dims[i].name), name)) {
			*ret = (enum dim)i;
			return true;
		}
	}
	return false;
}

int dim_column(enum dim dim)
{
	return dims[dim].column;
}

bool dim_is_time(enum dim dim)
{
	return dims[dim].value != NULL;
}

struct str dim_nothing(enum dim dim)
{
	return dim == DIM_KIND ? STR(KIND_MODEL) : STR("");
}

int64_t dim_value(enum dim dim, const struct zone *zone, int64_t time)
{
	assert(dim_is_time(dim));
	return dims[dim].value(zone, time);
}

void dim_text(enum dim dim, const struct zone *zone, int64_t value, struct buf *out)
{
	assert(dim_is_time(dim));
	dims[dim].text(zone, value, out);
}
