/*
 * Where fields come from and which records are looked at. Here it is checked that what is written
 * makes sense for the field it is written under; whether a path or regex is right is found when the
 * source is compiled, by the parser it is for.
 */
#include "agent/config/rules.h"

#include "agent/config/nearest.h"
#include "parsers/number.h"

/* Finer factors than 1e-12 are not to be told from 0. */
enum { SCALE_DIGITS = 12 };

/* ---- names of fields ---- */

static bool is_own_name(struct str name)
{
	if (name.n < 2 || name.p[0] != '_')
		return false;
	for (size_t i = 1; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_'))
			return false;
	}
	return true;
}

static bool unknown_field(struct binder *b, int line, struct str name)
{
	struct nearest nearest;

	nearest_start(&nearest, name);
	for (size_t i = 0; i < fields_n; i++)
		nearest_offer(&nearest, str_of(fields[i].name));
	if (nearest.name.n)
		return bind_fail(b, line, "unknown field `%.40s`; did you mean `%.*s`?", name.p,
		                 STR_ARG(nearest.name));
	return bind_fail(b, line,
	                 "unknown field `%.40s`; a name of your own begins with _ and has "
	                 "letters, digits and _",
	                 name.p);
}

/* ---- origins ---- */

bool rules_from(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	size_t index;

	if (!bind_choice(b, key, node, &index))
		return false;
	((struct origin *)into)->received = true;
	return true;
}

bool rules_unit(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	static const int64_t ns[] = {1000000000, 1000000, 1000, 1}; /* in the order of the type */
	size_t index;

	if (!bind_choice(b, key, node, &index))
		return false;
	((struct origin *)into)->unit_ns = ns[index];
	return true;
}

bool rules_scale(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	int64_t scale;

	if (node->type != YAML_SCALAR || !number_decimal(node->text, SCALE_DIGITS, &scale) ||
	    scale <= 0)
		return bind_expected(b, node, "a decimal factor above 0, such as 0.01");
	return bind_text(b, key, node, into);
}

#define KIND(kind)   (1u << (kind))
#define ANY_OWN_NAME (1u << 31) /* a name that begins with _ */

/* Whether a key beside the path can do anything for a field of this kind. */
static bool check_uses(struct binder *b, const struct rule *rule, const struct origin *origin)
{
	const struct {
		const char *key;
		bool given;
		unsigned kinds;
	} uses[] = {
		{"from", origin->received, KIND(FIELD_TIME)},
		{"format", origin->format != NULL, KIND(FIELD_TIME)},
		{"unit", origin->unit_ns != 0, KIND(FIELD_TIME) | KIND(FIELD_DURATION)},
		{"scale", origin->scale != NULL,
	         KIND(FIELD_COUNT) | KIND(FIELD_DURATION) | KIND(FIELD_MONEY)},
		{"sum", origin->sum != NULL, KIND(FIELD_COUNT) | KIND(FIELD_MONEY)},
		{"hash", origin->hash,
	         KIND(FIELD_LABEL) | KIND(FIELD_DETAIL) | KIND(FIELD_PROMPT) | ANY_OWN_NAME},
	};
	unsigned kind = rule->field ? KIND(rule->field->kind) : ANY_OWN_NAME;

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (uses[i].given && !(uses[i].kinds & kind))
			return bind_fail(b, origin->place.line, "`%s` has no meaning for %s",
			                 uses[i].key, rule->name);
	return true;
}

static bool check_origin(struct binder *b, const struct rule *rule, const struct origin *origin)
{
	int ways = (origin->path != NULL) + (origin->sum != NULL) + origin->received;

	if (ways > 1)
		return bind_fail(b, origin->place.line, "path, sum and from exclude each other");
	if (ways == 0 && origin->fallback == NULL)
		return bind_fail(b, origin->place.line,
		                 "one of path, sum, from, default is needed");
	if (origin->path == NULL && (origin->pattern || origin->map))
		return bind_fail(b, origin->place.line, "pattern and map need a `path` to work on");
	if (origin->path == NULL && origin->sum == NULL && origin->scale)
		return bind_fail(b, origin->place.line, "scale needs a `path` or `sum` to work on");
	return check_uses(b, rule, origin);
}

static bool read_origin(struct binder *b, const struct rule *rule, const struct yaml_node *node,
                        struct origin *origin)
{
	*origin = (struct origin){.place = bind_place(b, node->line)};
	if (node->type == YAML_SCALAR && node->text.n) {
		origin->path = bind_copy(b, node->text);
		return true;
	}
	if (node->type != YAML_MAP)
		return bind_expected(b, node,
		                     "a path, a map such as {path: P, default: V}, "
		                     "or a list of these");
	return bind_map(b, "sources[].fields.*", node, origin) && check_origin(b, rule, origin);
}

static bool read_origins(struct binder *b, const struct yaml_node *node, struct rule *rule)
{
	const struct yaml_node *items;
	size_t n;

	if (!bind_items(b, node, &items, &n))
		return false;
	if (n == 0)
		return bind_fail(b, node->line, "expected at least one path, found an empty list");
	rule->origins = arena_alloc(b->arena, n * sizeof(*rule->origins));
	rule->origins_n = n;
	for (size_t i = 0; i < n; i++) {
		size_t mark = b->at.n;

		if (node->type == YAML_LIST)
			mark = bind_enter(b, "[%zu]", i);
		if (!read_origin(b, rule, &items[i], &rule->origins[i]))
			return false;
		bind_leave(b, mark);
	}
	return true;
}

/* ---- fields and set ---- */

static bool read_rule(struct binder *b, const struct yaml_key *name, const struct yaml_node *node,
                      struct rule *rule)
{
	*rule = (struct rule){.field = field_find(name->text),
	                      .name = bind_copy(b, name->text),
	                      .place = bind_place(b, name->line)};
	if (rule->field == NULL && !is_own_name(name->text))
		return unknown_field(b, name->line, name->text);
	return read_origins(b, node, rule);
}

static struct rule *rule_find(struct source_config *s, struct str name)
{
	for (size_t i = 0; i < s->rules_n; i++)
		if (str_eq(str_of(s->rules[i].name), name))
			return &s->rules[i];
	return &s->rules[s->rules_n];
}

bool rules_fields(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct source_config *s = into;
	struct rule *rules;

	if (node->type == YAML_NULL)
		return true;
	if (node->type != YAML_MAP)
		return bind_expected(b, node, key->type);
	rules = arena_alloc(b->arena, (s->rules_n + node->n) * sizeof(*rules));
	if (s->rules_n)
		memcpy(rules, s->rules, s->rules_n * sizeof(*rules));
	s->rules = rules;
	for (size_t i = 0; i < node->n; i++) {
		size_t mark = bind_enter(b, "%s", node->keys[i].text.p);
		struct rule *rule = rule_find(s, node->keys[i].text);

		if (!read_rule(b, &node->keys[i], &node->items[i], rule))
			return false;
		if (rule == &s->rules[s->rules_n])
			s->rules_n++;
		bind_leave(b, mark);
	}
	return true;
}

bool rules_set(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	if (!bind_pairs(b, key, node, into))
		return false;
	for (size_t i = 0; node->type == YAML_MAP && i < node->n; i++) {
		const struct yaml_key *name = &node->keys[i];
		size_t mark = bind_enter(b, "%s", name->text.p);

		if (field_find(name->text) == NULL)
			return unknown_field(b, name->line, name->text);
		if (node->items[i].text.n == 0)
			return bind_expected(b, &node->items[i], "a constant");
		bind_leave(b, mark);
	}
	return true;
}

/* ---- only ---- */

bool rules_exists(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	((struct test_parts *)into)->exists_given = true;
	return bind_bool(b, key, node, into);
}

bool rules_not(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	if (node->type != YAML_MAP)
		return bind_expected(b, node, key->type);
	((struct test_parts *)into)->inner = node;
	return true;
}

static bool make_test(struct binder *b, const struct test_parts *parts, struct test *test)
{
	int given = (parts->pattern != NULL) + (parts->equals != NULL) + parts->exists_given;

	if (given != 1 || (parts->path == NULL && parts->pattern == NULL))
		return bind_fail(b, test->place.line,
		                 "expected {pattern: RE}, {path: P, equals: V}, "
		                 "{path: P, pattern: RE}, {path: P, exists: true} or {not: TEST}");
	test->path = parts->path;
	test->operand = parts->pattern ? parts->pattern : parts->equals;
	test->exists = parts->exists;
	if (parts->exists_given)
		test->kind = TEST_EXISTS;
	else if (parts->equals)
		test->kind = TEST_EQUALS;
	else
		test->kind = parts->path ? TEST_PATH_PATTERN : TEST_PATTERN;
	return true;
}

static bool read_test(struct binder *b, const struct yaml_node *node, struct test *test)
{
	*test = (struct test){.place = bind_place(b, node->line)};
	for (;;) {
		struct test_parts parts = {0};

		if (!bind_map(b, "sources[].only[]", node, &parts))
			return false;
		if (parts.inner == NULL)
			return make_test(b, &parts, test);
		if (node->n != 1)
			return bind_fail(b, node->line, "`not` stands alone: {not: TEST}");
		test->negate = !test->negate;
		node = parts.inner;
	}
}

bool rules_tests(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	const struct yaml_node *items;
	struct test *tests;
	size_t n;

	if (!bind_items(b, node, &items, &n))
		return false;
	tests = arena_alloc(b->arena, n * sizeof(*tests));
	*(struct test **)bind_member(into, key->offset) = tests;
	*(size_t *)bind_member(into, key->offset_n) = n;
	for (size_t i = 0; i < n; i++) {
		size_t mark = b->at.n;

		if (node->type == YAML_LIST)
			mark = bind_enter(b, "[%zu]", i);
		if (items[i].type != YAML_MAP)
			return bind_expected(b, &items[i], "a test such as {pattern: RE}");
		if (!read_test(b, &items[i], &tests[i]))
			return false;
		bind_leave(b, mark);
	}
	return true;
}
