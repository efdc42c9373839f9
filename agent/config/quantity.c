/*
 * What people write, not what a log writes: parsers/number.h reads the durations of logs, which
 * have fractions and runs such as 1m2s but never days or words.
 */
#include "agent/config/quantity.h"

static const struct unit {
	const char *name; /* words get an optional plural s */
	bool word;
	int64_t us;
} units[] = {
	{"ms", false, 1000},
	{"s", false, 1000000},
	{"m", false, INT64_C(60) * 1000000},
	{"h", false, INT64_C(3600) * 1000000},
	{"d", false, INT64_C(86400) * 1000000},
	{"w", false, INT64_C(604800) * 1000000},
	{"millisecond", true, 1000},
	{"second", true, 1000000},
	{"minute", true, INT64_C(60) * 1000000},
	{"hour", true, INT64_C(3600) * 1000000},
	{"day", true, INT64_C(86400) * 1000000},
	{"week", true, INT64_C(604800) * 1000000},
	{"year", true, INT64_C(365) * 86400 * 1000000},
};

static int64_t unit_us(struct str name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct str unit = str_of(units[i].name);

		if (str_eq(name, unit))
			return units[i].us;
		if (units[i].word && name.n == unit.n + 1 && name.p[unit.n] == 's' &&
		    str_starts(name, unit))
			return units[i].us;
	}
	return 0;
}

bool quantity_duration(struct str text, int64_t *ret)
{
	int64_t number = 0;
	int64_t unit;
	size_t i = 0;

	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		number = number * 10 + (text.p[i] - '0');
		if (number > QUANTITY_DURATION_MAX)
			return false;
	}
	if (i == 0)
		return false;
	if (i == text.n && number == 0) {
		*ret = 0;
		return true;
	}
	unit = unit_us(str_trim(str_from(text, i)));
	if (unit == 0 || number > QUANTITY_DURATION_MAX / unit)
		return false;
	*ret = number * unit;
	return true;
}
