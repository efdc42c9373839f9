/*
 * Compiling a source. Paths and groups are collected into slots while tests, patterns, fields and
 * dedupe keys are read; at the end the format compiles the list of paths. Every mistake names file,
 * line and key, as the configuration's own do.
 */
#include "agent/meter/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/meter/plan.h"

/* Where the configuration asks for a path first. */
struct asked {
	struct place place;
	const char *key;
};

/* Paths of one kind, each text once. */
struct path_list {
	struct str *v;
	struct asked *asked;
	size_t n, room, asked_room;
};

struct build {
	struct source *s;
	struct path_list element, root, groups;
	size_t captured; /* groups that patterns have; a path of format text names one of them */
	struct err *err;
};

static bool mistake(struct build *b, struct place place, const char *key, const char *what)
{
	return err_set(b->err, "%s:%d: %s: %s", place.file ? place.file : "configuration",
	               place.line, key, what);
}

static int list_add(struct path_list *list, struct str text, struct asked asked)
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

static void list_free(struct path_list *list)
{
	free(list->v);
	free(list->asked);
}

/* Until all paths are known a slot is its number in its list, plus the base of that list. */
enum { ROOT_BASE = 10000, GROUP_BASE = 20000, KEY_BASE = 30000 };

static int slot_of_path(struct build *b, const char *path, struct asked asked)
{
	struct str text = str_of(path);

	if (b->s->format == &format_text)
		return GROUP_BASE + list_add(&b->groups, text, asked);
	if (b->s->walk == NULL)
		return list_add(&b->element, str_starts(text, STR("$.")) ? str_from(text, 2) : text,
		                asked);
	if (str_eq(text, STR("@key")))
		return KEY_BASE;
	if (str_starts(text, STR("$.")))
		return ROOT_BASE + list_add(&b->root, str_from(text, 2), asked);
	return list_add(&b->element, text, asked);
}

static int settled(const struct build *b, int slot)
{
	const struct source *s = b->s;

	if (slot >= KEY_BASE)
		return source_key_slot(s);
	if (slot >= GROUP_BASE)
		return slot - GROUP_BASE + (int)(s->element_n + s->root_n);
	if (slot >= ROOT_BASE)
		return slot - ROOT_BASE + (int)s->element_n;
	return slot;
}

/* ---- getters ---- */

static int own_number(const struct source *s, struct str name)
{
	for (size_t i = 0; i < s->owns_n; i++)
		if (str_eq(s->owns[i].name, name))
			return (int)i;
	return -1;
}

static bool compile_regex(struct build *b, const char *regex, struct place place, const char *key,
                          struct pattern **ret)
{
	struct err why = {0};

	*ret = pattern_new(str_of(regex), &why);
	return *ret != NULL || mistake(b, place, key, why.text);
}

/* A path, or a name of the user's own. */
static bool point_getter(struct build *b, struct getter *g, const char *path, struct place place,
                         const char *key)
{
	struct str text = str_of(path);

	g->slot = g->own = -1;
	g->from = path;
	if (text.n && text.p[0] == '_') {
		g->own = own_number(b->s, text);
		return g->own >= 0 ||
		       mistake(b, place, key, "no field or group of this name is set");
	}
	g->slot = slot_of_path(b, path, (struct asked){place, key});
	return true;
}

static bool compile_origin(struct build *b, const struct origin *o, const char *key,
                           struct getter *g)
{
	*g = (struct getter){.slot = -1, .own = -1, .from = o->received ? "the clock" : "default"};
	g->origin = o;
	if (o->path && !point_getter(b, g, o->path, o->place, key))
		return false;
	if (o->format && !timestamp_format_valid(o->format))
		return mistake(b, o->place, key, "format: holds a letter that is not known");
	if (o->pattern == NULL)
		return true;
	return compile_regex(b, o->pattern, o->place, key, &g->pattern) &&
	       (pattern_single_group(g->pattern, &g->group) ||
	        mistake(b, o->place, key, "pattern: exactly one group was expected"));
}

static bool compile_rule(struct build *b, const struct rule *rule, struct getters *ret)
{
	ret->v = xcalloc(rule->origins_n + 1, sizeof(*ret->v)); /* one more for a group */
	for (size_t i = 0; i < rule->origins_n; i++, ret->n++)
		if (!compile_origin(b, &rule->origins[i], rule->name, &ret->v[i]))
			return ret->n++, false; /* so that what is half made is freed */
	return true;
}

static void free_getters(struct getters *g)
{
	for (size_t i = 0; i < g->n; i++)
		pattern_free(&g->v[i].pattern);
	free(g->v);
}

/* A group that has the name of a field, or of one's own, is that field's last origin. */
static void add_group(struct build *b, struct getters *getters, struct str name)
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

/* ---- parts of a source ---- */

/* Parts until the first NULL, at most 60 bytes of each: reasons are shown to people. */
static char *joined(const char *const *parts)
{
	struct buf text = {0};

	for (; *parts; parts++)
		buf_printf(&text, "%.60s", *parts);
	return text.p;
}

#define JOINED(...) joined((const char *const[]){__VA_ARGS__, NULL})

static bool compile_patterns(struct build *b)
{
	const struct source_config *c = b->s->config;

	b->s->patterns = xcalloc(c->patterns_n, sizeof(*b->s->patterns));
	for (size_t i = 0; i < c->patterns_n; i++) {
		struct record_pattern *p = &b->s->patterns[i];
		char key[32];

		(void)snprintf(key, sizeof(key), "patterns[%zu]", i);
		if (!compile_regex(b, c->patterns[i], c->pattern_places[i], key, &p->pattern))
			return false;
		b->s->patterns_n++;
		p->slots = xcalloc(pattern_groups(p->pattern), sizeof(*p->slots));
		p->limit_reason = JOINED("pattern limit in ", key);
		for (size_t g = 0; g < pattern_groups(p->pattern); g++)
			p->slots[g] = list_add(&b->groups, pattern_group_name(p->pattern, g),
			                       (struct asked){c->pattern_places[i], "patterns"});
	}
	b->captured = b->groups.n;
	return true;
}

static bool is_own(struct str name)
{
	return name.n && name.p[0] == '_';
}

static void add_own(struct source *s, struct str name)
{
	if (own_number(s, name) < 0)
		s->owns[s->owns_n++].name = name;
}

/* Names come first, because any rule may use any name. */
static bool compile_owns(struct build *b)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;

	s->owns = xcalloc(c->rules_n + b->groups.n, sizeof(*s->owns));
	for (size_t i = 0; i < c->rules_n; i++)
		if (c->rules[i].field == NULL)
			add_own(s, str_of(c->rules[i].name));
	for (size_t i = 0; i < b->groups.n; i++)
		if (is_own(b->groups.v[i]))
			add_own(s, b->groups.v[i]);
	for (size_t i = 0; i < c->rules_n; i++) {
		const struct rule *rule = &c->rules[i];

		for (size_t k = 0; rule->field == NULL && k < rule->origins_n; k++)
			if (rule->origins[k].path && rule->origins[k].path[0] == '_')
				return mistake(b, rule->place, rule->name,
				               "may not be made of another name with _");
		if (rule->field == NULL &&
		    !compile_rule(b, rule, &s->owns[own_number(s, str_of(rule->name))].getters))
			return false;
	}
	for (size_t i = 0; i < s->owns_n; i++)
		add_group(b, &s->owns[i].getters, s->owns[i].name);
	return true;
}

static const char *bad_word(enum field_kind kind)
{
	return kind == FIELD_TIME ? "bad time in " : "bad number in ";
}

static const char *constant_of(const struct source_config *c, const struct field *field)
{
	for (size_t i = 0; i < c->set_n; i++)
		if (str_eq(str_of(c->set[i].key), str_of(field->name)))
			return c->set[i].value;
	return NULL;
}

static bool compile_field(struct build *b, const struct field *field)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;
	struct field_plan *plan = &s->plans[s->plans_n];
	bool good = true;

	plan->field = field;
	plan->constant = constant_of(c, field);
	for (size_t i = 0; good && i < c->rules_n; i++)
		if (c->rules[i].field == field)
			good = compile_rule(b, &c->rules[i], &plan->getters);
	if (good)
		add_group(b, &plan->getters, str_of(field->name));
	if (plan->constant == NULL && plan->getters.n == 0)
		return good;
	plan->bad_reason = JOINED(bad_word(field->kind), field->name);
	plan->limit_reason = JOINED("pattern limit in ", field->name);
	s->plans_n++;
	return good;
}

static bool compile_fields(struct build *b)
{
	b->s->plans = xcalloc(fields_n, sizeof(*b->s->plans));
	for (size_t i = 0; i < fields_n; i++)
		if (!compile_field(b, &fields[i]))
			return false;
	return true;
}

static char *test_reason(const struct test *t)
{
	const char *not = t->negate ? "not " : "";

	switch (t->kind) {
	case TEST_PATTERN:
		return JOINED("only: ", not, "pattern '", t->operand, "'");
	case TEST_EQUALS:
		return JOINED("only: ", not, t->path, " = ", t->operand);
	case TEST_PATH_PATTERN:
		return JOINED("only: ", not, t->path, " ~ '", t->operand, "'");
	case TEST_EXISTS:
		return JOINED("only: ", not, t->path, " exists: ", t->exists ? "true" : "false");
	}
	return NULL;
}

static bool compile_tests(struct build *b)
{
	const struct source_config *c = b->s->config;

	b->s->tests = xcalloc(c->only_n, sizeof(*b->s->tests));
	for (size_t i = 0; i < c->only_n; i++) {
		struct record_test *t = &b->s->tests[b->s->tests_n++];

		t->config = &c->only[i];
		t->reason = test_reason(t->config);
		t->limit_reason = JOINED("pattern limit in ", t->reason);
		t->getter = (struct getter){.slot = -1, .own = -1};
		if ((t->config->kind == TEST_PATTERN || t->config->kind == TEST_PATH_PATTERN) &&
		    !compile_regex(b, t->config->operand, t->config->place, "only", &t->pattern))
			return false;
		if (t->config->kind != TEST_PATTERN &&
		    !point_getter(b, &t->getter, t->config->path, t->config->place, "only"))
			return false;
	}
	return true;
}

/* The plan of a field; NULL: it is no field, or not set. */
static const struct field_plan *field_plan_of(const struct source *s, struct str name)
{
	for (size_t i = 0; i < s->plans_n; i++)
		if (str_eq(str_of(s->plans[i].field->name), name))
			return &s->plans[i];
	return NULL;
}

/* A field's name stands for all the ways to it; anything else is a path. */
static bool compile_dedupe(struct build *b)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;

	s->dedupe = xcalloc(c->dedupe_by_n, sizeof(*s->dedupe));
	for (size_t i = 0; i < c->dedupe_by_n; i++) {
		const struct field_plan *plan = field_plan_of(s, str_of(c->dedupe_by[i]));
		struct getter *g = &s->dedupe[s->dedupe_n++];

		*g = (struct getter){.slot = -1, .own = -1};
		if (plan && plan->getters.n)
			g->fields = &plan->getters;
		else if (!point_getter(b, g, c->dedupe_by[i], c->place, "dedupe.by"))
			return false;
	}
	return true;
}

/* ---- the literal ---- */

static void find_literal(struct source *s)
{
	for (size_t i = 0; i < s->tests_n; i++) {
		const struct record_test *t = &s->tests[i];
		struct str literal;

		if (t->config->kind != TEST_PATTERN || t->config->negate)
			continue;
		literal = pattern_literal(t->pattern);
		if (literal.n > s->literal.n) {
			s->literal = literal;
			s->literal_reason = t->reason;
		}
	}
	if (s->literal.n == 0 && s->format == &format_text && s->patterns_n == 1) {
		s->literal = pattern_literal(s->patterns[0].pattern);
		s->literal_reason = "no pattern matches";
	}
}

/* ---- putting it together ---- */

static void settle_getters(const struct build *b, struct getters *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct origin *o = g->v[i].origin;

		if (g->v[i].slot < 0)
			continue;
		g->v[i].slot = settled(b, g->v[i].slot);
		g->v[i].plain = o == NULL || (!o->pattern && !o->map_n && !o->fallback && !o->hash);
	}
}

static void settle(struct build *b)
{
	struct source *s = b->s;

	for (size_t i = 0; i < s->plans_n; i++)
		settle_getters(b, &s->plans[i].getters);
	for (size_t i = 0; i < s->owns_n; i++)
		settle_getters(b, &s->owns[i].getters);
	settle_getters(b, &(struct getters){s->dedupe, s->dedupe_n});
	for (size_t i = 0; i < s->tests_n; i++)
		settle_getters(b, &(struct getters){&s->tests[i].getter, 1});
	for (size_t i = 0; i < s->patterns_n; i++)
		for (size_t g = 0; g < pattern_groups(s->patterns[i].pattern); g++)
			s->patterns[i].slots[g] = settled(b, s->patterns[i].slots[g] + GROUP_BASE);
}

static bool compile_paths(struct build *b, const struct path_list *list, struct paths **ret)
{
	struct err why = {0};

	*ret = b->s->format->compile(list->v, list->n, &why);
	for (size_t i = 0; *ret == NULL && i < list->n; i++) {
		struct err one = {0};
		struct paths *alone = b->s->format->compile(&list->v[i], 1, &one);

		if (alone == NULL)
			return mistake(b, list->asked[i].place, list->asked[i].key, one.text);
		b->s->format->free(&alone);
	}
	return *ret != NULL || mistake(b, b->s->config->place, "fields", why.text);
}

static bool finish_paths(struct build *b)
{
	struct source *s = b->s;

	s->element_n = b->element.n;
	s->root_n = b->root.n;
	s->groups_n = b->groups.n;
	if (b->groups.n > b->captured)
		return mistake(b, b->groups.asked[b->captured].place, b->groups.v[b->captured].p,
		               "no pattern has a group of this name");
	if (source_slots(s) > SLOTS_MAX)
		return mistake(b, s->config->place, "fields", "more than 512 paths and groups");
	settle(b);
	if (s->format == &format_text)
		return true;
	return compile_paths(b, &b->element, &s->element_paths) &&
	       (s->walk == NULL || compile_paths(b, &b->root, &s->root_paths));
}

static bool compile_start(struct build *b)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;
	struct err why = {0};

	s->format = format_find(str_of(c->format));
	if (s->format == NULL)
		return mistake(b, c->place, "format", "json, logfmt or text was expected");
	s->zone = zone_open(c->timezone, &why);
	if (s->zone == NULL)
		return mistake(b, c->place, "timezone", why.text);
	if (c->each == NULL)
		return true;
	if (s->format != &format_json)
		return mistake(b, c->place, "each", "needs format: json");
	s->walk = json_walk_new(str_of(c->each), &why);
	return s->walk != NULL || mistake(b, c->place, "each", why.text);
}

struct source *source_new(const struct source_config *config, const struct book *book,
                          struct err *err)
{
	struct source *s = xcalloc(1, sizeof(*s));
	struct build b = {.s = s, .err = err};
	bool good;

	s->config = config;
	s->book = book;
	s->literal_reason = "";
	good = compile_start(&b) && compile_patterns(&b) && compile_owns(&b) &&
	       compile_fields(&b) && compile_tests(&b) && compile_dedupe(&b) && finish_paths(&b);
	list_free(&b.element);
	list_free(&b.root);
	list_free(&b.groups);
	if (good)
		find_literal(s);
	else
		source_free(&s);
	return s;
}

static void free_plans(struct source *s)
{
	for (size_t i = 0; s->plans && i < fields_n; i++) { /* half made ones too */
		free_getters(&s->plans[i].getters);
		free(s->plans[i].bad_reason);
		free(s->plans[i].limit_reason);
	}
	for (size_t i = 0; i < s->owns_n; i++)
		free_getters(&s->owns[i].getters);
	free(s->plans);
	free(s->owns);
}

static void free_matchers(struct source *s)
{
	for (size_t i = 0; i < s->tests_n; i++) {
		pattern_free(&s->tests[i].pattern);
		free(s->tests[i].reason);
		free(s->tests[i].limit_reason);
	}
	for (size_t i = 0; i < s->patterns_n; i++) {
		pattern_free(&s->patterns[i].pattern);
		free(s->patterns[i].slots);
		free(s->patterns[i].limit_reason);
	}
	free(s->tests);
	free(s->patterns);
}

void source_free(struct source **sp)
{
	struct source *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	free_plans(s);
	free_matchers(s);
	free(s->dedupe);
	if (s->element_paths)
		s->format->free(&s->element_paths);
	if (s->root_paths)
		s->format->free(&s->root_paths);
	json_walk_free(&s->walk);
	zone_free(&s->zone);
	free(s);
}

const char *source_name(const struct source *s)
{
	return s->config->name;
}

const struct source_config *source_configuration(const struct source *s)
{
	return s->config;
}

struct str source_literal(const struct source *s)
{
	return s->literal;
}

const char *source_literal_reason(const struct source *s)
{
	return s->literal_reason;
}
