#include "agent/detect/evidence.h"

#include "agent/meter/match.h"
#include "parsers/number.h"

/* 2020: nobody paid for tokens before. A clock may be a little ahead. */
#define TIME_FIRST (INT64_C(1577836800) * TIME_SEC)
#define AHEAD      (2 * TIME_DAY)

/* ---- models ---- */

/* Beginnings of the names of families of models, and what must follow: a digit or a dash. */
static const char *const families[] = {
	"gpt-",       "chatgpt-",   "o1",
	"o3",         "o4",         "claude-",
	"gemini-",    "gemma",      "text-embedding-",
	"dall-e-",    "whisper-",   "llama",
	"meta-llama", "mistral-",   "mixtral-",
	"ministral-", "codestral-", "magistral-",
	"deepseek-",  "qwen",       "command-",
	"grok-",      "nova-",      "titan-",
	"phi-",       "kimi-",      "glm-",
	"sonar",      "gpt-oss",    "jamba-",
	"minimax-",   "embed-",     "rerank-",
	"voyage-",
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool of_a_family(struct str name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct str family = str_of(families[i]), rest = str_from(name, family.n);
		bool dash = family.p[family.n - 1] == '-';

		if (!str_starts(name, family))
			continue;
		if (dash ? rest.n > 0 : rest.n == 0 || rest.p[0] == '-' || is_digit(rest.p[0]))
			return true;
	}
	return false;
}

/* The last part of vendor/model, us.vendor.model and the like. */
static struct str without_prefixes(struct str name)
{
	struct str provider;
	size_t n;

	while ((n = match_prefix(name, &provider)) > 0)
		name = str_from(name, n);
	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '/')
			return str_from(name, i + 1);
	return name;
}

/* "ada" and "command" are models, and many other things. */
static bool is_telling(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (is_digit(name.p[i]) || name.p[i] == '-')
			return true;
	return false;
}

bool evidence_model(const struct evidence *e, struct str text)
{
	char normal[MODEL_NAME_MAX];
	struct str name;

	if (text.n < 2 || text.n >= MODEL_NAME_MAX || !evidence_word(text) || is_digit(text.p[0]) ||
	    !is_telling(text))
		return false;
	name = match_normal(text, normal);
	if (name.n && of_a_family(without_prefixes(name)))
		return true;
	return e->book && book_find(e->book, (struct str){0}, text) != NULL;
}

/* ---- times ---- */

static bool plausible(const struct evidence *e, int64_t time)
{
	return time >= TIME_FIRST && time <= e->now + AHEAD;
}

bool evidence_time_by(const struct evidence *e, struct str text, const char *format)
{
	int64_t time;

	if (text.n < 8 || text.n > 64)
		return false;
	if (format)
		return timestamp_format(text, format, &e->times, &time) && plausible(e, time);
	return timestamp_parse(text, &e->times, &time) && plausible(e, time);
}

bool evidence_time(const struct evidence *e, struct str text, const char **format, bool *unsure)
{
	static const struct {
		const char *format;
		bool unsure;
	} others[] = {
		{"%d.%m.%Y %H:%M:%S", false},
		{"%d.%m.%Y %H:%M:%S.%f", false},
		{"%d.%m.%Y, %H:%M:%S", false},
		{"%m/%d/%Y %H:%M:%S", true},
		{"%d/%m/%Y %H:%M:%S", true},
		{"%m/%d/%Y, %I:%M:%S %p", true},
		{"%m/%d/%Y %I:%M:%S %p", true},
		{"%d-%m-%Y %H:%M:%S", true},
		{"%d %b %Y %H:%M:%S", false},
		{"%d-%b-%Y %H:%M:%S", false},
		{"%b %d, %Y %I:%M:%S %p", false},
		{"%b %d, %Y %H:%M:%S", false},
		{"%b %d %Y %H:%M:%S", false},
		{"%a %b %d %H:%M:%S %Y", false},
		{"%a %b %d %H:%M:%S %Z %Y", false},
		{"%a, %d %b %Y %H:%M:%S %Z", false},
		{"%Y%m%d %H:%M:%S", false},
		{"%Y%m%d-%H%M%S", false},
		{"%y-%m-%d %H:%M:%S", true},
		{"%H:%M:%S.%f", true},
		{"%H:%M:%S,%f", true},
		{"%H:%M:%S", true},
	};

	*format = NULL;
	*unsure = false;
	if (evidence_time_by(e, text, NULL))
		return true;
	if (str_find(text, STR(":")) == text.n && str_find(text, STR("-")) == text.n)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!evidence_time_by(e, text, others[i].format))
			continue;
		*format = others[i].format;
		*unsure = others[i].unsure;
		return true;
	}
	return false;
}

const char *evidence_time_doubt(const char *format)
{
	return strchr(format, 'd') ? "day and month may be the other way round"
	                           : "it has no date; the file's own day is taken";
}

/* ---- numbers and words ---- */

bool evidence_money(struct str text)
{
	int64_t nano;

	if (text.n && text.p[0] == '$')
		text = str_from(text, 1);
	return number_decimal(text, 9, &nano) && nano >= 0 && nano < INT64_C(10000) * 1000000000;
}

bool evidence_duration(struct str text, bool *has_unit)
{
	int64_t micros, longer;

	/* a bare number depends on the unit it is read in */
	if (!number_duration(text, 1000000, &micros) || !number_duration(text, 2000000, &longer))
		return false;
	*has_unit = micros == longer && micros > 0;
	return !*has_unit || micros <= TIME_DAY;
}

bool evidence_word(struct str text)
{
	if (text.n == 0 || text.n > 128)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
		      (unsigned char)c >= 0x80 || strchr("-_.:/@[]+", c)))
			return false;
	}
	return true;
}
