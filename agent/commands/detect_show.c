#include "agent/commands/detect_show.h"

#include <inttypes.h>
#include <string.h>

#include "agent/base/escape.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/meter/cost.h"

enum { PATHS_SHOWN = 4, VALUE_COLUMNS = 56 };

/* ---- lines ---- */

struct page {
	struct buf *out;
	const char *prefix;
};

static void put(const struct page *p, struct str text)
{
	buf_puts(p->out, p->prefix);
	if (text.n && p->prefix[0])
		buf_char(p->out, ' ');
	escape_yaml_comment(p->out, text);
	buf_char(p->out, '\n');
}

static void blank(const struct page *p)
{
	buf_printf(p->out, "%s\n", p->prefix);
}

static void put_and_free(const struct page *p, struct buf *line)
{
	put(p, buf_view(line));
	buf_free(line);
}

static void put_count(struct buf *out, int64_t n)
{
	char text[TEXT_COUNT];

	text_count(text, n);
	buf_puts(out, text);
}

/* ---- the call ---- */

static void row(const struct page *p, const char *name, struct str value)
{
	struct buf line = {0};
	bool cut = value.n > VALUE_COLUMNS;

	buf_printf(&line, "    %-22s ", name);
	utf8_clean(&line, value, cut ? VALUE_COLUMNS : value.n * 3);
	if (cut)
		buf_puts(&line, "...");
	put_and_free(p, &line);
}

static void count_row(const struct page *p, const struct call *c, int count)
{
	struct buf text = {0};

	if (c->count[count] == ABSENT)
		return;
	put_count(&text, c->count[count]);
	row(p, count_name((enum count)count), buf_view(&text));
	buf_free(&text);
}

static void duration_row(const struct page *p, const char *name, int64_t micros)
{
	struct buf text = {0};

	if (micros == ABSENT)
		return;
	show_latency(&text, micros);
	row(p, name, buf_view(&text));
	buf_free(&text);
}

static void cost_row(const struct page *p, const char *name, int64_t cost, struct str price)
{
	struct buf text = {0};
	char exact[COST_TEXT];

	cost_print(cost, exact);
	buf_printf(&text, "$%s", exact);
	if (price.n)
		buf_printf(&text, " (%.*s)", STR_ARG(price));
	row(p, name, buf_view(&text));
	buf_free(&text);
}

static void show_call(const struct page *p, const struct call *c)
{
	char time[TIMESTAMP_TEXT];

	timestamp_print(c->time, time);
	put(p, STR("  One call of it:"));
	row(p, "time", str_of(time));
	for (int i = 0; i < LABELS; i++)
		if (c->label[i].n)
			row(p, label_name((enum label)i), c->label[i]);
	for (int i = 0; i < COUNTS; i++)
		count_row(p, c, i);
	for (int i = 0; i < DETAILS; i++)
		if (c->detail[i].n)
			row(p, detail_name((enum detail)i), c->detail[i]);
	duration_row(p, "latency", c->latency);
	duration_row(p, "ttft", c->ttft);
	if (c->has_logged_cost)
		cost_row(p, "logged_cost", c->logged_cost, STR(""));
	if (c->flags & CALL_UNPRICED)
		row(p, "cost", STR("no price is known for this model"));
	else
		cost_row(p, "cost", c->cost, c->price);
}

/* ---- a group ---- */

static void say_told(struct buf *line, const struct detected_group *g)
{
	const char *word = group_word(g);

	if (g->preset)
		buf_printf(line, "preset %s, %s", g->preset, word);
	else if (g->told == TOLD_PARTLY)
		buf_puts(line, "no preset fits, and not all fields were found");
	else
		buf_printf(line, "no preset fits; fields found%s",
		           strcmp(word, "unsure") == 0 ? ", unsure" : "");
	buf_printf(line, " (%d %%)", group_percent(g));
}

void detect_line(struct buf *out, const struct detection *d, size_t group)
{
	const struct detected_group *g = &d->groups[group];

	escape_terminal(out, str_of(g->name));
	buf_puts(out, ": ");
	say_told(out, g);
	buf_puts(out, ", ");
	show_plural(out, (int64_t)g->files, "file");
}

static void show_paths(const struct page *p, const struct detection *d, size_t group)
{
	size_t shown = 0, all = d->groups[group].files;
	struct buf line = {0};

	for (size_t i = 0; i < d->files_n && shown < PATHS_SHOWN; i++) {
		if (d->files[i].group != group)
			continue;
		buf_puts(&line, "  ");
		buf_puts(&line, d->files[i].path);
		put_and_free(p, &line);
		shown++;
	}
	if (shown < all) {
		buf_printf(&line, "  and %zu more", all - shown);
		put_and_free(p, &line);
	}
}

static void say_counts(const struct page *p, const struct detected_group *g)
{
	struct buf line = {0};

	buf_puts(&line, "  ");
	show_plural(&line, g->calls, "call");
	buf_puts(&line, g->more ? " in the first " : " in ");
	show_plural(&line, g->records, "record");
	if (g->calls && g->complete == g->calls) {
		buf_puts(&line, g->calls == 1 ? ", with time, model and tokens"
		                              : ", all with time, model and tokens");
	} else if (g->calls) {
		buf_puts(&line, ", ");
		put_count(&line, g->complete);
		buf_puts(&line, " of them with time, model and tokens");
	}
	put_and_free(p, &line);
}

static void say_number(const struct page *p, int64_t n, const char *noun, const char *what)
{
	struct buf line = {0};

	if (n == 0)
		return;
	buf_puts(&line, "  ! ");
	show_plural(&line, n, noun);
	buf_printf(&line, " %s", what);
	put_and_free(p, &line);
}

static void say_troubles(const struct page *p, const struct detected_group *g)
{
	struct buf line = {0};

	say_number(p, g->broken, "record", "cannot be parsed and would be rejected");
	if (g->rejected) {
		buf_puts(&line, "would be rejected: ");
		buf_puts(&line, g->reason);
		if (g->value[0])
			buf_printf(&line, " (%s)", g->value);
		say_number(p, g->rejected, "record", line.p);
	}
	say_number(p, g->unknown, "call", "without tokens");
	say_number(p, g->flawed, "call", "with parts that exceed their whole");
	if (g->has_call)
		say_number(p, g->unpriced, "call", "of models that have no price");
	buf_free(&line);
}

static void show_group(const struct page *p, const struct detection *d, size_t group)
{
	const struct detected_group *g = &d->groups[group];
	struct buf line = {0};

	buf_printf(&line, "%s: ", g->name);
	say_told(&line, g);
	put_and_free(p, &line);
	show_paths(p, d, group);
	say_counts(p, g);
	say_troubles(p, g);
	if (g->has_call)
		show_call(p, &g->call);
	blank(p);
}

/* ---- files that were not told ---- */

void detect_why(struct buf *out, const struct detected_file *f)
{
	char bytes[TEXT_SIZE];

	escape_terminal(out, str_of(f->path));
	buf_puts(out, ": ");
	if (f->told == TOLD_UNREADABLE) {
		escape_terminal(out, str_of(f->why));
		return;
	}
	if (f->looked_at == 0) {
		buf_puts(out, "empty");
		return;
	}
	if (f->records == 0) {
		text_size(bytes, f->looked_at);
		buf_printf(out, "no record ends in its first %s", bytes);
		return;
	}
	buf_puts(out, "no model call in its ");
	if (!f->whole)
		buf_puts(out, "first ");
	show_plural(out, f->records, "record");
	text_size(bytes, f->size);
	if (!f->whole && f->size)
		buf_printf(out, " (the file has %s)", bytes);
}

void detect_text(struct buf *out, const struct detection *d, const char *prefix)
{
	struct page p = {out, prefix};
	size_t untold = 0;

	for (size_t i = 0; i < d->groups_n; i++)
		show_group(&p, d, i);
	for (size_t i = 0; i < d->files_n; i++) {
		struct buf line = {0};

		if (d->files[i].group != SIZE_MAX)
			continue;
		detect_why(&line, &d->files[i]);
		put_and_free(&p, &line);
		untold++;
	}
	if (untold)
		blank(&p);
}

/* ---- for programs ---- */

static void member(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "\"%s\":", name);
	escape_json(out, value);
}

static void number(struct buf *out, const char *name, int64_t value)
{
	buf_printf(out, "\"%s\":%" PRId64, name, value);
}

static void json_call(struct buf *out, const struct call *c)
{
	char text[(int)TIMESTAMP_TEXT > (int)COST_TEXT ? (int)TIMESTAMP_TEXT : (int)COST_TEXT];

	timestamp_print(c->time, text);
	buf_char(out, '{');
	member(out, "time", str_of(text));
	for (int i = 0; i < LABELS; i++)
		if (c->label[i].n) {
			buf_char(out, ',');
			member(out, label_name((enum label)i), c->label[i]);
		}
	for (int i = 0; i < COUNTS; i++)
		if (c->count[i] != ABSENT) {
			buf_char(out, ',');
			number(out, count_name((enum count)i), c->count[i]);
		}
	for (int i = 0; i < DETAILS; i++)
		if (c->detail[i].n) {
			buf_char(out, ',');
			member(out, detail_name((enum detail)i), c->detail[i]);
		}
	cost_print(c->cost, text);
	buf_printf(out, ",\"cost_usd\":%s}", c->flags & CALL_UNPRICED ? "null" : text);
}

static const char *told_word(enum told told)
{
	static const char *const words[] = {"preset", "preset",  "fields",
	                                    "partly", "nothing", "unreadable"};

	return words[told];
}

static void json_group(struct buf *out, const struct detected_group *g)
{
	buf_char(out, '{');
	member(out, "name", str_of(g->name));
	buf_puts(out, ",\"preset\":");
	if (g->preset)
		escape_json(out, str_of(g->preset));
	else
		buf_puts(out, "null");
	buf_char(out, ',');
	member(out, "told", str_of(told_word(g->told)));
	buf_char(out, ',');
	member(out, "sureness", str_of(group_word(g)));
	buf_char(out, ',');
	number(out, "percent", group_percent(g));
	buf_char(out, ',');
	number(out, "records", g->records);
	buf_char(out, ',');
	number(out, "calls", g->calls);
	buf_char(out, ',');
	number(out, "complete_calls", g->complete);
	buf_char(out, ',');
	number(out, "rejected", g->rejected + g->broken);
	buf_puts(out, ",\"paths\":[");
	for (size_t i = 0; i < g->globs.n; i++) {
		buf_puts(out, i ? "," : "");
		escape_json(out, g->globs.v[i]);
	}
	buf_puts(out, "],\"call\":");
	if (g->has_call)
		json_call(out, &g->call);
	else
		buf_puts(out, "null");
	buf_char(out, '}');
}

static void json_file(struct buf *out, const struct detection *d, const struct detected_file *f)
{
	buf_char(out, '{');
	member(out, "path", str_of(f->path));
	buf_char(out, ',');
	member(out, "told", str_of(told_word(f->told)));
	buf_puts(out, ",\"source\":");
	if (f->group == SIZE_MAX)
		buf_puts(out, "null");
	else
		escape_json(out, str_of(d->groups[f->group].name));
	buf_char(out, ',');
	number(out, "percent", f->percent);
	buf_char(out, ',');
	number(out, "records", f->records);
	buf_puts(out, ",\"why\":");
	if (f->why[0])
		escape_json(out, str_of(f->why));
	else
		buf_puts(out, "null");
	buf_char(out, '}');
}

void detect_json(struct buf *out, const struct detection *d, struct str configuration)
{
	buf_puts(out, "{\"files\":[");
	for (size_t i = 0; i < d->files_n; i++) {
		buf_puts(out, i ? ",\n" : "\n");
		json_file(out, d, &d->files[i]);
	}
	buf_puts(out, "],\n\"sources\":[");
	for (size_t i = 0; i < d->groups_n; i++) {
		buf_puts(out, i ? ",\n" : "\n");
		json_group(out, &d->groups[i]);
	}
	buf_puts(out, "],\n");
	member(out, "configuration", configuration);
	buf_puts(out, "}\n");
}
