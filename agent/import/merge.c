/*
 * What has been read becomes part of the prices there are. A dated book replaces what an earlier
 * import of it wrote. A snapshot says what a price is on its date: the row is put at that date
 * between the rows of earlier imports, and where the price is the same already nothing is written,
 * so that the second import of a file changes no byte. What the public book is silent about stays
 * as it was: factors for batch and regions, what is not counted in tokens, and, where the standard
 * rates are the same, the own rates of a service.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/intern.h"
#include "agent/base/zone.h"
#include "agent/import/import.h"
#include "agent/meter/book_row.h"
#include "agent/meter/book_write.h"
#include "agent/meter/match.h"

enum {
	JUMP = 10,          /* a price that moves by so many times is odd */
	DROPPED_SHARE = 5,  /* as is a book of which more than a fifth is gone, */
	DROPPED_LEAST = 10, /* if it was not a small one */
};

struct merge {
	struct import *im;
	struct shelf *old; /* of the earlier import */
	struct intern *old_names;
	uint32_t *old_models; /* by number of the name; the model's number */
	uint32_t old_names_n;
	bool *taken;          /* old models that the public book still has */
	struct intern *names; /* that are written: "provider/name", normal */
	struct model *out;
	size_t out_n;
};

/* ---- whether two prices are one ---- */

static bool rates_agree(const struct rates *a, const struct rates *b)
{
	for (int kind = 0; kind < RATES; kind++)
		if (a->rate[kind] != RATE_NONE && a->rate[kind] != b->rate[kind])
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

/* Whether all that the first says, the second says too. */
static bool prices_agree(const struct price *a, const struct price *b)
{
	if (a->free != b->free || a->tiers_n != b->tiers_n || !rates_agree(&a->base, &b->base) ||
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

/* Whether a price that was not nothing has moved so far that a unit may be meant otherwise. */
static bool is_jump(const struct price *a, const struct price *b)
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

static bool token_rates_agree(const struct rates *a, const struct rates *b)
{
	struct rates tokens = *a;

	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (!is_counted_in_tokens(kind))
			tokens.rate[kind] = RATE_NONE;
	return rates_agree(&tokens, b);
}

static void complete(struct import *im, struct price *p, const struct price *before)
{
	struct arena *arena = &im->shelf.arena;
	bool same;

	if (p->free || before->free || strcmp(before->provider, p->provider) != 0)
		return;
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		if (is_counted_in_tokens(kind) || p->base.rate[kind] != RATE_NONE)
			continue;
		p->base.rate[kind] = before->base.rate[kind];
		for (size_t i = 0; i < p->tiers_n; i++)
			p->tiers[i].rates.rate[kind] = before->base.rate[kind];
	}
	same = token_rates_agree(&p->base, &before->base);
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

static void complete_all(struct import *im, struct model *m)
{
	const struct book_entry *e = entry_of(im->before, m);

	for (size_t i = 0; e && i < m->prices_n; i++) {
		const struct price *before = book_price(e, first_time(&m->prices[i]));

		if (before)
			complete(im, &m->prices[i], before);
	}
}

static const struct price *price_on(const struct book *b, const struct model *m, int64_t time)
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
		if (!same_hours(&a[i], &b[i]) || !prices_agree(&a[i], &b[i]) ||
		    (with_dates && a[i].from != b[i].from))
			return false;
	return true;
}

/* Whether the books there are say all of it already. */
static bool is_known(const struct import *im, const struct model *m)
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

/* Puts a snapshot's rows between the old ones. A price that was seen later and is the same has held
 * since the snapshot's date. */
static void insert(struct import *im, struct model *m, const struct model *old)
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

/* ---- names ---- */

static void put_name(struct buf *out, const char *provider, struct str name)
{
	buf_clear(out);
	buf_puts(out, provider);
	buf_char(out, '/');
	buf_str(out, name);
}

/* Whether a name of a provider is free, and now taken. Equal in our way to write them. */
static bool take_name(struct merge *g, const char *provider, const char *name)
{
	char normal[MODEL_NAME_MAX];
	struct buf text = {0};
	uint32_t known = intern_count(g->names);
	bool is_new;

	put_name(&text, provider, match_normal(str_of(name), normal));
	is_new = intern_id(g->names, buf_view(&text)) == known;
	buf_free(&text);
	return is_new;
}

static void take_further_names(struct merge *g, struct model *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->also_n; i++)
		if (take_name(g, m->provider, m->also[i]))
			m->also[kept++] = m->also[i];
	m->also_n = kept;
}

/* NULL: the earlier import did not have it. */
static struct model *old_of(struct merge *g, const struct model *m)
{
	struct buf text = {0};
	uint32_t id;

	put_name(&text, m->provider, str_of(m->name));
	id = intern_id(g->old_names, buf_view(&text));
	buf_free(&text);
	return id < g->old_names_n ? &g->old->models[g->old_models[id]] : NULL;
}

static void index_old(struct merge *g)
{
	struct buf text = {0};

	g->old_names = intern_new();
	g->old_models = xcalloc(g->old->models_n + 1, sizeof(*g->old_models));
	g->taken = xcalloc(g->old->models_n + 1, sizeof(*g->taken));
	for (size_t i = 0; i < g->old->models_n; i++) {
		put_name(&text, g->old->models[i].provider, str_of(g->old->models[i].name));
		g->old_models[intern_id(g->old_names, buf_view(&text))] = (uint32_t)i;
	}
	g->old_names_n = intern_count(g->old_names);
	buf_free(&text);
}

/* ---- all models ---- */

static void add_change(struct import *im, enum change_kind kind, const struct model *m,
                       const struct price *before, const struct price *after)
{
	struct change *c;

	im->changes =
		array_room(im->changes, im->changes_n, &im->changes_capacity, sizeof(*im->changes));
	c = &im->changes[im->changes_n++];
	*c = (struct change){kind, m, before, after, false};
	if (before && after && strcmp(before->provider, after->provider) == 0)
		c->jump = is_jump(before, after);
	im->jumps += c->jump;
}

/* One model of the public book. `m` is changed to what is written of it, if anything is. */
static void add_model(struct merge *g, struct model *m)
{
	struct import *im = g->im;
	struct model *old = old_of(g, m);
	bool known;

	if (old)
		g->taken[old - g->old->models] = true;
	complete_all(im, m);
	known = is_known(im, m);
	if (known && old == NULL && m->match_n == 0 && m->also_n == 0)
		return;
	if (known && old) {
		m->prices = old->prices;
		m->prices_n = old->prices_n;
	} else if (old && !im->format->dated) {
		insert(im, m, old);
	}
	take_further_names(g, m);
	g->out[g->out_n++] = *m;
}

/* A model that is gone had its price while it was there, and calls of that time keep it. */
static void add_gone(struct merge *g, const struct model *old)
{
	struct import *im = g->im;
	struct model *m = &g->out[g->out_n];

	if (!take_name(g, old->provider, old->name))
		return;
	*m = *old;
	if (m->gone == NULL) {
		m->gone = im->date_text;
		im->dropped++;
	}
	take_further_names(g, m);
	g->out_n++;
}

static void add_old(struct merge *g)
{
	for (size_t i = 0; i < g->old->models_n; i++) {
		g->im->kept += g->old->models[i].gone == NULL;
		if (!g->taken[i])
			add_gone(g, &g->old->models[i]);
	}
}

/* Names first, so that no further name of one model takes the place of another. */
static void add_models(struct merge *g)
{
	struct shelf *s = &g->im->shelf;
	size_t n = 0;

	g->out = xcalloc(s->models_n + g->old->models_n + 1, sizeof(*g->out));
	for (size_t i = 0; i < s->models_n; i++) {
		const struct model *m = &s->models[i];

		if (take_name(g, m->provider, m->name))
			s->models[n++] = *m;
		else
			import_note(g->im, NOTE_LEFT_OUT, STR("given twice; the first counts"),
			            str_of(m->name));
	}
	s->models_n = n;
	for (size_t i = 0; i < n; i++)
		add_model(g, &s->models[i]);
	add_old(g);
}

static void add_vendors(struct merge *g)
{
	struct shelf *s = &g->im->shelf;

	for (size_t i = 0; i < g->old->vendors_n; i++) {
		size_t k = 0;

		while (k < s->vendors_n &&
		       strcmp(s->vendors[k].provider, g->old->vendors[i].provider) != 0)
			k++;
		if (k < s->vendors_n)
			continue;
		s->vendors = array_room(s->vendors, s->vendors_n, &s->vendors_capacity,
		                        sizeof(*s->vendors));
		s->vendors[s->vendors_n++] = g->old->vendors[i];
	}
}

/* ---- what comes of it ---- */

static void count_changes(struct import *im)
{
	for (size_t i = 0; i < im->shelf.models_n; i++) {
		const struct model *m = &im->shelf.models[i];
		const struct price *before = price_on(im->before, m, im->date);
		const struct price *after = price_on(im->after, m, im->date);

		if (m->gone && m->gone != im->date_text)
			continue;
		if (m->gone) {
			add_change(im, CHANGE_DROPPED, m, before, after);
		} else if (before == NULL) {
			im->new ++;
			add_change(im, CHANGE_NEW, m, NULL, after);
		} else if (after && !prices_agree(after, before)) {
			im->changed++;
			add_change(im, CHANGE_CHANGED, m, before, after);
		}
	}
}

static void write_book(struct import *im, struct buf *out)
{
	struct book_head head = {
		.comment =
			"Written by `tokentail prices import`, and written anew by the next one.",
		.imported = im->format->name,
		.source = im->format->source,
	};

	book_write(out, &head, &im->shelf);
}

static bool open_old(struct merge *g, struct str old, const char *name, struct err *err)
{
	if (old.n && !shelf_add_file(g->old, old, name, 0, err))
		return false;
	for (size_t i = 0; i < g->old->vendors_n; i++)
		if (!g->old->vendors[i].imported)
			return err_set(err, "%s: no book that an import has written; move it away",
			               name);
	g->im->before = book_open_imported(old, name, err);
	return g->im->before != NULL;
}

static void merge_free(struct merge *g)
{
	intern_free(&g->names);
	intern_free(&g->old_names);
	free(g->old_models);
	free(g->taken);
}

bool import_merge(struct import *im, struct str old, const char *old_name, struct buf *out,
                  struct err *err)
{
	struct merge g = {.im = im, .old = &im->old, .names = intern_new()};
	size_t start = out->n;
	bool good = open_old(&g, old, old_name, err);
	size_t read = im->shelf.models_n;

	if (good) {
		index_old(&g);
		add_models(&g);
		add_vendors(&g);
		read = im->shelf.models_n;
		free(im->shelf.models);
		im->shelf.models = g.out;
		im->shelf.models_n = g.out_n;
		write_book(im, out);
		im->after = book_open_imported(str_from(buf_view(out), start), old_name, err);
		good = im->after != NULL;
	}
	if (good) {
		count_changes(im);
		im->same = read - im->new - im->changed;
	}
	merge_free(&g);
	return good;
}

bool import_is_odd(const struct import *im, struct buf *why)
{
	bool many_gone = im->dropped >= DROPPED_LEAST && im->dropped > im->kept / DROPPED_SHARE;

	if (im->jumps)
		buf_printf(why, "%zu price%s moved by %d times or more", im->jumps,
		           im->jumps == 1 ? "" : "s", JUMP);
	if (many_gone)
		buf_printf(why, "%s%zu of the %zu models of the last import are gone",
		           im->jumps ? " and " : "", im->dropped, im->kept);
	return im->jumps || many_gone;
}
