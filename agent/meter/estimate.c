/*
 * A log that has some count of a side (its cached tokens alone, say) is not second-guessed: only
 * where it says nothing is the length of the text taken for it.
 */
#include "agent/meter/estimate.h"

#include <assert.h>

#include "parsers/characters.h"
#include "parsers/number.h"

#define CHARACTERS_UNIT \
	INT64_C(1000000) /* of characters per token, as the configuration has them */

enum { SIDE_MAX = 8 };

/* All that may be counted of each side. */
static const enum count sides[TEXTS][SIDE_MAX] = {
	[TEXT_INPUT] = {COUNT_INPUT, COUNT_CACHE_READ, COUNT_CACHE_WRITE, COUNT_INPUT_AUDIO,
                        COUNT_INPUT_IMAGE, COUNT_INPUT_VIDEO, COUNTS},
	[TEXT_OUTPUT] = {COUNT_OUTPUT, COUNT_REASONING, COUNT_OUTPUT_AUDIO, COUNT_OUTPUT_IMAGE,
                         COUNT_OUTPUT_VIDEO, COUNTS},
};

static bool is_counted(const struct call *c, enum text text)
{
	bool any = false;

	for (const enum count *count = sides[text]; *count != COUNTS; count++)
		any |= c->count[*count] != ABSENT;
	return any;
}

/* A log may have the length itself: a number, which JSON tells from a text of digits. */
static bool is_length(const struct source *s, const struct value *v, int64_t *ret)
{
	if (v->type != VALUE_NUMBER && (s->format == &format_json || v->type != VALUE_STRING))
		return false;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] < '0' || v->text.p[i] > '9')
			return v->type == VALUE_NUMBER && number_count(v->text, ret);
	return number_count(v->text, ret);
}

static int64_t characters_of(struct fetch *f, const struct getter *g)
{
	struct value own = {.type = VALUE_STRING};
	const struct value *v = &own;
	int64_t length;

	if (g->slot >= 0)
		v = &f->slots[g->slot];
	else if (!fetch_one(f, g, &own.text))
		return 0;
	if (!value_present(v))
		return 0;
	return is_length(f->source, v, &length) ? length : value_characters(v);
}

void estimate_measure(struct fetch *f, struct call *c)
{
	for (enum text text = 0; text < TEXTS; text++) {
		const struct getters *texts = &f->source->texts[text];

		if (texts->n == 0 || is_counted(c, text))
			continue;
		for (size_t i = 0; i < texts->n; i++)
			c->text[text] += characters_of(f, &texts->v[i]);
	}
}

void estimate_tokens(const struct source_config *config, struct call *c)
{
	for (enum text text = 0; text < TEXTS; text++) {
		wide characters = (wide)c->text[text] * CHARACTERS_UNIT;
		wide tokens;

		if (c->text[text] == 0 || is_counted(c, text))
			continue;
		assert(config->estimate_characters > 0);
		tokens = (characters + config->estimate_characters - 1) /
		         config->estimate_characters;
		c->count[estimate_count(text)] = tokens < COUNT_MAX ? (int64_t)tokens : COUNT_MAX;
		c->flags |= CALL_USAGE_ESTIMATED;
	}
}
