/*
 * The book is put together from layers: own prices of the configuration, the user's files, the
 * shipped files. An entry is a model of a provider; when two layers have it, the higher one's rows
 * count and the lower one's further names lead to them, so that a discount written for "gpt-4o"
 * holds for the dated names of gpt-4o too. Before the first date of an entry holds what the layers
 * beneath it say of its name. After that everything is sorted once and never changes: threads share
 * it without locks, and a lookup is a binary search.
 */
#include <stdlib.h>

#include "agent/config/embedded.h"
#include "agent/config/files.h"
#include "agent/meter/book_index.h"
#include "agent/meter/book_read.h"
#include "agent/meter/match.h"

/* Then come the files of the configuration, the imported books, the shipped ones. */
enum { LAYER_OWN, LAYER_BOOKS };

/* ---- sellers ---- */

uint32_t book_seller(const struct book *b, struct str provider)
{
	for (uint32_t i = 0; i < b->sellers_n; i++)
		if (str_eq_nocase(b->sellers[i].name, provider))
			return i;
	for (size_t i = 0; i < b->aliases_n; i++)
		if (str_eq_nocase(b->aliases[i].alias, provider))
			return b->aliases[i].seller;
	return (uint32_t)b->sellers_n;
}

bool book_hosts(const struct book *b, struct str provider, struct str maker)
{
	uint32_t host = book_seller(b, provider), hosted = book_seller(b, maker);

	return host < b->sellers_n && hosted < b->sellers_n &&
	       sellers_has(&b->sellers[host].hosts, hosted);
}

static bool add_seller(struct book *b, const char *provider, const struct place *place,
                       struct err *err)
{
	if (book_seller(b, str_of(provider)) < b->sellers_n)
		return true;
	if (b->sellers_n == PROVIDERS_MAX)
		return err_set(err, "%s:%d: provider: more than %d providers in all books",
		               place->file, place->line, PROVIDERS_MAX);
	b->sellers[b->sellers_n++].name = str_of(provider);
	return true;
}

/* Who sells whose models. A host of a provider without a book is no mistake: the file may be
 * checked on its own. */
static void add_vendor(struct book *b, const struct vendor *v)
{
	uint32_t number = book_seller(b, str_of(v->provider));
	struct seller *seller = &b->sellers[number];

	seller->is_host |= v->is_host;
	seller->only_imported &= v->imported;
	for (size_t i = 0; i < v->host_of_n; i++) {
		uint32_t hosted = book_seller(b, provider_name(str_of(v->host_of[i])));

		if (hosted < b->sellers_n)
			sellers_add(&seller->hosts, hosted);
	}
	for (size_t i = 0; i < v->aliases_n; i++)
		b->aliases[b->aliases_n++] = (struct seller_alias){str_of(v->aliases[i]), number};
}

static bool add_sellers(struct book *b, const struct shelf *s, struct err *err)
{
	size_t aliases = 0;

	for (size_t i = 0; i < s->models_n; i++)
		if (!add_seller(b, s->models[i].provider, &s->models[i].place, err))
			return false;
	for (size_t i = 0; i < s->vendors_n; i++) {
		if (!add_seller(b, s->vendors[i].provider, &s->vendors[i].place, err))
			return false;
		aliases += s->vendors[i].aliases_n;
	}
	b->aliases = xcalloc(aliases, sizeof(*b->aliases));
	for (size_t i = 0; i < s->vendors_n; i++)
		b->sellers[book_seller(b, str_of(s->vendors[i].provider))].only_imported = true;
	for (size_t i = 0; i < s->vendors_n; i++)
		add_vendor(b, &s->vendors[i]);
	for (size_t i = 0; i < s->models_n; i++)
		if (s->models[i].layer == LAYER_OWN)
			b->sellers[book_seller(b, str_of(s->models[i].provider))].only_imported =
				false;
	return true;
}

/* ---- names ---- */

static int by_text(const void *a, const void *b)
{
	const struct book_name *x = a, *y = b;
	int order = str_cmp(x->text, y->text);

	if (order == 0)
		order = (x->seller > y->seller) - (x->seller < y->seller);
	if (order == 0)
		order = (x->layer > y->layer) - (x->layer < y->layer);
	return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

static bool same_name(const struct book_name *a, const struct book_name *b)
{
	return a->seller == b->seller && str_eq(a->text, b->text);
}

static struct book_name make_name(struct book *b, const struct model *m, uint32_t number,
                                  const char *text)
{
	char lower[MODEL_NAME_MAX];
	struct str name = match_normal(str_of(text), lower);
	char *copy = arena_bytes(&b->arena, name.n + 1);

	memcpy(copy, name.p, name.n);
	return (struct book_name){
		{copy, name.n}, book_seller(b, str_of(m->provider)), number, m->layer};
}

/* All names that the books write, as they stand: entry is the number of the model. */
static bool collect_names(struct book *b, const struct shelf *s, struct err *err)
{
	size_t names = 0, globs = 0;

	for (size_t i = 0; i < s->models_n; i++) {
		names += s->models[i].also_n + 1;
		globs += s->models[i].match_n;
	}
	b->names = xcalloc(names, sizeof(*b->names));
	b->globs = xcalloc(globs, sizeof(*b->globs));
	for (uint32_t i = 0; i < s->models_n; i++) {
		const struct model *m = &s->models[i];

		b->names[b->names_n++] = make_name(b, m, i, m->name);
		for (size_t k = 0; k < m->also_n; k++)
			b->names[b->names_n++] = make_name(b, m, i, m->also[k]);
		for (size_t k = 0; k < m->match_n; k++)
			b->globs[b->globs_n++] = make_name(b, m, i, m->match[k]);
	}
	for (size_t i = 0; i < b->names_n; i++) {
		const struct model *m = &s->models[b->names[i].entry];

		if (b->names[i].text.n == 0)
			return err_set(err, "%s:%d: name: expected at most %d bytes", m->place.file,
			               m->place.line, MODEL_NAME_MAX - 3);
	}
	qsort(b->names, b->names_n, sizeof(*b->names), by_text);
	return true;
}

/*
 * Where a name stands in two layers, the lower model's entry is replaced if it is its own name.
 * winners[i] is the model that has model i's rows. A name twice in one layer is a mistake.
 */
static bool find_winners(struct book *b, const struct shelf *s, uint32_t *winners, struct err *err)
{
	const struct book_name *first = b->names;

	for (uint32_t i = 0; i < s->models_n; i++)
		winners[i] = i;
	for (size_t i = 1; i < b->names_n; i++) {
		const struct book_name *name = &b->names[i];
		const struct model *m = &s->models[name->entry];

		if (!same_name(first, name)) {
			first = name;
			continue;
		}
		if (name->layer == name[-1].layer)
			return err_set(err, "%s:%d: name: %.*s is there twice", m->place.file,
			               m->place.line, STR_ARG(name->text));
		if (str_eq_nocase(str_of(m->name), name->text))
			winners[name->entry] = first->entry;
	}
	for (uint32_t i = 0; i < s->models_n; i++)
		while (winners[winners[i]] != winners[i])
			winners[i] = winners[winners[i]];
	return true;
}

static void keep_first_names(struct book_name *names, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (kept == 0 || !same_name(&names[kept - 1], &names[i]))
			names[kept++] = names[i];
	*n = kept;
}

static void make_spellings(struct book *b)
{
	b->spellings = xcalloc(b->names_n, sizeof(*b->spellings));
	for (size_t i = 0; i < b->names_n; i++) {
		struct book_name *name = &b->spellings[b->spellings_n++];
		char *text = arena_bytes(&b->arena, MODEL_NAME_MAX);

		*name = b->names[i];
		name->text = match_spelling(name->text, text);
	}
	qsort(b->spellings, b->spellings_n, sizeof(*b->spellings), by_text);
}

/* ---- rows ---- */

/* An entry for each model, as long as names lead to models. */
static void enter_models(struct book *b, const struct shelf *s)
{
	b->entries = xcalloc(s->models_n, sizeof(*b->entries));
	b->entries_n = s->models_n;
	for (size_t i = 0; i < s->models_n; i++)
		b->entries[i] =
			(struct book_entry){s->models[i].prices, s->models[i].prices_n, false};
}

/* Puts the rows of the layers beneath, up to its own first date, before those of a model. */
static void add_earlier(struct book *b, struct model *m)
{
	bool own = strcmp(m->provider, OWN_PROVIDER) == 0;
	const struct book_entry *e =
		book_find_beneath(b, m->layer, str_of(own ? "" : m->provider), str_of(m->name));
	struct price *rows;
	size_t n = 0;

	while (e && n < e->n && e->rows[n].from < m->prices[0].from)
		n++;
	if (n == 0)
		return;
	rows = arena_alloc(&b->arena, (n + m->prices_n) * sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		rows[i] = e->rows[i];
		rows[i].provider = m->provider;
		rows[i].model = m->name;
	}
	memcpy(rows + n, m->prices, m->prices_n * sizeof(*rows));
	m->prices = rows;
	m->prices_n += n;
}

/* From the lowest layer up, so that what is found beneath is complete. */
static void add_history(struct book *b, struct shelf *s)
{
	int lowest = 0;

	for (size_t i = 0; i < s->models_n; i++)
		lowest = s->models[i].layer > lowest ? s->models[i].layer : lowest;
	for (int layer = lowest; layer-- > 0;)
		for (size_t i = 0; i < s->models_n; i++) {
			struct model *m = &s->models[i];

			if (m->layer != layer || m->prices[0].from == INT64_MIN)
				continue;
			add_earlier(b, m);
			b->entries[i] = (struct book_entry){m->prices, m->prices_n, false};
		}
}

static int by_provider_and_name(const void *a, const void *b)
{
	const struct model *x = *(const struct model *const *)a,
			   *y = *(const struct model *const *)b;
	int order = strcmp(x->provider, y->provider);

	return order ? order : strcmp(x->name, y->name);
}

/* Lays out the winners' rows in order, and makes names lead to entries instead of models. */
static void make_entries(struct book *b, const struct shelf *s, const uint32_t *winners)
{
	const struct model **models = xcalloc(s->models_n, sizeof(void *));
	uint32_t *entry_of = xcalloc(s->models_n, sizeof(*entry_of));
	size_t rows = 0;

	free(b->entries);
	b->entries_n = 0;
	for (uint32_t i = 0; i < s->models_n; i++) {
		if (winners[i] != i)
			continue;
		models[b->entries_n++] = &s->models[i];
		rows += s->models[i].prices_n;
	}
	if (b->entries_n)
		qsort(models, b->entries_n, sizeof(void *), by_provider_and_name);
	b->rows = xcalloc(rows, sizeof(*b->rows));
	b->entries = xcalloc(b->entries_n, sizeof(*b->entries));
	for (uint32_t i = 0; i < b->entries_n; i++) {
		const struct model *m = models[i];

		memcpy(b->rows + b->rows_n, m->prices, m->prices_n * sizeof(*b->rows));
		b->entries[i] = (struct book_entry){b->rows + b->rows_n, m->prices_n, false};
		b->rows_n += m->prices_n;
		entry_of[m - s->models] = i;
	}
	for (size_t i = 0; i < b->names_n; i++)
		b->names[i].entry = entry_of[winners[b->names[i].entry]];
	for (size_t i = 0; i < b->spellings_n; i++)
		b->spellings[i].entry = entry_of[winners[b->spellings[i].entry]];
	for (size_t i = 0; i < b->globs_n; i++)
		b->globs[i].entry = entry_of[winners[b->globs[i].entry]];
	free(models);
	free(entry_of);
}

/* Takes over the arena of the shelf. */
static bool build(struct book *b, struct shelf *s, struct err *err)
{
	uint32_t *winners = xcalloc(s->models_n, sizeof(*winners));
	bool good;

	b->arena = s->arena;
	s->arena = (struct arena){0};
	good = add_sellers(b, s, err) && collect_names(b, s, err) &&
	       find_winners(b, s, winners, err);
	if (good) {
		make_spellings(b);
		enter_models(b, s);
		add_history(b, s);
		keep_first_names(b->names, &b->names_n);
		keep_first_names(b->spellings, &b->spellings_n);
		make_entries(b, s, winners);
	}
	free(winners);
	return good;
}

/* ---- the layers ---- */

const char *const imported_books[] = {"genai-prices", "litellm", "models.dev", "openrouter", NULL};

void imported_path(const struct config *config, const char *name, struct buf *path)
{
	buf_printf(path, "%s/%s.yaml", config->imported, name);
}

/* Books that were never imported are no mistake. */
static bool add_imported(struct shelf *s, const struct config *config, const char *name, int layer,
                         struct err *err)
{
	struct buf path = {0}, text = {0};
	struct err why = {0};
	enum files_result result;
	bool good = true;

	imported_path(config, name, &path);
	result = files_read(path.p, BOOK_BYTES_MAX, &text, &why);
	if (result == FILES_READ)
		good = shelf_add_file(s, buf_view(&text), path.p, layer, err);
	else if (result == FILES_FAILED)
		good = err_set(err, "%s", why.text);
	buf_free(&text);
	buf_free(&path);
	return good;
}

static bool add_path(struct shelf *s, const struct config *config, const char *path, int layer,
                     struct err *err)
{
	struct buf text = {0};
	struct err why = {0};
	bool good = files_read(path, BOOK_BYTES_MAX, &text, &why) == FILES_READ;

	if (!good)
		(void)err_set(err, "%s: prices.books: %s", config->file, why.text);
	good = good && shelf_add_file(s, buf_view(&text), path, layer, err);
	buf_free(&text);
	return good;
}

static bool add_shipped(struct shelf *s, int layer, struct err *err)
{
	for (const struct embedded *e = embedded_files; e->name; e++) {
		struct str text = {e->begin, (size_t)(e->end - e->begin)};

		if (str_starts(str_of(e->name), STR("prices/")) &&
		    !shelf_add_file(s, text, e->name, layer, err))
			return false;
	}
	return true;
}

static bool add_layers(struct shelf *s, const struct config *config, struct err *err)
{
	int layer = LAYER_BOOKS;

	if (config->own_prices &&
	    !shelf_add_own(s, config->own_prices, config->file, LAYER_OWN, err))
		return false;
	if (!shelf_add_resources(s, config, LAYER_OWN, err))
		return false;
	for (size_t i = 0; i < config->books_n; i++)
		if (!add_path(s, config, config->books[i], layer++, err))
			return false;
	for (size_t i = 0; config->imported && imported_books[i]; i++)
		if (!add_imported(s, config, imported_books[i], layer++, err))
			return false;
	return add_shipped(s, layer, err);
}

static bool find_substitute(struct book *b, struct err *err)
{
	const char *name = b->config->price_as;
	const struct book_entry *e;

	if (name == NULL)
		return true;
	e = book_find(b, STR(""), str_of(name));
	if (e == NULL)
		return err_set(err, "%s: unknown_model.price_as: no book has a price for %s",
		               b->config->file, name);
	b->substitute = *e;
	b->substitute.estimated = true;
	return true;
}

struct book *book_open(const struct config *config, struct err *err)
{
	struct book *b = xcalloc(1, sizeof(*b));
	struct shelf shelf = {0};

	b->config = config;
	if (!add_layers(&shelf, config, err) || !build(b, &shelf, err) || !find_substitute(b, err))
		book_free(&b);
	shelf_free(&shelf);
	return b;
}

struct book *book_open_imported(struct str text, const char *name, struct err *err)
{
	struct book *b = xcalloc(1, sizeof(*b));
	struct shelf shelf = {0};

	if ((text.n && !shelf_add_file(&shelf, text, name, LAYER_BOOKS, err)) ||
	    !add_shipped(&shelf, LAYER_BOOKS + 1, err) || !build(b, &shelf, err))
		book_free(&b);
	shelf_free(&shelf);
	return b;
}

struct book *book_open_file(struct str text, const char *name, struct err *err)
{
	struct book *b = xcalloc(1, sizeof(*b));
	struct shelf shelf = {0};

	if (!shelf_add_file(&shelf, text, name, LAYER_BOOKS, err) || !build(b, &shelf, err))
		book_free(&b);
	shelf_free(&shelf);
	return b;
}

void book_free(struct book **b)
{
	if (*b == NULL)
		return;
	arena_free(&(*b)->arena);
	free((*b)->rows);
	free((*b)->entries);
	free((*b)->aliases);
	free((*b)->names);
	free((*b)->spellings);
	free((*b)->globs);
	free(*b);
	*b = NULL;
}

const struct price *book_rows(const struct book *b, size_t *n)
{
	*n = b->rows_n;
	return b->rows;
}
