/*
 * libyaml gives events; this makes a tree of them, without recursion: the open lists and maps are a
 * small stack whose height is the limit of nesting. Everything of the tree lies in one arena, so
 * that a half-built tree is freed like a whole one.
 */
#include "agent/config/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/config/config.h"

struct yaml {
	struct arena arena;
	char *name;
	struct yaml_node root;
};

struct builder {
	yaml_parser_t parser;
	struct yaml *y;
	bool expand;
	struct err *err;
	struct yaml_node *open[CONFIG_DEPTH_MAX]; /* lists and maps begun and not yet ended */
	int depth;
	bool have_key; /* of the innermost map; its value is next */
	bool done;     /* the root is complete */
};

__attribute__((format(printf, 3, 4))) static bool fail(struct builder *b, int line,
                                                       const char *format, ...)
{
	struct buf text = {0};
	va_list args;
	char words[256];

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	buf_printf(&text, "%s:%d: %s", b->y->name, line, words);
	(void)err_set(b->err, "%s", text.p);
	buf_free(&text);
	return false;
}

static int line_of(const yaml_event_t *event)
{
	return (int)event->start_mark.line + 1;
}

/* Room for item n of an array in the arena, which doubles by moving: what it leaves behind is at
 * most as much again. */
static void *room(struct arena *a, void *items, size_t n, size_t size)
{
	void *larger;

	if (n != 0 && (n & (n - 1)) != 0)
		return items;
	larger = arena_alloc(a, (n ? n * 2 : 1) * size);
	if (n)
		memcpy(larger, items, n * size);
	return larger;
}

static struct str arena_text(struct arena *a, struct str text)
{
	char *copy = arena_bytes(a, text.n + 1);

	if (text.n)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return (struct str){copy, text.n};
}

static bool is_name(char c, bool first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

/* The length of the name in "NAME}...", 0 when that is not what stands there. */
static size_t name_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_name(s.p[n], n == 0))
		n++;
	return n < s.n && s.p[n] == '}' ? n : 0;
}

/* `${NAME}` becomes the environment's value; any other $ stays, for it is usually a regex's. */
static bool expand(struct builder *b, int line, struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t n = text.p[i] == '$' && i + 1 < text.n && text.p[i + 1] == '{'
		                   ? name_length(str_from(text, i + 2))
		                   : 0;
		char *name;
		const char *value;

		if (n == 0) {
			buf_char(out, text.p[i]);
			continue;
		}
		name = str_dup((struct str){text.p + i + 2, n});
		value = getenv(name);
		if (value)
			buf_puts(out, value);
		else
			(void)fail(b, line, "${%s} is not set in the environment", name);
		free(name);
		if (value == NULL)
			return false;
		i += n + 2;
	}
	return true;
}

/* What YAML means by nothing at all. */
static bool is_null(struct str text)
{
	return text.n == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null")) ||
	       str_eq(text, STR("Null")) || str_eq(text, STR("NULL"));
}

static bool scalar_text(struct builder *b, const yaml_event_t *event, bool expanded,
                        struct str *ret)
{
	struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct buf value = {0};
	bool ok = true;

	if (expanded)
		ok = expand(b, line_of(event), text, &value);
	else
		buf_str(&value, text);
	if (ok && value.n > CONFIG_STRING_MAX)
		ok = fail(b, line_of(event), "a value of more than %d bytes", CONFIG_STRING_MAX);
	if (ok && value.n && memchr(value.p, '\0', value.n))
		ok = fail(b, line_of(event), "a value with a NUL in it");
	if (ok)
		*ret = arena_text(&b->y->arena, buf_view(&value));
	buf_free(&value);
	return ok;
}

/* Where the next value goes. NULL: a limit is passed. */
static struct yaml_node *new_node(struct builder *b, int line)
{
	struct yaml_node *parent, *node;

	if (b->depth == 0) {
		node = &b->y->root;
	} else {
		parent = b->open[b->depth - 1];
		if (parent->n == CONFIG_MAP_MAX) {
			(void)fail(b, line, "more than %d entries", CONFIG_MAP_MAX);
			return NULL;
		}
		parent->items =
			room(&b->y->arena, parent->items, parent->n, sizeof(*parent->items));
		node = &parent->items[parent->n++];
	}
	*node = (struct yaml_node){.line = line, .text = STR("")};
	return node;
}

static bool wants_key(const struct builder *b)
{
	return b->depth && b->open[b->depth - 1]->type == YAML_MAP && !b->have_key;
}

static bool take_key(struct builder *b, const yaml_event_t *event)
{
	struct yaml_node *map = b->open[b->depth - 1];
	struct str text;

	if (!scalar_text(b, event, false, &text))
		return false;
	map->keys = room(&b->y->arena, map->keys, map->n, sizeof(*map->keys));
	map->keys[map->n] = (struct yaml_key){text, line_of(event)};
	b->have_key = true;
	return true;
}

static void value_complete(struct builder *b)
{
	b->have_key = false;
	b->done = b->depth == 0;
}

static bool take_scalar(struct builder *b, const yaml_event_t *event)
{
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct str raw = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct yaml_node *node;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return fail(b, line_of(event), "anchors and tags are not used here");
	if (wants_key(b))
		return take_key(b, event);
	node = new_node(b, line_of(event));
	if (node == NULL)
		return false;
	node->quoted = !plain;
	node->type = plain && is_null(raw) ? YAML_NULL : YAML_SCALAR;
	if (!scalar_text(b, event, b->expand, &node->text))
		return false;
	value_complete(b);
	return true;
}

static bool take_start(struct builder *b, const yaml_event_t *event)
{
	bool list = event->type == YAML_SEQUENCE_START_EVENT;
	const yaml_char_t *anchor =
		list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
	const yaml_char_t *tag =
		list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
	struct yaml_node *node;

	if (anchor || tag)
		return fail(b, line_of(event), "anchors and tags are not used here");
	if (wants_key(b))
		return fail(b, line_of(event), "a key must be plain text, not a list or map");
	if (b->depth == CONFIG_DEPTH_MAX)
		return fail(b, line_of(event), "nested more than %d deep", CONFIG_DEPTH_MAX);
	node = new_node(b, line_of(event));
	if (node == NULL)
		return false;
	node->type = list ? YAML_LIST : YAML_MAP;
	b->open[b->depth++] = node;
	b->have_key = false;
	return true;
}

static int by_text_then_line(const void *a, const void *b)
{
	const struct yaml_key *x = *(const struct yaml_key *const *)a;
	const struct yaml_key *y = *(const struct yaml_key *const *)b;
	int order = str_cmp(x->text, y->text);

	return order ? order : (x > y) - (x < y);
}

static bool keys_differ(struct builder *b, const struct yaml_node *map)
{
	const struct yaml_key **sorted = xcalloc(map->n, sizeof(const struct yaml_key *));
	bool ok = true;

	for (size_t i = 0; i < map->n; i++)
		sorted[i] = &map->keys[i];
	qsort(sorted, map->n, sizeof(const struct yaml_key *), by_text_then_line);
	for (size_t i = 1; ok && i < map->n; i++)
		if (str_eq(sorted[i - 1]->text, sorted[i]->text))
			ok = fail(b, sorted[i]->line, "%.*s: given twice, first in line %d",
			          STR_ARG(sorted[i]->text), sorted[i - 1]->line);
	free(sorted);
	return ok;
}

static bool take_end(struct builder *b)
{
	struct yaml_node *node = b->open[--b->depth];

	if (node->type == YAML_MAP && !keys_differ(b, node))
		return false;
	value_complete(b);
	return true;
}

static bool take(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return !b->done || fail(b, line_of(event), "a second YAML document");
	case YAML_ALIAS_EVENT:
		return fail(b, line_of(event), "aliases (*name) are not used here");
	case YAML_SCALAR_EVENT:
		return take_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return take_start(b, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return take_end(b);
	default: /* stream start and end, document end */
		return true;
	}
}

static bool broken(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	/* A problem of the reader (bad UTF-8) has no mark of its own. */
	size_t line = p->error == YAML_READER_ERROR ? p->mark.line : p->problem_mark.line;

	return fail(b, (int)line + 1, "not YAML: %s", p->problem ? p->problem : "out of memory");
}

static bool build(struct builder *b)
{
	yaml_event_t event;
	bool ok = true;

	for (bool more = true; ok && more;) {
		if (!yaml_parser_parse(&b->parser, &event))
			return broken(b);
		ok = take(b, &event);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	return ok;
}

struct yaml *yaml_parse(struct str text, const char *name, size_t bytes_max, bool expand_names,
                        struct err *err)
{
	struct yaml *y = xcalloc(1, sizeof(*y));
	struct builder b = {.y = y, .expand = expand_names, .err = err};
	bool ok;

	y->name = xstrdup(name);
	y->root = (struct yaml_node){.line = 1, .text = STR("")};
	if (text.n > bytes_max) {
		ok = err_set(err, "%s: larger than %zu bytes", name, bytes_max);
	} else if (!yaml_parser_initialize(&b.parser)) {
		ok = err_set(err, "%s: out of memory", name);
	} else {
		yaml_parser_set_input_string(&b.parser,
		                             (const unsigned char *)(text.n ? text.p : ""), text.n);
		ok = build(&b);
		yaml_parser_delete(&b.parser);
	}
	if (!ok)
		yaml_close(&y);
	return y;
}

void yaml_close(struct yaml **yp)
{
	struct yaml *y = *yp;

	*yp = NULL;
	if (y == NULL)
		return;
	arena_free(&y->arena);
	free(y->name);
	free(y);
}

const struct yaml_node *yaml_root(const struct yaml *y)
{
	return &y->root;
}

const char *yaml_name(const struct yaml *y)
{
	return y->name;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	struct str name = str_of(key);

	for (size_t i = 0; map->type == YAML_MAP && i < map->n; i++)
		if (str_eq(map->keys[i].text, name))
			return &map->items[i];
	return NULL;
}
