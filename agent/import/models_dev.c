/*
 * models.dev's api.json: {provider: {"models": {id: {"cost": {...}}}}}, numbers in USD per million
 * tokens. Tiers stand in `tiers`, each with its threshold; older copies have `context_over_200k`
 * alone, newer ones both, which then say the same.
 */
#include "agent/import/draft.h"

#include "parsers/number.h"

enum { OLD_TIER = 200000 };

static const struct price_field {
	const char *name;
	enum rate_kind kind;
} price_fields[] = {
	{"input", RATE_INPUT},
	{"output", RATE_OUTPUT},
	{"cache_read", RATE_CACHE_READ},
	{"cache_write", RATE_CACHE_WRITE},
	{"reasoning", RATE_REASONING},
	{"input_audio", RATE_INPUT_AUDIO},
	{"output_audio", RATE_OUTPUT_AUDIO},
};

/* What is being read of one model. */
struct reading {
	struct draft *draft;
	struct str provider;
	struct str tiers, old_tier; /* their texts */
	struct str bound;           /* of a tier */
	int64_t above;              /* 0: the base */
};

static bool read_cost(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct draft *d = r->draft;
	struct value v = json_value(d->json, e->text);

	for (size_t i = 0; i < sizeof(price_fields) / sizeof(price_fields[0]); i++) {
		if (!str_eq(e->name, str_of(price_fields[i].name)))
			continue;
		draft_rate(d, draft_rates(d, &d->rows[0], r->above, NULL), price_fields[i].kind,
		           RATE_PER_MILLION, &v);
		return true;
	}
	if (r->above == 0 && str_eq(e->name, STR("tiers")))
		r->tiers = e->text;
	else if (r->above == 0 && str_eq(e->name, STR("context_over_200k")))
		r->old_tier = e->text;
	else if (!str_eq(e->name, STR("tier")) && draft_says(&v))
		draft_note(d, NOTE_FIELD, e->name);
	return true;
}

/* {"type": "context", "size": 200000} */
static bool read_bound(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);

	if (str_eq(e->name, STR("type")) && !str_eq(v.text, STR("context")))
		draft_leave_out(r->draft, "a tier by something other than the input");
	if (str_eq(e->name, STR("size")) && !number_count(v.text, &r->above))
		r->above = 0;
	return true;
}

static bool find_bound(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (str_eq(e->name, STR("tier")))
		json_members(r->draft->json, e->text, read_bound, r);
	return true;
}

static bool read_tier(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	r->above = 0;
	json_members(r->draft->json, e->text, find_bound, r);
	if (r->above > 0)
		json_members(r->draft->json, e->text, read_cost, r);
	else
		draft_leave_out(r->draft, "a tier without a threshold");
	return true;
}

static bool find_cost(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (!str_eq(e->name, STR("cost")))
		return true;
	json_members(r->draft->json, e->text, read_cost, r);
	if (r->tiers.n) {
		json_elements(r->draft->json, r->tiers, read_tier, r);
	} else if (r->old_tier.n) {
		r->above = OLD_TIER;
		json_members(r->draft->json, r->old_tier, read_cost, r);
	}
	return true;
}

static bool read_model(void *arg, const struct json_element *e)
{
	const struct reading *of = arg;
	struct reading r = {.draft = of->draft, .provider = of->provider};

	if (!draft_begin(r.draft, r.provider, e->name))
		return false;
	(void)draft_row(r.draft);
	json_members(r.draft->json, e->text, find_cost, &r);
	draft_end(r.draft);
	return true;
}

static bool find_models(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (str_eq(e->name, STR("models")))
		json_members(r->draft->json, e->text, read_model, r);
	return true;
}

static bool read_provider(void *arg, const struct json_element *e)
{
	struct draft *d = arg;
	struct reading r = {.draft = d, .provider = e->name};

	json_members(d->json, e->text, find_models, &r);
	return true;
}

static bool read_book(struct import *im, struct str text, struct err *err)
{
	return import_walk(im, text, read_provider, err);
}

const struct import_format format_models_dev = {
	.name = "models.dev",
	.title = "models.dev's api.json",
	.source = "models.dev, https://models.dev/api.json",
	.shapes = {{"*.models", VALUE_OBJECT}},
	.read = read_book,
};
