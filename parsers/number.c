/*
 * All numbers pass through one form: up to 38 significant digits in 128 bits, a power of ten, and
 * whether digits that did not fit were not all zeros. So "0.1" stays a tenth, and a result is
 * rounded once, from the exact value.
 */
#include "parsers/number.h"

#include "agent/base/wide.h"

enum {
	DIGITS_MAX = 38,        /* what 128 bits hold for certain */
	EXPONENT_MAX = 1000000, /* a larger one changes nothing: the value is 0 or too large */
	FINE_DIGITS = 15,       /* of a nanosecond, in which the parts of a duration are added */
};

#define DURATION_MAX_US (INT64_C(3653) * 86400 * 1000000) /* 10 years */

/* mantissa x 10^exponent, and a little more when `inexact`. */
struct decimal {
	uwide mantissa;
	int exponent;
	bool negative, inexact;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void add_digit(struct decimal *d, int *digits, char c, bool in_fraction)
{
	unsigned digit = (unsigned)(c - '0');

	if (*digits < DIGITS_MAX) {
		d->mantissa = d->mantissa * 10 + digit;
		*digits += d->mantissa != 0;
		d->exponent -= in_fraction;
	} else {
		d->inexact |= digit != 0;
		d->exponent += !in_fraction;
	}
	if (d->exponent > EXPONENT_MAX || d->exponent < -EXPONENT_MAX)
		d->exponent = d->exponent > 0 ? EXPONENT_MAX : -EXPONENT_MAX;
}

/* Digits with a point somewhere; returns the bytes used, 0 when there is no digit. */
static size_t scan_digits(struct str text, struct decimal *d)
{
	int significant = 0;
	bool in_fraction = false, any = false;
	size_t i;

	for (i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (is_digit(c)) {
			add_digit(d, &significant, c, in_fraction);
			any = true;
		} else if (c == '.' && !in_fraction) {
			in_fraction = true;
		} else {
			break;
		}
	}
	return any ? i : 0;
}

/* "e-7", "E+3"; 0 when there is none, as in "1e" or "5em". */
static size_t scan_exponent(struct str text, struct decimal *d)
{
	size_t i = 1;
	bool negative;
	int exponent = 0;

	if (text.n < 2 || (text.p[0] != 'e' && text.p[0] != 'E'))
		return 0;
	negative = text.p[1] == '-';
	if (negative || text.p[1] == '+')
		i++;
	if (i >= text.n || !is_digit(text.p[i]))
		return 0;
	for (; i < text.n && is_digit(text.p[i]); i++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (text.p[i] - '0');
	d->exponent += negative ? -exponent : exponent;
	return i;
}

/* The number `text` begins with; returns the bytes used, 0 when it does not begin with one. */
static size_t scan_decimal(struct str text, struct decimal *d)
{
	size_t sign, digits;

	*d = (struct decimal){0};
	if (text.n == 0)
		return 0;
	d->negative = text.p[0] == '-';
	sign = d->negative || text.p[0] == '+';
	digits = scan_digits(str_from(text, sign), d);
	if (digits == 0)
		return 0;
	return sign + digits + scan_exponent(str_from(text, sign + digits), d);
}

/* value x 10^power; false when that is beyond 128 bits. */
static bool scale_up(uwide *value, int power)
{
	if (*value == 0)
		return true;
	for (; power > 0; power--)
		if (__builtin_mul_overflow(*value, 10, value))
			return false;
	return true;
}

/* value / 10^power, cut; *inexact is set when something was cut off. */
static void scale_down(uwide *value, int power, bool *inexact)
{
	for (; power > 0 && *value; power--) {
		*inexact |= *value % 10 != 0;
		*value /= 10;
	}
}

/* The number in units of 10^-digits, cut. */
static bool cut(const struct decimal *d, int digits, uwide *ret, bool *inexact)
{
	int power = d->exponent + digits;

	*ret = d->mantissa;
	*inexact = d->inexact;
	if (power > 0)
		return scale_up(ret, power);
	scale_down(ret, -power, inexact);
	return true;
}

/* value / divisor to the nearest, a tie to the even; `inexact`: the value is a little larger. */
static uwide divide(uwide value, uwide divisor, bool inexact)
{
	uwide quotient = value / divisor, rest = value % divisor, half = divisor - rest;

	if (rest > half || (rest == half && (inexact || quotient % 2)))
		quotient++;
	return quotient;
}

/* Nearly every count is a few digits and nothing else. */
static bool plain_count(struct str text, int64_t *ret)
{
	enum { PLAIN_DIGITS = 9 }; /* as many are below COUNT_MAX whatever they are */
	int64_t value = 0;

	if (text.n == 0 || text.n > PLAIN_DIGITS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

static bool any_count(struct str text, int64_t *ret)
{
	static const char suffixes[] = "kMG"; /* 10^3, 10^6, 10^9 */
	struct decimal d;
	uwide value;
	bool inexact;
	size_t used;

	text = str_trim(text);
	used = scan_decimal(text, &d);
	if (used == 0 || text.n > used + 1)
		return false;
	if (text.n > used) {
		const char *suffix = memchr(suffixes, text.p[used], sizeof(suffixes) - 1);

		if (suffix == NULL)
			return false;
		d.exponent += 3 * (int)(suffix - suffixes + 1);
	}
	if (!cut(&d, 0, &value, &inexact) || inexact || value > (uwide)COUNT_MAX)
		return false;
	if (d.negative && value)
		return false;
	*ret = (int64_t)value;
	return true;
}

bool number_count(struct str text, int64_t *ret)
{
	return plain_count(text, ret) || any_count(text, ret);
}

bool number_decimal(struct str text, int digits, int64_t *ret)
{
	struct decimal d;
	uwide value;
	bool inexact;

	text = str_trim(text);
	if (text.n == 0 || scan_decimal(text, &d) != text.n)
		return false;
	/* One digit more than asked for, so that divide() sees what lies behind the point. */
	if (!cut(&d, digits + 1, &value, &inexact))
		return false;
	value = divide(value, 10, inexact);
	if (value > (uwide)INT64_MAX + d.negative)
		return false;
	*ret = d.negative ? (int64_t)(0 - (uint64_t)value) : (int64_t)value;
	return true;
}

/* A sum of parts, each a number with a unit, in 10^-FINE_DIGITS ns. */
struct duration {
	uwide total;
	bool inexact;
};

static bool add_part(struct duration *sum, const struct decimal *d, int64_t unit_ns)
{
	uwide part;
	bool inexact;

	if (d->negative && d->mantissa)
		return false;
	if (!cut(d, FINE_DIGITS, &part, &inexact) ||
	    __builtin_mul_overflow(part, (uwide)unit_ns, &part) ||
	    __builtin_add_overflow(sum->total, part, &sum->total))
		return false;
	sum->inexact |= inexact;
	return true;
}

static const struct unit {
	struct str name;
	int64_t ns;
} units[] = {
	/* The longer name first where another one is its beginning. */
	{{"ns", 2}, 1},
	{{"us", 2}, 1000},
	{{"\xc2\xb5s", 3}, 1000}, /* the micro sign */
	{{"\xce\xbcs", 3}, 1000}, /* the Greek letter */
	{{"ms", 2}, 1000000},
	{{"s", 1}, 1000000000},
	{{"m", 1}, INT64_C(60000000000)},
	{{"h", 1}, INT64_C(3600000000000)},
};

static const struct unit *find_unit(struct str text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (str_starts(text, units[i].name))
			return &units[i];
	return NULL;
}

static bool round_duration(const struct duration *sum, int64_t *ret)
{
	uwide fine_per_us = 1000, us;

	(void)scale_up(&fine_per_us, FINE_DIGITS);
	us = divide(sum->total, fine_per_us, sum->inexact);
	if (us > (uwide)DURATION_MAX_US)
		return false;
	*ret = (int64_t)us;
	return true;
}

bool number_duration(struct str text, int64_t unit_ns, int64_t *ret)
{
	struct duration sum = {0};
	struct decimal d;
	size_t used;

	text = str_trim(text);
	used = scan_decimal(text, &d);
	if (used && used == text.n)
		return add_part(&sum, &d, unit_ns) && round_duration(&sum, ret);
	do {
		const struct unit *unit;

		text = str_trim(str_from(text, used));
		unit = find_unit(text);
		if (used == 0 || unit == NULL || !add_part(&sum, &d, unit->ns))
			return false;
		text = str_from(text, unit->name.n);
		used = scan_decimal(text, &d);
	} while (text.n);
	return round_duration(&sum, ret);
}
