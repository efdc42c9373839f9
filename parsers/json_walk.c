/*
 * The walk of `each`. Its path is cut behind every step that stands for many values. Each leg has a
 * lead, the plain steps that the scanner follows as it does for any path (a string that holds JSON,
 * an index from the end, a member given twice), and then the array or object all of whose values
 * are taken in turn. The first lead checks the whole record, so after it nothing can be broken but
 * the inside of strings.
 */
#include <stdlib.h>

#include "parsers/json_kernel.h"

struct leg {
	struct json_paths *lead; /* NULL: no steps, the value itself */
	bool many;               /* false: the end, the value that the lead gives is one */
	struct json_step step;   /* which values; of a filter name and value are used */
	struct json_paths *key;  /* of a filter */
};

struct json_walk {
	struct leg legs[JSON_STEPS_MAX + 1];
	struct json_paths *whole; /* the path of no steps */
	size_t depth;             /* of an element: legs between the first and it */
	struct arena memory;
};

/* One walk over one record. */
struct walker {
	const struct json_walk *walk;
	struct arena *scratch;
	json_element_fn *element;
	void *arg;
	bool stopped;
	struct str around[JSON_STEPS_MAX + 1]; /* filled from its end: the nearest is the first */
	size_t depth;
};

static bool is_many(const struct json_step *step)
{
	return step->kind == JSON_ANY_MEMBER || step->kind == JSON_ANY_ELEMENT ||
	       step->kind == JSON_FILTER;
}

static struct json_paths *key_paths(struct str name)
{
	struct json_path key = {.n = 1, .steps[0] = {.kind = JSON_MEMBER, .name = name}};

	return json_paths_plain(&key);
}

/* The first leg always has a lead: it checks the record. */
static void make_legs(struct json_walk *w, const struct json_path *path)
{
	struct leg *leg = w->legs;
	struct json_path lead = {0};

	for (size_t i = 0; i <= path->n; i++) {
		const struct json_step *step = i < path->n ? &path->steps[i] : NULL;

		if (step && !is_many(step)) {
			lead.steps[lead.n++] = *step;
			continue;
		}
		if (lead.n || leg == w->legs)
			leg->lead = json_paths_plain(&lead);
		if (step == NULL) {
			w->depth -= leg->lead == NULL && w->depth > 0;
			return;
		}
		w->depth++;
		leg->many = true;
		leg->step = *step;
		if (step->kind == JSON_FILTER)
			leg->key = key_paths(step->name);
		lead.n = 0;
		leg++;
	}
}

struct json_walk *json_walk_new(struct str path, struct err *err)
{
	struct json_walk *w = xcalloc(1, sizeof(*w));
	struct json_path steps;

	w->whole = json_paths_plain(&(struct json_path){0});
	if (json_path_parse(path, &steps, &w->memory, err))
		make_legs(w, &steps);
	else
		json_walk_free(&w);
	return w;
}

void json_walk_free(struct json_walk **w)
{
	if (*w == NULL)
		return;
	for (struct leg *leg = (*w)->legs; leg <= &(*w)->legs[JSON_STEPS_MAX]; leg++) {
		json_paths_free(&leg->lead);
		json_paths_free(&leg->key);
	}
	json_paths_free(&(*w)->whole);
	arena_free(&(*w)->memory);
	free(*w);
	*w = NULL;
}

size_t json_walk_depth(const struct json_walk *w)
{
	return w->depth;
}

/* A found value as the text of a JSON value: a string gets its quotes back. */
static struct str json_of(const struct value *v)
{
	return v->type == VALUE_STRING ? (struct str){v->text.p - 1, v->text.n + 2} : v->text;
}

/* What a path of one slot finds in `text`, empty when nothing. False when the text is broken. */
static bool find(const struct json_paths *path, struct str text, struct arena *scratch,
                 struct str *ret, struct fault *fault)
{
	struct value v;

	if (!json_scan(path, text, &v, scratch, fault))
		return false;
	*ret = (struct str){0};
	if (v.type != VALUE_ABSENT)
		*ret = json_of(&v);
	return true;
}

/* The array or object that a string holds, maybe in strings of strings; empty when it has none. */
static struct str inside(struct walker *w, struct str text)
{
	struct fault ignored;

	while (text.n && text.p[0] == '"') {
		struct str raw = {text.p + 1, text.n - 2};

		if (!json_may_hold_json(raw))
			return (struct str){0};
		text = json_unescape_padded(raw, w->scratch);
		if (!find(w->walk->whole, text, w->scratch, &text, &ignored))
			return (struct str){0};
	}
	return text;
}

static void walk_leg(struct walker *w, const struct leg *leg, struct str text, struct str name);

static bool agrees(struct walker *w, const struct leg *leg, struct str element)
{
	struct value v;
	struct fault ignored;

	if (element.p[0] != '{' && element.p[0] != '"')
		return false;
	if (!json_scan(leg->key, element, &v, w->scratch, &ignored) || v.type >= VALUE_OBJECT)
		return false;
	return v.type != VALUE_ABSENT && str_eq(value_text(&v, w->scratch), leg->step.value);
}

/* The end of a value of text that has been checked. */
static const char *value_end(struct str text, const char *p)
{
	struct fault ignored;
	struct json_state s = {.start = text.p, .end = text.p + text.n, .fault = &ignored};

	return json_kernel()->skip(&s, p);
}

static struct str name_of(struct walker *w, const char *quote, const char *end)
{
	struct str raw = {quote + 1, (size_t)(end - quote - 2)};

	return memchr(raw.p, '\\', raw.n) ? json_unescape_padded(raw, w->scratch) : raw;
}

static void walk_object(struct walker *w, const struct leg *leg, struct str object)
{
	const char *end = object.p + object.n;
	const char *p = json_space_run(object.p + 1, end);

	while (*p == '"' && !w->stopped) {
		const char *name_end = value_end(object, p), *value, *next;
		struct str name = name_of(w, p, name_end);

		value = json_space_run(json_space_run(name_end, end) + 1, end);
		next = value_end(object, value);
		walk_leg(w, leg + 1, (struct str){value, (size_t)(next - value)}, name);
		p = json_space_run(next, end);
		if (*p == ',')
			p = json_space_run(p + 1, end);
	}
}

static void walk_array(struct walker *w, const struct leg *leg, struct str array, struct str name)
{
	const char *end = array.p + array.n;
	const char *p = json_space_run(array.p + 1, end);

	while (*p != ']' && !w->stopped) {
		const char *next = value_end(array, p);
		struct str element = {p, (size_t)(next - p)};

		if (leg->step.kind == JSON_ANY_ELEMENT || agrees(w, leg, element))
			walk_leg(w, leg + 1, element, name);
		p = json_space_run(next, end);
		if (*p == ',')
			p = json_space_run(p + 1, end);
	}
}

/* All that a leg gives of the value its lead has found. */
static void walk_values(struct walker *w, const struct leg *leg, struct str text, struct str name)
{
	if (!leg->many) {
		const struct json_element element = {text, name,
		                                     w->around + JSON_STEPS_MAX + 1 - w->depth};

		w->stopped = !w->element(w->arg, &element);
		return;
	}
	text = inside(w, text);
	if (text.n == 0)
		return;
	if (leg->step.kind == JSON_ANY_MEMBER && text.p[0] == '{')
		walk_object(w, leg, text);
	else if (leg->step.kind != JSON_ANY_MEMBER && text.p[0] == '[')
		walk_array(w, leg, text, name);
}

static void walk_leg(struct walker *w, const struct leg *leg, struct str text, struct str name)
{
	struct fault ignored;

	/* nothing is in a number, and it would be copied to be scanned */
	if (leg->lead && text.p[0] != '{' && text.p[0] != '[' && text.p[0] != '"')
		return;
	if (leg->lead == NULL && !leg->many) { /* the element itself */
		walk_values(w, leg, text, name);
		return;
	}
	w->around[JSON_STEPS_MAX - w->depth++] = text;
	if (leg->lead == NULL || find(leg->lead, text, w->scratch, &text, &ignored))
		if (text.n)
			walk_values(w, leg, text, name);
	w->depth--;
}

bool json_walk(const struct json_walk *w, struct str record, struct arena *scratch,
               json_element_fn *element, void *arg, struct fault *fault)
{
	struct walker walker = {.walk = w, .scratch = scratch, .element = element, .arg = arg};
	struct str text;

	if (!find(w->legs[0].lead, record, scratch, &text, fault))
		return false;
	if (text.n)
		walk_values(&walker, w->legs, text, (struct str){0});
	return true;
}
