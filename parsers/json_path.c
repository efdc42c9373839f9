/*
 * A path is read from left to right: after a name or a bracket there is a dot and a name, another
 * bracket, or the end. Names are copied, because a quoted one loses its backslashes.
 */
#include "parsers/json_path.h"

struct path_reader {
	struct str text;
	size_t at;
	struct arena *memory;
	struct err *err;
};

static bool wrong(const struct path_reader *r, const char *expected)
{
	return err_set(r->err, "path \"%.*s\": character %zu: expected %s", STR_ARG(r->text),
	               r->at + 1, expected);
}

/* The next character, '\0' at the end (which no path holds). */
static char peek(const struct path_reader *r)
{
	if (r->at == r->text.n)
		return '\0';
	return r->text.p[r->at];
}

static bool take(struct path_reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

/* "..." in which \ takes the next character as it is. */
static bool read_quoted(struct path_reader *r, struct str *ret)
{
	char *text = arena_bytes(r->memory, r->text.n);
	size_t n = 0;

	r->at++;
	while (!take(r, '"')) {
		if (peek(r) == '\\')
			r->at++;
		if (peek(r) == '\0')
			return wrong(r, "a closing quote");
		text[n++] = r->text.p[r->at++];
	}
	*ret = (struct str){text, n};
	return true;
}

/* A name up to one of the characters in `stops`, or a quoted one. */
static bool read_name(struct path_reader *r, const char *stops, struct str *ret)
{
	size_t start = r->at;
	char *text;

	if (peek(r) == '"')
		return read_quoted(r, ret);
	while (peek(r) != '\0' && strchr(stops, peek(r)) == NULL)
		r->at++;
	if (r->at == start)
		return wrong(r, "a name");
	text = arena_bytes(r->memory, r->at - start);
	memcpy(text, r->text.p + start, r->at - start);
	*ret = (struct str){text, r->at - start};
	return true;
}

static bool read_member(struct path_reader *r, struct json_step *step)
{
	if (take(r, '*')) {
		step->kind = JSON_ANY_MEMBER;
		return true;
	}
	step->kind = JSON_MEMBER;
	return read_name(r, ".[]\"", &step->name);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool read_index(struct path_reader *r, struct json_step *step)
{
	bool from_end = take(r, '-');
	int32_t index = 0;

	step->kind = JSON_INDEX;
	if (!is_digit(peek(r)) || (from_end && peek(r) == '0'))
		return wrong(r, "an index");
	while (is_digit(peek(r))) {
		index = index * 10 + (peek(r) - '0');
		if (index > JSON_INDEX_MAX)
			return wrong(r, "an index below a million");
		r->at++;
	}
	step->index = from_end ? -index : index;
	return true;
}

static bool read_filter(struct path_reader *r, struct json_step *step)
{
	step->kind = JSON_FILTER;
	if (!read_name(r, "=]\"", &step->name))
		return false;
	if (!take(r, '='))
		return wrong(r, "an index, * or key=value");
	return read_name(r, "]\"", &step->value);
}

static bool read_bracket(struct path_reader *r, struct json_step *step)
{
	bool ok = true;

	if (take(r, '*'))
		step->kind = JSON_ANY_ELEMENT;
	else if (peek(r) == '-' || is_digit(peek(r)))
		ok = read_index(r, step);
	else
		ok = read_filter(r, step);
	return ok && (take(r, ']') || wrong(r, "]"));
}

static bool read_step(struct path_reader *r, bool first, struct json_step *step)
{
	if (take(r, '['))
		return read_bracket(r, step);
	if (!first && !take(r, '.'))
		return wrong(r, "a dot or a bracket");
	return read_member(r, step);
}

bool json_path_parse(struct str text, struct json_path *path, struct arena *memory, struct err *err)
{
	struct path_reader r = {.text = text, .memory = memory, .err = err};

	*path = (struct json_path){0};
	if (text.n > JSON_PATH_LENGTH_MAX)
		return err_set(err, "a path is longer than %d bytes", JSON_PATH_LENGTH_MAX);
	while (r.at < text.n) {
		if (path->n == JSON_STEPS_MAX)
			return err_set(err, "path \"%.*s\": more than %d steps", STR_ARG(text),
			               JSON_STEPS_MAX);
		if (!read_step(&r, path->n == 0, &path->steps[path->n]))
			return false;
		path->n++;
	}
	return true;
}

bool json_step_eq(const struct json_step *a, const struct json_step *b)
{
	return a->kind == b->kind && a->index == b->index && str_eq(a->name, b->name) &&
	       str_eq(a->value, b->value);
}
