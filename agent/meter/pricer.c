/*
 * The book is asked once for each name; after that a model is a look-up in a table of the names
 * seen. Names are written by strangers, so the table has a limit and starts anew behind it.
 */
#include "agent/meter/pricer.h"

#include <stdlib.h>

#include "agent/base/intern.h"
#include "agent/base/mem.h"
#include "agent/meter/cost.h"
#include "agent/meter/plan.h"

enum { SEEN_MAX = 16384 };

/* Names and their places in the book. */
struct seen {
	struct intern *names;
	const struct book_entry **entries; /* by number of the name */
	size_t room;
};

struct pricer {
	const struct book *book;
	struct seen models, pairs; /* pairs are of provider and model */
};

struct pricer *pricer_new(const struct book *book)
{
	struct pricer *p = xcalloc(1, sizeof(*p));

	p->book = book;
	p->models.names = intern_new();
	p->pairs.names = intern_new();
	return p;
}

void pricer_free(struct pricer **pp)
{
	struct pricer *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	intern_free(&p->models.names);
	intern_free(&p->pairs.names);
	free((void *)p->models.entries);
	free((void *)p->pairs.entries);
	free(p);
}

/* What was found for a name before, or the place where to put it: *is_new. */
static const struct book_entry **seen_entry(struct seen *seen, struct str name, bool *is_new)
{
	uint32_t known, id;

	if (intern_count(seen->names) == SEEN_MAX)
		intern_clear(seen->names);
	known = intern_count(seen->names);
	id = intern_id(seen->names, name);
	*is_new = id == known;
	if (*is_new)
		seen->entries = array_room((void *)seen->entries, id, &seen->room,
		                           sizeof(const struct book_entry *));
	return &seen->entries[id];
}

/* Where a model, or a model of a provider, stands in the book. */
static const struct book_entry *entry_of(struct pricer *p, const struct call *c)
{
	struct str model = c->label[LABEL_MODEL], provider = c->label[LABEL_PROVIDER];
	char pair[2 * LABEL_BYTES + 1];
	const struct book_entry **entry;
	bool is_new;

	if (provider.n == 0) {
		entry = seen_entry(&p->models, model, &is_new);
	} else {
		pair[0] = (char)provider.n; /* two pairs never make the same text: it is <= 256 */
		memcpy(pair + 1, provider.p, provider.n);
		memcpy(pair + 1 + provider.n, model.p, model.n);
		entry = seen_entry(&p->pairs, (struct str){pair, 1 + provider.n + model.n},
		                   &is_new);
	}
	if (is_new)
		*entry = book_find(p->book, provider, model);
	return *entry;
}

static void use_logged_cost(struct call *c)
{
	c->price = (struct str){0};
	c->cost = c->has_logged_cost ? c->logged_cost : 0;
	c->flags &= ~(unsigned)(CALL_UNPRICED | CALL_ESTIMATED);
	c->flags |= c->has_logged_cost ? CALL_COST_LOGGED : CALL_UNPRICED;
}

/* Whether a row is for calls like this one: a resource that has the name of a model must not give
 * the model's calls its price, which is of no tokens, nor a model's row a resource its own. */
static bool is_for(const struct price *price, const struct call *c)
{
	if (price->kind)
		return c->label[LABEL_KIND].n > 0;
	return c->count[COUNT_QUANTITY] == ABSENT || price->base.rate[RATE_UNIT] != RATE_NONE;
}

static bool compute_cost(struct pricer *p, struct call *c)
{
	const struct book_entry *entry = c->label[LABEL_MODEL].n ? entry_of(p, c) : NULL;
	const struct price *price = entry ? book_price(entry, c->time) : NULL;

	if (price == NULL || !is_for(price, c)) {
		c->flags |= CALL_UNPRICED;
		return true;
	}
	if (!cost_of(price, c, &c->cost))
		return false;
	c->price = str_of(price->key);
	if (c->label[LABEL_PROVIDER].n == 0)
		c->label[LABEL_PROVIDER] = str_of(price->provider);
	if (c->label[LABEL_KIND].n && price->kind)
		c->label[LABEL_KIND] = str_of(price->kind);
	if (book_entry_estimated(entry))
		c->flags |= CALL_ESTIMATED;
	return true;
}

bool pricer_price(struct pricer *p, enum cost_rule rule, struct call *c)
{
	if (!compute_cost(p, c))
		return false;
	if (rule == COST_LOGGED || (rule == COST_LOGGED_ELSE_COMPUTED && c->has_logged_cost))
		use_logged_cost(c);
	return true;
}

bool pricer_again(struct pricer *p, enum cost_rule rule, struct call *c)
{
	c->flags &= ~(unsigned)(CALL_UNPRICED | CALL_ESTIMATED | CALL_COST_LOGGED);
	c->cost = 0;
	c->price = STR("");
	return pricer_price(p, rule, c);
}

enum cost_rule cost_rule_of(const struct config *config, struct str source, unsigned flags)
{
	const struct source_config *s = config_source(config, source);

	if (s)
		return s->cost;
	return flags & CALL_COST_LOGGED ? COST_LOGGED_ELSE_COMPUTED : COST_COMPUTED;
}
