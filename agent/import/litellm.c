/*
 * LiteLLM's model_prices_and_context_window.json: {model: {"litellm_provider", "mode", prices}},
 * numbers in USD per unit. The name of a price is made of parts: what it is of, a threshold, a kind
 * of service (input_cost_per_token_above_272k_tokens_batches). New ones come with every release, so
 * a price that is not known here is noted, and whatever is no price is passed over.
 */
#include "agent/import/draft.h"

#include <string.h>

#include "agent/meter/book_rate.h"
#include "parsers/number.h"

enum { KILO = 1000, FACTOR_DIGITS = 6 };

/* In which modes a price of this name is this kind; elsewhere it is of something else. */
enum mode { ANY_MODE, AUDIO_MODE, VIDEO_MODE, IMAGE_MODE, QUERY_MODE };

static const struct base {
	const char *name;
	enum rate_kind kind;
	enum mode mode;
} bases[] = {
	{"cache_creation_input_token_cost_above_1hr", RATE_CACHE_WRITE_1H, ANY_MODE},
	{"cache_creation_input_token_cost", RATE_CACHE_WRITE, ANY_MODE},
	{"cache_read_input_audio_token_cost", RATE_CACHE_READ_AUDIO, ANY_MODE},
	{"cache_read_input_image_token_cost", RATE_CACHE_READ_IMAGE, ANY_MODE},
	{"cache_read_input_token_cost", RATE_CACHE_READ, ANY_MODE},
	{"input_cost_per_token_cache_hit", RATE_CACHE_READ, ANY_MODE},
	{"input_cost_per_token", RATE_INPUT, ANY_MODE},
	{"output_cost_per_token", RATE_OUTPUT, ANY_MODE},
	{"output_cost_per_reasoning_token", RATE_REASONING, ANY_MODE},
	{"input_cost_per_audio_token", RATE_INPUT_AUDIO, ANY_MODE},
	{"output_cost_per_audio_token", RATE_OUTPUT_AUDIO, ANY_MODE},
	{"input_cost_per_image_token", RATE_INPUT_IMAGE, ANY_MODE},
	{"output_cost_per_image_token", RATE_OUTPUT_IMAGE, ANY_MODE},
	{"input_cost_per_video_token", RATE_INPUT_VIDEO, ANY_MODE},
	{"output_cost_per_video_token", RATE_OUTPUT_VIDEO, ANY_MODE},
	{"output_cost_per_image", RATE_IMAGE, IMAGE_MODE},
	{"input_cost_per_second", RATE_AUDIO_SECOND, AUDIO_MODE},
	{"input_cost_per_audio_per_second", RATE_AUDIO_SECOND, AUDIO_MODE},
	{"output_cost_per_second", RATE_AUDIO_SECOND, AUDIO_MODE},
	{"output_cost_per_second", RATE_VIDEO_SECOND, VIDEO_MODE},
	{"output_cost_per_video_per_second", RATE_VIDEO_SECOND, VIDEO_MODE},
	{"input_cost_per_character", RATE_CHARACTER, AUDIO_MODE},
	{"input_cost_per_query", RATE_REQUEST, QUERY_MODE},
	{"input_cost_per_request", RATE_REQUEST, ANY_MODE},
	{"ocr_cost_per_page", RATE_PAGE, ANY_MODE},
};

static const struct {
	const char *mode;
	enum mode is;
} modes[] = {
	{"audio_transcription", AUDIO_MODE},
	{"audio_speech", AUDIO_MODE},
	{"video_generation", VIDEO_MODE},
	{"image_generation", IMAGE_MODE},
	{"image_edit", IMAGE_MODE},
	{"rerank", QUERY_MODE},
	{"search", QUERY_MODE},
};

static const struct {
	const char *suffix, *service;
} services[] = {{"_batches", "batch"},
                {"_flex", "flex"},
                {"_priority", "priority"},
                {"_ultrafast", "ultrafast"},
                {"_fast", "fast"}};

/* A model that is being read. */
struct reading {
	struct draft *draft;
	struct str provider, mode_text;
	enum mode mode;
	/* Then a price by image made, or by second of the result, is the same cost once more. */
	bool has_image_tokens, has_input_seconds;
	bool inclusive;                  /* thresholds are reached, not passed */
	struct str tiers, off_peak, own; /* texts of what is read after the rest */
	int64_t above;                   /* of an element of tiered_pricing */
	struct rates *to;                /* of off_peak_pricing; NULL: by the field's name */
};

/* "_above_200k_tokens" at the beginning of a text: its bytes, 0 when it is none. */
static size_t read_threshold(struct str text, int64_t *above)
{
	size_t start = strlen("_above_"), end = start;
	bool kilo;

	if (!str_starts(text, STR("_above_")))
		return 0;
	while (end < text.n && text.p[end] >= '0' && text.p[end] <= '9')
		end++;
	if (!number_count((struct str){text.p + start, end - start}, above))
		return 0;
	kilo = end < text.n && text.p[end] == 'k';
	*above *= kilo ? KILO : 1;
	end += kilo;
	return str_starts(str_from(text, end), STR("_tokens")) ? end + strlen("_tokens") : 0;
}

/* The parts behind what a price is of. False when there are others. */
static bool read_suffixes(struct str text, int64_t *above, const char **service)
{
	while (text.n) {
		size_t used = *above ? 0 : read_threshold(text, above);

		for (size_t i = 0; used == 0 && i < sizeof(services) / sizeof(services[0]); i++)
			if (*service == NULL && str_starts(text, str_of(services[i].suffix))) {
				*service = services[i].service;
				used = strlen(services[i].suffix);
			}
		if (used == 0)
			return false;
		text = str_from(text, used);
	}
	return true;
}

/* Whether a price by this name says once more what another one does. */
static bool is_repeated(const struct reading *r, const struct base *b)
{
	if (b->kind == RATE_IMAGE)
		return r->has_image_tokens;
	return b->kind == RATE_AUDIO_SECOND && r->mode == AUDIO_MODE && r->has_input_seconds &&
	       str_starts(str_of(b->name), STR("output"));
}

/* Where a rate of these parts goes. */
static struct rates *place(struct reading *r, int64_t above, const char *service)
{
	struct draft *d = r->draft;
	struct rates *to;

	if (r->to)
		return above || service ? NULL : r->to;
	to = draft_rates(d, &d->rows[0], above - (above && r->inclusive), service);
	if (above && r->inclusive)
		d->rows[0].tiers[d->rows[0].price.tiers_n - 1].tier.at_least = true;
	return to;
}

static bool read_rate(struct reading *r, struct str name, const struct value *v)
{
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		const struct base *b = &bases[i];
		int64_t above = r->above;
		const char *service = NULL;

		if (!str_starts(name, str_of(b->name)) ||
		    !read_suffixes(str_from(name, strlen(b->name)), &above, &service))
			continue;
		if (is_repeated(r, b))
			return true;
		if (b->mode != ANY_MODE && b->mode != r->mode)
			continue;
		draft_rate(r->draft, place(r, above, service), b->kind, RATE_PER_UNIT, v);
		return true;
	}
	return false;
}

static bool is_about_money(struct str name)
{
	static const struct str words[] = {
		{"cost", 4}, {"price", 5}, {"pricing", 7}, {"uplift", 6}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find(name, words[i]) < name.n)
			return true;
	return false;
}

/* ---- what is not one number ---- */

/* The medium size is what LiteLLM counts with; another price for another size is lost. */
static bool read_search(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);
	struct draft *d = r->draft;

	if (str_eq(e->name, STR("search_context_size_medium")))
		draft_rate(d, &d->rows[0].price.base, RATE_WEB_SEARCH, RATE_PER_UNIT, &v);
	return true;
}

static bool read_range(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);

	if (r->above < 0 && !number_count(v.text, &r->above))
		draft_leave_out(r->draft, "a tier without a threshold");
	return false; /* the lower bound is the first of the two */
}

static bool find_range(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (str_eq(e->name, STR("range")))
		json_elements(r->draft->json, e->text, read_range, r);
	return true;
}

static bool read_tier_rate(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);

	if (!read_rate(r, e->name, &v) && is_about_money(e->name) && draft_says(&v))
		draft_note(r->draft, NOTE_FIELD, e->name);
	return true;
}

static bool read_tier(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	r->above = -1;
	json_members(r->draft->json, e->text, find_range, r);
	if (r->above >= 0)
		json_members(r->draft->json, e->text, read_tier_rate, r);
	else
		draft_note(r->draft, NOTE_FIELD,
		           STR("tiered_pricing by something else than input"));
	r->above = 0;
	return true;
}

/* As LiteLLM counts: what such a tier does not give is, of output, the model's own rate, and of the
 * cache, the tier's input. */
static void add_tiers(struct reading *r)
{
	static const enum rate_kind cache[] = {RATE_CACHE_READ, RATE_CACHE_WRITE};
	struct draft *d = r->draft;
	struct draft_row *row = &d->rows[0];
	int64_t output = row->price.base.rate[RATE_OUTPUT];

	json_elements(d->json, r->tiers, read_tier, r);
	for (size_t i = 0; i < row->price.tiers_n; i++) {
		int64_t *rate = row->tiers[i].tier.rates.rate;

		if (rate[RATE_OUTPUT] == RATE_NONE)
			rate[RATE_OUTPUT] = output;
		for (size_t k = 0; k < sizeof(cache) / sizeof(cache[0]); k++)
			if (rate[cache[k]] == RATE_NONE &&
			    row->price.base.rate[cache[k]] != RATE_NONE)
				rate[cache[k]] = rate[RATE_INPUT];
	}
}

/* rate x factor, when that is a whole number of femto-dollars. */
static bool times(int64_t rate, int64_t ppm, int64_t *ret)
{
	if (__builtin_mul_overflow(rate, ppm, ret) || *ret % FACTOR_ONE)
		return false;
	*ret /= FACTOR_ONE;
	return true;
}

/* What holds for every token but the cached ones, as LiteLLM counts it: own rates of the service.
 */
static void multiply(struct reading *r, const char *service, const struct value *v)
{
	static const enum rate_kind kinds[] = {RATE_INPUT, RATE_OUTPUT, RATE_REASONING};
	struct draft *d = r->draft;
	struct rates *to = draft_rates(d, &d->rows[0], 0, service);
	int64_t ppm, rate;

	if (to == NULL || !number_decimal(v->text, FACTOR_DIGITS, &ppm) || ppm <= 0) {
		draft_note(d, NOTE_FIELD, STR("a factor of a service that is none"));
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		rate = d->rows[0].price.base.rate[kinds[i]];
		if (rate > 0 && times(rate, ppm, &rate))
			to->rate[kinds[i]] = rate;
	}
}

/* {"us": 1.1, "fast": 6.0} */
static bool read_own(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct draft *d = r->draft;
	struct value v = json_value(d->json, e->text);

	if (str_eq_nocase(e->name, STR("fast")))
		multiply(r, "fast", &v);
	else if (e->name.n == 2)
		draft_region(d, &d->rows[0], draft_copy(d, e->name), &v);
	else if (draft_says(&v))
		draft_note(d, NOTE_FIELD, e->name);
	return true;
}

/* ---- hours ---- */

static bool read_span(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct draft *d = r->draft;

	draft_hours(d, &d->rows[d->rows_n - 1], json_string(d->json, e->text));
	return true;
}

static bool read_off_peak(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);

	if (str_eq(e->name, STR("hours_utc")) && v.type == VALUE_ARRAY)
		json_elements(r->draft->json, e->text, read_span, r);
	else if (str_eq(e->name, STR("hours_utc")))
		(void)read_span(r, e);
	else if (!read_rate(r, e->name, &v))
		draft_leave_out(r->draft, "prices by days of the week");
	return true;
}

/* What it does not give, tiers aside, is as in the other hours. */
static void add_off_peak(struct reading *r)
{
	struct draft *d = r->draft;
	struct draft_row *row = draft_row(d);

	row->price.base = d->rows[0].price.base;
	r->to = &row->price.base;
	json_members(d->json, r->off_peak, read_off_peak, r);
	if (row->price.hours_n == 0)
		draft_leave_out(d, "a price for hours without hours");
}

/* ---- a model ---- */

static bool read_field(void *arg, const struct json_element *e)
{
	static const struct {
		const char *name, *region;
	} uplifts[] = {{"regional_processing_uplift_multiplier_eu", "eu"},
	               {"regional_processing_uplift_multiplier_us", "us"}};
	struct reading *r = arg;
	struct draft *d = r->draft;
	struct value v = json_value(d->json, e->text);

	for (size_t i = 0; i < sizeof(uplifts) / sizeof(uplifts[0]); i++)
		if (str_eq(e->name, str_of(uplifts[i].name))) {
			draft_region(d, &d->rows[0], uplifts[i].region, &v);
			return true;
		}
	if (str_eq(e->name, STR("search_context_cost_per_query")) && v.type == VALUE_OBJECT)
		json_members(d->json, e->text, read_search, r);
	else if (str_eq(e->name, STR("search_context_cost_per_query")))
		draft_rate(d, &d->rows[0].price.base, RATE_WEB_SEARCH, RATE_PER_UNIT, &v);
	else if (str_eq(e->name, STR("tiered_pricing")))
		r->tiers = e->text;
	else if (str_eq(e->name, STR("pricing_periods")))
		draft_leave_out(d, "a price that ends on some day");
	else if (str_eq(e->name, STR("provider_specific_entry")))
		r->own = e->text;
	else if (str_eq(e->name, STR("off_peak_pricing")))
		r->off_peak = e->text;
	else if (!read_rate(r, e->name, &v) && is_about_money(e->name) && draft_says(&v))
		draft_note(d, NOTE_FIELD, e->name);
	return true;
}

/* What has to be known before the prices are read. */
static bool read_head(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct json_reader *json = r->draft->json;

	if (str_eq(e->name, STR("litellm_provider")))
		r->provider = json_string(json, e->text);
	else if (str_eq(e->name, STR("mode")))
		r->mode_text = json_string(json, e->text);
	else if (str_eq(e->name, STR("output_cost_per_image_token")))
		r->has_image_tokens = true;
	else if (str_eq(e->name, STR("input_cost_per_second")))
		r->has_input_seconds = true;
	return true;
}

/* The provider whose word LiteLLM's provider begins with, or the word as it is. */
static struct str family(struct str provider)
{
	static const struct str names[] = {{"vertex_ai", 9}, {"bedrock", 7}, {"fireworks_ai", 12}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_starts(provider, names[i]))
			return names[i];
	return provider;
}

/* "azure/gpt-4o" of azure is gpt-4o, by which a log that names the provider knows it. */
static struct str without_provider(struct str key, struct str provider)
{
	struct str first = {key.p, str_find(key, STR("/"))};

	if (first.n == key.n || first.n + 1 == key.n)
		return key;
	if (str_eq(first, provider) || str_eq(provider_name(first), provider_name(provider)))
		return str_from(key, first.n + 1);
	return key;
}

static enum mode mode_of(struct str text)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (str_eq(text, str_of(modes[i].mode)))
			return modes[i].is;
	return ANY_MODE;
}

/* Two members are no models: an example in prose, and rules for LiteLLM's own matching. */
static bool is_model(struct str key)
{
	return !str_eq(key, STR("sample_spec")) && !str_eq(key, STR("fallback_generalizations"));
}

static bool read_model(void *arg, const struct json_element *e)
{
	struct draft *d = arg;
	struct reading r = {.draft = d, .provider = STR(""), .mode_text = STR("")};
	struct str provider;

	if (!is_model(e->name))
		return true;
	json_members(d->json, e->text, read_head, &r);
	provider = family(r.provider);
	if (!draft_begin(d, provider, without_provider(e->name, provider)))
		return false;
	draft_also(d, e->name);
	(void)draft_row(d);
	r.mode = mode_of(r.mode_text);
	r.inclusive = str_eq(provider, STR("xai"));
	json_members(d->json, e->text, read_field, &r);
	if (r.tiers.n)
		add_tiers(&r);
	if (r.own.n)
		json_members(d->json, r.own, read_own, &r);
	if (r.off_peak.n)
		add_off_peak(&r);
	draft_end(d);
	return true;
}

static bool read_book(struct import *im, struct str text, struct err *err)
{
	return import_walk(im, text, read_model, err);
}

const struct import_format format_litellm = {
	.name = "litellm",
	.title = "LiteLLM's model prices",
	.source = "LiteLLM, https://github.com/BerriAI/litellm",
	.shapes = {{"*.litellm_provider", VALUE_STRING}},
	.read = read_book,
};
