/*
 * Time stamps by a format, as strptime would read them, but without its locale, its dependence on
 * the C library at hand, and its silence about text that is left over. A conversion is a number
 * with a range, a short form of several conversions, or a function of its own: one table holds
 * them.
 */
#include "parsers/timestamp.h"

#include <stddef.h>

#include "parsers/timestamp_part.h"

enum { NONE = -1 };

/* What the conversions found; NONE where there was none. */
struct fields {
	int year, short_year, month, day, year_day;
	int hour, hour12, afternoon, minute, second;
	int32_t micro;
	bool has_offset, has_epoch;
	int32_t offset; /* seconds east */
	int64_t epoch;  /* seconds */
};

static bool read_month(struct str *text, struct fields *f)
{
	if (!part_month(text, &f->month))
		return false;
	f->month++;
	return true;
}

static bool read_weekday(struct str *text, struct fields *f)
{
	int ignored;

	(void)f; /* the date decides */
	return part_weekday(text, &ignored);
}

static bool read_half(struct str *text, struct fields *f)
{
	struct str half = {text->p, 2};

	if (text->n < half.n)
		return false;
	f->afternoon = str_eq_nocase(half, STR("PM"));
	*text = str_from(*text, half.n);
	return f->afternoon || str_eq_nocase(half, STR("AM"));
}

static bool read_offset(struct str *text, struct fields *f)
{
	f->has_offset = true;
	return part_offset(text, &f->offset);
}

/* A name that is not UTC tells no offset for certain (CST, IST): the context's zone decides. */
static bool read_zone_name(struct str *text, struct fields *f)
{
	bool utc;

	if (!part_zone_name(text, &utc))
		return false;
	f->has_offset |= utc;
	return true;
}

static bool read_fraction(struct str *text, struct fields *f)
{
	return part_fraction(text, &f->micro);
}

static bool read_epoch(struct str *text, struct fields *f)
{
	size_t digits = 0;

	f->has_epoch = true;
	f->epoch = 0;
	while (digits < text->n && text->p[digits] >= '0' && text->p[digits] <= '9') {
		f->epoch = f->epoch * 10 + (text->p[digits++] - '0');
		if (f->epoch > TIME_MAX / TIME_SEC)
			return false;
	}
	*text = str_from(*text, digits);
	return digits > 0;
}

static bool read_spaces(struct str *text, struct fields *f)
{
	(void)f;
	part_spaces(text);
	return true;
}

static bool read_percent(struct str *text, struct fields *f)
{
	(void)f;
	return part_char(text, '%');
}

#define NUMBER(letter, digits, least, most, field)                                      \
	{                                                                               \
		letter, digits, least, most, offsetof(struct fields, field), NULL, NULL \
	}
#define SHORT_FORM(letter, format)               \
	{                                        \
		letter, 0, 0, 0, 0, format, NULL \
	}
#define BY_FUNCTION(letter, read)              \
	{                                      \
		letter, 0, 0, 0, 0, NULL, read \
	}

static const struct conversion {
	char letter;
	int digits, least, most; /* of a number */
	size_t field;            /* its offset in struct fields */
	const char *format;      /* what a short form stands for, else NULL */
	bool (*read)(struct str *text, struct fields *f); /* else NULL */
} conversions[] = {
	NUMBER('Y', 4, 0, 9999, year),  NUMBER('y', 2, 0, 99, short_year),
	NUMBER('m', 2, 1, 12, month),   NUMBER('d', 2, 1, 31, day),
	NUMBER('e', 2, 1, 31, day),     NUMBER('j', 3, 1, 366, year_day),
	NUMBER('H', 2, 0, 23, hour),    NUMBER('I', 2, 1, 12, hour12),
	NUMBER('M', 2, 0, 59, minute),  NUMBER('S', 2, 0, 60, second),
	SHORT_FORM('D', "%m/%d/%y"),    SHORT_FORM('F', "%Y-%m-%d"),
	SHORT_FORM('R', "%H:%M"),       SHORT_FORM('T', "%H:%M:%S"),
	BY_FUNCTION('b', read_month),   BY_FUNCTION('B', read_month),
	BY_FUNCTION('h', read_month),   BY_FUNCTION('a', read_weekday),
	BY_FUNCTION('A', read_weekday), BY_FUNCTION('p', read_half),
	BY_FUNCTION('z', read_offset),  BY_FUNCTION('Z', read_zone_name),
	BY_FUNCTION('s', read_epoch),   BY_FUNCTION('f', read_fraction),
	BY_FUNCTION('n', read_spaces),  BY_FUNCTION('t', read_spaces),
	BY_FUNCTION('%', read_percent),
};

/* The conversion of a letter; NULL when there is none. */
static const struct conversion *find_conversion(char letter)
{
	for (size_t i = 0; i < sizeof(conversions) / sizeof(*conversions); i++)
		if (conversions[i].letter == letter)
			return &conversions[i];
	return NULL;
}

static bool convert(const struct conversion *conversion, struct str *text, struct fields *f)
{
	int *field = (int *)(void *)((char *)f + conversion->field);

	if (conversion->read)
		return conversion->read(text, f);
	part_spaces(text);
	return part_number(text, conversion->digits, field) && *field >= conversion->least &&
	       *field <= conversion->most;
}

/* Reads the text along the format; a short form is walked in between, `after` is where it stood. */
static bool match(const char *format, struct str text, struct fields *f)
{
	const char *after = NULL;

	for (;;) {
		char c = *format++;

		if (c == '\0') {
			if (after == NULL)
				return text.n == 0;
			format = after;
			after = NULL;
		} else if (c == ' ' || c == '\t') {
			part_spaces(&text);
		} else if (c != '%') {
			if (!part_char(&text, c))
				return false;
		} else {
			const struct conversion *found = find_conversion(*format++);

			if (found == NULL)
				return false;
			if (found->format) {
				after = format;
				format = found->format;
			} else if (!convert(found, &text, f)) {
				return false;
			}
		}
	}
}

static int or_zero(int field)
{
	return field == NONE ? 0 : field;
}

static int hour_of(const struct fields *f)
{
	if (f->hour != NONE)
		return f->hour;
	if (f->hour12 == NONE)
		return 0;
	return f->afternoon == NONE ? f->hour12 : f->hour12 % 12 + 12 * f->afternoon;
}

static int year_of(const struct fields *f)
{
	if (f->year != NONE || f->short_year == NONE)
		return f->year;
	return f->short_year < 69 ? 2000 + f->short_year : 1900 + f->short_year;
}

/* The day of the year as month and day. */
static bool use_year_day(struct civil *c, int year_day)
{
	struct civil first = {.year = c->year, .month = 1, .day = year_day};
	struct civil found = civil_of(civil_time(first));

	c->month = found.month;
	c->day = found.day;
	return found.year == c->year;
}

static bool resolve(const struct fields *f, const struct timestamp_context *context, int64_t *ret)
{
	struct civil c = {
		.year = year_of(f),
		.month = f->month == NONE ? 1 : f->month,
		.day = f->day == NONE ? 1 : f->day,
		.hour = hour_of(f),
		.minute = or_zero(f->minute),
		.second = or_zero(f->second),
		.micro = f->micro,
	};
	const int32_t *offset = f->has_offset ? &f->offset : NULL;
	int64_t wall;

	if (f->has_epoch) {
		*ret = f->epoch * TIME_SEC + f->micro;
	} else if (c.year == NONE) {
		return f->year_day == NONE &&
		       part_nearest(c, f->month != NONE || f->day != NONE, context, offset, ret);
	} else {
		if (f->year_day != NONE && !use_year_day(&c, f->year_day))
			return false;
		if (!part_wall(c, &wall))
			return false;
		*ret = part_utc(context, offset, wall);
	}
	return part_in_range(*ret);
}

bool timestamp_format(struct str text, const char *format, const struct timestamp_context *context,
                      int64_t *ret)
{
	struct fields f = {
		.year = NONE,
		.short_year = NONE,
		.month = NONE,
		.day = NONE,
		.year_day = NONE,
		.hour = NONE,
		.hour12 = NONE,
		.afternoon = NONE,
		.minute = NONE,
		.second = NONE,
	};
	int64_t time;

	if (!match(format, text, &f) || !resolve(&f, context, &time))
		return false;
	*ret = time;
	return true;
}

bool timestamp_format_valid(const char *format)
{
	for (; *format; format++) {
		if (*format != '%')
			continue;
		format++;
		if (find_conversion(*format) == NULL)
			return false;
	}
	return true;
}
