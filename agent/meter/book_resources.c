/*
 * Resources that are paid by the unit, as prices: an entry of the configuration is a row of own
 * prices that has a rate for units, so it is found, dated, explained and priced anew like any
 * other.
 */
#include <stdlib.h>

#include "agent/meter/book_row.h"

static const char *provider_of(const struct resource_config *c)
{
	return c->set_n ? c->set[0].value : OWN_PROVIDER;
}

static bool same_resource(const struct resource_config *a, const struct resource_config *b)
{
	return b->per == PER_UNIT && strcmp(a->name, b->name) == 0 &&
	       strcmp(provider_of(a), provider_of(b)) == 0;
}

/* The entry as a book would have it: {from: FROM, unit: COST}. */
static bool read_row(struct reader *r, const struct resource_config *c, const struct model *m,
                     struct price *ret)
{
	struct yaml_node values[] = {
		{.type = YAML_SCALAR, .line = c->place.line, .text = str_of(c->cost)},
		{.type = YAML_SCALAR, .line = c->place.line, .text = str_of(c->from)},
	};
	struct yaml_key names[] = {{STR("unit"), c->place.line}, {STR("from"), c->place.line}};
	struct yaml_node row = {.type = YAML_MAP,
	                        .line = c->place.line,
	                        .items = values,
	                        .keys = names,
	                        .n = c->from ? 2 : 1};

	if (!book_row(r, &row, m, (struct terms){0}, ret))
		return false;
	ret->kind = c->kind;
	return true;
}

/* All entries of one name are its rows, which follow each other in time. */
static bool read_rows(struct reader *r, const struct config *config, size_t first, struct model *m)
{
	m->prices = arena_alloc(r->arena, (config->resources_n - first) * sizeof(*m->prices));
	for (size_t i = first; i < config->resources_n; i++) {
		const struct resource_config *c = &config->resources[i];
		struct price *p = &m->prices[m->prices_n];

		if (!same_resource(&config->resources[first], c))
			continue;
		if (!read_row(r, c, m, p))
			return false;
		if (m->prices_n++ && p->from <= p[-1].from)
			return book_bad(r, p->place.line, "from",
			                "not later than the entry of the same name before");
	}
	return true;
}

static bool is_first(const struct config *config, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_resource(&config->resources[at], &config->resources[i]))
			return false;
	return true;
}

bool shelf_add_resources(struct shelf *s, const struct config *config, int layer, struct err *err)
{
	struct reader r = {.shelf = s, .arena = &s->arena, .layer = layer, .err = err};

	if (config->resources_n)
		r.file = book_copy(&r, str_of(config->file));
	for (size_t i = 0; i < config->resources_n; i++) {
		const struct resource_config *c = &config->resources[i];
		struct model m = {.layer = layer, .place = {r.file, c->place.line}};

		if (c->per != PER_UNIT || !is_first(config, i))
			continue;
		m.name = book_copy(&r, str_of(c->name));
		m.provider = book_copy(&r, provider_name(str_of(provider_of(c))));
		if (!read_rows(&r, config, i, &m))
			return false;
		s->models =
			array_room(s->models, s->models_n, &s->models_capacity, sizeof(*s->models));
		s->models[s->models_n++] = m;
	}
	return true;
}
