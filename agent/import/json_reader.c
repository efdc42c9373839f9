#include "agent/import/json_reader.h"

void json_reader_init(struct json_reader *r)
{
	static const struct str whole[] = {{"", 0}};
	struct err err = {0};

	*r = (struct json_reader){
		.whole = json_paths_new(whole, 1, &err),
		.members = json_walk_new(STR("*"), &err),
		.elements = json_walk_new(STR("[*]"), &err),
	};
}

void json_reader_free(struct json_reader *r)
{
	json_paths_free(&r->whole);
	json_walk_free(&r->members);
	json_walk_free(&r->elements);
	arena_free(&r->scratch);
}

static void walk(struct json_reader *r, const struct json_walk *w, struct str text,
                 json_element_fn *fn, void *arg)
{
	struct fault ignored;

	(void)json_walk(w, text, &r->scratch, fn, arg, &ignored);
}

/* A string may hold JSON, which the walk would enter; here it is a text. */
void json_members(struct json_reader *r, struct str text, json_element_fn *fn, void *arg)
{
	if (json_value(r, text).type == VALUE_OBJECT)
		walk(r, r->members, text, fn, arg);
}

void json_elements(struct json_reader *r, struct str text, json_element_fn *fn, void *arg)
{
	if (json_value(r, text).type == VALUE_ARRAY)
		walk(r, r->elements, text, fn, arg);
}

struct value json_value(struct json_reader *r, struct str text)
{
	struct value v = {0};
	struct fault ignored;

	if (text.n == 0 || !json_scan(r->whole, text, &v, &r->scratch, &ignored))
		v = (struct value){0};
	return v;
}

struct str json_string(struct json_reader *r, struct str text)
{
	struct value v = json_value(r, text);

	return v.type == VALUE_STRING ? value_text(&v, &r->scratch) : STR("");
}
