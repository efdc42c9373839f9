/* A record's way for a person who never saw the source it is read by. */
#include "agent/base/escape.h"
#include "agent/commands/excerpt.h"
#include "agent/commands/page.h"
#include "agent/commands/way.h"

enum {
	VALUE_PLACE = 12, /* of most values; behind them stands where they came from */
	REGEX_COLUMNS = 200,
	GAP = 2,
	BELOW = 4, /* columns by which what does not fit beside a value is set in */
};

static void put_regex(struct buf *out, struct str regex, const struct page *p)
{
	buf_char(out, '\'');
	excerpt_text(out, regex, REGEX_COLUMNS, p->look.utf8);
	buf_char(out, '\'');
}

/* ---- tests and patterns ---- */

void way_test_text(struct buf *out, const struct test *test)
{
	if (test->negate)
		buf_puts(out, "not ");
	escape_terminal(out, str_of(test->path ? test->path : ""));
	switch (test->kind) {
	case TEST_PATTERN:
		buf_puts(out, "pattern '");
		escape_terminal(out, str_of(test->operand));
		buf_char(out, '\'');
		return;
	case TEST_EQUALS:
		buf_puts(out, " = ");
		escape_terminal(out, str_of(test->operand));
		return;
	case TEST_PATH_PATTERN:
		buf_puts(out, " ~ '");
		escape_terminal(out, str_of(test->operand));
		buf_char(out, '\'');
		return;
	case TEST_EXISTS:
		buf_printf(out, " exists: %s", test->exists ? "true" : "false");
		return;
	}
}

/* What the test saw, unless that is clear from its having passed. */
static void put_seen(struct buf *out, const struct trace_test *t, const struct page *p)
{
	enum test_kind kind = t->test->kind;
	bool told = t->passed && !t->test->negate;

	if (kind == TEST_PATTERN || (told && kind == TEST_EQUALS) ||
	    (!t->there && kind == TEST_EXISTS))
		return;
	buf_puts(out, t->there ? ", it is " : ", it is not there");
	if (t->there)
		page_value(p, out, t->value);
}

static void put_tests(struct page *p, const struct way *w)
{
	page_label(p, "only");
	for (size_t i = 0; i < w->tests_n; i++) {
		const struct trace_test *t = &w->tests[i];
		struct buf text = {0};

		buf_puts(&text, t->limited ? "GAVE UP " : t->passed ? "passed  " : "FAILED  ");
		way_test_text(&text, t->test);
		put_seen(&text, t, p);
		page_buf(p, 0, &text);
	}
}

static void put_reach(struct page *p, const struct way_pattern *pattern)
{
	struct buf text = {0};

	if (pattern->reach == 0)
		return;
	buf_puts(&text, "fits      ");
	put_regex(&text, (struct str){pattern->regex.p, pattern->reach}, p);
	page_buf(p, 4, &text);
	text = (struct buf){0};
	buf_puts(&text, "fails at  ");
	put_regex(&text, str_from(pattern->regex, pattern->reach), p);
	page_buf(p, 4, &text);
}

static void put_patterns(struct page *p, const struct way *w)
{
	static const char *const results[] = {
		[PATTERN_NO] = "no match", [PATTERN_YES] = "matches", [PATTERN_LIMIT] = "GAVE UP"};

	page_label(p, "patterns");
	for (size_t i = 0; i < w->patterns_n; i++) {
		const struct way_pattern *pattern = &w->patterns[i];
		struct buf text = {0};

		buf_printf(&text, "[%zu] %-8s ", pattern->number, results[pattern->result]);
		put_regex(&text, pattern->regex, p);
		page_buf(p, 0, &text);
		put_reach(p, pattern);
	}
}

/* ---- values ---- */

/* The number of the pattern that matched; it is there if a group gave a value. */
static size_t matched(const struct way *w)
{
	for (size_t i = 0; i < w->patterns_n; i++)
		if (w->patterns[i].result == PATTERN_YES)
			return w->patterns[i].number;
	return 0;
}

static void put_paths(struct buf *out, const struct origin *o)
{
	for (size_t i = 0; o && i < o->sum_n; i++) {
		buf_puts(out, i ? ", " : "the sum of ");
		escape_terminal(out, str_of(o->sum[i]));
	}
}

static void put_from(struct buf *out, const struct way *w, const struct trace_value *v)
{
	switch (v->from) {
	case FROM_PATH:
	case FROM_EARLIER:
		escape_terminal(out, str_of(v->path ? v->path : "a sum"));
		break;
	case FROM_GROUP:
		buf_puts(out, "group ");
		if (!str_eq(str_of(v->path), v->name)) {
			escape_terminal(out, str_of(v->path));
			buf_puts(out, " ");
		}
		buf_printf(out, "of patterns[%zu]", matched(w));
		break;
	case FROM_SUM:
		put_paths(out, v->origin);
		break;
	case FROM_DEFAULT:
		buf_puts(out, "default");
		break;
	case FROM_CLOCK:
		buf_puts(out, "the clock, when it was read");
		break;
	case FROM_SET:
		buf_puts(out, "set");
		break;
	case FROM_ENVELOPE:
		buf_puts(out, "of the envelope");
		break;
	}
}

static void put_ordinal(struct buf *out, size_t n)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};
	bool teen = n / 10 % 10 == 1;

	buf_printf(out, "%zu%s", n, endings[teen || n % 10 > 3 ? 0 : n % 10]);
}

static void put_unit(struct buf *out, int64_t ns)
{
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = {{1, "ns"}, {1000, "us"}, {1000000, "ms"}, {1000000000, "s"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].ns == ns)
			buf_printf(out, ", unit %s", units[i].name);
}

/* What was done to a value on its way. */
static void put_steps(struct buf *out, const struct way_value *value, const struct page *p)
{
	const struct origin *o = value->v.origin;

	if (o == NULL || value->v.from == FROM_DEFAULT)
		return;
	if (o->pattern) {
		buf_puts(out, ", pattern ");
		put_regex(out, str_of(o->pattern), p);
	}
	if (value->kind == TRACE_MISSED) {
		buf_puts(out, o->pattern ? " finds nothing in it" : ", by its map no value");
		return;
	}
	if (value->v.mapped)
		buf_puts(out, ", by its map");
	put_unit(out, o->unit_ns);
	if (o->scale)
		buf_printf(out, ", times %s", o->scale);
	if (o->format)
		buf_printf(out, ", format %s", o->format);
	if (o->hash)
		buf_puts(out, ", hash");
}

/* Where a value came from, in words. */
static void put_origin(struct buf *out, const struct way *w, const struct way_value *value,
                       const struct page *p)
{
	const struct trace_value *v = &value->v;
	struct str raw = v->raw.p || v->from != FROM_ENVELOPE ? v->raw : v->text;

	put_from(out, w, v);
	if (v->of > 1) {
		buf_puts(out, " (");
		put_ordinal(out, v->number);
		buf_printf(out, " of %zu)", v->of);
	}
	if (raw.p && v->from != FROM_DEFAULT && !str_eq(raw, value->shown)) {
		buf_puts(out, " \"");
		page_value(p, out, raw);
		buf_char(out, '"');
	}
	put_steps(out, value, p);
	if (v->from == FROM_EARLIER)
		buf_puts(out, ", of an earlier record");
}

static bool is_own(const struct way_value *value)
{
	return value->v.field == NULL;
}

/* The column at which values stand. */
static size_t value_column(const struct way *w, bool own)
{
	size_t longest = 0;

	for (size_t i = 0; i < w->values_n; i++)
		if (is_own(&w->values[i]) == own && w->values[i].v.name.n > longest)
			longest = w->values[i].v.name.n;
	return PAGE_TEXT + longest + GAP;
}

/* Where a value of so many columns came from: beside it, or below where it does not fit. */
static void put_beside(struct page *p, size_t at, size_t columns, struct str origin)
{
	size_t used = columns < VALUE_PLACE ? VALUE_PLACE : columns;

	at += used + GAP;
	if (at + text_columns(origin) <= p->look.width) {
		buf_printf(&p->out, "%*s%.*s\n", (int)(used - columns + GAP), "", STR_ARG(origin));
		return;
	}
	buf_char(&p->out, '\n');
	page_begin(p);
	buf_printf(&p->out, "%*s", BELOW, "");
	excerpt_wrap(&p->out, origin, PAGE_TEXT + BELOW, PAGE_TEXT + BELOW + 2, p->look.width);
}

static void put_row(struct page *p, const struct way *w, const struct way_value *value, size_t at)
{
	struct buf shown = {0}, origin = {0};

	page_value(p, &shown, value->kind == TRACE_MISSED ? STR("-") : value->shown);
	put_origin(&origin, w, value, p);
	page_begin(p);
	buf_printf(&p->out, "%-*.*s%s", (int)(at - PAGE_TEXT), STR_ARG(value->v.name), shown.p);
	put_beside(p, at, text_columns(buf_view(&shown)), buf_view(&origin));
	buf_free(&shown);
	buf_free(&origin);
}

static void put_values(struct page *p, const struct way *w, bool own)
{
	size_t at = value_column(w, own);

	page_label(p, own ? "names" : "fields");
	for (size_t i = 0; i < w->values_n; i++)
		if (is_own(&w->values[i]) == own)
			put_row(p, w, &w->values[i], at);
}

static void put_nothing(struct page *p, const struct way *w)
{
	struct buf text = {0};

	if (w->nothing_n == 0)
		return;
	page_label(p, w->values_n ? NULL : "fields");
	buf_puts(&text, "no value:");
	for (size_t i = 0; i < w->nothing_n; i++)
		buf_printf(&text, "%s %.*s", i ? "," : "", STR_ARG(w->nothing[i]));
	page_buf(p, 0, &text);
}

/* ---- the verdict ---- */

/* The text around the place where a record broke, with a caret under it. */
static void put_place(struct page *p, const struct way_place *place)
{
	struct buf text = {0};
	size_t before;

	if (place->after.p == NULL)
		return;
	escape_terminal(&text, place->before);
	before = text_columns(buf_view(&text));
	escape_terminal(&text, place->after);
	page_begin(p);
	buf_printf(&p->out, "%s\n", text.p ? text.p : "");
	page_begin(p);
	buf_printf(&p->out, "%*s^ byte %zu\n", (int)before, "", place->at);
	buf_free(&text);
}

void way_flags_text(struct page *p, const struct call *c)
{
	static const struct {
		unsigned flag;
		const char *meaning;
	} flags[] = {
		{CALL_UNPRICED, "unpriced: no price is known for it"},
		{CALL_ESTIMATED, "estimated: priced as another model (unknown_model)"},
		{CALL_USAGE_ESTIMATED,
	         "estimated usage: tokens from the length of its texts (estimate)"},
		{CALL_INCONSISTENT, "inconsistent: a part exceeded its whole and was cut"},
		{CALL_UNKNOWN_USAGE, "unknown usage: the log has no counts"},
		{CALL_COST_LOGGED, "the cost is the log's own"},
		{CALL_INCOMPLETE, "incomplete: not all of its parts came"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (c->flags & flags[i].flag)
			page_line(p, 0, str_of(flags[i].meaning));
}

static void put_outcome(struct page *p, const struct way *w)
{
	const struct verdict *v = &w->verdict;
	char cost[COST_TEXT];
	struct buf text = {0};

	page_label(p, "outcome");
	buf_puts(&text, outcome_name(v->outcome));
	if (w->call) {
		cost_print(w->call->cost, cost);
		buf_printf(&text, ", $%s", cost);
	}
	if (v->reason[0]) {
		buf_puts(&text, ": ");
		escape_terminal(&text, str_of(v->reason));
	}
	if (v->value.n) {
		buf_puts(&text, " (");
		page_value(p, &text, v->value);
		buf_char(&text, ')');
	}
	page_buf(p, 0, &text);
	if (w->broken)
		page_line(p, 0, str_of(w->broken));
	if (w->bad) {
		buf_puts(&text, "from ");
		put_origin(&text, w, w->bad, p);
		page_buf(p, 0, &text);
	}
	put_place(p, &w->place);
	if (w->call)
		way_flags_text(p, w->call);
}

void way_text(struct page *p, const struct way *w, const struct source *s)
{
	put_tests(p, w);
	put_patterns(p, w);
	put_values(p, w, true);
	put_values(p, w, false);
	put_nothing(p, w);
	way_together_text(p, w, s);
	if (!w->ended)
		return;
	if (w->call)
		way_money_text(p, w, source_configuration(s)->cost);
	put_outcome(p, w);
}
