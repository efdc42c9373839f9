/*
 * The machine that reads a map by the table of keys, and how values of each type are read. It knows
 * no key by name: what a key means is its row in keys.c.
 */
#include "agent/config/bind.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/zone.h"
#include "agent/config/keys.h"
#include "agent/config/nearest.h"
#include "agent/config/quantity.h"
#include "parsers/date.h"

/* ---- messages ---- */

bool bind_fail(struct binder *b, int line, const char *format, ...)
{
	struct buf place = {0};
	va_list args;
	char words[400];

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	buf_puts(&place, b->file);
	if (line)
		buf_printf(&place, ":%d", line);
	if (b->at.n)
		buf_printf(&place, ": %s", b->at.p);
	(void)err_set(b->err, "%s: %s", place.p, words);
	buf_free(&place);
	return false;
}

bool bind_expected(struct binder *b, const struct yaml_node *node, const char *what)
{
	switch (node->type) {
	case YAML_NULL:
		return bind_fail(b, node->line, "expected %s, found nothing", what);
	case YAML_LIST:
		return bind_fail(b, node->line, "expected %s, found a list", what);
	case YAML_MAP:
		return bind_fail(b, node->line, "expected %s, found a map", what);
	case YAML_SCALAR:
		break;
	}
	return bind_fail(b, node->line, "expected %s, found `%.80s`", what, node->text.p);
}

size_t bind_enter(struct binder *b, const char *format, ...)
{
	size_t mark = b->at.n;
	va_list args;
	char name[128];

	va_start(args, format);
	(void)vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (mark && name[0] != '[')
		buf_char(&b->at, '.');
	buf_puts(&b->at, name);
	return mark;
}

void bind_leave(struct binder *b, size_t mark)
{
	b->at.n = mark;
	b->at.p[mark] = '\0';
}

struct place bind_place(const struct binder *b, int line)
{
	return (struct place){b->file, line};
}

char *bind_copy(struct binder *b, struct str text)
{
	char *copy = arena_bytes(b->arena, text.n + 1);

	if (text.n)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return copy;
}

/* ---- maps by the table ---- */

/* The rest of a row's path behind `path`; NULL when the row lies elsewhere. */
static const char *rest_under(const struct key *key, const char *path)
{
	size_t n = strlen(path);

	if (n == 0)
		return key->path;
	return strncmp(key->path, path, n) == 0 && key->path[n] == '.' ? key->path + n + 1 : NULL;
}

/* The name of a row that lies directly under `path`; NULL when it lies elsewhere or deeper. */
static const char *name_under(const struct key *key, const char *path)
{
	const char *name = rest_under(key, path);

	return name && strpbrk(name, ".[") == NULL ? name : NULL;
}

static const struct key *find(const char *path, struct str name)
{
	for (const struct key *key = keys; key->path; key++) {
		const char *own = name_under(key, path);

		if (own && str_eq(str_of(own), name))
			return key;
	}
	return NULL;
}

static bool unknown(struct binder *b, const char *path, const struct yaml_key *written)
{
	struct nearest nearest;
	struct buf known = {0};

	nearest_start(&nearest, written->text);
	for (const struct key *key = keys; key->path; key++) {
		const char *name = name_under(key, path);

		if (name == NULL)
			continue;
		nearest_offer(&nearest, str_of(name));
		buf_printf(&known, "%s%s", known.n ? ", " : "", name);
	}
	if (nearest.name.n)
		(void)bind_fail(b, written->line, "unknown key `%.40s`; did you mean `%.*s`?",
		                written->text.p, STR_ARG(nearest.name));
	else
		(void)bind_fail(b, written->line, "unknown key `%.40s`; known here: %s",
		                written->text.p, known.p);
	buf_free(&known);
	return false;
}

bool bind_map(struct binder *b, const char *path, const struct yaml_node *map, void *into)
{
	bool ok = true;

	if (map->type == YAML_NULL)
		return true;
	if (map->type != YAML_MAP)
		return bind_expected(b, map, "a map of keys");
	for (size_t i = 0; ok && i < map->n; i++) {
		const struct key *key = find(path, map->keys[i].text);
		size_t mark = bind_enter(b, "%s", map->keys[i].text.p);

		ok = key ? key->bind(b, key, &map->items[i], into)
		         : unknown(b, path, &map->keys[i]);
		bind_leave(b, mark);
	}
	return ok;
}

void bind_defaults(struct binder *b, const char *path, void *into)
{
	for (const struct key *key = keys; key->path; key++) {
		struct yaml_node node = {.type = YAML_SCALAR, .text = str_of(key->fallback)};
		const char *rest = rest_under(key, path);
		bool ok;

		if (rest == NULL || strpbrk(rest, "[*") || key->fallback[0] == '\0')
			continue;
		ok = key->bind(b, key, &node, into);
		assert(ok); /* the table has a default that its own row refuses */
		(void)ok;
	}
}

bool bind_merged(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	return bind_map(b, key->path, node, into);
}

bool bind_section(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	bind_defaults(b, key->path, into);
	return bind_map(b, key->path, node, into);
}

/* ---- values ---- */

bool bind_value(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	if (node->type != YAML_SCALAR)
		return bind_expected(b, node, key->type);
	*(char **)bind_member(into, key->offset) = bind_copy(b, node->text);
	return true;
}

bool bind_text(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	if (node->type == YAML_SCALAR && node->text.n == 0)
		return bind_fail(b, node->line, "expected %s, found empty text", key->type);
	return bind_value(b, key, node, into);
}

bool bind_zone(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct err why = {0};
	struct zone *zone;

	if (!bind_text(b, key, node, into))
		return false;
	zone = zone_open(*(char **)bind_member(into, key->offset), &why);
	if (zone == NULL)
		return bind_fail(b, node->line, "%s", why.text);
	zone_free(&zone);
	return true;
}

bool bind_bool(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	bool yes = str_eq(node->text, STR("true"));

	if (node->type != YAML_SCALAR || node->quoted ||
	    (!yes && !str_eq(node->text, STR("false"))))
		return bind_expected(b, node, "true or false");
	*(bool *)bind_member(into, key->offset) = yes;
	return true;
}

bool bind_choice(struct binder *b, const struct key *key, const struct yaml_node *node,
                 size_t *index)
{
	struct str rest = str_of(key->type);

	if (node->type != YAML_SCALAR)
		return bind_expected(b, node, key->type);
	for (*index = 0; rest.n; (*index)++) {
		size_t bar = str_find(rest, STR("|"));

		if (str_eq(str_trim((struct str){rest.p, bar}), node->text))
			return true;
		rest = str_from(rest, bar + 1);
	}
	return bind_expected(b, node, key->type);
}

bool bind_word(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	size_t index;

	return bind_choice(b, key, node, &index) && bind_value(b, key, node, into);
}

bool bind_enum(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	size_t index = 0;
	unsigned value;

	if (!bind_choice(b, key, node, &index))
		return false;
	value = (unsigned)index;
	memcpy(bind_member(into, key->offset), &value, sizeof(value)); /* enums have its size */
	return true;
}

bool bind_duration(struct binder *b, const struct key *key, const struct yaml_node *node,
                   void *into)
{
	int64_t duration;

	if (node->type != YAML_SCALAR || !quantity_duration(node->text, &duration) || duration == 0)
		return bind_expected(b, node, "a duration such as 90 days, 10m or 250ms");
	*(int64_t *)bind_member(into, key->offset) = duration;
	return true;
}

bool bind_keep(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	int64_t *keep = bind_member(into, key->offset);

	if (node->type == YAML_SCALAR && str_eq(node->text, STR("forever")))
		*keep = KEEP_FOREVER;
	else if (node->type == YAML_SCALAR && str_eq(node->text, STR("none")))
		*keep = KEEP_NONE;
	else if (node->type != YAML_SCALAR || !quantity_duration(node->text, keep) || *keep == 0)
		return bind_expected(b, node, "a duration such as 90 days, forever or none");
	return true;
}

bool bind_keep_hourly(struct binder *b, const struct key *key, const struct yaml_node *node,
                      void *into)
{
	enum { LEAST_DAYS = 31 }; /* what reports and `top` ask for by the hour */
	const int64_t *keep = bind_member(into, key->offset);

	if (!bind_keep_some(b, key, node, into))
		return false;
	return *keep >= LEAST_DAYS * INT64_C(86400) * 1000000 ||
	       bind_expected(b, node, "a duration of 31 days or more, or forever");
}

bool bind_keep_some(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	if (node->type == YAML_SCALAR && str_eq(node->text, STR("none")))
		return bind_expected(b, node, "a duration such as 400 days, or forever");
	return bind_keep(b, key, node, into);
}

bool bind_start(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct err err = {0};
	struct zone *utc = zone_open("UTC", &err);
	int64_t *start = bind_member(into, key->offset);
	bool good = node->type == YAML_SCALAR;

	if (good && str_eq(node->text, STR("beginning")))
		*start = INT64_MIN;
	else if (good && str_eq(node->text, STR("end")))
		*start = START_END;
	else
		good = good && date_parse(node->text, utc, start);
	zone_free(&utc);
	return good || bind_expected(b, node, "beginning, end, or a date such as 2026-11-01");
}

static bool home_path(struct binder *b, const struct yaml_node *node, char **ret)
{
	const char *home = getenv("HOME");
	struct buf path = {0};

	if (!str_starts(node->text, STR("~/"))) {
		*ret = bind_copy(b, node->text);
		return true;
	}
	if (home == NULL || home[0] == '\0')
		return bind_fail(b, node->line, "`~/` means nothing here: HOME is not set");
	buf_puts(&path, home);
	buf_str(&path, str_from(node->text, 1));
	*ret = bind_copy(b, buf_view(&path));
	buf_free(&path);
	return true;
}

bool bind_file(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	if (node->type != YAML_SCALAR || node->text.n == 0)
		return bind_expected(b, node, key->type);
	return home_path(b, node, bind_member(into, key->offset));
}

bool bind_list(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	if (node->type != YAML_LIST)
		return bind_expected(b, node, key->type);
	*(const struct yaml_node **)bind_member(into, key->offset) = node;
	return true;
}

bool bind_items(struct binder *b, const struct yaml_node *node, const struct yaml_node **items,
                size_t *n)
{
	bool list = node->type == YAML_LIST;

	*items = list ? node->items : node;
	*n = list ? node->n : 1;
	return *n <= CONFIG_LIST_MAX ||
	       bind_fail(b, node->line, "more than %d entries", CONFIG_LIST_MAX);
}

typedef bool item_fn(struct binder *b, const struct yaml_node *node, char **ret);

static bool plain_item(struct binder *b, const struct yaml_node *node, char **ret)
{
	*ret = bind_copy(b, node->text);
	return true;
}

static bool list_of(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into, item_fn *item)
{
	const struct yaml_node *items;
	char **texts;
	size_t n;

	if (!bind_items(b, node, &items, &n))
		return false;
	texts = arena_alloc(b->arena, n * sizeof(*texts));
	for (size_t i = 0; i < n; i++) {
		if (items[i].type != YAML_SCALAR || items[i].text.n == 0)
			return bind_expected(b, &items[i], key->type);
		if (!item(b, &items[i], &texts[i]))
			return false;
	}
	*(char ***)bind_member(into, key->offset) = texts;
	*(size_t *)bind_member(into, key->offset_n) = n;
	return true;
}

bool bind_texts(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	return list_of(b, key, node, into, plain_item);
}

bool bind_files(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	return list_of(b, key, node, into, home_path);
}

static struct pair *pair_find(struct pair *pairs, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(pairs[i].key), name))
			return &pairs[i];
	return NULL;
}

bool bind_pairs(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct pair **member = bind_member(into, key->offset);
	size_t *n = bind_member(into, key->offset_n);
	size_t old = *n;
	struct pair *pairs;

	if (node->type == YAML_NULL)
		return true;
	if (node->type != YAML_MAP)
		return bind_expected(b, node, key->type);
	pairs = arena_alloc(b->arena, (old + node->n) * sizeof(*pairs));
	if (old)
		memcpy(pairs, *member, old * sizeof(*pairs));
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_key *name = &node->keys[i];
		const struct yaml_node *value = &node->items[i];
		struct pair *pair = pair_find(pairs, old, name->text);
		size_t mark = bind_enter(b, "%s", name->text.p);

		if (value->type != YAML_SCALAR)
			return bind_expected(b, value, "text");
		bind_leave(b, mark);
		if (pair == NULL)
			pair = &pairs[(*n)++];
		*pair = (struct pair){bind_copy(b, name->text), bind_copy(b, value->text),
		                      bind_place(b, name->line)};
	}
	*member = pairs;
	return true;
}
