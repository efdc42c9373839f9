/*
 * A field's text: slot, then pattern, then map, then hash, as its origin says. The first origin
 * that gives something present wins. Everything lives in the record or in the scratch memory.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/meter/plan.h"

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

static bool raw_text(struct fetch *f, const struct getter *g, struct str *ret)
{
	if (g->fields)
		return fetch_text(f, g->fields, ret);
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

static bool fallback(const struct origin *o, struct str *ret)
{
	if (o == NULL || o->fallback == NULL)
		return false;
	*ret = str_of(o->fallback);
	return true;
}

bool fetch_one(struct fetch *f, const struct getter *g, struct str *ret)
{
	struct str text;

	f->used = g;
	if (g->origin && g->origin->received) {
		*ret = STR("received"); /* fill.c takes the clock */
		return true;
	}
	if (!raw_text(f, g, &text) || (g->pattern && !through_pattern(f, g, &text)))
		return !f->limited && fallback(g->origin, ret);
	if (g->origin) {
		text = mapped(g->origin, text);
		if (value_is_no_word(text))
			return fallback(g->origin, ret);
		if (g->origin->hash)
			text = hashed(f, text);
	}
	*ret = text;
	return true;
}

bool fetch_text(struct fetch *f, const struct getters *getters, struct str *ret)
{
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
