/*
 * Nearly every log writes RFC 3339, so this form is read at fixed places before anything else is
 * tried. The other forms are told apart by where their digits end, each by a function that gives up
 * at the first byte that does not fit; the order in which they are tried does not matter.
 */
#include "parsers/timestamp.h"

#include "parsers/number.h"
#include "parsers/timestamp_part.h"

enum { NO_YEAR = -1, LEAP_DAYS_TO_1970 = 477 };

/* The time stamp up to where its zone may begin, as read by one of the forms. */
struct reading {
	struct civil c;
	struct str rest;
};

/* Two digits; *bad gets a bit when one is none. */
static inline int pair(const char *p, unsigned *bad)
{
	unsigned high = (unsigned)(p[0] - '0'), low = (unsigned)(p[1] - '0');

	*bad |= (high > 9) | (low > 9);
	return (int)(high * 10 + low);
}

static bool take_pair(struct str *text, int *ret)
{
	unsigned bad = text->n < 2;

	if (!bad)
		*ret = pair(text->p, &bad);
	*text = str_from(*text, 2);
	return !bad;
}

static bool take_fraction(struct reading *r)
{
	if (part_char(&r->rest, '.') || part_char(&r->rest, ','))
		return part_fraction(&r->rest, &r->c.micro);
	return true;
}

/* hh:mm, hh:mm:ss, hh:mm:ss.fraction from the rest. */
static bool take_clock(struct reading *r)
{
	if (!take_pair(&r->rest, &r->c.hour) || !part_char(&r->rest, ':') ||
	    !take_pair(&r->rest, &r->c.minute))
		return false;
	if (!part_char(&r->rest, ':'))
		return true;
	return take_pair(&r->rest, &r->c.second) && take_fraction(r);
}

/* 2026-03-12T09:00, 2026/03/12 09:00:00, 2026/03/12 - 09:00:00; a date alone is its midnight. */
static bool read_date(struct str text, struct reading *r)
{
	unsigned bad = 0;
	char mark;

	if (text.n < 10)
		return false;
	mark = text.p[4];
	if ((mark != '-' && mark != '/') || text.p[7] != mark)
		return false;
	r->c = (struct civil){
		.year = pair(text.p, &bad) * 100 + pair(text.p + 2, &bad),
		.month = pair(text.p + 5, &bad),
		.day = pair(text.p + 8, &bad),
	};
	r->rest = str_from(text, 10);
	if (bad || r->rest.n == 0)
		return !bad;
	if (str_starts(r->rest, STR(" - ")))
		r->rest = str_from(r->rest, 3);
	else if (!part_char(&r->rest, 'T') && !part_char(&r->rest, 't') &&
	         !part_char(&r->rest, ' '))
		return false;
	return take_clock(r);
}

/* 20260312T090000 */
static bool read_basic(struct str text, struct reading *r)
{
	int century, year;

	r->c = (struct civil){0};
	r->rest = text;
	if (!take_pair(&r->rest, &century) || !take_pair(&r->rest, &year) ||
	    !take_pair(&r->rest, &r->c.month) || !take_pair(&r->rest, &r->c.day) ||
	    !part_char(&r->rest, 'T') || !take_pair(&r->rest, &r->c.hour) ||
	    !take_pair(&r->rest, &r->c.minute))
		return false;
	r->c.year = century * 100 + year;
	if (r->rest.n && r->rest.p[0] >= '0' && r->rest.p[0] <= '9')
		return take_pair(&r->rest, &r->c.second) && take_fraction(r);
	return true;
}

/* 12/Mar/2026:09:00:00, as web servers write it. */
static bool read_access(struct str text, struct reading *r)
{
	r->c = (struct civil){0};
	r->rest = text;
	if (!part_number(&r->rest, 2, &r->c.day) || !part_char(&r->rest, '/') ||
	    !part_month(&r->rest, &r->c.month) || !part_char(&r->rest, '/') ||
	    !part_number(&r->rest, 4, &r->c.year) || !part_char(&r->rest, ':'))
		return false;
	r->c.month++;
	return take_clock(r);
}

/* Mar  7 09:00:00, of RFC 3164: no year. */
static bool read_syslog(struct str text, struct reading *r)
{
	r->c = (struct civil){.year = NO_YEAR};
	r->rest = text;
	if (!part_month(&r->rest, &r->c.month) || !part_char(&r->rest, ' '))
		return false;
	r->c.month++;
	part_spaces(&r->rest);
	return part_number(&r->rest, 2, &r->c.day) && part_char(&r->rest, ' ') && take_clock(r);
}

/* The zone that ends a time stamp: an offset and, behind it, a name that says the same again; or a
 * name for UTC. */
static bool read_zone(struct str text, int32_t *offset)
{
	struct str name;
	bool utc;

	part_spaces(&text);
	name = text;
	*offset = 0;
	if (part_zone_name(&name, &utc) && utc && name.n == 0)
		return true;
	if (!part_offset(&text, offset))
		return false;
	if (part_char(&text, ' ') && !part_zone_name(&text, &utc))
		return false;
	return text.n == 0;
}

static bool finish(const struct reading *r, const struct timestamp_context *context, int64_t *ret)
{
	const int32_t *zone = NULL;
	int32_t offset = 0;
	int64_t time;

	if (r->rest.n) {
		if (!(r->rest.n == 1 && r->rest.p[0] == 'Z') && !read_zone(r->rest, &offset))
			return false;
		zone = &offset;
	}
	if (r->c.year == NO_YEAR)
		return part_nearest(r->c, true, context, zone, ret);
	if (!part_wall(r->c, &time))
		return false;
	time = part_utc(context, zone, time);
	if (!part_in_range(time))
		return false;
	*ret = time;
	return true;
}

/* Days from 1970-01-01 to a date; false for 29 February, which the general way knows. */
static inline bool fixed_days(int year, int month, int day, int64_t *days)
{
	static const int16_t start[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	int last = year - 1;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12 || day < 1 || day > start[month] - start[month - 1])
		return false;
	*days = (year - 1970) * 365 + (last / 4 - last / 100 + last / 400) - LEAP_DAYS_TO_1970 +
	        start[month - 1] + (month > 2 && leap) + day - 1;
	return true;
}

/* 2026-03-12T09:00:00 at fixed places, in seconds on the wall clock. */
static inline bool fixed_wall(const char *p, int64_t *seconds)
{
	unsigned bad = 0;
	int hour = pair(p + 11, &bad), minute = pair(p + 14, &bad), second = pair(p + 17, &bad);
	int64_t days;

	if (p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != ' ') || p[13] != ':' ||
	    p[16] != ':' || hour > 23 || minute > 59 || second > 59)
		return false;
	if (!fixed_days(pair(p, &bad) * 100 + pair(p + 2, &bad), pair(p + 5, &bad),
	                pair(p + 8, &bad), &days))
		return false;
	*seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
	return !bad;
}

/* The usual form with fraction and zone. Says false also for what is rare (a leap second or day)
 * or wrong: the general way is tried next. */
static bool parse_fixed(struct str text, const struct timestamp_context *context, int64_t *ret)
{
	enum { FIXED_BYTES = sizeof("2026-03-12T09:00:00") - 1 };
	int64_t seconds, time;
	int32_t micro = 0, offset = 0;
	struct str rest;

	if (text.n < FIXED_BYTES || !fixed_wall(text.p, &seconds))
		return false;
	rest = (struct str){text.p + FIXED_BYTES, text.n - FIXED_BYTES};
	if (rest.n && (*rest.p == '.' || *rest.p == ',')) {
		rest = str_from(rest, 1);
		if (!part_fraction(&rest, &micro))
			return false;
	}
	time = seconds * TIME_SEC + micro;
	if (rest.n == 0)
		time = zone_to_utc(context->zone, time);
	else if (!(rest.n == 1 && *rest.p == 'Z') && !read_zone(rest, &offset))
		return false;
	time -= offset * TIME_SEC;
	if (!part_in_range(time))
		return false;
	*ret = time;
	return true;
}

/* `whole` and `millionths` of a unit that the magnitude tells. */
static bool epoch_time(int64_t whole, int64_t millionths, int64_t *ret)
{
	static const struct {
		int64_t below, per_second;
	} units[] = {
		{INT64_C(100000000000), 1}, /* seconds: the year 5138 */
		{INT64_C(100000000000000), 1000},
		{INT64_C(100000000000000000), 1000000},
		{INT64_MAX, 1000000000},
	};
	int64_t per_second, time;
	size_t i = 0;

	while (whole >= units[i].below)
		if (++i == sizeof(units) / sizeof(*units))
			return false;
	per_second = units[i].per_second;
	if (per_second > TIME_SEC)
		time = whole / (per_second / TIME_SEC);
	else
		time = whole * (TIME_SEC / per_second) + millionths / per_second;
	if (!part_in_range(time))
		return false;
	*ret = time;
	return true;
}

/* 1.773306e+09, as some languages print a float. */
static bool parse_exponent(struct str text, int64_t *ret)
{
	int64_t value;

	if (number_decimal(text, 6, &value))
		return epoch_time(value / 1000000, value % 1000000, ret);
	return number_decimal(text, 0, &value) && epoch_time(value, 0, ret);
}

static bool parse_epoch(struct str text, int64_t *ret)
{
	struct str rest;
	int64_t whole = 0;
	int32_t millionths = 0;
	size_t i = 0;

	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, text.p[i] - '0', &whole))
			return false;
	rest = str_from(text, i);
	if (i == 0 || (part_char(&rest, '.') && !part_fraction(&rest, &millionths)))
		return false;
	if (rest.n)
		return (rest.p[0] == 'e' || rest.p[0] == 'E') && parse_exponent(text, ret);
	return epoch_time(whole, millionths, ret);
}

static struct str without_brackets(struct str text)
{
	text = str_trim(text);
	if (text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = str_trim((struct str){text.p + 1, text.n - 2});
	return text;
}

bool timestamp_parse(struct str text, const struct timestamp_context *context, int64_t *ret)
{
	static bool (*const forms[])(struct str, struct reading *) = {
		read_date,
		read_basic,
		read_access,
		read_syslog,
	};
	struct reading r;

	if (parse_fixed(text, context, ret))
		return true;
	text = without_brackets(text);
	if (parse_epoch(text, ret))
		return true;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i](text, &r))
			return finish(&r, context, ret);
	return false;
}

static char *put_digits(char *out, int64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + digits;
}

void timestamp_print(int64_t time, char out[TIMESTAMP_TEXT])
{
	struct civil c = civil_of(time);
	const struct {
		char before;
		int value, digits;
	} fields[] = {
		{'-', c.month, 2},  {'-', c.day, 2},    {'T', c.hour, 2},
		{':', c.minute, 2}, {':', c.second, 2},
	};
	char *p = put_digits(out, c.year, 4);

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		*p++ = fields[i].before;
		p = put_digits(p, fields[i].value, fields[i].digits);
	}
	if (c.micro) {
		*p++ = '.';
		p = c.micro % 1000 ? put_digits(p, c.micro, 6) : put_digits(p, c.micro / 1000, 3);
	}
	*p++ = 'Z';
	*p = '\0';
}
