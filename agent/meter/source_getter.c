/*
 * What a configuration names, a path, a group or a name of the user's own, to where its value will
 * be found. Each path is entered once, whoever asks for it.
 */
#include <stdlib.h>

#include "agent/meter/source_build.h"

bool build_mistake(struct build *b, struct place place, const char *key, const char *what)
{
	return err_set(b->err, "%s:%d: %s: %s", place.file ? place.file : "configuration",
	               place.line, key, what);
}

int build_list_add(struct path_list *list, struct str text, struct asked asked)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], text))
			return (int)i;
	list->v = array_room(list->v, list->n, &list->room, sizeof(*list->v));
	list->asked = array_room(list->asked, list->n, &list->asked_room, sizeof(*list->asked));
	list->asked[list->n] = asked;
	list->v[list->n] = text;
	return (int)list->n++;
}

void build_list_free(struct path_list *list)
{
	free(list->v);
	free(list->asked);
}

/* `^.a` starts at the element around the element, `^^.a` at the one around that. 0: it does not. */
static size_t steps_out(struct str path)
{
	size_t n = 0;

	while (n < path.n && path.p[n] == '^')
		n++;
	return n < path.n && path.p[n] == '.' ? n : 0;
}

/* -1: the path starts where there is nothing. */
static int slot_of_path(struct build *b, const char *path, struct asked asked)
{
	struct str text = str_of(path);
	size_t out = steps_out(text);

	if (b->s->format == &format_text)
		return GROUP_BASE + build_list_add(&b->groups, text, asked);
	if (b->s->walk == NULL)
		return build_list_add(
			&b->element, str_starts(text, STR("$.")) ? str_from(text, 2) : text, asked);
	if (str_eq(text, STR("@key")))
		return KEY_BASE;
	if (str_starts(text, STR("$.")))
		return ROOT_BASE + build_list_add(&b->root, str_from(text, 2), asked);
	if (out == 0)
		return build_list_add(&b->element, text, asked);
	if (out > json_walk_depth(b->s->walk) || out > OUTER_MAX)
		return -1;
	return OUTER_BASE + (int)(out - 1) * LIST_ROOM +
	       build_list_add(&b->outer[out - 1], str_from(text, out + 1), asked);
}

/* Of a path that starts at an element around the element. */
static int settled_outer(const struct source *s, int slot)
{
	int level = slot / LIST_ROOM;

	slot = slot % LIST_ROOM + (int)s->element_n;
	for (int i = 0; i < level; i++)
		slot += (int)s->outer_ns[i];
	return slot;
}

int build_settled(const struct build *b, int slot)
{
	const struct source *s = b->s;

	if (slot >= OUTER_BASE)
		return settled_outer(s, slot - OUTER_BASE);
	if (slot >= KEY_BASE)
		return source_key_slot(s);
	if (slot >= GROUP_BASE)
		return slot - GROUP_BASE + (int)(source_root_slot(s) + s->root_n);
	if (slot >= ROOT_BASE)
		return slot - ROOT_BASE + (int)source_root_slot(s);
	return slot;
}

int build_own_number(const struct source *s, struct str name)
{
	for (size_t i = 0; i < s->owns_n; i++)
		if (str_eq(s->owns[i].name, name))
			return (int)i;
	return -1;
}

bool build_regex(struct build *b, const char *regex, struct place place, const char *key,
                 struct pattern **ret)
{
	struct err why = {0};

	*ret = pattern_new(str_of(regex), &why);
	return *ret != NULL || build_mistake(b, place, key, why.text);
}

bool build_point_getter(struct build *b, struct getter *g, const char *path, struct place place,
                        const char *key)
{
	struct str text = str_of(path);

	g->slot = g->own = -1;
	g->from = path;
	if (text.n && text.p[0] == '_') {
		g->own = build_own_number(b->s, text);
		return g->own >= 0 ||
		       build_mistake(b, place, key, "no field or group of this name is set");
	}
	g->slot = slot_of_path(b, path, (struct asked){place, key});
	return g->slot >= 0 || build_mistake(b, place, key,
	                                     "no element of `each` lies so far out; one ^ for each "
	                                     "[*] or .* before the last");
}

struct field_plan *build_plan_of(const struct source *s, struct str name)
{
	for (size_t i = 0; i < s->plans_n; i++)
		if (str_eq(str_of(s->plans[i].field->name), name))
			return &s->plans[i];
	return NULL;
}

static bool compile_texts(struct build *b, char *const *paths, size_t n, const char *key,
                          struct getters *ret)
{
	ret->v = xcalloc(n, sizeof(*ret->v));
	for (; ret->n < n; ret->n++)
		if (!build_point_getter(b, &ret->v[ret->n], paths[ret->n], b->s->config->place,
		                        key))
			return false;
	return true;
}

bool build_texts(struct build *b)
{
	const struct source_config *c = b->s->config;
	struct getters *texts = b->s->texts;

	return compile_texts(b, c->estimate_input, c->estimate_input_n, "estimate.input",
	                     &texts[TEXT_INPUT]) &&
	       compile_texts(b, c->estimate_output, c->estimate_output_n, "estimate.output",
	                     &texts[TEXT_OUTPUT]);
}

bool build_named_getter(struct build *b, struct getter *g, const char *name, struct place place,
                        const char *key)
{
	const struct field_plan *plan = build_plan_of(b->s, str_of(name));

	*g = (struct getter){.slot = -1, .own = -1, .from = name};
	if (plan == NULL || plan->getters.n == 0)
		return build_point_getter(b, g, name, place, key);
	g->fields = &plan->getters;
	return true;
}

static bool compile_sum(struct build *b, const struct origin *o, const char *key, struct getter *g)
{
	g->sum = xcalloc(o->sum_n, sizeof(*g->sum));
	g->from = "sum";
	for (; g->sum_n < o->sum_n; g->sum_n++)
		if (!build_point_getter(b, &g->sum[g->sum_n], o->sum[g->sum_n], o->place, key))
			return false;
	return true;
}

static bool compile_origin(struct build *b, const struct origin *o, const char *key,
                           struct getter *g)
{
	*g = (struct getter){.slot = -1, .own = -1, .from = o->received ? "the clock" : "default"};
	g->origin = o;
	if (o->path && !build_point_getter(b, g, o->path, o->place, key))
		return false;
	if (o->sum && !compile_sum(b, o, key, g))
		return false;
	if (o->format && !timestamp_format_valid(o->format))
		return build_mistake(b, o->place, key, "format: holds a letter that is not known");
	if (o->pattern == NULL)
		return true;
	return build_regex(b, o->pattern, o->place, key, &g->pattern) &&
	       (pattern_single_group(g->pattern, &g->group) ||
	        build_mistake(b, o->place, key, "pattern: exactly one group was expected"));
}

bool build_rule(struct build *b, const struct rule *rule, struct getters *ret)
{
	ret->v = xcalloc(rule->origins_n + 1, sizeof(*ret->v)); /* one more for a group */
	for (size_t i = 0; i < rule->origins_n; i++, ret->n++)
		if (!compile_origin(b, &rule->origins[i], rule->name, &ret->v[i]))
			return ret->n++, false; /* so that what is half made is freed */
	return true;
}

void build_free_getters(struct getters *g)
{
	for (size_t i = 0; i < g->n; i++) {
		pattern_free(&g->v[i].pattern);
		free(g->v[i].sum);
	}
	free(g->v);
}

void build_add_group(struct build *b, struct getters *getters, struct str name)
{
	for (size_t i = 0; i < b->groups.n; i++) {
		if (!str_eq(b->groups.v[i], name))
			continue;
		if (getters->v == NULL)
			getters->v = xcalloc(1, sizeof(*getters->v));
		getters->v[getters->n++] =
			(struct getter){.slot = GROUP_BASE + (int)i, .own = -1, .from = "pattern"};
	}
}
