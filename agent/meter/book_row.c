/*
 * Rows of a price book. What a file or a model says about service tiers, regions and source holds
 * for every row below it unless a lower level says otherwise, so `struct terms` is passed down by
 * value and each level writes over its own copy. Every mistake is reported where it stands, as
 * FILE:LINE: KEY: what was expected.
 */
#include "agent/meter/book_row.h"

#include <stdio.h>

#include "agent/base/zone.h"
#include "agent/meter/book_rate.h"

enum { SECONDS_PER_DAY = 86400, TOKENS_DIGITS_MAX = 12 };

static const char *const service_tiers[SERVICE_TIERS] = {"batch", "flex", "priority", "fast",
                                                         "ultrafast"};

bool book_bad(const struct reader *r, int line, const char *key, const char *what)
{
	return err_set(r->err, "%s:%d: %s: %s", r->file, line, key, what);
}

char *book_copy(struct reader *r, struct str s)
{
	char *text = arena_bytes(r->arena, s.n + 1);

	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return text;
}

bool book_text(struct reader *r, const struct yaml_node *node, const char *key, char **ret)
{
	if (node->type != YAML_SCALAR || node->text.n == 0)
		return book_bad(r, node->line, key, "expected a text");
	*ret = book_copy(r, node->text);
	return true;
}

bool book_instant(struct str s, int64_t *ret)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	int part[6] = {0}, n = 0;
	struct civil c;

	if (s.n != sizeof(form) - 1 && s.n != sizeof("0000-00-00") - 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (form[i] == '0' && s.p[i] >= '0' && s.p[i] <= '9')
			part[n] = part[n] * 10 + (s.p[i] - '0');
		else if (form[i] != s.p[i])
			return false;
		else if (i + 1 < s.n)
			n++;
	}
	c = (struct civil){.year = part[0],
	                   .month = part[1],
	                   .day = part[2],
	                   .hour = part[3],
	                   .minute = part[4],
	                   .second = part[5]};
	if (c.year < 1970 || !civil_valid(c))
		return false;
	*ret = civil_time(c);
	return true;
}

bool book_date(struct reader *r, const struct yaml_node *node, const char *key, char **ret)
{
	int64_t unused;

	if (!book_text(r, node, key, ret))
		return false;
	if (!book_instant(node->text, &unused))
		return book_bad(r, node->line, key, "expected a date such as 2026-08-16");
	return true;
}

/* "16:30" as seconds of the day; 24:00 is the end of it. */
static bool parse_clock(const char *p, int32_t *ret)
{
	for (int i = 0; i < 5; i++)
		if (i == 2 ? p[i] != ':' : p[i] < '0' || p[i] > '9')
			return false;
	*ret = ((p[0] - '0') * 10 + (p[1] - '0')) * 3600 + ((p[3] - '0') * 10 + (p[4] - '0')) * 60;
	return *ret <= SECONDS_PER_DAY && p[3] < '6';
}

bool book_hours(struct str text, struct hours *ret)
{
	return text.n == sizeof("16:30-00:30") - 1 && text.p[5] == '-' &&
	       parse_clock(text.p, &ret->from) && parse_clock(text.p + 6, &ret->to) &&
	       ret->from != SECONDS_PER_DAY;
}

/* ---- service tiers and regions ---- */

static const struct key no_keys[] = {{NULL, NULL}};

static bool read_variant(struct reader *r, const struct yaml_node *node, const char *name,
                         struct variant *ret)
{
	const char *why;

	*ret = (struct variant){.name = book_copy(r, str_of(name))};
	rates_clear(&ret->rates);
	if (node->type == YAML_MAP && node->n)
		return book_keys(r, node, no_keys, NULL, &ret->rates, NULL);
	return factor_parse(node->text, &ret->factor_ppm, &why) ||
	       book_bad(r, node->line, name, why);
}

/* Writes over the variant of that name, or adds it. False when there is no room. */
static bool put_variant(struct variant *variants, size_t *n, size_t max, const struct variant *v)
{
	size_t i = 0;

	while (i < *n && strcmp(variants[i].name, v->name) != 0)
		i++;
	if (i == max)
		return false;
	variants[i] = *v;
	if (i == *n)
		++*n;
	return true;
}

static bool read_regions(struct reader *r, const struct yaml_node *node, struct terms *terms)
{
	if (node->type != YAML_MAP)
		return book_bad(r, node->line, "regions", "expected regions such as {us: 1.1}");
	for (size_t i = 0; i < node->n; i++) {
		struct variant v;

		if (!read_variant(r, &node->items[i], node->keys[i].text.p, &v))
			return false;
		if (!put_variant(terms->regions, &terms->regions_n, REGIONS_MAX, &v))
			return book_bad(r, node->keys[i].line, "regions", "more than 16");
	}
	return true;
}

static bool read_service(struct reader *r, const char *name, const struct yaml_node *node,
                         struct terms *terms)
{
	struct variant v;

	return read_variant(r, node, name, &v) &&
	       put_variant(terms->tiers, &terms->tiers_n, SERVICE_TIERS, &v);
}

/* A key that may stand at any level. *known is false for other keys. */
static bool read_term(struct reader *r, struct str key, const struct yaml_node *node,
                      struct terms *terms, bool *known)
{
	*known = true;
	for (int i = 0; i < SERVICE_TIERS; i++)
		if (str_eq(key, str_of(service_tiers[i])))
			return read_service(r, service_tiers[i], node, terms);
	if (!terms->in_tier && str_eq(key, STR("source")))
		return book_text(r, node, "source", &terms->source);
	if (!terms->in_tier && str_eq(key, STR("checked")))
		return book_date(r, node, "checked", &terms->checked);
	if (!terms->in_tier && str_eq(key, STR("accepted")))
		return book_text(r, node, "accepted", &terms->accepted);
	if (!terms->in_tier && str_eq(key, STR("regions")))
		return read_regions(r, node, terms);
	*known = false;
	return true;
}

static bool read_rate(struct reader *r, enum rate_kind kind, const struct yaml_node *node,
                      struct rates *into)
{
	const char *why = "expected a price in USD such as 0.15";

	if (node->type != YAML_SCALAR || !rate_parse(kind, node->text, &into->rate[kind], &why))
		return book_bad(r, node->line, rate_name(kind), why);
	return true;
}

/* Terms such as `source` may stand at any level; the manual has them. */
static bool unknown_key(const struct reader *r, int line, const char *name, const struct key *keys,
                        bool with_rates)
{
	struct buf what = {0};

	buf_puts(&what, "unknown key; known here: ");
	for (const struct key *k = keys; k->name; k++)
		buf_printf(&what, "%s%s", k == keys ? "" : ", ", k->name);
	if (with_rates)
		buf_printf(&what, "%sinput, output and other rates", keys->name ? ", " : "");
	buf_puts(&what, " (`tokentail help books`)");
	(void)book_bad(r, line, name, what.p);
	buf_free(&what);
	return false;
}

bool book_keys(struct reader *r, const struct yaml_node *map, const struct key *keys,
               struct terms *terms, struct rates *rates, void *into)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *value = &map->items[i];
		struct str name = map->keys[i].text;
		enum rate_kind kind = rates ? rate_find(name) : RATES;
		const struct key *k = keys;
		bool known = kind != RATES;

		while (k->name && !str_eq(name, str_of(k->name)))
			k++;
		if (k->name) {
			if (k->read && !k->read(r, value, into))
				return false;
			continue;
		}
		if (known && !read_rate(r, kind, value, rates))
			return false;
		if (!known && terms && !read_term(r, name, value, terms, &known))
			return false;
		if (!known)
			return unknown_key(r, map->keys[i].line, name.p, keys, rates != NULL);
	}
	return true;
}

/* ---- a row ---- */

struct row {
	struct price price;
	char *from; /* as written; NULL: not given */
};

static bool row_from(struct reader *r, const struct yaml_node *node, void *into)
{
	struct row *row = into;

	if (node->type != YAML_SCALAR || !book_instant(node->text, &row->price.from))
		return book_bad(r, node->line, "from",
		                "expected a date or an instant such as 2026-08-16T16:00:00Z");
	row->from = book_copy(r, node->text);
	return true;
}

/* The texts of a list, or the one text, joined by commas. */
static char *joined(struct reader *r, const struct yaml_node *items, size_t n)
{
	size_t size = 1, at = 0;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += items[i].text.n + 1;
	text = arena_bytes(r->arena, size);
	for (size_t i = 0; i < n; i++) {
		if (i)
			text[at++] = ',';
		memcpy(text + at, items[i].text.p, items[i].text.n);
		at += items[i].text.n;
	}
	text[at] = '\0';
	return text;
}

static bool row_hours(struct reader *r, const struct yaml_node *node, void *into)
{
	struct price *p = &((struct row *)into)->price;
	const struct yaml_node *items = node->type == YAML_LIST ? node->items : node;
	size_t n = node->type == YAML_LIST ? node->n : 1;

	if (n == 0 || n > HOURS_MAX)
		return book_bad(r, node->line, "hours", "expected 1 to 8 spans of hours");
	for (p->hours_n = 0; p->hours_n < n; p->hours_n++) {
		const struct yaml_node *item = &items[p->hours_n];

		if (item->type != YAML_SCALAR || !book_hours(item->text, &p->hours[p->hours_n]))
			return book_bad(r, item->line, "hours",
			                "expected UTC hours such as 16:30-00:30");
	}
	p->hours_text = joined(r, items, n);
	return true;
}

/* 0 to 6 from Monday; 7: no day. */
static unsigned parse_day(struct str s)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	unsigned day = 0;

	while (day < 7 && !str_eq(s, str_of(names[day])))
		day++;
	return day;
}

/* "mon", "mon-fri", "sat-mon" as a set of days; 0: it is no such text. */
static unsigned parse_days(struct str s)
{
	size_t dash = str_find(s, STR("-"));
	unsigned first = parse_day((struct str){s.p, dash});
	unsigned last = dash < s.n ? parse_day(str_from(s, dash + 1)) : first;
	unsigned days = 0;

	if (first == 7 || last == 7)
		return 0;
	for (unsigned day = first; day != last; day = (day + 1) % 7)
		days |= 1U << day;
	return days | 1U << last;
}

static bool row_days(struct reader *r, const struct yaml_node *node, void *into)
{
	struct price *p = &((struct row *)into)->price;
	const struct yaml_node *items = node->type == YAML_LIST ? node->items : node;
	size_t n = node->type == YAML_LIST ? node->n : 1;

	p->days = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned days = items[i].type == YAML_SCALAR ? parse_days(items[i].text) : 0;

		if (days == 0)
			return book_bad(r, items[i].line, "days",
			                "expected UTC days such as mon-fri or [sat, sun]");
		p->days |= days;
	}
	if (p->days == 0)
		return book_bad(r, node->line, "days", "expected a day");
	p->days_text = joined(r, items, n);
	return true;
}

static bool row_free(struct reader *r, const struct yaml_node *node, void *into)
{
	struct price *p = &((struct row *)into)->price;

	if (node->type != YAML_SCALAR || !str_eq(node->text, STR("true")))
		return book_bad(r, node->line, "free", "expected true, or no such key");
	p->free = true;
	return true;
}

/* A number of tokens, 0 when it is none. */
static int64_t parse_tokens(const struct yaml_node *node)
{
	struct str s = node->text;
	int64_t n = 0;

	if (node->type != YAML_SCALAR || s.n > TOKENS_DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		n = n * 10 + (s.p[i] - '0');
	}
	return n;
}

static bool tier_bound(struct reader *r, const struct yaml_node *node, const char *key,
                       struct tier *t)
{
	int64_t tokens = parse_tokens(node);

	if (t->above >= 0)
		return book_bad(r, node->line, key, "a tier has either above or at_least");
	if (tokens <= 0)
		return book_bad(r, node->line, key, "expected a number of tokens such as 200000");
	t->above = tokens;
	return true;
}

static bool tier_above(struct reader *r, const struct yaml_node *node, void *into)
{
	return tier_bound(r, node, "above", into);
}

/* Tokens are whole, so at least 200000 is above 199999. */
static bool tier_at_least(struct reader *r, const struct yaml_node *node, void *into)
{
	struct tier *t = into;

	if (!tier_bound(r, node, "at_least", t))
		return false;
	t->above--;
	t->at_least = true;
	return true;
}

static const struct key tier_keys[] = {
	{"above", tier_above}, {"at_least", tier_at_least}, {NULL, NULL}};

static struct variant *keep_variants(struct reader *r, const struct variant *v, size_t n)
{
	struct variant *kept;

	if (n == 0)
		return NULL;
	kept = arena_alloc(r->arena, n * sizeof(*kept));
	return memcpy(kept, v, n * sizeof(*kept));
}

static bool read_tier(struct reader *r, const struct yaml_node *node, struct tier *t)
{
	struct terms terms = {.in_tier = true};

	*t = (struct tier){.above = -1};
	rates_clear(&t->rates);
	if (!book_keys(r, node, tier_keys, &terms, &t->rates, t))
		return false;
	t->variants = keep_variants(r, terms.tiers, terms.tiers_n);
	t->variants_n = terms.tiers_n;
	return true;
}

/* What a tier does not give is that of the tier below it; the base is whole only when the row is
 * read to its end, so complete_tiers does that. */
static bool row_tiers(struct reader *r, const struct yaml_node *node, void *into)
{
	struct price *p = &((struct row *)into)->price;

	if (node->type != YAML_LIST || node->n == 0 || node->n > TIERS_MAX)
		return book_bad(r, node->line, "tiers",
		                "expected 1 to 8 tiers such as {above: 200000, input: 6}");
	p->tiers = arena_alloc(r->arena, node->n * sizeof(*p->tiers));
	for (p->tiers_n = 0; p->tiers_n < node->n; p->tiers_n++) {
		const struct yaml_node *item = &node->items[p->tiers_n];
		struct tier *t = &p->tiers[p->tiers_n];

		if (!read_tier(r, item, t))
			return false;
		if (t->above < 0 || (p->tiers_n && t->above <= t[-1].above))
			return book_bad(
				r, item->line, "above",
				"expected a number of tokens, higher than in the tier before");
	}
	return true;
}

static void complete_tiers(struct price *p)
{
	const struct rates *below = &p->base;

	for (size_t i = 0; i < p->tiers_n; i++) {
		struct rates rates = *below;

		rates_overlay(&rates, &p->tiers[i].rates);
		p->tiers[i].rates = rates;
		below = &p->tiers[i].rates;
	}
}

static const struct key row_keys[] = {{"from", row_from}, {"hours", row_hours},
                                      {"days", row_days}, {"tiers", row_tiers},
                                      {"free", row_free}, {NULL, NULL}};

/* "openai/gpt-4o@2024-10-01@16:30-00:30@mon-fri". */
static char *row_key(struct reader *r, const struct model *m, const struct row *row)
{
	const char *parts[] = {row->from, row->price.hours_text, row->price.days_text};
	size_t size = strlen(m->provider) + strlen(m->name) + 2;
	char *key;
	int n;

	for (size_t i = 0; i < 3; i++)
		size += parts[i] ? strlen(parts[i]) + 1 : 0;
	key = arena_bytes(r->arena, size);
	n = snprintf(key, size, "%s/%s", m->provider, m->name);
	for (size_t i = 0; i < 3; i++)
		if (parts[i])
			n += snprintf(key + n, size - (size_t)n, "@%s", parts[i]);
	return key;
}

/* A free row may leave its rates out. False when it has some that are not free. */
static bool make_free(struct rates *rates)
{
	for (int i = 0; i < RATES; i++)
		if (rates->rate[i] > 0)
			return false;
	rates->rate[RATE_INPUT] = rates->rate[RATE_OUTPUT] = 0;
	return true;
}

static bool read_rates(struct reader *r, const struct yaml_node *node, struct terms *terms,
                       struct row *row)
{
	struct price *p = &row->price;
	struct rates none;

	rates_clear(&none);
	p->base = none;
	if (!book_keys(r, node, row_keys, terms, &p->base, row))
		return false;
	if (p->free && (p->tiers_n || !make_free(&p->base)))
		return book_bad(r, node->line, "free", "the row has a price");
	if (memcmp(&p->base, &none, sizeof(none)) == 0)
		return book_bad(r, node->line, "prices", "a row without any rate");
	complete_tiers(p);
	return true;
}

bool book_row(struct reader *r, const struct yaml_node *node, const struct model *m,
              struct terms terms, struct price *ret)
{
	struct row row = {
		.price = {.from = INT64_MIN, .days = EVERY_DAY, .place = {r->file, node->line}}};
	struct price *p = &row.price;

	if (node->type != YAML_MAP)
		return book_bad(r, node->line, "prices",
		                "expected rows such as {input: 2.50, output: 10}");
	if (!read_rates(r, node, &terms, &row))
		return false;
	p->provider = m->provider;
	p->model = m->name;
	p->key = row_key(r, m, &row);
	p->source = terms.source;
	p->checked = terms.checked;
	p->accepted = terms.accepted;
	p->variants = keep_variants(r, terms.tiers, terms.tiers_n);
	p->variants_n = terms.tiers_n;
	p->regions = keep_variants(r, terms.regions, terms.regions_n);
	p->regions_n = terms.regions_n;
	*ret = *p;
	return true;
}
