/*
 * The leaves of a JSON record. Objects are walked member by member with the walk that `each` uses,
 * so a string that holds JSON is entered here exactly as it will be when the log is read.
 */
#include "agent/detect/guess.h"
#include "parsers/json.h"

enum {
	DEPTH_MAX = 12,   /* of objects in each other; what lies deeper is text of prompts */
	ELEMENTS_MAX = 4, /* of an array */
};

struct json_leaves {
	struct leaves *leaves;
	struct json_walk *members, *elements;
	struct json_paths *whole;
	struct arena scratch;
};

/* One object or array that is being walked. */
struct inside {
	struct json_leaves *j;
	struct buf *path;
	int depth, elements;
};

static void start(struct json_leaves *j)
{
	struct err none = {0};

	j->members = json_walk_new(STR("*"), &none);
	j->elements = json_walk_new(STR("[*]"), &none);
	j->whole = json_paths_new(&STR(""), 1, &none);
}

static void finish(struct json_leaves *j)
{
	json_walk_free(&j->members);
	json_walk_free(&j->elements);
	json_paths_free(&j->whole);
	arena_free(&j->scratch);
}

/* Whether a name may stand in a path as it is. What begins a name of the user's own, a filter or a
 * way to the record as a whole may not stand at the start. */
static bool is_plain_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || strchr(".[]\"\\*", name.p[i]))
			return false;
	return name.n > 0 && strchr("_$@^*-", name.p[0]) == NULL &&
	       str_find(name, STR("${")) == name.n;
}

void path_member(struct buf *path, struct str name)
{
	if (path->n)
		buf_char(path, '.');
	if (is_plain_name(name)) {
		buf_str(path, name);
		return;
	}
	buf_char(path, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (strchr("\"\\{", name.p[i])) /* { lest ${NAME} be the environment's */
			buf_char(path, '\\');
		buf_char(path, name.p[i]);
	}
	buf_char(path, '"');
}

static void walk_value(struct json_leaves *j, struct str text, struct buf *path, int depth);

static bool on_member(void *arg, const struct json_element *element)
{
	struct inside *in = arg;
	size_t before = in->path->n;

	path_member(in->path, element->name);
	walk_value(in->j, element->text, in->path, in->depth);
	in->path->n = before;
	in->path->p[before] = '\0';
	return true;
}

static bool on_element(void *arg, const struct json_element *element)
{
	struct inside *in = arg;
	size_t before = in->path->n;

	buf_puts(in->path, "[*]");
	walk_value(in->j, element->text, in->path, in->depth);
	in->path->n = before;
	in->path->p[before] = '\0';
	return ++in->elements < ELEMENTS_MAX;
}

/* Strings are tried too: they may hold JSON. */
static void walk_value(struct json_leaves *j, struct str text, struct buf *path, int depth)
{
	struct inside in = {j, path, depth + 1, 0};
	struct fault ignored;
	struct value v;
	size_t leaves = j->leaves->seen;

	if (depth > DEPTH_MAX || path->n > LEAF_PATH_MAX || text.n == 0)
		return;
	if (text.p[0] == '{' || text.p[0] == '"')
		(void)json_walk(j->members, text, &j->scratch, on_member, &in, &ignored);
	if (text.p[0] == '[' || text.p[0] == '"')
		(void)json_walk(j->elements, text, &j->scratch, on_element, &in, &ignored);
	if (text.p[0] == '{' || text.p[0] == '[' || j->leaves->seen != leaves)
		return;
	if (json_scan(j->whole, text, &v, &j->scratch, &ignored) && value_present(&v))
		leaves_value(j->leaves, buf_view(path), value_text(&v, &j->scratch),
		             v.type == VALUE_STRING);
}

static void walk_record(struct json_leaves *j, struct str record)
{
	struct buf path = {0};
	struct fault ignored;
	struct value v;

	arena_reset(&j->scratch, 1 << 20);
	if (!json_scan(j->whole, record, &v, &j->scratch, &ignored))
		return;
	buf_puts(&path, "");
	if (v.type == VALUE_OBJECT || v.type == VALUE_ARRAY)
		walk_value(j, v.text, &path, 0);
	buf_free(&path);
}

void json_leaves(struct leaves *l, const struct str *records, size_t n)
{
	struct json_leaves j = {.leaves = l};

	start(&j);
	for (size_t i = 0; i < n && leaves_record(l); i++)
		walk_record(&j, records[i]);
	finish(&j);
}

bool json_is(struct str record)
{
	struct json_leaves j = {0};
	struct fault ignored;
	struct value v;
	bool is;

	start(&j);
	is = json_scan(j.whole, record, &v, &j.scratch, &ignored) &&
	     (v.type == VALUE_OBJECT || v.type == VALUE_ARRAY);
	finish(&j);
	return is;
}
