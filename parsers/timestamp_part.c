/*
 * A time stamp without a year (or without a date) is completed by trying the neighbours of the day
 * it should be near to: around New Year the nearest one may lie in either year.
 */
#include "parsers/timestamp_part.h"

#include <stdlib.h>

enum {
	NAME_LETTERS = 3,
	MICRO_DIGITS = 6,
	LEAP_DAY_GAP = 8, /* years between two 29 February at most, as from 2096 to 2104 */
};

bool part_char(struct str *text, char c)
{
	if (text->n == 0 || text->p[0] != c)
		return false;
	*text = str_from(*text, 1);
	return true;
}

void part_spaces(struct str *text)
{
	while (part_char(text, ' ') || part_char(text, '\t'))
		;
}

bool part_number(struct str *text, int digits, int *ret)
{
	int value = 0, i = 0;

	while (i < digits && (size_t)i < text->n && text->p[i] >= '0' && text->p[i] <= '9')
		value = value * 10 + (text->p[i++] - '0');
	*text = str_from(*text, (size_t)i);
	*ret = value;
	return i > 0;
}

bool part_fraction(struct str *text, int32_t *micro)
{
	int32_t value = 0;
	size_t i = 0;

	for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++)
		if (i < MICRO_DIGITS)
			value = value * 10 + (text->p[i] - '0');
	for (size_t k = i; k < MICRO_DIGITS; k++)
		value *= 10;
	*text = str_from(*text, i);
	*micro = value;
	return i > 0;
}

/* The longest of `names` that the text begins with, by its whole or its first three letters. */
static bool take_name(struct str *text, const char *const *names, int n, int *ret)
{
	for (int i = 0; i < n; i++) {
		struct str whole = str_of(names[i]);
		size_t lengths[] = {whole.n, NAME_LETTERS};

		for (size_t k = 0; k < 2; k++) {
			struct str name = {whole.p, lengths[k]};

			if (text->n < name.n || !str_eq_nocase((struct str){text->p, name.n}, name))
				continue;
			*text = str_from(*text, name.n);
			*ret = i;
			return true;
		}
	}
	return false;
}

bool part_month(struct str *text, int *ret)
{
	static const char *const names[] = {
		"January", "February", "March",     "April",   "May",      "June",
		"July",    "August",   "September", "October", "November", "December",
	};

	return take_name(text, names, 12, ret);
}

bool part_weekday(struct str *text, int *ret)
{
	static const char *const names[] = {
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
	};

	return take_name(text, names, 7, ret);
}

static bool two_digits(struct str *text, int most, int32_t *ret)
{
	size_t before = text->n;

	return part_number(text, 2, ret) && before - text->n == 2 && *ret <= most;
}

bool part_offset(struct str *text, int32_t *seconds)
{
	bool west;
	int32_t hours = 0, minutes = 0;

	*seconds = 0;
	if (part_char(text, 'Z') || part_char(text, 'z'))
		return true;
	west = part_char(text, '-');
	if (!west && !part_char(text, '+'))
		return false;
	if (!two_digits(text, 23, &hours))
		return false;
	if ((part_char(text, ':') || (text->n && text->p[0] >= '0' && text->p[0] <= '9')) &&
	    !two_digits(text, 59, &minutes))
		return false;
	*seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

bool part_zone_name(struct str *text, bool *utc)
{
	struct str name = {text->p, 0};

	while (name.n < text->n && ((text->p[name.n] >= 'A' && text->p[name.n] <= 'Z') ||
	                            (text->p[name.n] >= 'a' && text->p[name.n] <= 'z')))
		name.n++;
	*text = str_from(*text, name.n);
	*utc = str_eq(name, STR("UTC")) || str_eq(name, STR("GMT")) || str_eq(name, STR("Z"));
	return name.n > 0;
}

bool part_wall(struct civil c, int64_t *wall)
{
	bool leap = c.second == 60;

	c.second -= leap;
	if (!civil_valid(c))
		return false;
	*wall = civil_time(c) + leap * TIME_SEC;
	return true;
}

bool part_in_range(int64_t time)
{
	return time >= 0 && time <= TIME_MAX;
}

int64_t part_utc(const struct timestamp_context *context, const int32_t *offset, int64_t wall)
{
	return offset ? wall - *offset * TIME_SEC : zone_to_utc(context->zone, wall);
}

bool part_nearest(struct civil c, bool date, const struct timestamp_context *context,
                  const int32_t *offset, int64_t *ret)
{
	int64_t wall_near = context->near + zone_offset(context->zone, context->near) * TIME_SEC;
	struct civil near = civil_of(wall_near);
	int reach = date && c.month == 2 && c.day == 29 ? LEAP_DAY_GAP : 1;
	int64_t best = INT64_MAX;

	for (int step = -reach; step <= reach; step++) {
		struct civil day = date ? near : civil_of(wall_near + step * TIME_DAY);
		int64_t wall, time;

		c.year = date ? near.year + step : day.year;
		c.month = date ? c.month : day.month;
		c.day = date ? c.day : day.day;
		if (!part_wall(c, &wall))
			continue;
		time = part_utc(context, offset, wall);
		if (part_in_range(time) && llabs(time - context->near) < best) {
			best = llabs(time - context->near);
			*ret = time;
		}
	}
	return best != INT64_MAX;
}
