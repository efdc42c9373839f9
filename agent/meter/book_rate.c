/*
 * Prices are read and printed here, and nowhere else: a book's decimal text becomes an integer of
 * femto-dollars per unit by shifting the decimal point, so every price that a book can write is
 * exact and prints as it was written. What does not fit (more digits, a sign, 1e-6) is refused
 * rather than rounded. A row of `kinds` says where the point goes: a token's price is given per
 * million, so 1 USD is 10^9 femto-dollars a token, nine places.
 */
#include "agent/meter/book_rate.h"

#include <stdio.h>

/* $1 a token: whoever writes more has mixed up "per token" and "per million". The others are far
 * above any price and keep rate times factors within int64. */
#define TOKEN_MAX  INT64_C(1000000000000000)
#define MEDIA_MAX  INT64_C(10000000000000000)
#define ACTION_MAX INT64_C(1000000000000000000)

static const struct kind {
	const char *name, *unit;
	int places;    /* decimal places of the text that `scale` is one of */
	int64_t scale; /* femto-dollars of the last place */
	int64_t max;   /* femto-dollars per unit */
} kinds[RATES] = {
	[RATE_INPUT] = {"input", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_CACHE_READ] = {"cache_read", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_CACHE_WRITE] = {"cache_write", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_CACHE_WRITE_1H] = {"cache_write_1h", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_OUTPUT] = {"output", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_REASONING] = {"reasoning", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_INPUT_AUDIO] = {"input_audio", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_OUTPUT_AUDIO] = {"output_audio", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_INPUT_IMAGE] = {"input_image", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_OUTPUT_IMAGE] = {"output_image", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_INPUT_VIDEO] = {"input_video", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_OUTPUT_VIDEO] = {"output_video", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_CACHE_READ_AUDIO] = {"cache_read_audio", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_CACHE_READ_IMAGE] = {"cache_read_image", "1M tokens", 9, 1, TOKEN_MAX},
	[RATE_IMAGE] = {"image", "image", 15, 1, MEDIA_MAX},
	/* Seconds are counted in milliseconds: a rate must be divisible by 1000. */
	[RATE_AUDIO_SECOND] = {"audio_second", "second", 12, 1000, MEDIA_MAX},
	[RATE_VIDEO_SECOND] = {"video_second", "second", 12, 1000, MEDIA_MAX},
	[RATE_PAGE] = {"page", "1000 pages", 12, 1, MEDIA_MAX},
	[RATE_CHARACTER] = {"character", "1M characters", 9, 1, TOKEN_MAX},
	[RATE_WEB_SEARCH] = {"web_search", "1000 searches", 12, 1, ACTION_MAX},
	[RATE_REQUEST] = {"request", "call", 15, 1, ACTION_MAX},
	/* Counted in millionths. */
	[RATE_UNIT] = {"unit", "unit", 9, 1000000, ACTION_MAX},
};

const char *rate_name(enum rate_kind kind)
{
	return kinds[kind].name;
}

const char *rate_unit(enum rate_kind kind)
{
	return kinds[kind].unit;
}

enum rate_kind rate_find(struct str name)
{
	enum rate_kind kind = 0;

	while (kind < RATES && !str_eq(name, str_of(kinds[kind].name)))
		kind++;
	return kind;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool append_digit(int64_t *value, char c)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_add_overflow(*value, c - '0', value);
}

/* "12.5" with 3 places is 12500. False when it is no plain decimal, has more places that are not
 * zeros, or is beyond int64. */
static bool decimal(struct str text, int places, int64_t *ret)
{
	int64_t value = 0;
	size_t i = 0;
	int after = 0;

	for (; i < text.n && is_digit(text.p[i]); i++)
		if (!append_digit(&value, text.p[i]))
			return false;
	if (i == 0)
		return false;
	if (i < text.n && (text.p[i] != '.' || ++i == text.n))
		return false;
	for (; i < text.n && is_digit(text.p[i]); i++) {
		if (after == places && text.p[i] == '0')
			continue;
		if (after++ == places || !append_digit(&value, text.p[i]))
			return false;
	}
	for (; after < places; after++)
		if (!append_digit(&value, '0'))
			return false;
	*ret = value;
	return i == text.n;
}

bool rate_parse(enum rate_kind kind, struct str text, int64_t *ret, const char **why)
{
	const struct kind *k = &kinds[kind];
	int64_t value;

	*why = "expected a price in USD such as 0.15";
	if (text.n && text.p[0] == '-')
		*why = "a price cannot be negative";
	if (!decimal(text, k->places, &value))
		return false;
	*why = k->max == TOKEN_MAX ? "more than $1 a token; the price is per million tokens"
	                           : "too high to be a price";
	if (value > k->max / k->scale)
		return false;
	*ret = value * k->scale;
	return true;
}

bool factor_parse(struct str text, int64_t *ret, const char **why)
{
	int64_t value;

	*why = "expected a factor above 0 and at most 10 such as 0.5, or rates";
	if (!decimal(text, 6, &value) || value == 0 || value > INT64_C(1) * FACTOR_MAX * FACTOR_ONE)
		return false;
	*ret = value;
	return true;
}

void rate_print(enum rate_kind kind, int64_t rate, char out[RATE_TEXT])
{
	int64_t value = rate / kinds[kind].scale, one = 1;
	int places = kinds[kind].places;

	for (; places > 0 && value % 10 == 0; places--)
		value /= 10;
	for (int i = 0; i < places; i++)
		one *= 10;
	if (places == 0)
		(void)snprintf(out, RATE_TEXT, "%lld", (long long)value);
	else
		(void)snprintf(out, RATE_TEXT, "%lld.%0*lld", (long long)(value / one), places,
		               (long long)(value % one));
}

void rates_clear(struct rates *r)
{
	for (int i = 0; i < RATES; i++)
		r->rate[i] = RATE_NONE;
}

void rates_overlay(struct rates *r, const struct rates *over)
{
	for (int i = 0; i < RATES; i++)
		if (over->rate[i] != RATE_NONE)
			r->rate[i] = over->rate[i];
}
