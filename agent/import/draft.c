/*
 * Every number passes through draft_rate, from decimal text to femto-dollars without floating
 * point. A price that is no whole number of them (x/12 in somebody's table) is rounded half-even,
 * and counted.
 */
#include "agent/import/draft.h"

#include <stdlib.h>

#include "agent/base/escape.h"
#include "agent/meter/book_rate.h"
#include "agent/meter/match.h"
#include "parsers/number.h"

enum {
	NAME_BYTES_MAX = MODEL_NAME_MAX - 3, /* what a book can hold */
	SECONDS_PER_HOUR = 3600,
	FEMTO_DIGITS = 15,
	EXAMPLE_MAX = 100,
	WHAT_MAX = 80,
};

/* ---- notes ---- */

/* What strangers wrote, short and as characters. */
static char *clean(struct import *im, struct str text, size_t max)
{
	struct buf out = {0};
	char *copy;

	utf8_clean(&out, text, max);
	copy = arena_bytes(&im->shelf.arena, out.n + 1);
	memcpy(copy, out.n ? out.p : "", out.n + 1);
	buf_free(&out);
	return copy;
}

/* NULL: there is none of the kind yet. */
static struct note *find_note(struct import *im, enum note_kind kind, const char *what)
{
	for (size_t i = 0; i < im->notes_n; i++)
		if (im->notes[i].kind == kind && strcmp(im->notes[i].what, what) == 0)
			return &im->notes[i];
	/* The last one is for all the rest. */
	return im->notes_n == IMPORT_NOTES_MAX ? &im->notes[im->notes_n - 1] : NULL;
}

void import_note(struct import *im, enum note_kind kind, struct str what, struct str example)
{
	static const struct str more = {"of more kinds than are listed", 29};
	char *text = clean(im, what, WHAT_MAX);
	struct note *n = find_note(im, kind, text);

	if (n == NULL) {
		im->notes = array_room(im->notes, im->notes_n, &im->notes_capacity, sizeof(*n));
		n = &im->notes[im->notes_n++];
		*n = (struct note){kind, text, clean(im, example, EXAMPLE_MAX), 0};
		if (im->notes_n == IMPORT_NOTES_MAX)
			n->what = clean(im, more, WHAT_MAX);
	}
	n->n++;
}

void draft_leave_out(struct draft *d, const char *why)
{
	if (d->left_out == NULL)
		d->left_out = why;
}

void draft_note(struct draft *d, enum note_kind kind, struct str what)
{
	import_note(d->im, kind, what, str_of(d->name));
}

/* ---- a model ---- */

void draft_init(struct draft *d, struct import *im, struct json_reader *json)
{
	*d = (struct draft){.im = im, .json = json};
	d->rows = xcalloc(IMPORT_ROWS_MAX, sizeof(*d->rows));
}

void draft_free(struct draft *d)
{
	free(d->rows);
}

char *draft_copy(struct draft *d, struct str text)
{
	char *copy = arena_bytes(&d->im->shelf.arena, text.n + 1);

	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return copy;
}

/* OpenTelemetry's name where there is one, else one spelling of those that differ in - and _. */
static char *provider_of(struct draft *d, struct str raw)
{
	struct str name = provider_name(raw);
	char *copy = draft_copy(d, name);

	if (!str_eq(name, raw) || str_eq(name, STR("aws.bedrock")))
		return copy;
	for (char *p = copy; *p; p++) {
		if (*p == '-')
			*p = '_';
		else if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	}
	return copy;
}

/* What a book can hold and a log can have: some text without controls. */
static bool is_name(struct str s)
{
	return s.n > 0 && s.n <= NAME_BYTES_MAX && text_is_plain(s) && str_trim(s).n == s.n;
}

bool draft_begin(struct draft *d, struct str provider, struct str name)
{
	struct json_reader *json = d->json;
	struct import *im = d->im;
	struct draft_row *rows = d->rows;

	*d = (struct draft){.im = im, .json = json, .rows = rows};
	if (im->models == IMPORT_MODELS_MAX)
		return false;
	im->models++;
	d->name = clean(im, name, NAME_BYTES_MAX);
	if (!is_name(name))
		draft_leave_out(d, "a name that is empty, too long or not plain text");
	if (!is_name(provider)) {
		draft_leave_out(d, "no provider");
		return true;
	}
	d->provider = provider_of(d, provider);
	if (!str_eq(provider_name(provider), str_of(d->provider)))
		d->alias = draft_copy(d, provider);
	return true;
}

void draft_also(struct draft *d, struct str name)
{
	if (str_eq(name, str_of(d->name)))
		return;
	for (size_t i = 0; i < d->also_n; i++)
		if (str_eq(name, str_of(d->also[i])))
			return;
	if (is_name(name) && d->also_n < IMPORT_ALSO_MAX)
		d->also[d->also_n++] = draft_copy(d, name);
	else
		draft_note(d, NOTE_NAME, STR("a further name that is too long, or one too many"));
}

void draft_match(struct draft *d, struct str before, struct str text, struct str after)
{
	struct buf glob = {0};

	buf_str(&glob, before);
	buf_str(&glob, text);
	buf_str(&glob, after);
	if (is_name(buf_view(&glob)) && memchr(text.p, '*', text.n) == NULL &&
	    d->match_n < IMPORT_ALSO_MAX)
		d->match[d->match_n++] = draft_copy(d, buf_view(&glob));
	else
		draft_note(d, NOTE_NAME, STR("a pattern that no book can hold, or one too many"));
	buf_free(&glob);
}

/* ---- prices ---- */

struct draft_row *draft_row(struct draft *d)
{
	struct draft_row *row;

	if (d->rows_n == IMPORT_ROWS_MAX) {
		draft_leave_out(d, "more prices than a model can have");
		return &d->rows[d->rows_n - 1];
	}
	row = &d->rows[d->rows_n++];
	*row = (struct draft_row){.price = {.from = INT64_MIN, .days = EVERY_DAY}};
	rates_clear(&row->price.base);
	return row;
}

static struct variant *find_variant(struct draft *d, struct variant *v, size_t *n, size_t max,
                                    const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	if (*n == max)
		return NULL;
	v[*n] = (struct variant){.name = draft_copy(d, str_of(name))};
	rates_clear(&v[*n].rates);
	return &v[(*n)++];
}

static struct draft_tier *find_tier(struct draft_row *row, int64_t above)
{
	struct price *p = &row->price;

	for (size_t i = 0; i < p->tiers_n; i++)
		if (row->tiers[i].tier.above == above)
			return &row->tiers[i];
	if (p->tiers_n == TIERS_MAX)
		return NULL;
	row->tiers[p->tiers_n] = (struct draft_tier){.tier = {.above = above}};
	rates_clear(&row->tiers[p->tiers_n].tier.rates);
	return &row->tiers[p->tiers_n++];
}

struct rates *draft_rates(struct draft *d, struct draft_row *row, int64_t above,
                          const char *service)
{
	struct draft_tier *tier = above ? find_tier(row, above) : NULL;
	struct variant *v;

	if (above && tier == NULL) {
		draft_leave_out(d, "more tiers than a price can have");
		return NULL;
	}
	if (service == NULL)
		return tier ? &tier->tier.rates : &row->price.base;
	v = tier ? find_variant(d, tier->variants, &tier->tier.variants_n, SERVICE_TIERS, service)
	         : find_variant(d, row->variants, &row->price.variants_n, SERVICE_TIERS, service);
	return v ? &v->rates : NULL;
}

/* Digits behind the point, without zeros at the end: 0 for 12, 7 for 3e-7. */
static int64_t decimal_places(struct str s)
{
	int64_t places = 0, zeros = 0, exponent = 0;
	bool in_fraction = false;
	size_t i = 0;

	for (; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		if (s.p[i] == '.')
			in_fraction = true;
		places += in_fraction && s.p[i] != '.';
		zeros = s.p[i] == '0' ? zeros + 1 : s.p[i] == '.' ? zeros : 0;
	}
	if (i < s.n && !number_decimal(str_from(s, i + 1), 0, &exponent))
		return 0;
	return places - zeros - exponent;
}

/* value / divisor to the nearest, a tie to the even. */
static int64_t divide(int64_t value, int64_t divisor)
{
	int64_t quotient = value / divisor, rest = value % divisor;

	if (rest > divisor - rest || (rest == divisor - rest && quotient % 2))
		quotient++;
	return quotient;
}

/* Femto-dollars per unit, rounded where that is no whole number; `step`: what they are a multiple
 * of. False when it is no number, or far beyond any price. */
static bool convert(struct str text, enum unit unit, int64_t step, int64_t *ret, bool *rounded)
{
	static const struct {
		int digits;
		int64_t divide;
	} units[] = {[RATE_PER_UNIT] = {FEMTO_DIGITS, 1},
	             [RATE_PER_1000] = {FEMTO_DIGITS - 3, 1},
	             [RATE_PER_MILLION] = {FEMTO_DIGITS - 6, 1},
	             [RATE_PER_HOUR] = {FEMTO_DIGITS, SECONDS_PER_HOUR}};
	int64_t value;

	if (!number_decimal(text, units[unit].digits, &value))
		return false;
	step *= units[unit].divide;
	*rounded = decimal_places(text) > units[unit].digits || value % step != 0;
	*ret = value < 0 ? value : divide(value, step) * (step / units[unit].divide);
	return true;
}

/* Whether a book of ours takes this rate. */
static bool fits(enum rate_kind kind, int64_t rate)
{
	char text[RATE_TEXT];
	const char *why;
	int64_t back;

	rate_print(kind, rate, text);
	return rate_parse(kind, str_of(text), &back, &why);
}

void draft_rate(struct draft *d, struct rates *r, enum rate_kind kind, enum unit unit,
                const struct value *v)
{
	int64_t step = rate_is_time(kind) ? 1000 : 1, rate;
	struct str text = str_trim(v->text);
	bool rounded;

	if (r == NULL || v->type == VALUE_NULL)
		return;
	if ((v->type != VALUE_NUMBER && v->type != VALUE_STRING) ||
	    !convert(text, unit, step, &rate, &rounded)) {
		draft_leave_out(d, "a price that is no number, or far beyond any");
		return;
	}
	if (rate < 0)
		draft_leave_out(d, "a negative price");
	else if (!fits(kind, rate))
		draft_leave_out(d, "a price of more than $1 a token, or as odd");
	else if (rate == 0 && rounded)
		draft_leave_out(d, "a price too small to be one");
	else if (rounded)
		draft_note(d, NOTE_ROUNDED, str_of(rate_name(kind)));
	r->rate[kind] = rate;
}

void draft_hours(struct draft *d, struct draft_row *row, struct str span)
{
	struct price *p = &row->price;
	struct buf text = {0};

	if (p->hours_n == HOURS_MAX || !book_hours(span, &p->hours[p->hours_n])) {
		draft_leave_out(d, "hours that are none");
		return;
	}
	if (p->hours_n++)
		buf_printf(&text, "%s,", p->hours_text);
	buf_str(&text, span);
	p->hours_text = draft_copy(d, buf_view(&text));
	buf_free(&text);
}

void draft_region(struct draft *d, struct draft_row *row, const char *region, const struct value *v)
{
	int64_t factor;
	struct variant *to;

	if (!draft_says(v))
		return;
	if (!number_decimal(v->text, 6, &factor) || decimal_places(str_trim(v->text)) > 6 ||
	    factor <= 0 || factor > INT64_C(1) * FACTOR_MAX * FACTOR_ONE) {
		draft_note(d, NOTE_FIELD, STR("a factor of a region that is none"));
		return;
	}
	to = find_variant(d, row->regions, &row->price.regions_n, REGIONS_MAX, region);
	if (to)
		to->factor_ppm = factor;
}

bool draft_says(const struct value *v)
{
	int64_t n;

	if (v->type == VALUE_ABSENT || v->type == VALUE_NULL)
		return false;
	return !number_decimal(v->text, FEMTO_DIGITS, &n) || n != 0;
}

/* ---- to the shelf ---- */

static bool all_zero(const struct rates *r)
{
	for (int kind = 0; kind < RATES; kind++)
		if (r->rate[kind] > 0)
			return false;
	return true;
}

static bool no_rates(const struct rates *r)
{
	for (int kind = 0; kind < RATES; kind++)
		if (r->rate[kind] != RATE_NONE)
			return false;
	return true;
}

static int by_above(const void *a, const void *b)
{
	const struct draft_tier *x = a, *y = b;

	return (x->tier.above > y->tier.above) - (x->tier.above < y->tier.above);
}

static void *keep(struct draft *d, const void *items, size_t n, size_t size)
{
	return n ? memcpy(arena_alloc(&d->im->shelf.arena, n * size), items, n * size) : NULL;
}

/* A service whose prices were all null, or nothing times a factor. */
static void drop_empty_variants(struct variant *v, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (v[i].factor_ppm || !no_rates(&v[i].rates))
			v[kept++] = v[i];
	*n = kept;
}

static void drop_empty(struct draft_row *row)
{
	struct price *p = &row->price;
	size_t kept = 0;

	drop_empty_variants(row->variants, &p->variants_n);
	for (size_t i = 0; i < p->tiers_n; i++) {
		struct draft_tier *t = &row->tiers[i];

		drop_empty_variants(t->variants, &t->tier.variants_n);
		if (t->tier.variants_n || !no_rates(&t->tier.rates))
			row->tiers[kept++] = *t;
	}
	p->tiers_n = kept;
}

/* What a tier does not give is that of the tier below it. */
static void keep_tiers(struct draft *d, struct draft_row *row)
{
	struct price *p = &row->price;
	const struct rates *below = &p->base;

	if (p->tiers_n == 0)
		return;
	qsort(row->tiers, p->tiers_n, sizeof(*row->tiers), by_above);
	p->tiers = arena_alloc(&d->im->shelf.arena, p->tiers_n * sizeof(*p->tiers));
	for (size_t i = 0; i < p->tiers_n; i++) {
		struct tier *t = &p->tiers[i];
		struct rates whole = *below;

		*t = row->tiers[i].tier;
		rates_overlay(&whole, &t->rates);
		t->rates = whole;
		t->variants = keep(d, row->tiers[i].variants, t->variants_n, sizeof(*t->variants));
		below = &t->rates;
	}
}

static bool is_label(const struct draft *d)
{
	char text[MODEL_NAME_MAX];

	return match_is_label(match_normal(str_of(d->name), text));
}

/* What costs nothing by its own name is free; anything else that does is not believed. */
static void settle_row(struct draft *d, struct draft_row *row)
{
	struct price *p = &row->price;

	drop_empty(row);
	if (no_rates(&p->base)) {
		draft_leave_out(d, "no price that is understood");
	} else if (all_zero(&p->base)) {
		p->free = str_ends(str_of(d->name), STR(":free")) && p->tiers_n == 0;
		if (!p->free)
			draft_leave_out(d, "costs nothing");
		p->variants_n = p->regions_n = 0;
	}
	if (d->left_out)
		return;
	keep_tiers(d, row);
	p->variants = keep(d, row->variants, p->variants_n, sizeof(*p->variants));
	p->regions = keep(d, row->regions, p->regions_n, sizeof(*p->regions));
	p->source = d->source ? draft_copy(d, str_of(d->source)) : NULL;
	p->checked = d->im->today;
	if (!d->im->format->dated)
		p->from = d->im->date;
}

static struct vendor *vendor_of(struct draft *d)
{
	struct shelf *s = &d->im->shelf;
	struct vendor *v;

	for (size_t i = 0; i < s->vendors_n; i++)
		if (strcmp(s->vendors[i].provider, d->provider) == 0)
			return &s->vendors[i];
	s->vendors = array_room(s->vendors, s->vendors_n, &s->vendors_capacity, sizeof(*v));
	v = &s->vendors[s->vendors_n++];
	*v = (struct vendor){.provider = d->provider, .imported = true};
	v->aliases = arena_alloc(&s->arena, IMPORT_ALSO_MAX * sizeof(*v->aliases));
	return v;
}

static void add_vendor(struct draft *d)
{
	struct vendor *v = vendor_of(d);

	for (size_t i = 0; d->alias && i < v->aliases_n; i++)
		if (strcmp(v->aliases[i], d->alias) == 0)
			return;
	if (d->alias && v->aliases_n < IMPORT_ALSO_MAX)
		v->aliases[v->aliases_n++] = d->alias;
}

void draft_end(struct draft *d)
{
	struct shelf *s = &d->im->shelf;
	struct model *m;

	if (d->rows_n == 0)
		draft_leave_out(d, "no price that is understood");
	if (is_label(d))
		draft_leave_out(d, "a router's label, no model");
	for (size_t i = 0; i < d->rows_n && d->left_out == NULL; i++)
		settle_row(d, &d->rows[i]);
	if (d->left_out) {
		draft_note(d, NOTE_LEFT_OUT, str_of(d->left_out));
		return;
	}
	add_vendor(d);
	s->models = array_room(s->models, s->models_n, &s->models_capacity, sizeof(*s->models));
	m = &s->models[s->models_n++];
	*m = (struct model){.provider = d->provider, .name = d->name};
	m->also = keep(d, d->also, d->also_n, sizeof(*d->also));
	m->also_n = d->also_n;
	m->match = keep(d, d->match, d->match_n, sizeof(*d->match));
	m->match_n = d->match_n;
	m->prices = arena_alloc(&s->arena, d->rows_n * sizeof(*m->prices));
	m->prices_n = d->rows_n;
	for (size_t i = 0; i < d->rows_n; i++) {
		m->prices[i] = d->rows[i].price;
		m->prices[i].provider = m->provider;
		m->prices[i].model = m->name;
	}
}

bool import_walk(struct import *im, struct str text, json_element_fn *member, struct err *err)
{
	struct json_reader json;
	struct draft d;
	bool good = true;

	json_reader_init(&json);
	draft_init(&d, im, &json);
	text = str_trim(text);
	if (text.n && text.p[0] == '[')
		(void)member(&d, &(struct json_element){.text = text});
	else
		json_members(&json, text, member, &d);
	if (im->models == IMPORT_MODELS_MAX)
		good = err_set(err, "more than %d models", IMPORT_MODELS_MAX - 1);
	draft_free(&d);
	json_reader_free(&json);
	return good;
}
