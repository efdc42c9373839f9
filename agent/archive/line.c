/*
 * One table of names serves both ways: a member is written under the name it is looked for. JSON is
 * put together by hand, since a million of these are written at a time.
 */
#include "agent/archive/line.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/base/escape.h"
#include "agent/base/zone.h"
#include "agent/meter/cost.h"
#include "parsers/json.h"
#include "parsers/number.h"
#include "parsers/timestamp.h"

/* The members that are of no table of their own. */
enum member {
	LINE_TIME,
	LINE_SOURCE,
	LINE_COST,
	LINE_LOGGED_COST,
	LINE_PRICE,
	LINE_LATENCY,
	LINE_TTFT,
	LINE_PROMPT_HASH,
	LINE_DEDUPE,
	LINE_FILE,
	LINE_OFFSET,
	MEMBERS
};

static const char *const members[MEMBERS] = {
	"time",       "source",     "cost_usd", "logged_cost_usd",
	"price",      "latency_ms", "ttft_ms",  "prompt_hash",
	"dedupe_key", "file",       "offset"};

/* A flag is a member that is true or not there. */
static const struct {
	unsigned flag;
	const char *name;
} flags[] = {
	{CALL_UNPRICED, "unpriced"},
	{CALL_ESTIMATED, "estimated_price"},
	{CALL_INCONSISTENT, "inconsistent"},
	{CALL_UNKNOWN_USAGE, "unknown_usage"},
	{CALL_COST_LOGGED, "cost_logged"},
	{CALL_INCOMPLETE, "incomplete"},
	{CALL_USAGE_ESTIMATED, "estimated_usage"},
};
enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };

/* Where each kind begins among the paths of a reader. */
enum {
	AT_LABELS = MEMBERS,
	AT_COUNTS = AT_LABELS + LABELS,
	AT_DETAILS = AT_COUNTS + COUNTS,
	AT_FLAGS = AT_DETAILS + DETAILS,
	PATHS = AT_FLAGS + FLAGS,
};

enum {
	SECONDS_DIGITS = 3, /* audio_seconds is kept in milliseconds, latency_ms in microseconds */
	NANO_DIGITS = 9,
	HASH_DIGITS = 16,
};

/* ---- writing ---- */

static void put_name(struct buf *out, const char *name)
{
	if (out->p[out->n - 1] != '{')
		buf_char(out, ',');
	buf_char(out, '"');
	buf_puts(out, name);
	buf_bytes(out, "\":", 2);
}

/* `value` (not negative) of 10^-digits, without zeros at the end. */
static void put_decimal(struct buf *out, int64_t value, int digits)
{
	char text[24];
	size_t at = sizeof(text);

	assert(value >= 0);
	for (; digits > 0 && value % 10 == 0; digits--)
		value /= 10;
	for (int i = 0; i == 0 || value || i <= digits; i++) {
		if (i > 0 && i == digits)
			text[--at] = '.';
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	}
	buf_bytes(out, text + at, sizeof(text) - at);
}

static void put_text(struct buf *out, const char *name, struct str text)
{
	if (text.n == 0)
		return;
	put_name(out, name);
	escape_json(out, text);
}

static void put_number(struct buf *out, const char *name, int64_t value, int digits)
{
	if (value == ABSENT)
		return;
	put_name(out, name);
	put_decimal(out, value, digits);
}

static void put_money(struct buf *out, const char *name, int64_t nano)
{
	char text[COST_TEXT];

	cost_print(nano, text);
	put_text(out, name, str_of(text));
}

static void put_hash(struct buf *out, const char *name, uint64_t hash)
{
	static const char digits[] = "0123456789abcdef";
	char text[HASH_DIGITS];

	if (hash == 0)
		return;
	for (int i = HASH_DIGITS; i-- > 0; hash >>= 4)
		text[i] = digits[hash & 15];
	put_text(out, name, (struct str){text, HASH_DIGITS});
}

static void put_digits(char **at, int n, int width)
{
	for (int i = width; i-- > 0; n /= 10)
		(*at)[i] = (char)('0' + n % 10);
	*at += width;
}

/* Always with milliseconds, so that text sorts as time does. */
static void put_time(struct buf *out, int64_t time)
{
	const struct civil c = civil_of(time);
	const struct {
		int value, width;
		char after;
	} parts[] = {{c.year, 4, '-'},        {c.month, 2, '-'},  {c.day, 2, 'T'},
	             {c.hour, 2, ':'},        {c.minute, 2, ':'}, {c.second, 2, '.'},
	             {c.micro / 1000, 3, 'Z'}};
	char text[TIMESTAMP_TEXT], *at = text;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		put_digits(&at, parts[i].value, parts[i].width);
		*at++ = parts[i].after;
	}
	put_name(out, members[LINE_TIME]);
	escape_json(out, (struct str){text, (size_t)(at - text)});
}

static void put_call(struct buf *out, const struct call *c)
{
	for (int i = 0; i < LABELS; i++)
		put_text(out, label_name((enum label)i), c->label[i]);
	for (int i = 0; i < COUNTS; i++)
		put_number(out, count_name((enum count)i), c->count[i],
		           count_places((enum count)i));
	put_money(out, members[LINE_COST], c->cost);
	if (c->has_logged_cost)
		put_money(out, members[LINE_LOGGED_COST], c->logged_cost);
	put_text(out, members[LINE_PRICE], c->price);
	put_number(out, members[LINE_LATENCY], c->latency, SECONDS_DIGITS);
	put_number(out, members[LINE_TTFT], c->ttft, SECONDS_DIGITS);
	for (int i = 0; i < DETAILS; i++)
		put_text(out, detail_name((enum detail)i), c->detail[i]);
	for (size_t i = 0; i < FLAGS; i++) {
		if (!(c->flags & flags[i].flag))
			continue;
		put_name(out, flags[i].name);
		buf_puts(out, "true");
	}
	put_hash(out, members[LINE_PROMPT_HASH], c->prompt_hash);
	put_hash(out, members[LINE_DEDUPE], c->dedupe_key);
}

void archived_put(struct buf *out, const struct archived *a)
{
	buf_char(out, '{');
	put_time(out, a->call.time);
	put_text(out, members[LINE_SOURCE], a->source);
	put_call(out, &a->call);
	put_text(out, members[LINE_FILE], a->file);
	put_number(out, members[LINE_OFFSET], a->offset, 0);
	buf_puts(out, "}\n");
}

/* ---- reading ---- */

struct archived_reader {
	struct json_paths *paths;
	struct value values[PATHS];
	struct arena text;
	const char *why;
};

static const char *path_name(size_t i)
{
	if (i >= AT_FLAGS)
		return flags[i - AT_FLAGS].name;
	if (i >= AT_DETAILS)
		return detail_name((enum detail)(i - AT_DETAILS));
	if (i >= AT_COUNTS)
		return count_name((enum count)(i - AT_COUNTS));
	if (i >= AT_LABELS)
		return label_name((enum label)(i - AT_LABELS));
	return members[i];
}

struct archived_reader *archived_reader_new(void)
{
	struct archived_reader *r = xcalloc(1, sizeof(*r));
	struct str paths[PATHS];
	struct err err = {0};

	for (size_t i = 0; i < PATHS; i++)
		paths[i] = str_of(path_name(i));
	r->paths = json_paths_new(paths, PATHS, &err);
	assert(r->paths);
	return r;
}

void archived_reader_free(struct archived_reader **rp)
{
	struct archived_reader *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	json_paths_free(&r->paths);
	arena_free(&r->text);
	free(r);
}

static bool wrong(struct archived_reader *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	return false;
}

static struct str read_text(struct archived_reader *r, size_t at)
{
	const struct value *v = &r->values[at];

	if (v->type == VALUE_ABSENT)
		return STR("");
	if (v->type != VALUE_STRING)
		(void)wrong(r, "a text is none");
	return value_text(v, &r->text);
}

static int64_t read_number(struct archived_reader *r, size_t at, int digits)
{
	const struct value *v = &r->values[at];
	int64_t number = ABSENT;

	if (v->type == VALUE_ABSENT)
		return ABSENT;
	if (v->type != VALUE_NUMBER || !number_decimal(v->text, digits, &number) || number < 0)
		(void)wrong(r, "a number is none");
	return number;
}

static bool read_money(struct archived_reader *r, enum member member, int64_t *ret)
{
	if (r->values[member].type == VALUE_ABSENT)
		return false;
	return number_decimal(read_text(r, member), NANO_DIGITS, ret) ||
	       wrong(r, "an amount of money is none");
}

static uint64_t read_hash(struct archived_reader *r, enum member member)
{
	struct str text = read_text(r, member);
	uint64_t hash = 0;

	if (text.n != 0 && text.n != HASH_DIGITS)
		(void)wrong(r, "a hash is none");
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = strchr("0123456789abcdef", text.p[i]);

		if (digit == NULL || *digit == '\0') {
			(void)wrong(r, "a hash is none");
			return 0;
		}
		hash = hash << 4 | (uint64_t)(digit - "0123456789abcdef");
	}
	return hash;
}

static int64_t read_time(struct archived_reader *r)
{
	static const struct timestamp_context nothing = {0};
	struct str text = read_text(r, LINE_TIME);
	int64_t time = 0;

	/* With its Z it needs no zone. */
	if (!str_ends(text, STR("Z")) || !timestamp_parse(text, &nothing, &time) || time < 0)
		(void)wrong(r, "the time is none");
	return time;
}

static unsigned read_flags(const struct archived_reader *r)
{
	unsigned all = 0;

	for (size_t i = 0; i < FLAGS; i++)
		if (str_eq(r->values[AT_FLAGS + i].text, STR("true")))
			all |= flags[i].flag;
	return all;
}

static void read_call(struct archived_reader *r, struct call *c)
{
	*c = (struct call){.time = read_time(r),
	                   .latency = read_number(r, LINE_LATENCY, SECONDS_DIGITS),
	                   .ttft = read_number(r, LINE_TTFT, SECONDS_DIGITS),
	                   .price = read_text(r, LINE_PRICE),
	                   .prompt_hash = read_hash(r, LINE_PROMPT_HASH),
	                   .dedupe_key = read_hash(r, LINE_DEDUPE),
	                   .flags = read_flags(r)};
	for (int i = 0; i < LABELS; i++)
		c->label[i] = read_text(r, AT_LABELS + (size_t)i);
	for (int i = 0; i < COUNTS; i++)
		c->count[i] = read_number(r, AT_COUNTS + (size_t)i, count_places((enum count)i));
	for (int i = 0; i < DETAILS; i++)
		c->detail[i] = read_text(r, AT_DETAILS + (size_t)i);
	if (!read_money(r, LINE_COST, &c->cost))
		(void)wrong(r, "the cost is missing");
	c->has_logged_cost = read_money(r, LINE_LOGGED_COST, &c->logged_cost);
}

bool archived_read(struct archived_reader *r, struct str line, struct archived *ret,
                   const char **why)
{
	struct fault fault;

	arena_reset(&r->text, SIZE_MAX);
	r->why = NULL;
	memset(r->values, 0, sizeof(r->values));
	if (!json_scan(r->paths, line, r->values, &r->text, &fault)) {
		*why = fault.what;
		return false;
	}
	ret->source = read_text(r, LINE_SOURCE);
	ret->file = read_text(r, LINE_FILE);
	ret->offset = read_number(r, LINE_OFFSET, 0);
	read_call(r, &ret->call);
	*why = r->why;
	return r->why == NULL;
}
