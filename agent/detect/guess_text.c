/*
 * Patterns for lines of text. One line is taken as the model of a pattern: the words around its
 * values as they stand, anything between them. What makes a call (time, model, tokens) has to be
 * there, the rest may be missing. The pattern is then tried on all lines that have numbers of
 * tokens; those which it does not read as they were understood get a pattern of their own.
 */
#include <stdlib.h>

#include "agent/detect/text_line.h"

/* Lines that say something of a call. */
struct lines {
	struct text_line *v;
	bool *covered;
	size_t n;
	bool thousands; /* some numbers are written 4.7k */
};

static bool is_token_count(const struct item *item)
{
	return item->field->kind == FIELD_COUNT &&
	       (item->field->index == COUNT_INPUT || item->field->index == COUNT_OUTPUT);
}

static bool is_model(const struct item *item)
{
	return item->field->kind == FIELD_LABEL && item->field->index == LABEL_MODEL;
}

/* What must be there for a line to be a call. */
static bool is_core(const struct item *item)
{
	return is_token_count(item) || is_model(item) || item->field->kind == FIELD_TIME;
}

static size_t tokens_in(const struct text_line *line)
{
	size_t n = 0;

	for (size_t i = 0; i < line->n; i++)
		n += is_token_count(&line->items[i]);
	return n;
}

static size_t core_in(const struct text_line *line)
{
	size_t n = 0;

	for (size_t i = 0; i < line->n; i++)
		n += is_core(&line->items[i]);
	return n;
}

/* ---- from an item to a piece of a pattern ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Text as it stands, but for white space, of which there may be more, and letters beyond ASCII,
 * which a pattern may be read with as bytes or as characters. */
static void literal(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (is_space(text.p[i])) {
			while (i + 1 < text.n && is_space(text.p[i + 1]))
				i++;
			buf_puts(out, "\\s+");
		} else if (c >= 0x80) {
			while (i + 1 < text.n && (unsigned char)text.p[i + 1] >= 0x80)
				i++;
			buf_puts(out, "[^\\x00-\\x7f]+");
		} else if (c < ' ' || c == 0x7f) {
			buf_printf(out, "\\x%02x", c);
		} else {
			if (!is_word(text.p[i]) && strchr("-=:,/'\"@%&;<>~`!", c) == NULL)
				buf_char(out, '\\');
			buf_char(out, text.p[i]);
		}
	}
}

/*
 * A time stamp at the start of the line that ends at a space is told by its words, which people
 * read better than a pattern of all its digits: \d\S+ \S+. Any other one by its shape. Days of one
 * digit may have another space before them.
 */
static void put_time(struct buf *out, struct str line, const struct item *item)
{
	struct str time = {line.p + item->start, item->end - item->start};
	bool digit = time.p[0] >= '0' && time.p[0] <= '9';

	if (item->from > 0 || (item->end < line.n && !is_space(line.p[item->end]))) {
		buf_puts(out, item->time);
		return;
	}
	buf_puts(out, digit ? "\\d\\S+" : "[A-Z]\\S+");
	for (size_t i = 1; i < time.n; i++)
		if (time.p[i] == ' ' && time.p[i - 1] != ' ')
			buf_puts(out, digit ? " \\S+" : " +\\S+");
}

static void put_value(struct buf *out, const struct lines *lines, struct str line,
                      const struct item *item)
{
	switch (item->shape) {
	case ITEM_TIME:
		put_time(out, line, item);
		break;
	case ITEM_WORD:
		buf_puts(out, is_model(item) ? "[\\w.:/@-]*\\w" : "[^\\s,;|)\\]}\"'<>]+");
		break;
	case ITEM_QUOTED:
		buf_puts(out, "[^\"]*");
		break;
	case ITEM_COUNT:
		buf_puts(out, lines->thousands ? "\\d[\\d.]*[kKM]?" : "\\d+");
		break;
	case ITEM_DURATION:
		buf_puts(out, "\\d[\\d.]* ?(?:ms|s|us)");
		break;
	case ITEM_NUMBER:
		buf_puts(out, "\\d[\\d.]*");
		break;
	}
}

/* A value that is to be changed is captured under a name of its own, and a field made of it. */
static bool is_changed(const struct item *item)
{
	return item->origin.unit_ns || item->origin.format || item->origin.scale ||
	       item->origin.hash;
}

static void put_item(struct buf *out, const struct lines *lines, const struct text_line *line,
                     const struct item *item)
{
	const char *p = line->text.p;

	if (item->from < item->start && is_word(p[item->from]))
		buf_puts(out, "\\b");
	literal(out, (struct str){p + item->from, item->start - item->from});
	buf_printf(out, "(?<%s%s>", is_changed(item) ? "_" : "", item->field->name);
	put_value(out, lines, line->text, item);
	buf_char(out, ')');
	literal(out, (struct str){p + item->end, item->to - item->end});
	if (item->to > item->end && is_word(p[item->to - 1]))
		buf_puts(out, "\\b");
}

/* The words before the first item hold the pattern at the start of the line, if that is where they
 * are. */
static struct str pattern_of(struct guess *g, const struct lines *lines,
                             const struct text_line *line)
{
	struct buf regex = {0};
	struct str kept;
	size_t end = 0;

	for (size_t i = 0; i < line->n; i++) {
		const struct item *item = &line->items[i];
		bool joined = item->from <= end;

		if (!is_core(item))
			buf_puts(&regex, "(?:");
		if (i == 0 && item->from == 0)
			buf_char(&regex, '^');
		else if (i > 0 && !joined)
			buf_puts(&regex, ".*?");
		put_item(&regex, lines, line, item);
		if (!is_core(item))
			buf_puts(&regex, ")?");
		else
			end = item->to;
	}
	kept = guess_keep(g, buf_view(&regex));
	buf_free(&regex);
	return kept;
}

/* ---- trying it ---- */

/* Whether the pattern reads the numbers of a line as they were understood when it was looked at. */
static bool reads_as_understood(const struct pattern *p, struct pattern_match *match,
                                const struct text_line *line)
{
	struct value groups[PATTERN_GROUPS_MAX];
	size_t seen = 0;

	if (pattern_capture(p, match, line->text, groups) != PATTERN_YES)
		return false;
	for (size_t i = 0; i < pattern_groups(p); i++) {
		const struct field *field = field_find(pattern_group_name(p, i));
		const struct item *item;

		if (field == NULL || field->kind != FIELD_COUNT || groups[i].type == VALUE_ABSENT)
			continue;
		item = line_item(line, FIELD_COUNT, field->index);
		if (item == NULL || groups[i].text.p != line->text.p + item->start)
			return false;
		seen += is_token_count(item);
	}
	return seen == tokens_in(line);
}

/* How many lines that no pattern has read as yet this one reads; marks them. */
static size_t cover(struct lines *lines, struct str regex, struct pattern_match *match)
{
	struct err none = {0};
	struct pattern *p = pattern_new(regex, &none);
	size_t n = 0;

	for (size_t i = 0; p && i < lines->n; i++) {
		if (lines->covered[i] || !reads_as_understood(p, match, &lines->v[i]))
			continue;
		lines->covered[i] = true;
		n++;
	}
	pattern_free(&p);
	return n;
}

/* The line that says most, of those that no pattern reads; n: there is none. */
static size_t richest(const struct lines *lines)
{
	size_t best = lines->n, best_worth = 0;

	for (size_t i = 0; i < lines->n; i++) {
		const struct text_line *line = &lines->v[i];
		size_t worth = line->n + 10 * core_in(line);

		if (lines->covered[i])
			continue;
		if (worth > best_worth) {
			best = i;
			best_worth = worth;
		}
	}
	return best;
}

/* ---- the guess ---- */

static void add_fields(struct guess *g, const struct text_line *line)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct item *item = &line->items[i];
		struct guess_origin origin = item->origin;
		struct buf name = {0};
		struct guess_field *f = guess_field(g, item->field->kind, item->field->index);

		buf_printf(&name, "%s%s", is_changed(item) ? "_" : "", item->field->name);
		origin.path = buf_view(&name);
		if (f == NULL || !str_eq(f->v[0].path, origin.path))
			guess_add(g, item->field, origin);
		buf_free(&name);
	}
}

/* The label of an item without its sign: "cache_read_input_tokens". */
static struct str label_of(const struct text_line *line, int count)
{
	const struct item *item = line_item(line, FIELD_COUNT, count);
	struct str label = {0};

	if (item)
		label = (struct str){line->text.p + item->from, item->start - item->from};
	while (label.n && !is_word(label.p[label.n - 1]))
		label.n--;
	return label;
}

static void tell_meaning(struct guess *g, const struct text_line *line)
{
	struct str input = label_of(line, COUNT_INPUT);

	if (!guess_anthropic_names(input, label_of(line, COUNT_CACHE_READ)) &&
	    !guess_anthropic_names(input, label_of(line, COUNT_CACHE_WRITE)))
		return;
	g->input_without_cache = true;
	g->cache_doubt = GUESS_ANTHROPIC;
}

static const char *doubt_of(const struct text_line *line)
{
	for (size_t i = 0; i < line->n; i++)
		if (line->items[i].origin.doubt && !is_changed(&line->items[i]))
			return line->items[i].origin.doubt;
	return NULL;
}

static void make_patterns(struct guess *g, struct lines *lines)
{
	struct pattern_match *match = pattern_match_new();
	size_t core = 0; /* of the last pattern: a line that says less is a total, or a part */

	while (g->patterns_n < GUESS_PATTERNS) {
		size_t best = richest(lines);
		struct str regex;

		if (best == lines->n)
			break;
		regex = pattern_of(g, lines, &lines->v[best]);
		if (regex.n > PATTERN_LENGTH_MAX ||
		    (g->patterns_n > 0 && core_in(&lines->v[best]) < core) ||
		    cover(lines, regex, match) == 0) {
			lines->covered[best] = true; /* not to be tried again */
			continue;
		}
		core = core_in(&lines->v[best]);
		g->patterns[g->patterns_n++] =
			(struct guess_pattern){regex, doubt_of(&lines->v[best])};
		add_fields(g, &lines->v[best]);
		tell_meaning(g, &lines->v[best]);
	}
	pattern_match_free(&match);
}

static bool says_thousands(const struct text_line *line)
{
	for (size_t i = 0; i < line->n; i++)
		if (line->items[i].shape == ITEM_COUNT &&
		    strchr("kKM", line->text.p[line->items[i].end - 1]))
			return true;
	return false;
}

/* Lines with numbers of tokens; those with a model, when no line has these. */
static void select_lines(struct lines *lines, struct line_tools *t, const struct str *records,
                         size_t n, bool tokens)
{
	lines->n = 0;
	lines->thousands = false;
	for (size_t i = 0; i < n; i++) {
		struct text_line *line = &lines->v[lines->n];

		line_read(t, records[i], line);
		if (tokens ? tokens_in(line) == 0 : !line_item(line, FIELD_LABEL, LABEL_MODEL))
			continue;
		lines->thousands |= says_thousands(line);
		lines->n++;
	}
}

void guess_text(struct guess *g, const struct evidence *e, const struct str *records, size_t n)
{
	struct line_tools *t = line_tools_new(e);
	struct lines lines = {xcalloc(n + 1, sizeof(*lines.v)), xcalloc(n + 1, sizeof(bool)), 0,
	                      false};

	select_lines(&lines, t, records, n, true);
	if (lines.n == 0)
		select_lines(&lines, t, records, n, false);
	make_patterns(g, &lines);
	line_tools_free(&t);
	free(lines.v);
	free(lines.covered);
}

void guess_time_at_start(struct guess *g, const struct evidence *e, const struct str *records,
                         size_t n)
{
	struct line_tools *t = line_tools_new(e);
	struct lines lines = {0};
	struct text_line line;
	size_t timed = 0;

	for (size_t i = 0; i < n; i++) {
		const struct item *item;

		line_read(t, records[i], &line);
		item = line_item(&line, FIELD_TIME, 0);
		if (item == NULL)
			continue;
		timed++;
		if (g->patterns_n)
			continue;
		line.items[0] = *item;
		line.n = 1;
		g->patterns[g->patterns_n++] =
			(struct guess_pattern){pattern_of(g, &lines, &line), NULL};
		add_fields(g, &line);
	}
	if (timed * 10 < n * 9 && g->patterns_n) { /* in some lines alone: it is something else */
		g->patterns_n = 0;
		g->fields_n -= guess_has(g, FIELD_TIME, 0);
	}
	line_tools_free(&t);
}
