/*
 * What has been read becomes part of the prices there are. A dated book replaces what an earlier
 * import of it wrote. A snapshot says what a price is on its date: the row is put at that date
 * between the rows of earlier imports, and where the price is the same already nothing is written,
 * so that the second import of a file changes no byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/intern.h"
#include "agent/base/zone.h"
#include "agent/import/merge_rows.h"
#include "agent/meter/book_row.h"
#include "agent/meter/book_write.h"
#include "agent/meter/match.h"

enum {
	DROPPED_SHARE = 5,  /* a book of which more than a fifth is gone is odd, */
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
		c->jump = rows_jump(before, after);
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
	rows_complete(im, m);
	known = rows_are_known(im, m);
	if (known && old == NULL && m->match_n == 0 && m->also_n == 0)
		return;
	if (known && old) {
		m->prices = old->prices;
		m->prices_n = old->prices_n;
	} else if (old && !im->format->dated) {
		rows_insert(im, m, old);
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
		const struct price *before = rows_price_on(im->before, m, im->date);
		const struct price *after = rows_price_on(im->after, m, im->date);

		if (m->gone && m->gone != im->date_text)
			continue;
		if (m->gone) {
			add_change(im, CHANGE_DROPPED, m, before, after);
		} else if (before == NULL) {
			im->new ++;
			add_change(im, CHANGE_NEW, m, NULL, after);
		} else if (after && !rows_say_the_same(after, before)) {
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
