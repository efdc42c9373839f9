/*
 * A field's text: slot, then pattern, then map, then hash, as its origin says. The first origin
 * that gives something present wins. Everything lives in the record or in the scratch memory.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/meter/carried.h"
#include "agent/meter/plan.h"
#include "parsers/number.h"

static struct str mapped(const struct origin *o, struct str text)
{
	for (size_t i = 0; i < o->map_n; i++)
		if (str_eq(str_of(o->map[i].key), text))
			return str_of(o->map[i].value);
	return text;
}

static struct str hashed(struct fetch *f, struct str text)
{
	enum { HEX = 16 };
	char *hex = arena_bytes(f->scratch, HEX + 1);

	(void)snprintf(hex, HEX + 1, "%016" PRIx64, hash64(f->key, text));
	return (struct str){hex, HEX};
}

static inline bool slot_text(struct fetch *f, int slot, struct str *ret)
{
	const struct value *v = &f->slots[slot];

	if (!value_present(v))
		return false;
	*ret = v->escaped ? value_text(v, f->scratch) : v->text;
	return true;
}

enum { SUM_DIGITS = 9 };

/* What is no number becomes the text of the sum, so that it is rejected where a field reads it. */
static bool sum_text(struct fetch *f, const struct getter *g, struct str *ret)
{
	enum { TEXT = 40 };
	char *text = arena_bytes(f->scratch, TEXT);
	int64_t sum = 0, number;
	bool any = false;

	for (size_t i = 0; i < g->sum_n; i++) {
		if (!fetch_one(f, &g->sum[i], ret))
			continue;
		if (!number_decimal(*ret, SUM_DIGITS, &number) ||
		    __builtin_add_overflow(sum, number, &sum))
			return true;
		any = true;
	}
	if (!any)
		return false;
	ret->n = (size_t)snprintf(text, TEXT, "%s%" PRId64 ".%09" PRId64, sum < 0 ? "-" : "",
	                          (sum < 0 ? -sum : sum) / 1000000000,
	                          (sum < 0 ? -sum : sum) % 1000000000);
	ret->p = text;
	return true;
}

static bool raw_text(struct fetch *f, const struct getter *g, struct str *ret)
{
	if (g->fields)
		return fetch_text(f, g->fields, ret);
	if (g->sum)
		return sum_text(f, g, ret);
	if (g->own >= 0)
		return fetch_text(f, &f->source->owns[g->own].getters, ret);
	return g->slot >= 0 && slot_text(f, g->slot, ret);
}

static bool through_pattern(struct fetch *f, const struct getter *g, struct str *text)
{
	switch (pattern_capture_one(g->pattern, f->match, *text, g->group, text)) {
	case PATTERN_YES:
		return !value_is_no_word(*text);
	case PATTERN_NO:
		return false;
	case PATTERN_LIMIT:
		f->limited = true;
		return false;
	}
	return false;
}

static bool fallback(struct fetch *f, const struct getter *g, struct str *ret)
{
	if (f->limited || g->origin == NULL || g->origin->fallback == NULL)
		return false;
	f->used = g;
	*ret = str_of(g->origin->fallback);
	return true;
}

bool fetch_one(struct fetch *f, const struct getter *g, struct str *ret)
{
	struct str text;

	f->used = g;
	f->carried = false;
	if (g->origin && g->origin->received) {
		*ret = STR("received"); /* fill.c takes the clock */
		return true;
	}
	if (!raw_text(f, g, &text) || (g->pattern && !through_pattern(f, g, &text)))
		return fallback(f, g, ret);
	f->used = g; /* a sum or a name of one's own has set it to what it read */
	if (g->origin) {
		text = mapped(g->origin, text);
		if (value_is_no_word(text))
			return fallback(f, g, ret);
		if (g->origin->hash)
			text = hashed(f, text);
	}
	*ret = text;
	return true;
}

void fetch_steps(struct fetch *f, const struct getter *g, struct fetch_steps *ret)
{
	const struct origin *o = g->origin;
	struct str text, to;
	bool left;

	*ret = (struct fetch_steps){0};
	left = (o == NULL || !o->received) && raw_text(f, g, &text);
	if (left) {
		ret->raw = text.p ? text : STR("");
		left = g->pattern == NULL || through_pattern(f, g, &text);
	}
	if (left && o) {
		to = mapped(o, text);
		ret->mapped = to.p != text.p;
		left = !value_is_no_word(to);
	}
	ret->fallback = !left && o && o->fallback;
}

/* Inline in both of its callers: it is most of what a record costs here. */
static inline bool fresh(struct fetch *f, const struct getters *getters, struct str *ret)
{
	f->carried = false;
	for (const struct getter *g = getters->v; g < getters->v + getters->n; g++) {
		if (g->plain) {
			f->used = g;
			if (slot_text(f, g->slot, ret))
				return true;
		} else if (fetch_one(f, g, ret)) {
			return true;
		} else if (f->limited) {
			return false;
		}
	}
	return false;
}

bool fetch_fresh(struct fetch *f, const struct getters *getters, struct str *ret)
{
	return fresh(f, getters, ret);
}

static bool of_an_earlier_record(struct fetch *f, const struct getters *getters, struct str *ret)
{
	size_t getter;

	if (f->limited || !carried_get(f->around->carried, getters->carry - 1, ret, &getter) ||
	    getter >= getters->n)
		return false;
	f->used = &getters->v[getter];
	f->carried = true;
	return true;
}

bool fetch_text(struct fetch *f, const struct getters *getters, struct str *ret)
{
	return fresh(f, getters, ret) || (getters->carry && of_an_earlier_record(f, getters, ret));
}
