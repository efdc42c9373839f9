/*
 * What the public book is silent about stays as it was: factors for batch and regions, what is not
 * counted in tokens, and, where the standard rates that it gives are the same, the other ones and
 * the own rates of a service. As it was is also what a host took over from the maker.
 */
#include "agent/import/merge_rows.h"

#include <string.h>

#include "agent/base/zone.h"
#include "agent/meter/book_write.h"
#include "agent/meter/cost.h"

/* ---- whether two prices are one ---- */

static bool rates_agree(const struct rates *a, const struct rates *b)
{
	for (int kind = 0; kind < RATES; kind++)
		if (a->rate[kind] != RATE_NONE && a->rate[kind] != b->rate[kind])
			return false;
	return true;
}

/* The rate of a kind, or what stands for it. */
static int64_t rate_or_stand_in(const struct rates *r, enum rate_kind kind)
{
	int times = 1;

	if (r->rate[kind] == RATE_NONE)
		kind = rate_stands_for(r, kind, &times);
	return kind == RATES ? RATE_NONE : r->rate[kind] * times;
}

/* The same of standard rates: what `a` gives and `b` does not is also no news when it is what
 * stands for it, such as reasoning at the price of output. */
static bool base_agrees(const struct rates *a, const struct rates *b)
{
	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (a->rate[kind] != RATE_NONE && a->rate[kind] != rate_or_stand_in(b, kind))
			return false;
	return true;
}

static const struct variant *find_variant(const struct variant *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

static bool variants_agree(const struct variant *a, size_t a_n, const struct variant *b, size_t b_n)
{
	for (size_t i = 0; i < a_n; i++) {
		const struct variant *other = find_variant(b, b_n, a[i].name);

		if (other == NULL || other->factor_ppm != a[i].factor_ppm ||
		    !rates_agree(&a[i].rates, &other->rates))
			return false;
	}
	return true;
}

bool rows_say_the_same(const struct price *a, const struct price *b)
{
	if (a->free != b->free || a->tiers_n != b->tiers_n || !base_agrees(&a->base, &b->base) ||
	    !variants_agree(a->variants, a->variants_n, b->variants, b->variants_n) ||
	    !variants_agree(a->regions, a->regions_n, b->regions, b->regions_n))
		return false;
	for (size_t i = 0; i < a->tiers_n; i++) {
		const struct tier *x = &a->tiers[i], *y = &b->tiers[i];

		if (x->above != y->above || !rates_agree(&x->rates, &y->rates) ||
		    !variants_agree(x->variants, x->variants_n, y->variants, y->variants_n))
			return false;
	}
	return true;
}

static bool same_hours(const struct price *a, const struct price *b)
{
	return a->days == b->days && a->hours_n == b->hours_n &&
	       memcmp(a->hours, b->hours, a->hours_n * sizeof(*a->hours)) == 0;
}

bool rows_jump(const struct price *a, const struct price *b)
{
	for (int kind = 0; kind < RATES; kind++) {
		int64_t x = a->base.rate[kind], y = b->base.rate[kind];

		if (x > 0 && y > 0 && (x / JUMP >= y || y / JUMP >= x))
			return true;
	}
	return false;
}

/* ---- what the public book is silent about ---- */

/* Adds the variants that are missing: the factors, or all of them. */
static struct variant *with_silent(struct arena *arena, const struct variant *own, size_t *n,
                                   const struct variant *before, size_t before_n, bool rates_too)
{
	struct variant *all = arena_alloc(arena, (*n + before_n + 1) * sizeof(*all));
	size_t own_n = *n;

	for (size_t i = 0; i < own_n; i++)
		all[i] = own[i];
	for (size_t i = 0; i < before_n; i++)
		if ((before[i].factor_ppm || rates_too) &&
		    find_variant(own, own_n, before[i].name) == NULL)
			all[(*n)++] = before[i];
	return all;
}

static bool is_counted_in_tokens(enum rate_kind kind)
{
	return kind < RATE_IMAGE;
}

static struct rates token_rates(const struct rates *r)
{
	struct rates tokens = *r;

	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (!is_counted_in_tokens(kind))
			tokens.rate[kind] = RATE_NONE;
	return tokens;
}

static bool token_rates_agree(const struct rates *a, const struct rates *b)
{
	struct rates tokens = token_rates(a);

	return rates_agree(&tokens, b);
}

static bool standard_agrees(const struct price *p, const struct price *before)
{
	struct rates tokens = token_rates(&p->base);

	return base_agrees(&tokens, &before->base);
}

/* Whether the tiers have the same thresholds and agree in what `p` gives. */
static bool tiers_agree(const struct price *p, const struct price *before)
{
	if (p->tiers_n != before->tiers_n)
		return false;
	for (size_t i = 0; i < p->tiers_n; i++)
		if (p->tiers[i].above != before->tiers[i].above ||
		    !token_rates_agree(&p->tiers[i].rates, &before->tiers[i].rates))
			return false;
	return true;
}

/* Whether what is known of `before` holds for the one who sells `p`. */
static bool is_of(const struct import *im, const struct price *p, const struct price *before)
{
	return strcmp(before->provider, p->provider) == 0 ||
	       book_hosts(im->before, str_of(p->provider), str_of(before->provider));
}

/* What is not counted in tokens has one rate in all tiers. */
static void complete_others(struct price *p, const struct price *before)
{
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		if (is_counted_in_tokens(kind) || p->base.rate[kind] != RATE_NONE)
			continue;
		p->base.rate[kind] = before->base.rate[kind];
		for (size_t i = 0; i < p->tiers_n; i++)
			p->tiers[i].rates.rate[kind] = before->base.rate[kind];
	}
}

static void complete_tokens(struct rates *r, const struct rates *before)
{
	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (is_counted_in_tokens(kind) && r->rate[kind] == RATE_NONE)
			r->rate[kind] = before->rate[kind];
}

static void complete_rates(struct price *p, const struct price *before, bool same)
{
	complete_others(p, before);
	if (!same || !tiers_agree(p, before))
		return;
	complete_tokens(&p->base, &before->base);
	for (size_t i = 0; i < p->tiers_n; i++)
		complete_tokens(&p->tiers[i].rates, &before->tiers[i].rates);
}

static void complete(struct import *im, struct price *p, const struct price *before)
{
	struct arena *arena = &im->shelf.arena;
	bool same = standard_agrees(p, before);

	if (p->free || before->free || !is_of(im, p, before))
		return;
	complete_rates(p, before, same);
	p->variants = with_silent(arena, p->variants, &p->variants_n, before->variants,
	                          before->variants_n, same);
	p->regions = with_silent(arena, p->regions, &p->regions_n, before->regions,
	                         before->regions_n, same);
	for (size_t i = 0; i < p->tiers_n && i < before->tiers_n; i++) {
		struct tier *t = &p->tiers[i];
		const struct tier *other = &before->tiers[i];

		if (t->above == other->above)
			t->variants = with_silent(arena, t->variants, &t->variants_n,
			                          other->variants, other->variants_n,
			                          token_rates_agree(&t->rates, &other->rates));
	}
}

/* ---- the rows of one model ---- */

static const struct book_entry *entry_of(const struct book *b, const struct model *m)
{
	return book_find(b, str_of(m->provider), str_of(m->name));
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The first minute at which a row holds, for rows of hours. */
static int64_t first_time(const struct price *p)
{
	int64_t start = later(p->from, 0);

	return p->hours_n ? start + p->hours[0].from * TIME_SEC : start;
}

void rows_complete(struct import *im, struct model *m)
{
	const struct book_entry *e = entry_of(im->before, m);

	for (size_t i = 0; e && i < m->prices_n; i++) {
		const struct price *before = book_price(e, first_time(&m->prices[i]));

		if (before)
			complete(im, &m->prices[i], before);
	}
}

const struct price *rows_price_on(const struct book *b, const struct model *m, int64_t time)
{
	const struct book_entry *e = entry_of(b, m);

	return e ? book_price(e, time) : NULL;
}

/* The rows that a book has under the model's own name, and the number of them. */
static const struct price *rows_of(const struct book *b, const struct model *m, size_t *n)
{
	size_t all, low = 0, high;
	const struct price *rows = book_rows(b, &all);

	for (high = all; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(rows[middle].provider, m->provider);

		if (order == 0)
			order = strcmp(rows[middle].model, m->name);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < all; ++*n)
		if (strcmp(rows[low + *n].provider, m->provider) != 0 ||
		    strcmp(rows[low + *n].model, m->name) != 0)
			break;
	return rows + low;
}

/* The number of rows that began to hold with the last one of them. */
static size_t last_group(const struct price *rows, size_t n)
{
	size_t group = 0;

	while (group < n && rows[n - 1 - group].from == rows[n - 1].from)
		group++;
	return group;
}

static bool rows_agree(const struct price *a, const struct price *b, size_t n, bool with_dates)
{
	for (size_t i = 0; i < n; i++)
		if (!same_hours(&a[i], &b[i]) || !rows_say_the_same(&a[i], &b[i]) ||
		    (with_dates && a[i].from != b[i].from))
			return false;
	return true;
}

bool rows_are_known(const struct import *im, const struct model *m)
{
	size_t n;
	const struct price *rows = rows_of(im->before, m, &n);

	if (im->format->dated)
		return n == m->prices_n && rows_agree(m->prices, rows, n, true);
	while (n && rows[n - 1].from > im->date)
		n--;
	return last_group(rows, n) == m->prices_n &&
	       rows_agree(m->prices, rows + n - m->prices_n, m->prices_n, false);
}

static bool same_prices(const struct price *a, const struct price *b)
{
	struct buf x = {0}, y = {0};
	bool same;

	book_put_prices(&x, a);
	book_put_prices(&y, b);
	same = str_eq(buf_view(&x), buf_view(&y));
	buf_free(&x);
	buf_free(&y);
	return same && a->hours_n == b->hours_n;
}

void rows_insert(struct import *im, struct model *m, const struct model *old)
{
	struct price *rows =
		arena_alloc(&im->shelf.arena, (old->prices_n + m->prices_n) * sizeof(*rows));
	size_t n = 0, i = 0;

	for (; i < old->prices_n && old->prices[i].from < im->date; i++)
		rows[n++] = old->prices[i];
	for (size_t k = 0; k < m->prices_n; k++)
		rows[n++] = m->prices[k];
	while (i < old->prices_n && old->prices[i].from == im->date)
		i++;
	if (i < old->prices_n && m->prices_n == 1 && same_prices(&old->prices[i], m->prices))
		i++;
	for (; i < old->prices_n; i++)
		rows[n++] = old->prices[i];
	m->prices = rows;
	m->prices_n = n;
}
