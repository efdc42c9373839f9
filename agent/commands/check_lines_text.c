/* What a source made of its samples, for people: sums by file, reasons with examples, and what of
 * its rules was of no use. */
#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/check_lines.h"
#include "agent/commands/excerpt.h"
#include "agent/commands/grid.h"
#include "agent/commands/look.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"

enum { INDENT = 2, DEEPER = 6, VALUE_COLUMNS = 60, PATH_LEAST = 16 };

struct view {
	const struct lines_source *s;
	struct buf *out;
	struct look look;
	bool verbose;
};

/* A line, wrapped, its text set in by so many columns. Escaped already. */
static void line(struct view *v, size_t indent, struct buf *text)
{
	buf_printf(v->out, "%*s", (int)indent, "");
	excerpt_wrap(v->out, buf_view(text), indent, indent + 2, v->look.width);
	buf_free(text);
}

/* ---- files ---- */

static void put_counts(struct grid *g, const int64_t records[OUTCOMES])
{
	char text[TEXT_COUNT];

	text_count(text, lines_sum(records));
	grid_cell(g, str_of(text), GRID_PLAIN);
	for (int i = 0; i < OUTCOMES; i++) {
		text_count(text, records[i]);
		grid_cell(g, str_of(text),
		          i == OUTCOME_REJECTED && records[i] ? GRID_WARN : GRID_PLAIN);
	}
}

static void put_file(struct grid *g, const struct lines_file *file)
{
	struct buf name = {0};

	put_counts(g, file->records);
	escape_terminal(&name, str_of(file->path));
	if (file->more)
		buf_puts(&name, ", and more");
	grid_cell(g, buf_view(&name), GRID_PLAIN);
	buf_free(&name);
}

static void put_files(struct view *v)
{
	static const struct grid_column columns[] = {
		{.title = "records", .right = true},    {.title = "calls", .right = true},
		{.title = "duplicates", .right = true}, {.title = "skipped", .right = true},
		{.title = "rejected", .right = true},   {.title = "file", .least = PATH_LEAST},
	};
	struct grid g;

	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < v->s->files_n; i++)
		put_file(&g, &v->s->files[i]);
	if (v->s->files_n > 1) {
		grid_rule(&g);
		put_counts(&g, v->s->records);
		grid_cell(&g, STR("all of them"), GRID_PLAIN);
	}
	grid_print(&g, &v->look, v->out);
	grid_free(&g);
}

/* Files that were not read, or not to their end. */
static void put_troubles(struct view *v)
{
	const struct lines_source *s = v->s;
	struct buf text = {0};

	for (size_t i = 0; i < s->files_n; i++) {
		if (s->files[i].trouble[0] == '\0')
			continue;
		escape_terminal(&text, str_of(s->files[i].path));
		buf_puts(&text, ": ");
		escape_terminal(&text, str_of(s->files[i].trouble));
		line(v, INDENT, &text);
	}
	if (s->late) {
		buf_printf(&text, "it takes too long: after %d seconds the rest was left",
		           LINES_SECONDS);
		line(v, INDENT, &text);
	}
	if (s->files_left) {
		show_plural(&text, (int64_t)s->files_left, "more file");
		buf_puts(&text, s->late ? "" : ", all older, which -v reads too");
		line(v, INDENT, &text);
	}
}

/* ---- reasons ---- */

static void put_example(struct view *v, const struct lines_example *e)
{
	/* Not wrapped: a place is to be copied. */
	buf_printf(v->out, "%*s", 2 * INDENT, "");
	escape_terminal(v->out, str_of(e->path));
	buf_printf(v->out, ":%" PRId64, e->line);
	if (e->broken)
		buf_printf(v->out, "  %s", e->broken);
	if (e->value.p) {
		buf_puts(v->out, "  it is ");
		excerpt_text(v->out, e->value, VALUE_COLUMNS, v->look.utf8);
	}
	buf_printf(v->out, "\n%*s%.*s\n", DEEPER, "", STR_ARG(e->record));
}

static void put_reasons(struct view *v, enum outcome outcome)
{
	for (size_t i = 0; i < v->s->reasons_n; i++) {
		const struct lines_reason *reason = &v->s->reasons[i];
		struct buf text = {0};
		char n[TEXT_COUNT];

		if (reason->outcome != outcome || reason->records == 0)
			continue;
		text_count(n, reason->records);
		buf_printf(&text, "%s %s%s: ", n, outcome_name(outcome),
		           outcome == OUTCOME_DUPLICATE && reason->records > 1 ? "s" : "");
		escape_terminal(&text, str_of(reason->reason));
		line(v, INDENT, &text);
		for (size_t k = 0; k < reason->examples_n; k++)
			put_example(v, &reason->examples[k]);
	}
}

/* ---- rules of no use ---- */

static void put_item(struct buf *text, const char *title, const char *item)
{
	buf_puts(text, text->n ? ", " : title);
	escape_terminal(text, str_of(item));
}

static void put_list(struct view *v, struct buf *text)
{
	if (text->n)
		line(v, INDENT, text);
}

static void put_patterns(struct view *v)
{
	struct buf text = {0};

	for (size_t i = 0; i < v->s->config->patterns_n; i++) {
		char name[32];

		if (v->s->matched[i] ||
		    (!v->verbose && !lines_own(v->s, &v->s->config->pattern_places[i])))
			continue;
		(void)snprintf(name, sizeof(name), "patterns[%zu]", i);
		put_item(&text, "never matched: ", name);
	}
	put_list(v, &text);
}

static void put_fields(struct view *v)
{
	struct buf text = {0};

	for (size_t i = 0; i < fields_n; i++)
		if (v->s->values[i] == 0 && v->s->lacked[i])
			put_item(&text, "never had a value: ", fields[i].name);
	for (size_t i = 0; i < v->s->config->rules_n; i++)
		if (v->s->rules[i].rule->field == NULL && v->s->rules[i].values == 0)
			put_item(&text, "never had a value: ", v->s->rules[i].rule->name);
	put_list(v, &text);
}

static const char *origin_name(const struct origin *o)
{
	return o->path ? o->path : o->sum ? "sum" : o->received ? "received" : "default";
}

/* The ways to fields that do have values, but never by these. */
static void put_origins(struct view *v)
{
	struct buf text = {0}, name = {0};
	size_t hidden = 0;

	for (size_t i = 0; i < v->s->config->rules_n; i++) {
		const struct lines_rule *rule = &v->s->rules[i];

		for (size_t k = 0; rule->values && k < rule->rule->origins_n; k++) {
			const struct origin *o = &rule->rule->origins[k];

			if (rule->used[k])
				continue;
			if (!v->verbose && !lines_own(v->s, &o->place)) {
				hidden++;
				continue;
			}
			buf_clear(&name);
			buf_printf(&name, "%s from %s", rule->rule->name, origin_name(o));
			put_item(&text, "never used: ", name.p);
		}
	}
	put_list(v, &text);
	if (hidden) {
		show_plural(&text, (int64_t)hidden, "way");
		buf_puts(&text, " to fields that the preset has were not needed; -v lists them");
		line(v, INDENT, &text);
	}
	buf_free(&name);
}

static void put_models(struct view *v)
{
	struct buf text = {0};
	int64_t others = v->s->unpriced;

	if (v->s->unpriced == 0)
		return;
	show_plural(&text, v->s->unpriced, "call");
	buf_puts(&text, " without a price: ");
	for (size_t i = 0; i < v->s->models_n; i++) {
		buf_printf(&text, "%s%" PRId64 " of ", i ? ", " : "", v->s->models[i].calls);
		if (v->s->models[i].name.n)
			excerpt_text(&text, v->s->models[i].name, VALUE_COLUMNS, v->look.utf8);
		else
			buf_puts(&text, "no model");
		others -= v->s->models[i].calls;
	}
	if (others)
		buf_printf(&text, ", %" PRId64 " of other models", others);
	line(v, INDENT, &text);
}

static void put_title(struct view *v)
{
	const struct source_config *c = v->s->config;

	escape_terminal(v->out, str_of(c->name));
	buf_printf(v->out, ": %s", c->format);
	if (c->preset) {
		buf_puts(v->out, ", preset ");
		escape_terminal(v->out, str_of(c->preset));
	}
	buf_char(v->out, '\n');
}

void lines_text(struct buf *out, const struct lines_source *s, bool verbose)
{
	struct view v = {s, out, look_of(stdout), verbose};

	put_title(&v);
	if (s->files_n == 0) {
		buf_puts(out, "  no files\n");
		return;
	}
	put_files(&v);
	put_troubles(&v);
	put_reasons(&v, OUTCOME_DUPLICATE);
	put_reasons(&v, OUTCOME_SKIPPED);
	put_reasons(&v, OUTCOME_REJECTED);
	if (lines_no_call(s))
		buf_puts(out, "  no call was found\n");
	if (lines_sum(s->records) == 0 || lines_no_call(s))
		return;
	put_models(&v);
	put_patterns(&v);
	put_fields(&v);
	put_origins(&v);
}
