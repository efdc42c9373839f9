#include "agent/detect/emit.h"

#include "agent/base/escape.h"

static const char INDENT[] = "    ";

static void line(struct buf *out, const char *key)
{
	buf_printf(out, "%s%s:", INDENT, key);
}

/* Only what YAML can hold ever gets here; a text that it cannot is left out as empty. */
static void scalar(struct buf *out, struct str text)
{
	if (!escape_yaml(out, text))
		buf_puts(out, "''");
}

/* On a line of its own, before what it is about. */
static void todo(struct buf *out, const char *more_indent, const char *why)
{
	if (why == NULL)
		return;
	buf_printf(out, "%s%s# TODO check: ", INDENT, more_indent);
	escape_yaml_comment(out, str_of(why));
	buf_char(out, '\n');
}

/* ---- fields ---- */

static const char *unit_word(int64_t ns)
{
	switch (ns) {
	case 1000000:
		return "ms";
	case 1000:
		return "us";
	case 1:
		return "ns";
	default:
		return "s";
	}
}

static bool is_bare(const struct guess_origin *o)
{
	return o->unit_ns == 0 && !o->format && !o->scale && !o->pattern && !o->hash;
}

static void origin(struct buf *out, const struct guess_origin *o)
{
	if (is_bare(o)) {
		scalar(out, o->path);
		return;
	}
	buf_puts(out, "{path: ");
	scalar(out, o->path);
	if (o->pattern) {
		buf_puts(out, ", pattern: ");
		scalar(out, str_of(o->pattern));
	}
	if (o->unit_ns)
		buf_printf(out, ", unit: %s", unit_word(o->unit_ns));
	if (o->format) {
		buf_puts(out, ", format: ");
		scalar(out, str_of(o->format));
	}
	if (o->scale)
		buf_printf(out, ", scale: %s", o->scale);
	if (o->hash)
		buf_puts(out, ", hash: true");
	buf_char(out, '}');
}

/* A group of a pattern that has the field's own name says it all. */
static bool says_nothing(const struct guess *g, const struct guess_field *f)
{
	return g->patterns_n && f->n == 1 && is_bare(&f->v[0]) &&
	       str_eq(f->v[0].path, str_of(f->field->name));
}

static void field(struct buf *out, const struct guess_field *f)
{
	if (f->n == 1) {
		todo(out, "  ", f->v[0].doubt);
		buf_printf(out, "%s  %s: ", INDENT, f->field->name);
		origin(out, &f->v[0]);
		buf_char(out, '\n');
		return;
	}
	buf_printf(out, "%s  %s:\n", INDENT, f->field->name);
	for (size_t i = 0; i < f->n; i++) {
		todo(out, "    ", f->v[i].doubt);
		buf_printf(out, "%s    - ", INDENT);
		origin(out, &f->v[i]);
		buf_char(out, '\n');
	}
}

/* In the order of the table of fields. */
static void fields_of(struct buf *out, const struct guess *g)
{
	size_t start = out->n;

	line(out, "fields");
	buf_char(out, '\n');
	if (g->received)
		buf_printf(out,
		           "%s  # TODO no time was found; this is the moment of reading\n"
		           "%s  time: {from: received}\n",
		           INDENT, INDENT);
	for (size_t i = 0; i < fields_n; i++)
		for (size_t k = 0; k < g->fields_n; k++)
			if (g->fields[k].field == &fields[i] && !says_nothing(g, &g->fields[k]))
				field(out, &g->fields[k]);
	if (out->n == start + strlen(INDENT) + strlen("fields:\n")) { /* nothing */
		out->n = start;
		out->p[start] = '\0';
	}
}

/* ---- what is missing ---- */

static void missing(struct buf *out, const char *what)
{
	buf_printf(out, "%s# TODO %s\n", INDENT, what);
}

static void missing_counts(struct buf *out, const struct guess *g)
{
	bool input = guess_has(g, FIELD_COUNT, COUNT_INPUT);
	bool output = guess_has(g, FIELD_COUNT, COUNT_OUTPUT);

	if (!input)
		missing(out, "input_tokens: not found");
	if (!output)
		missing(out, "output_tokens: not found");
	if (g->total.n) {
		buf_printf(out, "%s#   A total stands at ", INDENT);
		escape_yaml_comment(out, g->total);
		buf_puts(out, "; without its parts it has no price.\n");
	}
	if (g->numbers.n) {
		buf_printf(out, "%s#   Whole numbers stand at ", INDENT);
		escape_yaml_comment(out, g->numbers);
		buf_puts(out, ".\n");
	}
}

static void missing_parts(struct buf *out, const struct guess *g)
{
	if (!guess_has(g, FIELD_LABEL, LABEL_MODEL) &&
	    !guess_has(g, FIELD_DETAIL, DETAIL_REQUESTED_MODEL))
		missing(out, "model: not found; `set: {model: NAME}` if it is always the same");
	missing_counts(out, g);
}

/* ---- a source ---- */

static void only(struct buf *out, const struct guess *g)
{
	if (g->only_path.n == 0)
		return;
	line(out, "only");
	buf_puts(out, "\n");
	buf_printf(out, "%s  - {path: ", INDENT);
	scalar(out, g->only_path);
	if (g->only_equals.n) {
		buf_puts(out, ", equals: ");
		scalar(out, g->only_equals);
	} else {
		buf_puts(out, ", exists: true");
	}
	buf_puts(out, "}\n");
}

static void patterns(struct buf *out, const struct guess *g)
{
	if (g->patterns_n == 0)
		return;
	line(out, "patterns");
	buf_char(out, '\n');
	for (size_t i = 0; i < g->patterns_n; i++) {
		todo(out, "  ", g->patterns[i].doubt);
		buf_printf(out, "%s  - ", INDENT);
		scalar(out, g->patterns[i].regex);
		buf_char(out, '\n');
	}
}

static void tokens(struct buf *out, const struct guess *g)
{
	if (!g->input_without_cache && !g->output_without_reasoning)
		return;
	line(out, "tokens");
	buf_char(out, '\n');
	if (g->input_without_cache) {
		todo(out, "  ", g->cache_doubt);
		buf_printf(out, "%s  input_includes_cache: false\n", INDENT);
	}
	if (g->output_without_reasoning)
		buf_printf(out, "%s  output_includes_reasoning: false\n", INDENT);
}

void emit_body(struct buf *out, const struct guess *g)
{
	if (g->preset) {
		line(out, "preset");
		buf_char(out, ' ');
		scalar(out, str_of(g->preset));
		buf_char(out, '\n');
	} else {
		buf_printf(out, "%sformat: %s\n", INDENT, g->format);
	}
	if (g->values)
		buf_printf(out, "%sframe: json\n", INDENT);
	if (g->each.n) {
		line(out, "each");
		buf_char(out, ' ');
		scalar(out, g->each);
		buf_char(out, '\n');
	}
	only(out, g);
	patterns(out, g);
	tokens(out, g);
	fields_of(out, g);
	if (g->preset == NULL)
		missing_parts(out, g);
}

static void paths(struct buf *out, const struct str *v, size_t n)
{
	line(out, "paths");
	if (n == 1) {
		buf_char(out, ' ');
		scalar(out, v[0]);
		buf_char(out, '\n');
		return;
	}
	buf_char(out, '\n');
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%s  - ", INDENT);
		scalar(out, v[i]);
		buf_char(out, '\n');
	}
}

void emit_source(struct buf *out, const char *name, const struct str *globs, size_t globs_n,
                 struct str body)
{
	buf_puts(out, "  - name: ");
	scalar(out, str_of(name));
	buf_char(out, '\n');
	paths(out, globs, globs_n);
	buf_str(out, body);
}

struct config *emit_config(const char *name, struct str body, struct err *err)
{
	static const struct str nowhere = {"nowhere", 7};
	struct buf yaml = {0};
	struct config *config;

	buf_puts(&yaml, "sources:\n");
	emit_source(&yaml, name, &nowhere, 1, body);
	config = config_parse(buf_view(&yaml), "what was found", err);
	buf_free(&yaml);
	return config;
}

/* ---- paths ---- */

static void glob_sign(struct buf *out, struct str path, size_t i)
{
	char c = path.p[i];

	if (strchr("*?[\\", c))
		buf_char(out, '\\');
	if (c == '{' && i > 0 && path.p[i - 1] == '$')
		buf_puts(out, "[{]"); /* ${NAME} would be the environment's */
	else
		buf_char(out, c);
}

void emit_glob(struct buf *out, struct str path, const char *wild)
{
	for (size_t i = 0; i < path.n;) {
		size_t n = utf8_length(str_from(path, i));

		if (n == 0)
			buf_char(out, '?');
		else if (n == 1)
			glob_sign(out, path, i);
		else
			buf_bytes(out, path.p + i, n);
		i += n ? n : 1;
	}
	if (wild)
		buf_puts(out, wild);
}
