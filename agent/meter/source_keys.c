/*
 * What makes records one call, and what is remembered between them: the keys of dedupe, join and
 * cumulative, and the fields that are carried.
 */
#include "agent/meter/source_build.h"

/* The ways to the parts of a key, such as dedupe.by. */
static bool compile_key(struct build *b, char *const *by, size_t n, const char *key,
                        struct getter **ret, size_t *ret_n)
{
	*ret = xcalloc(n, sizeof(**ret));
	for (*ret_n = 0; *ret_n < n; ++*ret_n)
		if (!build_named_getter(b, &(*ret)[*ret_n], by[*ret_n], b->s->config->place, key))
			return false;
	return true;
}

/* Names of fields that the source sets. */
static bool compile_names(struct build *b, char *const *names, size_t n, const char *key,
                          const struct field ***ret, size_t *ret_n)
{
	*ret = xcalloc(n, sizeof(**ret));
	for (*ret_n = 0; *ret_n < n; ++*ret_n) {
		const struct field_plan *plan = build_plan_of(b->s, str_of(names[*ret_n]));

		if (plan == NULL)
			return build_mistake(b, b->s->config->place, key,
			                     "a field that this source sets was expected");
		(*ret)[*ret_n] = plan->field;
	}
	return true;
}

bool build_keys(struct build *b)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;

	if (!compile_key(b, c->dedupe_by, c->dedupe_by_n, "dedupe.by", &s->dedupe, &s->dedupe_n) ||
	    !compile_key(b, c->join_by, c->join_by_n, "join.by", &s->join, &s->join_n) ||
	    !compile_key(b, c->cumulative_by, c->cumulative_by_n, "cumulative.by", &s->cumulative,
	                 &s->cumulative_n) ||
	    !compile_names(b, c->join_until, c->join_by_n ? c->join_until_n : 0, "join.until",
	                   &s->until, &s->until_n) ||
	    !compile_names(b, c->cumulative_fields, c->cumulative_by_n ? c->cumulative_fields_n : 0,
	                   "cumulative.fields", &s->growing, &s->growing_n))
		return false;
	for (size_t i = 0; i < s->growing_n; i++)
		if (s->growing[i]->kind != FIELD_COUNT && s->growing[i]->kind != FIELD_MONEY)
			return build_mistake(b, c->place, "cumulative.fields",
			                     "only counts and logged_cost can grow");
	return true;
}

/* The ways to a field or to a name of the user's own; NULL: this source has none of that name. */
static struct getters *getters_of(const struct source *s, struct str name)
{
	struct field_plan *plan = build_plan_of(s, name);
	int own = build_own_number(s, name);

	if (plan && plan->field->kind != FIELD_PROMPT && plan->getters.n)
		return &plan->getters;
	return own >= 0 ? &s->owns[own].getters : NULL;
}

bool build_carry(struct build *b)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;

	s->carry = xcalloc(c->carry_n, sizeof(*s->carry));
	s->carry_names = xcalloc(c->carry_n, sizeof(*s->carry_names));
	for (size_t i = 0; i < c->carry_n; i++) {
		struct getters *getters = getters_of(s, str_of(c->carry[i]));

		if (getters == NULL)
			return build_mistake(b, c->place, "carry",
			                     "a field (not prompt) or a name with _ that this "
			                     "source reads was expected");
		if (getters->carry)
			continue; /* named twice */
		s->carry_names[s->carry_n] = c->carry[i];
		s->carry[s->carry_n++] = getters;
		getters->carry = s->carry_n;
	}
	return true;
}
