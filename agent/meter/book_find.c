/*
 * From the names in a log to a row. What is tried, in this order, until something is there:
 *
 *   whose books    own prices; the provider's; those of whom it hosts; then, if the model's prefix
 *                  says whose it is, that one's. Without a provider that a book knows: all makers,
 *                  then all hosts; then those of whom only imported books know, if it is one alone.
 *   which name     the name as logged, then without suffixes, then without one prefix more and
 *                  again without suffixes: a region's row is found before its prefix is dropped.
 *   how it fits    letter for letter (case aside) or by a pattern of the book; when nothing did,
 *                  all names once more with 4.5 and 4-5 taken as one spelling.
 *
 * The result is the same for every call of (provider, model), so callers keep it (book_find) and
 * only look up the day (book_price).
 */
#include <stdarg.h>
#include <stdio.h>

#include "agent/base/zone.h"
#include "agent/meter/book_index.h"
#include "agent/meter/book_read.h"
#include "agent/meter/match.h"

enum { SECONDS_PER_DAY = 86400 };

enum fit { FIT_EXACT, FIT_GLOB, FIT_SPELLING };

/* One lookup. */
struct search {
	const struct book *b;
	struct str alias; /* of the configuration, that led to the model; empty: none */
	struct str model; /* normal */
	int beneath;      /* only names of higher layers than this count */
	/* What was found. */
	const struct book_entry *entry;
	uint32_t seller;
	size_t prefix, suffix; /* bytes dropped from the model */
	enum fit fit;
	/* Why nothing was. */
	bool is_label; /* the model is none, but a router's label */
	bool many;     /* several sell it, and nothing says which of them it was */
};

enum { LAYER_ABOVE_ALL = -1 };

static bool counts(const struct search *s, const struct sellers *of, const struct book_name *name)
{
	return name->layer > s->beneath && sellers_has(of, name->seller);
}

/* The first of the names, sorted by text, that is `text` and of a seller in the set. */
static const struct book_name *find_name(const struct search *s, const struct sellers *of,
                                         const struct book_name *names, size_t n, struct str text)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_cmp(names[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && str_eq(names[low].text, text); low++)
		if (counts(s, of, &names[low]))
			return &names[low];
	return NULL;
}

static const struct book_name *find_glob(const struct search *s, const struct sellers *of,
                                         struct str text)
{
	const struct book *b = s->b;

	for (size_t i = 0; i < b->globs_n; i++)
		if (counts(s, of, &b->globs[i]) && match_glob(b->globs[i].text, text))
			return &b->globs[i];
	return NULL;
}

static bool try_name(struct search *s, const struct sellers *of, struct str name, bool spelling)
{
	const struct book *b = s->b;
	const struct book_name *found;
	char text[MODEL_NAME_MAX];

	if (spelling) {
		s->fit = FIT_SPELLING;
		found = find_name(s, of, b->spellings, b->spellings_n, match_spelling(name, text));
	} else {
		s->fit = FIT_EXACT;
		found = find_name(s, of, b->names, b->names_n, name);
		if (found == NULL) {
			s->fit = FIT_GLOB;
			found = find_glob(s, of, name);
		}
	}
	if (found == NULL)
		return false;
	s->entry = &b->entries[found->entry];
	s->seller = found->seller;
	return true;
}

/* All names that the model may go by, the one with the least loss first. */
static bool try_names(struct search *s, const struct sellers *of, bool spelling)
{
	size_t dropped = 1;

	for (s->prefix = 0; dropped; s->prefix += dropped) {
		struct str name = str_from(s->model, s->prefix), unused;

		for (;;) {
			size_t suffix = match_suffix(name);

			s->suffix = s->model.n - s->prefix - name.n;
			if (try_name(s, of, name, spelling))
				return true;
			if (suffix == 0)
				break;
			name.n -= suffix;
		}
		dropped = match_prefix(str_from(s->model, s->prefix), &unused);
	}
	return false;
}

static bool try_sellers(struct search *s, const struct sellers *of)
{
	static const struct sellers none;

	if (memcmp(of, &none, sizeof(none)) == 0)
		return false;
	return try_names(s, of, false) || try_names(s, of, true);
}

/* The first seller that a prefix of the model names; sellers_n: none does. */
static uint32_t seller_of_prefix(const struct search *s)
{
	struct str name = s->model;
	struct str provider;
	size_t n;

	for (; (n = match_prefix(name, &provider)) > 0; name = str_from(name, n)) {
		uint32_t seller = book_seller(s->b, provider);

		if (provider.n && seller < s->b->sellers_n)
			return seller;
	}
	return (uint32_t)s->b->sellers_n;
}

static bool try_seller(struct search *s, uint32_t seller)
{
	struct sellers alone = {{0}};

	sellers_add(&alone, seller);
	return try_sellers(s, &alone) || try_sellers(s, &s->b->sellers[seller].hosts);
}

/* What more than one of them sells has a price at each, and the log does not say whose it is. */
static bool try_one_of(struct search *s, struct sellers *of)
{
	struct search other;

	if (!try_sellers(s, of))
		return false;
	sellers_remove(of, s->seller);
	other = *s;
	s->many = try_sellers(&other, of);
	return !s->many;
}

static bool try_everyone(struct search *s)
{
	struct sellers makers = {{0}}, hosts = {{0}}, imported = {{0}};

	for (uint32_t i = 0; i < s->b->sellers_n; i++) {
		const struct seller *seller = &s->b->sellers[i];

		sellers_add(seller->only_imported ? &imported
		            : seller->is_host     ? &hosts
		                                  : &makers,
		            i);
	}
	return try_sellers(s, &makers) || try_sellers(s, &hosts) || try_one_of(s, &imported);
}

/* A host's price is not the maker's: what a host sells under "maker/model" is only looked up with
 * the makers it is known to follow. */
static bool search_books(struct search *s, struct str provider)
{
	uint32_t none = (uint32_t)s->b->sellers_n;
	uint32_t own = book_seller(s->b, STR(OWN_PROVIDER));
	uint32_t seller = book_seller(s->b, provider_name(provider));
	uint32_t named = seller_of_prefix(s);

	if (s->model.n == 0)
		return false;
	if (own != none && try_seller(s, own))
		return true;
	s->is_label = match_is_label(s->model);
	if (s->is_label)
		return false;
	if (seller != none && try_seller(s, seller))
		return true;
	if (seller != none && (s->b->sellers[seller].is_host || named == none))
		return false;
	return named != none ? try_seller(s, named) : try_everyone(s);
}

static const char *find_alias(const struct config *config, struct str name)
{
	for (size_t i = 0; i < config->aliases_n; i++)
		if (str_eq(str_of(config->aliases[i].key), name))
			return config->aliases[i].value;
	return NULL;
}

/* What the configuration calls this model: as it is written, else without prefixes ("azure/"). */
static const char *alias_of(const struct config *config, struct str model, struct str *alias)
{
	char text[MODEL_NAME_MAX];
	struct str normal = match_normal(model, text), unused;
	const char *meant = find_alias(config, model);
	size_t n;

	*alias = str_trim(model);
	if (normal.n != alias->n) /* too long, or turned into another spelling */
		return meant;
	while (meant == NULL && (n = match_prefix(normal, &unused)) > 0) {
		normal = str_from(normal, n);
		*alias = str_from(*alias, n);
		meant = find_alias(config, *alias);
	}
	return meant;
}

static bool search(struct search *s, struct str provider, struct str model,
                   char text[MODEL_NAME_MAX])
{
	const struct config *config = s->b->config;
	struct str alias;
	const char *meant = config ? alias_of(config, model, &alias) : NULL;

	if (meant) {
		s->alias = alias;
		model = str_of(meant);
	}
	s->model = match_normal(model, text);
	return search_books(s, provider);
}

const struct book_entry *book_find_beneath(const struct book *b, int layer, struct str provider,
                                           struct str model)
{
	struct search s = {.b = b, .beneath = layer};
	char text[MODEL_NAME_MAX];

	s.model = match_normal(model, text);
	return search_books(&s, provider) ? s.entry : NULL;
}

const struct book_entry *book_find(const struct book *b, struct str provider, struct str model)
{
	struct search s = {.b = b, .beneath = LAYER_ABOVE_ALL};
	char text[MODEL_NAME_MAX];

	if (search(&s, provider, model, text))
		return s.entry;
	return b->substitute.n && !s.is_label ? &b->substitute : NULL;
}

bool book_entry_estimated(const struct book_entry *e)
{
	return e->estimated;
}

static bool has_day(const struct price *p, int64_t day)
{
	/* 1970-01-01, day 0, was a Thursday, which is 3 from Monday. */
	return p->days >> ((day + 3) % 7 + 7) % 7 & 1;
}

bool price_in_hours(const struct price *p, int64_t time)
{
	int64_t in_day = (time % TIME_DAY + TIME_DAY) % TIME_DAY;
	int64_t day = (time - in_day) / TIME_DAY;
	int32_t second = (int32_t)(in_day / TIME_SEC);

	if (p->hours_n == 0)
		return p->days == EVERY_DAY || has_day(p, day);
	for (size_t i = 0; i < p->hours_n; i++) {
		struct hours h = p->hours[i];
		bool begun = second >= h.from || h.from == h.to, over = second >= h.to;

		if (h.from < h.to ? begun && !over && has_day(p, day)
		                  : (begun && has_day(p, day)) ||
		                            (h.from != h.to && !over && has_day(p, day - 1)))
			return true;
	}
	return false;
}

/* The last row that holds: a later date beats an earlier one, hours beat the day they are in. */
const struct price *book_price(const struct book_entry *e, int64_t time)
{
	for (size_t i = e->n; i-- > 0;)
		if (e->rows[i].from <= time && price_in_hours(&e->rows[i], time))
			return &e->rows[i];
	return NULL;
}

/* ---- for people ---- */

__attribute__((format(printf, 2, 3))) static void say(struct match *m, const char *format, ...)
{
	size_t used = strlen(m->how);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(m->how + used, sizeof(m->how) - used, format, args);
	va_end(args);
}

static void describe(const struct search *s, struct match *m)
{
	static const char *const fits[] = {"", "by a pattern ", "by an equal spelling "};
	size_t end = s->model.n - s->suffix;

	if (s->alias.n)
		say(m, "alias %.*s, ", STR_ARG(s->alias));
	if (s->prefix)
		say(m, "without the prefix %.*s, ", (int)s->prefix, s->model.p);
	if (s->suffix)
		say(m, "without %.*s, ", (int)s->suffix, s->model.p + end);
	say(m, "%s%s in %s", fits[s->fit], s->entry->rows->model, s->entry->rows->provider);
}

bool book_match(const struct book *b, struct str provider, struct str model, int64_t time,
                struct match *ret)
{
	struct search s = {.b = b, .beneath = LAYER_ABOVE_ALL};
	char text[MODEL_NAME_MAX];

	*ret = (struct match){0};
	if (search(&s, provider, model, text)) {
		describe(&s, ret);
	} else if (s.is_label) {
		say(ret,
		    "a router's label or a placeholder, no model; `aliases` can say which model "
		    "it is");
		return false;
	} else if (b->substitute.n) {
		s.entry = &b->substitute;
		say(ret, "unknown model, priced as %s", b->config->price_as);
	} else {
		say(ret, s.many ? "several providers sell this model; the log has to name one"
		                : "no book has this model");
		return false;
	}
	ret->price = book_price(s.entry, time);
	if (ret->price == NULL)
		say(ret, ", but no price in force at that time");
	return ret->price != NULL;
}
