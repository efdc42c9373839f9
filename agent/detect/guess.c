/*
 * From places to fields. A first look at all records finds the numbers of tokens (or the model);
 * the records that have these are the calls, and a second look at them alone chooses all fields, so
 * that the `user` of another kind of line does not count. A field may have several ways: a log that
 * passes on what the providers answered has other names in each record.
 */
#include "agent/detect/guess.h"

#include <stdlib.h>

#include "agent/detect/names.h"

void guess_free(struct guess *g)
{
	arena_free(&g->memory);
	*g = (struct guess){0};
}

struct str guess_keep(struct guess *g, struct str text)
{
	char *p = arena_bytes(&g->memory, text.n + 1);

	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	return (struct str){p, text.n};
}

static struct guess_field *field_in(struct guess *g, const struct field *field)
{
	for (size_t i = 0; i < g->fields_n; i++)
		if (g->fields[i].field == field)
			return &g->fields[i];
	return NULL;
}

struct guess_field *guess_field(struct guess *g, enum field_kind kind, int index)
{
	for (size_t i = 0; i < g->fields_n; i++)
		if (g->fields[i].field->kind == kind && g->fields[i].field->index == index)
			return &g->fields[i];
	return NULL;
}

bool guess_has(const struct guess *g, enum field_kind kind, int index)
{
	for (size_t i = 0; i < g->fields_n; i++)
		if (g->fields[i].field->kind == kind && g->fields[i].field->index == index)
			return true;
	return false;
}

void guess_add(struct guess *g, const struct field *field, struct guess_origin origin)
{
	struct guess_field *f = field_in(g, field);

	if (f == NULL) {
		if (g->fields_n == GUESS_FIELDS)
			return;
		f = &g->fields[g->fields_n++];
		*f = (struct guess_field){.field = field};
	}
	if (f->n == GUESS_ORIGINS)
		return;
	origin.path = guess_keep(g, origin.path);
	f->v[f->n++] = origin;
}

enum { NUMBERS_NAMED = 8 };

/* ---- one leaf and one field ---- */

static bool most(uint32_t part, uint32_t whole)
{
	return whole > 0 && part * 10 >= whole * 9;
}

/* No call has so many tokens: it is an id, or an epoch. */
enum { TOKENS_PLAUSIBLE = 50000000 };

static bool values_agree(const struct leaf *leaf, const struct field *field)
{
	switch (field->kind) {
	case FIELD_COUNT:
		return most(leaf->counts, leaf->n) && leaf->largest <= TOKENS_PLAUSIBLE;
	case FIELD_TIME:
		return most(leaf->times, leaf->n);
	case FIELD_DURATION:
		return most(leaf->durations, leaf->n) && leaf->times == 0;
	case FIELD_MONEY:
		return most(leaf->money, leaf->n);
	case FIELD_LABEL:
		if (field->index == LABEL_MODEL)
			return most(leaf->words, leaf->n) && leaf->money == 0;
		if (field->index == LABEL_STATUS)
			return most(leaf->statuses, leaf->n);
		return leaf->longs == 0;
	case FIELD_DETAIL:
		if (field->index == DETAIL_ERROR || field->index == DETAIL_REQUESTED_MODEL)
			return most(leaf->words, leaf->n) && leaf->money == 0;
		return leaf->longs == 0;
	case FIELD_RESOURCE:
	case FIELD_PROMPT:
		return false;
	}
	return false;
}

static int model_score(const struct leaf *leaf, int score, struct guess_origin *origin)
{
	bool known = leaf->models * 2 >= leaf->n;

	if (score == 0 && leaf->models == leaf->n)
		return GUESS_SURE;
	if (score == 0 && leaf->models * 10 >= leaf->n * 8) {
		origin->doubt = "it is known by its values alone";
		return GUESS_SURE - 5;
	}
	if (score == 0)
		return 0;
	return known ? score + 10 : (score >= 90 ? score : score - 15);
}

static int time_score(const struct leaf *leaf, int score, struct guess_origin *origin)
{
	origin->format = leaf->format;
	if (leaf->format_unsure)
		origin->doubt = evidence_time_doubt(leaf->format);
	if (score == 0 && leaf->strings == leaf->n && leaf->words < leaf->n) {
		origin->doubt = "it is known by its values alone";
		return 45;
	}
	return score;
}

static int duration_score(const struct leaf *leaf, const struct name *name, int score,
                          struct guess_origin *origin)
{
	if (score == 0 || leaf->with_unit == leaf->n)
		return score;
	origin->unit_ns = name_unit(name);
	if (origin->unit_ns)
		return score;
	origin->unit_ns = leaf->counts == leaf->n && leaf->largest >= 100 ? 1000000 : 1000000000;
	origin->doubt = "the unit is guessed from the size of the numbers";
	return score - 5;
}

static int money_score(const struct leaf *leaf, const struct name *name, int score,
                       struct guess_origin *origin)
{
	origin->scale = name_scale(name);
	if (leaf->dollars)
		origin->pattern = "^\\$?([0-9.]+)$";
	return score;
}

/* A dimension has few values; what is different in every record is an id. */
static int label_score(const struct leaf *leaf, const struct field *field, int score,
                       struct guess_origin *origin)
{
	bool few = field->index == LABEL_FEATURE || field->index == LABEL_AGENT ||
	           field->index == LABEL_SERVICE || field->index == LABEL_TEAM;

	if (few && leaf->n >= 8 && leaf->distinct > leaf->n / 2 + 1)
		return 0;
	origin->hash = field->index == LABEL_API_KEY;
	return score;
}

int leaf_score(const struct leaf *leaf, const struct field *field, struct guess_origin *origin)
{
	struct name name;
	int score;

	*origin = (struct guess_origin){.path = leaf->path};
	if (!values_agree(leaf, field))
		return 0;
	name_split(leaf->path, &name);
	score = name_score(&name, field);
	if (field->kind == FIELD_TIME)
		score = time_score(leaf, score, origin);
	else if (field->kind == FIELD_DURATION)
		score = duration_score(leaf, &name, score, origin);
	else if (field->kind == FIELD_MONEY)
		score = money_score(leaf, &name, score, origin);
	else if (field->kind == FIELD_LABEL && field->index == LABEL_MODEL)
		score = model_score(leaf, score, origin);
	else if (field->kind == FIELD_LABEL)
		score = label_score(leaf, field, score, origin);
	if (score < GUESS_SURE && origin->doubt == NULL)
		origin->doubt = "the name tells little";
	return score;
}

/* ---- choosing ---- */

/* A choice of leaves for one field. */
struct choice {
	const struct leaves *l;
	const struct field *field;
	const bool *taken; /* leaves that are other fields */
	bool elements; /* the tokens stand in the elements of an array; else nothing else does */
	uint64_t covered[LEAF_RECORDS / 64];
};

static uint32_t new_records(const struct choice *c, const struct leaf *leaf)
{
	uint32_t n = 0;

	for (size_t i = 0; i < LEAF_RECORDS / 64; i++)
		n += (uint32_t)__builtin_popcountll(leaf->there[i] & ~c->covered[i]);
	return n;
}

static bool in_array(struct str path)
{
	return str_find(path, STR("[*]")) < path.n;
}

/* The best leaf that has values in records that have none as yet; LEAVES_MAX: there is none. */
static size_t best_leaf(const struct choice *c, struct guess_origin *origin)
{
	size_t best = LEAVES_MAX;
	int best_score = 0;

	for (size_t i = 0; i < c->l->n; i++) {
		const struct leaf *leaf = &c->l->v[i];
		uint32_t more = c->taken[i] ? 0 : new_records(c, leaf);
		struct guess_origin o;
		int score = more ? leaf_score(leaf, c->field, &o) : 0;

		if (score < GUESS_WORTH || (in_array(leaf->path) && !c->elements))
			continue;
		/* many records weigh as much as a good name; the shorter path of two equal ones */
		score = score * 4 + (int)((size_t)more * 80 / c->l->records) - (int)leaf->depth;
		if (in_array(leaf->path))
			score -= 40;
		if (score <= best_score)
			continue;
		best_score = score;
		best = i;
		*origin = o;
	}
	return best;
}

static void choose(struct guess *g, const struct leaves *l, const struct field *field, bool *taken)
{
	const struct guess_field *in = guess_field(g, FIELD_COUNT, COUNT_INPUT);
	const struct guess_field *tokens = in ? in : guess_field(g, FIELD_COUNT, COUNT_OUTPUT);
	struct choice c = {.l = l, .field = field, .taken = taken};
	struct guess_origin origin;

	c.elements = tokens == NULL || in_array(tokens->v[0].path);

	for (int i = 0; i < GUESS_ORIGINS; i++) {
		size_t best = best_leaf(&c, &origin);
		bool first = i == 0;

		if (best == LEAVES_MAX || (!first && origin.doubt))
			return;
		guess_add(g, field, origin);
		taken[best] = true;
		for (size_t k = 0; k < LEAF_RECORDS / 64; k++)
			c.covered[k] |= l->v[best].there[k];
	}
}

/* The numbers first: their names say most. `requested_model` before `model`, whose rules take it
 * too. */
static void choose_all(struct guess *g, const struct leaves *l)
{
	bool taken[LEAVES_MAX] = {false};

	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].kind == FIELD_COUNT && fields[i].index < COUNT_TOKENS)
			choose(g, l, &fields[i], taken);
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].kind == FIELD_DETAIL && fields[i].index == DETAIL_REQUESTED_MODEL)
			choose(g, l, &fields[i], taken);
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].kind != FIELD_COUNT && field_in(g, &fields[i]) == NULL)
			choose(g, l, &fields[i], taken);
}

static bool has_tokens(const struct guess *g)
{
	return guess_has(g, FIELD_COUNT, COUNT_INPUT) || guess_has(g, FIELD_COUNT, COUNT_OUTPUT);
}

static bool has_any_model(const struct guess *g)
{
	return guess_has(g, FIELD_LABEL, LABEL_MODEL) ||
	       guess_has(g, FIELD_DETAIL, DETAIL_REQUESTED_MODEL);
}

/* The place of a total of tokens. */
static struct str find_total(const struct leaves *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct leaf *leaf = &l->v[i];
		struct name name;

		name_split(leaf->path, &name);
		if (most(leaf->counts, leaf->n) && name_has(&name, "tokens token toks usage") &&
		    name_is_total(&name))
			return leaf->path;
	}
	return STR("");
}

/* Places of whole numbers that are no field, for a person who knows what they are. */
static struct str find_numbers(struct guess *g, const struct leaves *l)
{
	struct buf list = {0};
	struct str kept;
	int n = 0;

	for (size_t i = 0; i < l->n && n < NUMBERS_NAMED; i++) {
		const struct leaf *leaf = &l->v[i];

		if (!most(leaf->counts, leaf->n) || leaf->times || leaf->largest < 2 ||
		    str_eq(leaf->path, g->total))
			continue;
		buf_printf(&list, "%s%.*s", n++ ? ", " : "", STR_ARG(leaf->path));
	}
	kept = guess_keep(g, buf_view(&list));
	buf_free(&list);
	return kept;
}

/* The records of the first look that have numbers of tokens, or a model when none has. */
static size_t calls_among(const struct guess *g, const struct leaves *l, const struct str *records,
                          size_t n, struct str *calls)
{
	bool tokens = has_tokens(g);
	size_t found = 0;

	for (size_t r = 0; r < n && r < LEAF_RECORDS; r++) {
		bool is_call = false;

		for (size_t f = 0; f < g->fields_n && !is_call; f++) {
			const struct guess_field *field = &g->fields[f];
			bool tells = tokens ? field->field->kind == FIELD_COUNT
			                    : field->field->kind == FIELD_LABEL &&
			                              field->field->index == LABEL_MODEL;

			for (size_t o = 0; tells && o < field->n; o++)
				for (size_t i = 0; i < l->n; i++)
					is_call |= str_eq(l->v[i].path, field->v[o].path) &&
					           leaf_is_there(&l->v[i], r);
		}
		if (is_call)
			calls[found++] = records[r];
	}
	return found;
}

/* What lies in an array is a call for each element of it. */
static void settle_each(struct guess *g)
{
	const struct guess_field *in = guess_field(g, FIELD_COUNT, COUNT_INPUT);
	const struct guess_field *tokens = in ? in : guess_field(g, FIELD_COUNT, COUNT_OUTPUT);
	struct str each = tokens ? tokens->v[0].path : STR("");

	while (each.n && !str_ends(each, STR("[*]")))
		each.n--;
	if (each.n == 0)
		return;
	g->each = guess_keep(g, each);
	for (size_t f = 0; f < g->fields_n; f++) {
		for (size_t o = 0; o < g->fields[f].n; o++) {
			struct str *path = &g->fields[f].v[o].path;
			struct buf root = {0};

			if (str_starts(*path, g->each)) {
				*path = str_from(*path, g->each.n + 1);
				continue;
			}
			buf_puts(&root, "$.");
			buf_str(&root, *path);
			*path = guess_keep(g, buf_view(&root));
			buf_free(&root);
		}
	}
}

void guess_places(struct guess *g, const struct evidence *e, leaves_fn *leaves_of,
                  const struct str *records, size_t n)
{
	struct leaves l = {.evidence = e};
	struct str *calls = xcalloc(n + 1, sizeof(*calls));
	size_t calls_n;

	leaves_of(&l, records, n);
	choose_all(g, &l);
	if (has_tokens(g) || has_any_model(g)) {
		calls_n = calls_among(g, &l, records, n, calls);
		leaves_free(&l);
		l.evidence = e;
		g->fields_n = 0;
		leaves_of(&l, calls, calls_n);
		choose_all(g, &l);
		guess_meaning(g, find_total(&l), calls, calls_n);
		settle_each(g);
	}
	/* it has no price; it is named, so that a person can decide */
	if (!has_tokens(g)) {
		g->total = guess_keep(g, find_total(&l));
		g->numbers = find_numbers(g, &l);
	}
	leaves_free(&l);
	free(calls);
}
