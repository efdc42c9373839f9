/*
 * A source is read in three layers into the same struct: the defaults of the table, the preset, the
 * source's own keys. Overriding is thus nothing but reading later; only `fields`, `set` and
 * `tokens`, whose readers keep what is there, merge.
 */
#include "agent/config/sources.h"

#include <stdlib.h>

#include "agent/config/keys.h"
#include "parsers/number.h"

static const char SOURCE[] = "sources[]";

bool sources_patterns(struct binder *b, const struct key *key, const struct yaml_node *node,
                      void *into)
{
	struct source_config *s = into;
	const struct yaml_node *items;
	size_t n;

	if (!bind_texts(b, key, node, into) || !bind_items(b, node, &items, &n))
		return false;
	s->pattern_places = arena_alloc(b->arena, n * sizeof(*s->pattern_places));
	for (size_t i = 0; i < n; i++)
		s->pattern_places[i] = bind_place(b, items[i].line);
	return true;
}

/*
 * A map that replaces a preset's as a whole; written without a value it takes the preset's away.
 * What the `required` counts count has to be given.
 */
static bool whole_section(struct binder *b, const struct key *key, const struct yaml_node *node,
                          void *into, size_t *const required[2], const char *what)
{
	*required[0] = *required[1] = 0;
	if (node->type == YAML_NULL)
		return true;
	if (!bind_section(b, key, node, into))
		return false;
	return (*required[0] && *required[1]) || bind_fail(b, node->line, "%s", what);
}

bool sources_estimate(struct binder *b, const struct key *key, const struct yaml_node *node,
                      void *into)
{
	struct source_config *s = into;

	s->estimate_input_n = s->estimate_output_n = 0;
	if (node->type == YAML_NULL)
		return true;
	if (!bind_section(b, key, node, into))
		return false;
	return s->estimate_input_n + s->estimate_output_n ||
	       bind_fail(b, node->line,
	                 "`input` or `output` is required: where the text stands that is measured");
}

/* A number of characters a token, in millionths. */
bool sources_characters(struct binder *b, const struct key *key, const struct yaml_node *node,
                        void *into)
{
	enum { DIGITS = 6, MOST = 100000000 };
	int64_t *characters = bind_member(into, key->offset);

	if (node->type != YAML_SCALAR || !number_decimal(node->text, DIGITS, characters) ||
	    *characters <= 0 || *characters > MOST)
		return bind_expected(b, node, "characters per token such as 4 or 3.5");
	return true;
}

bool sources_dedupe(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	struct source_config *s = into;

	return whole_section(b, key, node, into,
	                     (size_t *const[]){&s->dedupe_by_n, &s->dedupe_by_n},
	                     "`by` is required: what is equal in records of the same call");
}

bool sources_join(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct source_config *s = into;

	return whole_section(b, key, node, into, (size_t *const[]){&s->join_by_n, &s->join_until_n},
	                     "`by` and `until` are required: what is equal in the parts of a call, "
	                     "and the fields with which it is complete");
}

bool sources_cumulative(struct binder *b, const struct key *key, const struct yaml_node *node,
                        void *into)
{
	struct source_config *s = into;

	return whole_section(b, key, node, into,
	                     (size_t *const[]){&s->cumulative_by_n, &s->cumulative_fields_n},
	                     "`by` and `fields` are required: what a counter belongs to, and the "
	                     "fields that grow");
}

/* In the order of the enum. */
static const struct key envelope_names = {.type = "docker | cri | syslog | journald | prefix"};

bool sources_unwrap(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	struct source_config *s = into;
	const struct yaml_node *items;
	size_t n, index;

	(void)key;
	s->unwrap_n = 0;
	s->unwrap_auto = node->type == YAML_SCALAR && str_eq(node->text, STR("auto"));
	if (s->unwrap_auto || (node->type == YAML_SCALAR && str_eq(node->text, STR("none"))))
		return true;
	if (!bind_items(b, node, &items, &n))
		return false;
	if (n > UNWRAP_MAX)
		return bind_fail(b, node->line, "more than %d envelopes", UNWRAP_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!bind_choice(b, &envelope_names, &items[i], &index))
			return false;
		s->unwrap[s->unwrap_n++] = (enum envelope)index;
	}
	return true;
}

bool sources_copies(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	size_t index;

	if (!bind_choice(b, key, node, &index))
		return false;
	((struct source_config *)into)->copies_count = index == 1;
	return true;
}

/* ---- presets ---- */

enum { PRESETS_DEEP = 4 }; /* a preset on a preset on ... */

static bool apply_preset(struct binder *b, const char *name, int line, int depth,
                         struct source_config *s);

/* A preset may build on another one, whose keys are read first. */
static bool bind_preset(struct binder *b, const struct yaml_node *root, int depth,
                        struct source_config *s)
{
	static const char *const not_here[] = {"name", "paths"};
	const struct yaml_node *base = yaml_get(root, "preset");

	for (size_t i = 0; i < sizeof(not_here) / sizeof(not_here[0]); i++) {
		const struct yaml_node *node = yaml_get(root, not_here[i]);

		if (node)
			return bind_fail(b, node->line, "%s: not a key of a preset", not_here[i]);
	}
	if (base && base->type == YAML_SCALAR &&
	    !apply_preset(b, base->text.p, base->line, depth + 1, s))
		return false;
	return bind_map(b, SOURCE, root, s);
}

static bool apply_preset(struct binder *b, const char *name, int line, int depth,
                         struct source_config *s)
{
	struct binder inner = {.arena = b->arena, .err = b->err};
	struct err none = {0};
	struct yaml *yaml = NULL;
	struct buf text = {0};
	char *from = NULL;
	bool ok;

	if (depth > PRESETS_DEEP)
		return bind_fail(b, line, "presets build on each other in a circle");
	if (!preset_text(name, &text, &from, &none))
		return bind_fail(b, line, "%s", none.text);
	inner.file = bind_copy(b, str_of(from));
	yaml = yaml_parse(buf_view(&text), from, CONFIG_BYTES_MAX, false, b->err);
	ok = yaml && bind_preset(&inner, yaml_root(yaml), depth, s);
	yaml_close(&yaml);
	buf_free(&inner.at);
	buf_free(&text);
	free(from);
	return ok;
}

/* ---- a source ---- */

static bool missing(struct binder *b, int line, const char *name, const char *what)
{
	(void)bind_enter(b, "%s", name);
	return bind_fail(b, line, "required and not given: %s", what);
}

/* What is needed to read a record; whose files they are from is the caller's to know. */
static bool settle_format(struct binder *b, struct source_config *s)
{
	int line = s->place.line;

	if (s->rules_n == 0 && s->patterns_n == 0)
		return missing(b, line, "preset",
		               "a preset, or `fields` or `patterns` that say where the numbers "
		               "stand in a record");
	if (s->format == NULL)
		s->format = bind_copy(b, s->patterns_n ? STR("text") : STR("json"));
	if (strcmp(s->format, "text") == 0 && s->patterns_n == 0)
		return missing(b, line, "patterns", "with format text nothing else finds a field");
	return true;
}

static bool settle(struct binder *b, struct source_config *s)
{
	int line = s->place.line;

	if (s->rewritten && s->dedupe_by_n == 0)
		return missing(
			b, line, "dedupe",
			"what makes the records of a file that is read again the same calls");
	if (s->join_by_n && s->cumulative_by_n)
		return bind_fail(b, line,
		                 "join and cumulative in one source: its records are parts of "
		                 "calls or counters that grow, not both");
	if (s->rewritten && s->cumulative_by_n)
		return bind_fail(b, line,
		                 "rewritten and cumulative in one source: a value that comes again "
		                 "cannot be told from a counter that began anew");
	return settle_format(b, s);
}

static bool read_source(struct binder *b, const struct yaml_node *node, struct source_config *s)
{
	const struct yaml_node *preset = yaml_get(node, "preset");
	bool ok = true;

	*s = (struct source_config){.place = bind_place(b, node->line)};
	bind_defaults(b, SOURCE, s);
	if (preset && preset->type == YAML_SCALAR) {
		size_t mark = bind_enter(b, "preset");

		ok = apply_preset(b, preset->text.p, preset->line, 0, s);
		bind_leave(b, mark);
	}
	if (!ok || !bind_map(b, SOURCE, node, s))
		return false;
	if (s->name == NULL)
		return missing(b, node->line, "name", "what reports call the source");
	if (s->paths_n == 0)
		return missing(b, node->line, "paths", "files and globs to read");
	return settle(b, s);
}

static bool name_is_new(struct binder *b, const struct source_config *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(s[k].name, s[i].name) == 0) {
			(void)bind_enter(b, "name");
			return bind_fail(b, s[i].place.line,
			                 "`%.80s` is already the name of the source in line %d",
			                 s[i].name, s[k].place.line);
		}
	return true;
}

bool sources_bind(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct config *c = into;

	if (node->type == YAML_NULL)
		return true;
	if (node->type != YAML_LIST)
		return bind_expected(b, node, key->type);
	if (node->n > CONFIG_SOURCES_MAX)
		return bind_fail(b, node->line, "more than %d sources", CONFIG_SOURCES_MAX);
	c->sources = arena_alloc(b->arena, node->n * sizeof(*c->sources));
	for (size_t i = 0; i < node->n; i++) {
		size_t mark = bind_enter(b, "[%zu]", i);

		if (!read_source(b, &node->items[i], &c->sources[i]) ||
		    !name_is_new(b, c->sources, i))
			return false;
		bind_leave(b, mark);
		c->sources_n++;
	}
	return true;
}

bool sources_of_preset(struct binder *b, const char *preset, char *const *paths, size_t paths_n,
                       struct source_config *s)
{
	*s = (struct source_config){.place = bind_place(b, 0),
	                            .name = bind_copy(b, str_of(preset)),
	                            .preset = bind_copy(b, str_of(preset)),
	                            .paths = arena_alloc(b->arena, paths_n * sizeof(*s->paths)),
	                            .paths_n = paths_n};
	for (size_t i = 0; i < paths_n; i++)
		s->paths[i] = bind_copy(b, str_of(paths[i]));
	bind_defaults(b, SOURCE, s);
	if (!apply_preset(b, preset, 0, 0, s))
		return false;
	s->preset = bind_copy(b, str_of(preset)); /* not the one that it builds on */
	return settle(b, s);
}
