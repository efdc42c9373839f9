/*
 * What costs beside the tokens. A resource is paid by time, from a day on, or by the units that a
 * log tells of; what has no meaning for the one or the other is a mistake, for it would be left out
 * silently.
 */
#include "agent/config/resources.h"

#include "agent/base/wide.h"
#include "parsers/date.h"
#include "parsers/number.h"

enum { COST_DIGITS = 9, QUANTITY_DIGITS = 6, QUANTITY_ONE = 1000000 };

bool resources_cost(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	int64_t *nano = &((struct resource_config *)into)->cost_nano;

	if (node->type != YAML_SCALAR || !number_decimal(node->text, COST_DIGITS, nano) ||
	    *nano < 0)
		return bind_expected(b, node, "USD such as 2.95");
	return bind_text(b, key, node, into);
}

bool resources_quantity(struct binder *b, const struct key *key, const struct yaml_node *node,
                        void *into)
{
	int64_t *quantity = bind_member(into, key->offset);

	if (node->type != YAML_SCALAR || !number_decimal(node->text, QUANTITY_DIGITS, quantity) ||
	    *quantity <= 0)
		return bind_expected(b, node, "a number above 0, such as 2 or 0.5");
	return true;
}

bool resources_date(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	struct err none = {0};
	struct zone *utc = zone_open("UTC", &none);
	int64_t time;
	bool good = node->type == YAML_SCALAR && date_parse(node->text, utc, &time);

	zone_free(&utc);
	if (!good)
		return bind_expected(b, node, "a date or an instant such as 2026-08-16T16:00:00Z");
	return bind_text(b, key, node, into);
}

bool resources_set(struct binder *b, const struct key *key, const struct yaml_node *node,
                   void *into)
{
	if (!bind_pairs(b, key, node, into))
		return false;
	for (size_t i = 0; node->type == YAML_MAP && i < node->n; i++) {
		const struct yaml_key *name = &node->keys[i];
		const struct field *field = field_find(name->text);

		if (field == NULL || field->kind != FIELD_LABEL || field->index == LABEL_MODEL ||
		    field->index == LABEL_KIND)
			return bind_fail(
				b, name->line,
				"`%.40s` cannot be set: provider, feature, user, agent, "
				"service, team, api_key, operation, service_tier or status "
				"was expected",
				name->text.p);
	}
	return true;
}

static bool missing(struct binder *b, int line, const char *name, const char *what)
{
	(void)bind_enter(b, "%s", name);
	return bind_fail(b, line, "required and not given: %s", what);
}

static bool is_before(struct zone *utc, const char *from, const char *until)
{
	int64_t begin = 0, end = 0;

	(void)date_parse(str_of(from), utc, &begin); /* both were checked where they were read */
	(void)date_parse(str_of(until), utc, &end);
	return begin < end;
}

static bool settle_time(struct binder *b, const struct resource_config *r)
{
	struct err none = {0};
	struct zone *utc = zone_open("UTC", &none);
	bool good = r->until == NULL || is_before(utc, r->from, r->until);

	zone_free(&utc);
	return good || bind_fail(b, r->place.line, "until: not later than from");
}

/* Nano-dollars of a whole hour, day or month. */
static bool settle_cost(struct binder *b, struct resource_config *r)
{
	const wide most = INT64_C(1000000000000000000);
	wide product = (wide)r->cost_nano * r->quantity;
	wide nano = product / QUANTITY_ONE, twice = product % QUANTITY_ONE * 2;

	nano += twice > QUANTITY_ONE || (twice == QUANTITY_ONE && nano % 2);
	if (nano > most)
		return bind_fail(b, r->place.line,
		                 "costs more than a thousand million dollars; is `cost` in USD?");
	r->period_nano = (int64_t)nano;
	return true;
}

static bool settle_units(struct binder *b, const struct resource_config *r)
{
	if (r->quantity != QUANTITY_ONE || r->until)
		return bind_fail(b, r->place.line,
		                 "per: unit has no quantity or until: the records of a source say "
		                 "how many units there were, and when");
	for (size_t i = 0; i < r->set_n; i++)
		if (strcmp(r->set[i].key, "provider") != 0)
			return bind_fail(b, r->set[i].place.line,
			                 "set: with per: unit only provider; the source of its "
			                 "records sets the others");
	return true;
}

static bool settle(struct binder *b, struct resource_config *r)
{
	int line = r->place.line;

	if (r->name == NULL)
		return missing(b, line, "name", "what reports show in the place of a model");
	if (strcmp(r->kind, "model") == 0)
		return bind_fail(b, line, "kind: `model` is that of model calls");
	if (r->cost == NULL)
		return missing(b, line, "cost", "USD for one of it");
	if (!r->per_given)
		return missing(b, line, "per", "hour, day, month or unit");
	if (r->per == PER_UNIT)
		return settle_units(b, r);
	if (r->from == NULL)
		return missing(b, line, "from", "the date from which on it is paid");
	return settle_time(b, r) && settle_cost(b, r);
}

bool resources_per(struct binder *b, const struct key *key, const struct yaml_node *node,
                   void *into)
{
	((struct resource_config *)into)->per_given = true;
	return bind_enum(b, key, node, into);
}

static bool read_resource(struct binder *b, const struct yaml_node *node, struct resource_config *r)
{
	*r = (struct resource_config){.place = bind_place(b, node->line)};
	bind_defaults(b, "resources[]", r);
	return bind_map(b, "resources[]", node, r) && settle(b, r);
}

bool resources_bind(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	struct config *c = into;

	if (node->type == YAML_NULL)
		return true;
	if (node->type != YAML_LIST)
		return bind_expected(b, node, key->type);
	if (node->n > CONFIG_LIST_MAX)
		return bind_fail(b, node->line, "more than %d entries", CONFIG_LIST_MAX);
	c->resources = arena_alloc(b->arena, node->n * sizeof(*c->resources));
	for (; c->resources_n < node->n; c->resources_n++) {
		size_t mark = bind_enter(b, "[%zu]", c->resources_n);

		if (!read_resource(b, &node->items[c->resources_n], &c->resources[c->resources_n]))
			return false;
		bind_leave(b, mark);
	}
	return true;
}
