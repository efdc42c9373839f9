/*
 * A book is read in one walk from the file over its models to their rows (book_row.c). Nothing is
 * looked up here: who wins when two books price the same model is decided in book.c, when all of
 * them have been read.
 */
#include "agent/meter/book_read.h"

#include <stdlib.h>

#include "agent/meter/book_row.h"

static bool read_texts(struct reader *r, const struct yaml_node *node, const char *key, char ***ret,
                       size_t *n)
{
	if (node->type != YAML_LIST)
		return book_bad(r, node->line, key, "expected a list of texts");
	*ret = arena_alloc(r->arena, (node->n + 1) * sizeof(**ret));
	for (*n = 0; *n < node->n; ++*n)
		if (!book_text(r, &node->items[*n], key, &(*ret)[*n]))
			return false;
	return true;
}

static bool read_provider(struct reader *r, const struct yaml_node *node, char **ret)
{
	if (!book_text(r, node, "provider", ret))
		return false;
	*ret = book_copy(r, provider_name(str_of(*ret)));
	return true;
}

/* ---- a model ---- */

static bool same_time(const struct price *a, const struct price *b)
{
	return a->from == b->from && a->days == b->days && a->hours_n == b->hours_n &&
	       memcmp(a->hours, b->hours, a->hours_n * sizeof(*a->hours)) == 0;
}

static bool read_rows(struct reader *r, const struct yaml_node *list, const struct terms *terms,
                      struct model *m)
{
	if (list == NULL || list->type != YAML_LIST || list->n == 0)
		return book_bad(r, list ? list->line : m->place.line, "prices",
		                "expected a list of rows");
	m->prices = arena_alloc(r->arena, list->n * sizeof(*m->prices));
	for (size_t i = 0; i < list->n; i++) {
		struct price *p = &m->prices[i];

		if (!book_row(r, &list->items[i], m, *terms, p))
			return false;
		if (i && p->from < p[-1].from)
			return book_bad(r, p->place.line, "from", "earlier than the row before");
		for (size_t k = 0; k < i; k++)
			if (same_time(p, &m->prices[k]))
				return book_bad(r, p->place.line, "from",
				                "the same as in a row before");
	}
	m->prices_n = list->n;
	return true;
}

static bool model_name(struct reader *r, const struct yaml_node *node, void *into)
{
	return book_text(r, node, "name", &((struct model *)into)->name);
}

static bool model_provider(struct reader *r, const struct yaml_node *node, void *into)
{
	return read_provider(r, node, &((struct model *)into)->provider);
}

static bool model_also(struct reader *r, const struct yaml_node *node, void *into)
{
	struct model *m = into;

	return read_texts(r, node, "also", &m->also, &m->also_n);
}

static bool model_match(struct reader *r, const struct yaml_node *node, void *into)
{
	struct model *m = into;

	return read_texts(r, node, "match", &m->match, &m->match_n);
}

static bool model_gone(struct reader *r, const struct yaml_node *node, void *into)
{
	return book_date(r, node, "gone", &((struct model *)into)->gone);
}

/* `prices` is read after the others: its rows need the name and the terms. */
static const struct key model_keys[] = {{"name", model_name},   {"also", model_also},
                                        {"match", model_match}, {"gone", model_gone},
                                        {"prices", NULL},       {NULL, NULL}};
static const struct key own_keys[] = {
	{"provider", model_provider}, {"name", model_name}, {"also", model_also},
	{"match", model_match},       {"prices", NULL},     {NULL, NULL}};

/* `provider` NULL: an entry of the configuration, which may name its own. */
static bool read_model(struct reader *r, const struct yaml_node *node, const char *provider,
                       struct terms terms)
{
	struct shelf *s = r->shelf;
	struct model m = {.layer = r->layer, .place = {r->file, node->line}};

	if (node->type != YAML_MAP)
		return book_bad(r, node->line, "models", "expected entries with name and prices");
	if (s->models_n == BOOK_MODELS_MAX)
		return book_bad(r, node->line, "models", "more than 100000 in all books");
	if (!book_keys(r, node, provider ? model_keys : own_keys, &terms, NULL, &m))
		return false;
	if (m.name == NULL)
		return book_bad(r, node->line, "name", "missing");
	if (m.provider == NULL)
		m.provider = book_copy(r, str_of(provider ? provider : OWN_PROVIDER));
	if (!read_rows(r, yaml_get(node, "prices"), &terms, &m))
		return false;
	s->models = array_room(s->models, s->models_n, &s->models_capacity, sizeof(*s->models));
	s->models[s->models_n++] = m;
	return true;
}

static bool read_models(struct reader *r, const struct yaml_node *list, const char *key,
                        const char *provider, const struct terms *terms)
{
	if (list == NULL || list->type != YAML_LIST)
		return book_bad(r, list ? list->line : 1, key, "expected a list of models");
	for (size_t i = 0; i < list->n; i++)
		if (!read_model(r, &list->items[i], provider, *terms))
			return false;
	return true;
}

/* ---- a file ---- */

static bool file_provider(struct reader *r, const struct yaml_node *node, void *into)
{
	return read_provider(r, node, &((struct vendor *)into)->provider);
}

static bool file_aliases(struct reader *r, const struct yaml_node *node, void *into)
{
	struct vendor *v = into;

	return read_texts(r, node, "aliases", &v->aliases, &v->aliases_n);
}

static bool file_host_of(struct reader *r, const struct yaml_node *node, void *into)
{
	struct vendor *v = into;

	v->is_host = true;
	return read_texts(r, node, "host_of", &v->host_of, &v->host_of_n);
}

static bool file_imported(struct reader *r, const struct yaml_node *node, void *into)
{
	char *unused;

	((struct vendor *)into)->imported = true;
	return book_text(r, node, "imported", &unused);
}

static const struct key vendor_keys[] = {{"provider", file_provider},
                                         {"aliases", file_aliases},
                                         {"host_of", file_host_of},
                                         {"models", NULL},
                                         {NULL, NULL}};
static const struct key many_keys[] = {
	{"imported", file_imported}, {"providers", NULL}, {NULL, NULL}};

static bool read_vendor(struct reader *r, const struct yaml_node *node, struct terms terms,
                        bool imported)
{
	struct shelf *s = r->shelf;
	struct vendor v = {.place = {r->file, node->line}, .imported = imported};

	if (node->type != YAML_MAP)
		return book_bad(r, node->line, "provider",
		                "expected a price book: provider and models");
	if (!book_keys(r, node, vendor_keys, &terms, NULL, &v))
		return false;
	if (v.provider == NULL)
		return book_bad(r, node->line, "provider", "missing");
	s->vendors =
		array_room(s->vendors, s->vendors_n, &s->vendors_capacity, sizeof(*s->vendors));
	s->vendors[s->vendors_n++] = v;
	return read_models(r, yaml_get(node, "models"), "models", v.provider, &terms);
}

/* One file, many providers: the terms above `providers` hold for all of them. */
static bool read_vendors(struct reader *r, const struct yaml_node *root,
                         const struct yaml_node *list)
{
	struct vendor all = {0};
	struct terms terms = {0};

	if (!book_keys(r, root, many_keys, &terms, NULL, &all))
		return false;
	if (list->type != YAML_LIST)
		return book_bad(r, list->line, "providers", "expected a list of price books");
	for (size_t i = 0; i < list->n; i++)
		if (!read_vendor(r, &list->items[i], terms, all.imported))
			return false;
	return true;
}

static bool read_file(struct reader *r, const struct yaml_node *root)
{
	const struct yaml_node *list = yaml_get(root, "providers");
	struct terms none = {0};

	return list ? read_vendors(r, root, list) : read_vendor(r, root, none, false);
}

bool shelf_add_file(struct shelf *s, struct str text, const char *name, int layer, struct err *err)
{
	struct reader r = {.shelf = s, .arena = &s->arena, .layer = layer, .err = err};
	struct yaml *yaml = yaml_parse(text, name, BOOK_BYTES_MAX, false, err);
	bool good;

	if (yaml == NULL)
		return false;
	r.file = book_copy(&r, str_of(name));
	good = read_file(&r, yaml_root(yaml));
	yaml_close(&yaml);
	return good;
}

bool shelf_add_own(struct shelf *s, const struct yaml_node *list, const char *name, int layer,
                   struct err *err)
{
	struct reader r = {.shelf = s, .arena = &s->arena, .layer = layer, .err = err};
	struct terms terms = {0};

	r.file = book_copy(&r, str_of(name));
	return read_models(&r, list, "prices.own", NULL, &terms);
}

void shelf_free(struct shelf *s)
{
	arena_free(&s->arena);
	free(s->models);
	free(s->vendors);
	*s = (struct shelf){0};
}
