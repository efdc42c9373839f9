/*
 * Compiling a source. Paths and groups are collected into slots while tests, patterns, fields and
 * dedupe keys are read; at the end the format compiles the list of paths. Every mistake names file,
 * line and key, as the configuration's own do.
 */
#include "agent/meter/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/meter/carried.h"
#include "agent/meter/source_build.h"

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
		if (!build_regex(b, c->patterns[i], c->pattern_places[i], key, &p->pattern))
			return false;
		b->s->patterns_n++;
		p->slots = xcalloc(pattern_groups(p->pattern), sizeof(*p->slots));
		p->limit_reason = JOINED("pattern limit in ", key);
		for (size_t g = 0; g < pattern_groups(p->pattern); g++)
			p->slots[g] =
				build_list_add(&b->groups, pattern_group_name(p->pattern, g),
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
	if (build_own_number(s, name) < 0)
		s->owns[s->owns_n++].name = name;
}

/* The place of a name's rule; rules_n: it has none, patterns capture it. */
static size_t rule_of(const struct source_config *c, const char *name)
{
	size_t i = 0;

	while (i < c->rules_n && strcmp(c->rules[i].name, name) != 0)
		i++;
	return i;
}

/* A name may be made of names that were written before it, so none is made of itself. */
static bool compile_own(struct build *b, size_t at)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;
	const struct rule *rule = &c->rules[at];

	for (size_t k = 0; k < rule->origins_n; k++) {
		const char *path = rule->origins[k].path;
		size_t other = path && path[0] == '_' ? rule_of(c, path) : c->rules_n;

		if (other >= at && other < c->rules_n)
			return build_mistake(b, rule->place, rule->name,
			                     "may only be made of names with _ that stand before "
			                     "it");
	}
	return build_rule(b, rule, &s->owns[build_own_number(s, str_of(rule->name))].getters);
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

		if (rule->field == NULL && !compile_own(b, i))
			return false;
	}
	for (size_t i = 0; i < s->owns_n; i++)
		build_add_group(b, &s->owns[i].getters, s->owns[i].name);
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
			good = build_rule(b, &c->rules[i], &plan->getters);
	if (good)
		build_add_group(b, &plan->getters, str_of(field->name));
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

static bool compile_test(struct build *b, const struct test *config, const char *key,
                         struct record_test *t)
{
	t->config = config;
	t->reason = test_reason(config);
	t->limit_reason = JOINED("pattern limit in ", t->reason);
	t->getter = (struct getter){.slot = -1, .own = -1};
	if ((config->kind == TEST_PATTERN || config->kind == TEST_PATH_PATTERN) &&
	    !build_regex(b, config->operand, config->place, key, &t->pattern))
		return false;
	return config->kind == TEST_PATTERN ||
	       build_named_getter(b, &t->getter, config->path, config->place, key);
}

static bool compile_tests(struct build *b)
{
	struct source *s = b->s;
	const struct source_config *c = s->config;

	s->tests = xcalloc(c->only_n, sizeof(*s->tests));
	for (size_t i = 0; i < c->only_n; i++)
		if (!compile_test(b, &c->only[i], "only", &s->tests[s->tests_n++]))
			return false;
	s->detect = xcalloc(c->detect_n, sizeof(*s->detect));
	for (size_t i = 0; i < c->detect_n; i++)
		if (!compile_test(b, &c->detect[i], "detect", &s->detect[s->detect_n++]))
			return false;
	return true;
}

/* ---- the literal ---- */

static void find_literal(struct source *s)
{
	if (s->carry_n) /* every record may hold what is carried */
		return;
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

static void settle_getter(const struct build *b, struct getter *g)
{
	const struct origin *o = g->origin;

	for (size_t i = 0; i < g->sum_n; i++)
		settle_getter(b, &g->sum[i]);
	if (g->slot < 0)
		return;
	g->slot = build_settled(b, g->slot);
	g->plain = o == NULL || (!o->pattern && !o->map_n && !o->fallback && !o->hash);
}

static void settle_getters(const struct build *b, struct getter *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		settle_getter(b, &v[i]);
}

static void settle(struct build *b)
{
	struct source *s = b->s;

	for (size_t i = 0; i < s->plans_n; i++)
		settle_getters(b, s->plans[i].getters.v, s->plans[i].getters.n);
	for (size_t i = 0; i < s->owns_n; i++)
		settle_getters(b, s->owns[i].getters.v, s->owns[i].getters.n);
	for (int i = 0; i < TEXTS; i++)
		settle_getters(b, s->texts[i].v, s->texts[i].n);
	settle_getters(b, s->dedupe, s->dedupe_n);
	settle_getters(b, s->join, s->join_n);
	settle_getters(b, s->cumulative, s->cumulative_n);
	for (size_t i = 0; i < s->tests_n; i++)
		settle_getter(b, &s->tests[i].getter);
	for (size_t i = 0; i < s->detect_n; i++)
		settle_getter(b, &s->detect[i].getter);
	for (size_t i = 0; i < s->patterns_n; i++)
		for (size_t g = 0; g < pattern_groups(s->patterns[i].pattern); g++)
			s->patterns[i].slots[g] =
				build_settled(b, s->patterns[i].slots[g] + GROUP_BASE);
}

static bool compile_paths(struct build *b, const struct path_list *list, struct paths **ret)
{
	struct err why = {0};

	*ret = b->s->format->compile(list->v, list->n, &why);
	for (size_t i = 0; *ret == NULL && i < list->n; i++) {
		struct err one = {0};
		struct paths *alone = b->s->format->compile(&list->v[i], 1, &one);

		if (alone == NULL)
			return build_mistake(b, list->asked[i].place, list->asked[i].key, one.text);
		b->s->format->free(&alone);
	}
	return *ret != NULL || build_mistake(b, b->s->config->place, "fields", why.text);
}

static bool finish_paths(struct build *b)
{
	struct source *s = b->s;

	s->element_n = b->element.n;
	for (size_t i = 0; i < OUTER_MAX; i++)
		s->outer_n += s->outer_ns[i] = b->outer[i].n;
	s->root_n = b->root.n;
	s->groups_n = b->groups.n;
	if (b->groups.n > b->captured)
		return build_mistake(b, b->groups.asked[b->captured].place,
		                     b->groups.v[b->captured].p,
		                     "no pattern has a group of this name");
	if (source_slots(s) > SLOTS_MAX)
		return build_mistake(b, s->config->place, "fields",
		                     "more than 512 paths and groups");
	settle(b);
	if (s->format == &format_text)
		return true;
	for (size_t i = 0; i < OUTER_MAX; i++)
		if (b->outer[i].n && !compile_paths(b, &b->outer[i], &s->outer_paths[i]))
			return false;
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
		return build_mistake(b, c->place, "format", "json, logfmt or text was expected");
	s->zone = zone_open(c->timezone, &why);
	if (s->zone == NULL)
		return build_mistake(b, c->place, "timezone", why.text);
	if (c->each == NULL)
		return true;
	if (s->format != &format_json)
		return build_mistake(b, c->place, "each", "needs format: json");
	s->walk = json_walk_new(str_of(c->each), &why);
	return s->walk != NULL || build_mistake(b, c->place, "each", why.text);
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
	s->start = config->start == START_END ? INT64_MIN : config->start;
	good = compile_start(&b) && compile_patterns(&b) && compile_owns(&b) &&
	       compile_fields(&b) && compile_tests(&b) && build_texts(&b) && build_keys(&b) &&
	       build_carry(&b) && finish_paths(&b);
	build_list_free(&b.element);
	for (size_t i = 0; i < OUTER_MAX; i++)
		build_list_free(&b.outer[i]);
	build_list_free(&b.root);
	build_list_free(&b.groups);
	if (good)
		find_literal(s);
	else
		source_free(&s);
	return s;
}

static void free_plans(struct source *s)
{
	for (size_t i = 0; s->plans && i < fields_n; i++) { /* half made ones too */
		build_free_getters(&s->plans[i].getters);
		free(s->plans[i].bad_reason);
		free(s->plans[i].limit_reason);
	}
	for (size_t i = 0; i < s->owns_n; i++)
		build_free_getters(&s->owns[i].getters);
	free(s->plans);
	free(s->owns);
}

static void free_tests(struct record_test *tests, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		pattern_free(&tests[i].pattern);
		free(tests[i].reason);
		free(tests[i].limit_reason);
	}
	free(tests);
}

static void free_matchers(struct source *s)
{
	free_tests(s->tests, s->tests_n);
	free_tests(s->detect, s->detect_n);
	for (size_t i = 0; i < s->patterns_n; i++) {
		pattern_free(&s->patterns[i].pattern);
		free(s->patterns[i].slots);
		free(s->patterns[i].limit_reason);
	}
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
	for (int i = 0; i < TEXTS; i++)
		free(s->texts[i].v);
	free(s->dedupe);
	free(s->join);
	free(s->cumulative);
	free((void *)s->until);
	free((void *)s->growing);
	free((void *)s->carry);
	free((void *)s->carry_names);
	for (size_t i = 0; i < OUTER_MAX; i++)
		if (s->outer_paths[i])
			s->format->free(&s->outer_paths[i]);
	if (s->element_paths)
		s->format->free(&s->element_paths);
	if (s->root_paths)
		s->format->free(&s->root_paths);
	json_walk_free(&s->walk);
	zone_free(&s->zone);
	free(s);
}

void source_start_at(struct source *s, int64_t time)
{
	s->start = time;
}

const char *source_name(const struct source *s)
{
	return s->config->name;
}

const struct source_config *source_configuration(const struct source *s)
{
	return s->config;
}

struct carried *source_carried(const struct source *s)
{
	return s->carry_n ? carried_new(s->carry_names, s->carry_n) : NULL;
}

bool source_remembers(const struct source *s)
{
	return s->join_n || s->cumulative_n;
}

struct str source_literal(const struct source *s)
{
	return s->literal;
}

const char *source_literal_reason(const struct source *s)
{
	return s->literal_reason;
}
