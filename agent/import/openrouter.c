/*
 * OpenRouter's list of models: {"data": [{"id", "canonical_slug", "pricing": {...}}]}, decimal
 * strings in USD per token, search, call. A price of "0" beside a real one means that nothing is
 * charged apart, not that it is free: reasoning tokens are output. -1 is "depends".
 */
#include "agent/import/draft.h"

static const struct price_field {
	const char *name;
	enum rate_kind kind;
	bool zero; /* 0 is a price, not the lack of one */
} price_fields[] = {
	{"prompt", RATE_INPUT, true},
	{"completion", RATE_OUTPUT, true},
	{"input_cache_read", RATE_CACHE_READ, false},
	{"input_cache_write", RATE_CACHE_WRITE, false},
	{"input_cache_write_1h", RATE_CACHE_WRITE_1H, false},
	{"internal_reasoning", RATE_REASONING, false},
	{"audio", RATE_INPUT_AUDIO, false},
	{"input_audio_cache", RATE_CACHE_READ_AUDIO, false},
	{"web_search", RATE_WEB_SEARCH, false},
	{"request", RATE_REQUEST, false},
};

static bool read_price(void *arg, const struct json_element *e)
{
	struct draft *d = arg;
	struct draft_row *row = &d->rows[0];
	struct value v = json_value(d->json, e->text);

	for (size_t i = 0; i < sizeof(price_fields) / sizeof(price_fields[0]); i++) {
		if (!str_eq(e->name, str_of(price_fields[i].name)))
			continue;
		if (price_fields[i].zero || draft_says(&v))
			draft_rate(d, &row->price.base, price_fields[i].kind, RATE_PER_UNIT, &v);
		return true;
	}
	if (draft_says(&v) && !str_eq(v.text, STR("[]")))
		draft_note(d, NOTE_FIELD, e->name);
	return true;
}

struct entry {
	struct draft *draft;
	struct str id, slug, pricing;
};

static bool read_member(void *arg, const struct json_element *e)
{
	struct entry *entry = arg;
	struct json_reader *json = entry->draft->json;

	if (str_eq(e->name, STR("id")))
		entry->id = json_string(json, e->text);
	else if (str_eq(e->name, STR("canonical_slug")))
		entry->slug = json_string(json, e->text);
	else if (str_eq(e->name, STR("pricing")))
		entry->pricing = e->text;
	return true;
}

static bool read_model(void *arg, const struct json_element *e)
{
	struct draft *d = arg;
	struct entry entry = {.draft = d, .id = STR(""), .slug = STR("")};

	json_members(d->json, e->text, read_member, &entry);
	if (!draft_begin(d, STR("openrouter"), entry.id))
		return false;
	/* A variant (":free", ":thinking") has the slug of the model that it is one of. */
	if (entry.slug.n && memchr(entry.id.p, ':', entry.id.n) == NULL)
		draft_also(d, entry.slug);
	(void)draft_row(d);
	if (entry.pricing.n)
		json_members(d->json, entry.pricing, read_price, d);
	draft_end(d);
	return true;
}

static bool read_list(void *arg, const struct json_element *e)
{
	struct draft *d = arg;

	if (str_eq(e->name, STR("data")))
		json_elements(d->json, e->text, read_model, d);
	return true;
}

static bool read_book(struct import *im, struct str text, struct err *err)
{
	return import_walk(im, text, read_list, err);
}

const struct import_format format_openrouter = {
	.name = "openrouter",
	.title = "OpenRouter's list of models",
	.source = "OpenRouter, https://openrouter.ai/api/v1/models",
	.shapes = {{"data", VALUE_ARRAY}},
	.read = read_book,
};
