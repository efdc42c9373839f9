/*
 * genai-prices' data.json: providers with models in order, each with rules for its names and one
 * price or several, the last of which that holds counts. USD per million tokens (_mtok), thousand
 * (_kcount, _kpages) or hour. Rules that no pattern of ours can say are noted; those for a date
 * behind a name are met by how names are looked up, and need nothing.
 */
#include "agent/import/draft.h"

#include "parsers/number.h"

static const struct price_field {
	const char *name;
	enum rate_kind kind;
	enum unit unit;
} price_fields[] = {
	{"input_mtok", RATE_INPUT, RATE_PER_MILLION},
	{"output_mtok", RATE_OUTPUT, RATE_PER_MILLION},
	{"cache_read_mtok", RATE_CACHE_READ, RATE_PER_MILLION},
	{"cache_write_mtok", RATE_CACHE_WRITE, RATE_PER_MILLION},
	{"cache_write_5m_mtok", RATE_CACHE_WRITE, RATE_PER_MILLION},
	{"cache_write_1h_mtok", RATE_CACHE_WRITE_1H, RATE_PER_MILLION},
	{"output_reasoning_mtok", RATE_REASONING, RATE_PER_MILLION},
	{"input_audio_mtok", RATE_INPUT_AUDIO, RATE_PER_MILLION},
	{"output_audio_mtok", RATE_OUTPUT_AUDIO, RATE_PER_MILLION},
	{"cache_audio_read_mtok", RATE_CACHE_READ_AUDIO, RATE_PER_MILLION},
	{"input_image_mtok", RATE_INPUT_IMAGE, RATE_PER_MILLION},
	{"output_image_mtok", RATE_OUTPUT_IMAGE, RATE_PER_MILLION},
	{"cache_image_read_mtok", RATE_CACHE_READ_IMAGE, RATE_PER_MILLION},
	{"input_video_mtok", RATE_INPUT_VIDEO, RATE_PER_MILLION},
	{"output_video_mtok", RATE_OUTPUT_VIDEO, RATE_PER_MILLION},
	{"input_mchars", RATE_CHARACTER, RATE_PER_MILLION},
	{"input_document_kpages", RATE_PAGE, RATE_PER_1000},
	{"web_searches_kcount", RATE_WEB_SEARCH, RATE_PER_1000},
	{"requests_kcount", RATE_REQUEST, RATE_PER_1000},
	{"audio_hours", RATE_AUDIO_SECOND, RATE_PER_HOUR},
	{"input_audio_hours", RATE_AUDIO_SECOND, RATE_PER_HOUR},
};

/* One of the prices of a model, before their order is one of dates. */
struct dated {
	int64_t from;          /* INT64_MIN: always */
	struct str begin, end; /* of the hours; empty: all day */
	struct str prices;
};

/* What is being read of one model. */
struct reading {
	struct draft *draft;
	struct str id, prices, match;
	struct dated dated[IMPORT_ROWS_MAX];
	size_t dated_n;
	/* A rate. */
	struct draft_row *row;
	const struct price_field *field;
	int64_t above;
	struct str tier_price;
};

/* ---- names ---- */

/* How many digits a regex takes away: "\d{8}" or "\d{4}-\d{2}-\d{2}" at its end is a date. */
static size_t date_tail(struct str regex)
{
	static const struct str tails[] = {{"-\\d{8}$", 7}, {"-\\d{4}-\\d{2}-\\d{2}$", 19}};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (str_ends(regex, tails[i]))
			return tails[i].n;
	return 0;
}

static bool is_meta(char c)
{
	return strchr("^$.|?*+()[]{}\\", c) != NULL;
}

/* "^gpt-5\.4-\d{4}-\d{2}-\d{2}$" is gpt-5.4, whose dates are dropped when it is looked up. */
static bool read_dated_regex(struct draft *d, struct str regex)
{
	size_t tail = date_tail(regex);
	struct buf name = {0};
	bool good = tail && regex.n > tail + 1 && regex.p[0] == '^';

	for (size_t i = 1; good && i < regex.n - tail; i++) {
		if (regex.p[i] == '\\' && i + 1 < regex.n - tail && is_meta(regex.p[i + 1]))
			i++;
		else
			good = !is_meta(regex.p[i]);
		buf_char(&name, regex.p[i]);
	}
	if (good)
		draft_also(d, buf_view(&name));
	buf_free(&name);
	return good;
}

static bool read_rule(void *arg, const struct json_element *e);

static bool read_rules(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	json_members(r->draft->json, e->text, read_rule, r);
	return true;
}

/* One clause: {"starts_with": "gpt-4o"}, {"or": [...]}. */
static bool read_rule(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct draft *d = r->draft;
	struct str text = json_string(d->json, e->text);

	if (str_eq(e->name, STR("or")))
		json_elements(d->json, e->text, read_rules, r);
	else if (str_eq(e->name, STR("equals")))
		draft_also(d, text);
	else if (str_eq(e->name, STR("starts_with")))
		draft_match(d, STR(""), text, STR("*"));
	else if (str_eq(e->name, STR("ends_with")))
		draft_match(d, STR("*"), text, STR(""));
	else if (str_eq(e->name, STR("contains")))
		draft_match(d, STR("*"), text, STR("*"));
	else if (!str_eq(e->name, STR("regex")) || !read_dated_regex(d, text))
		draft_note(d, NOTE_NAME, e->name);
	return true;
}

/* ---- prices ---- */

static bool read_tier_member(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);

	if (str_eq(e->name, STR("start")) && !number_count(v.text, &r->above))
		draft_leave_out(r->draft, "a tier without a threshold");
	if (str_eq(e->name, STR("price")))
		r->tier_price = e->text;
	return true;
}

static bool read_tier(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct draft *d = r->draft;
	struct value v;

	r->above = 0;
	r->tier_price = (struct str){0};
	json_members(d->json, e->text, read_tier_member, r);
	v = json_value(d->json, r->tier_price);
	if (r->above > 0)
		draft_rate(d, draft_rates(d, r->row, r->above, NULL), r->field->kind,
		           r->field->unit, &v);
	else
		draft_leave_out(d, "a tier without a threshold");
	return true;
}

/* {"base": 3, "tiers": [{"start": 200000, "price": 6}]} */
static bool read_tiered(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct value v = json_value(r->draft->json, e->text);

	if (str_eq(e->name, STR("base")))
		draft_rate(r->draft, &r->row->price.base, r->field->kind, r->field->unit, &v);
	else if (str_eq(e->name, STR("tiers")))
		json_elements(r->draft->json, e->text, read_tier, r);
	return true;
}

static bool read_price(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct draft *d = r->draft;
	struct value v = json_value(d->json, e->text);

	for (size_t i = 0; i < sizeof(price_fields) / sizeof(price_fields[0]); i++) {
		if (!str_eq(e->name, str_of(price_fields[i].name)))
			continue;
		r->field = &price_fields[i];
		if (v.type == VALUE_OBJECT)
			json_members(d->json, e->text, read_tiered, r);
		else
			draft_rate(d, &r->row->price.base, price_fields[i].kind,
			           price_fields[i].unit, &v);
		return true;
	}
	if (draft_says(&v))
		draft_note(d, NOTE_FIELD, e->name);
	return true;
}

/* ---- when they hold ---- */

static bool read_limit(void *arg, const struct json_element *e)
{
	struct reading *r = arg;
	struct dated *at = &r->dated[r->dated_n];
	struct str text = json_string(r->draft->json, e->text);

	if (str_eq(e->name, STR("start_date"))) {
		if (!book_instant(text, &at->from))
			draft_leave_out(r->draft, "a date that is none");
	} else if (str_eq(e->name, STR("start_time"))) {
		at->begin = text;
	} else if (str_eq(e->name, STR("end_time"))) {
		at->end = text;
	} else if (!str_eq(e->name, STR("type"))) {
		draft_leave_out(r->draft, "a price under a condition that is not known");
	}
	return true;
}

static bool read_dated(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (str_eq(e->name, STR("constraint")))
		json_members(r->draft->json, e->text, read_limit, r);
	else if (str_eq(e->name, STR("prices")))
		r->dated[r->dated_n].prices = e->text;
	return true;
}

static bool add_dated(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (r->dated_n == IMPORT_ROWS_MAX) {
		draft_leave_out(r->draft, "more prices than a model can have");
		return false;
	}
	r->dated[r->dated_n] = (struct dated){.from = INT64_MIN, .begin = STR(""), .end = STR("")};
	json_members(r->draft->json, e->text, read_dated, r);
	r->dated_n++;
	return true;
}

static void add_row(struct reading *r, const struct dated *at, int64_t from)
{
	enum { CLOCK = sizeof("16:30") - 1 };
	struct draft *d = r->draft;
	struct buf span = {0};

	r->row = draft_row(d);
	r->row->price.from = from;
	json_members(d->json, at->prices, read_price, r);
	if (at->begin.n < CLOCK && at->end.n < CLOCK)
		return;
	buf_bytes(&span, at->begin.p, at->begin.n < CLOCK ? at->begin.n : CLOCK);
	buf_char(&span, '-');
	buf_bytes(&span, at->end.p, at->end.n < CLOCK ? at->end.n : CLOCK);
	draft_hours(d, r->row, buf_view(&span));
	buf_free(&span);
}

static bool has_hours(const struct dated *at)
{
	return at->begin.n || at->end.n;
}

/* The last price without hours that holds from a date on; dated_n: none. */
static size_t in_force(const struct reading *r, int64_t date)
{
	size_t i = r->dated_n;

	while (i-- > 0)
		if (!has_hours(&r->dated[i]) && r->dated[i].from <= date)
			return i;
	return r->dated_n;
}

/*
 * There, the last one that holds counts, dates and hours in one list; here, a later date ends all
 * that was before it. So from each date on there is the price in force, and the hours written
 * behind it.
 */
static void add_rows_from(struct reading *r, int64_t date)
{
	size_t base = in_force(r, date);

	if (base < r->dated_n)
		add_row(r, &r->dated[base], date);
	for (size_t i = base < r->dated_n ? base + 1 : 0; i < r->dated_n; i++)
		if (has_hours(&r->dated[i]) && r->dated[i].from <= date)
			add_row(r, &r->dated[i], date);
}

static void add_rows(struct reading *r)
{
	int64_t date = INT64_MIN;
	bool more = true;

	if (in_force(r, date) < r->dated_n)
		add_rows_from(r, date);
	while (more) {
		int64_t next = INT64_MAX;

		for (size_t i = 0; i < r->dated_n; i++)
			if (r->dated[i].from > date && r->dated[i].from < next)
				next = r->dated[i].from;
		more = next < INT64_MAX;
		date = next;
		if (more)
			add_rows_from(r, date);
	}
}

/* ---- models ---- */

static bool read_member(void *arg, const struct json_element *e)
{
	struct reading *r = arg;

	if (str_eq(e->name, STR("id")))
		r->id = json_string(r->draft->json, e->text);
	else if (str_eq(e->name, STR("prices")))
		r->prices = e->text;
	else if (str_eq(e->name, STR("match")))
		r->match = e->text;
	return true;
}

/* Of a list of models: the provider and where what is read of each goes. */
struct seller {
	struct reading *reading;
	struct str id, models;
};

static bool read_model(void *arg, const struct json_element *e)
{
	const struct seller *of = arg;
	struct reading *r = of->reading;
	struct draft *d = r->draft;

	*r = (struct reading){.draft = d, .id = STR("")};
	json_members(d->json, e->text, read_member, r);
	if (!draft_begin(d, of->id, r->id))
		return false;
	json_members(d->json, r->match, read_rule, r);
	if (json_value(d->json, r->prices).type == VALUE_ARRAY)
		json_elements(d->json, r->prices, add_dated, r);
	else
		r->dated[r->dated_n++] = (struct dated){INT64_MIN, STR(""), STR(""), r->prices};
	add_rows(r);
	draft_end(d);
	return true;
}

static bool read_seller(void *arg, const struct json_element *e)
{
	struct seller *s = arg;

	if (str_eq(e->name, STR("id")))
		s->id = json_string(s->reading->draft->json, e->text);
	else if (str_eq(e->name, STR("models")))
		s->models = e->text;
	return true;
}

static bool read_provider(void *arg, const struct json_element *e)
{
	struct seller s = {.reading = arg, .id = STR("")};

	json_members(s.reading->draft->json, e->text, read_seller, &s);
	json_elements(s.reading->draft->json, s.models, read_model, &s);
	return true;
}

/* Since v3 the providers are a member beside the units; before, they were all there is. */
static bool read_providers(void *arg, const struct json_element *e)
{
	struct reading r = {.draft = arg};

	if (e->name.n == 0 || str_eq(e->name, STR("providers")))
		json_elements(r.draft->json, e->text, read_provider, &r);
	return true;
}

static bool read_book(struct import *im, struct str text, struct err *err)
{
	return import_walk(im, text, read_providers, err);
}

const struct import_format format_genai_prices = {
	.name = "genai-prices",
	.title = "genai-prices' data",
	.source = "genai-prices, https://github.com/pydantic/genai-prices",
	.dated = true,
	.shapes = {{"providers", VALUE_ARRAY}, {"[0].models", VALUE_ARRAY}},
	.read = read_book,
};
