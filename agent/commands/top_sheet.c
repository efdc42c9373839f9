/*
 * The whole of what is shown, as lines. Each part says how many lines it would like; where the
 * height does not suffice, parts are left out, those first that tell least, until the table has a
 * row. What remains is cut to the width, so that no terminal is too small.
 */
#include "agent/base/escape.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/commands/top_view.h"

/* How many lines each part has. */
struct layout {
	size_t title, summary, chart, space, table, notes, coverage, state, keys;
};

#define BOLD "\x1b[1m"
#define KEYS "\x1b[36m"
#define WARN "\x1b[33m"

/* A table has a head, a row and a total at least. */
enum { TABLE_LEAST = 3, NOTES_MAX = 3, WIDE = 72 };

/* ---- lines ---- */

/* Bytes of one character, or of a whole escape sequence, which takes no columns. */
static size_t step(struct str text, size_t *columns)
{
	size_t n = 1;

	*columns = 0;
	if (text.p[0] == '\x1b') {
		while (n < text.n && text.p[n - 1] != 'm')
			n++;
		return n;
	}
	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	*columns = text_columns((struct str){text.p, n});
	return n;
}

/* One line, cut to the width; sequences behind the cut stay, for they end what began before it. */
static void put_line(struct buf *out, struct str line, size_t width)
{
	size_t left = width;

	while (line.n) {
		size_t columns;
		size_t n = step(line, &columns);

		if (line.p[0] == '\x1b')
			buf_bytes(out, line.p, n);
		else if (columns > left)
			left = 0;
		else
			buf_bytes(out, line.p, n);
		left -= columns < left ? columns : left;
		line = str_from(line, n);
	}
	buf_char(out, '\n');
}

static void put_styled(struct buf *out, struct str text, const char *style, const struct look *look)
{
	bool styled = look->colour && style[0];

	if (styled)
		buf_puts(out, style);
	put_line(out, text, look->width);
	if (styled) {
		out->n--; /* the end of the line */
		buf_puts(out, "\x1b[0m\n");
	}
}

/* The lines of a text, at most `most`; returns how many. */
static size_t put_lines(struct buf *out, struct str text, const char *style, size_t most,
                        const struct look *look)
{
	size_t n = 0;

	for (; text.n && n < most; n++) {
		size_t end = str_find(text, STR("\n"));

		put_styled(out, (struct str){text.p, end}, style, look);
		text = str_from(text, end + 1);
	}
	return n;
}

/* ---- parts ---- */

static void put_clock(const struct top_view *v, struct buf *out)
{
	const struct zone *zone = v->answer->query.zone;
	struct civil c = civil_of(v->now + zone_offset(zone, v->now) * TIME_SEC);

	buf_printf(out, "%02d:%02d:%02d %s", c.hour, c.minute, c.second, zone_name(zone));
}

static void put_title(const struct top_view *v, const struct look *look, struct buf *out)
{
	struct buf line = {0};
	struct buf clock = {0};

	buf_puts(&line, "tokentail top");
	if (v->answer) {
		buf_printf(&line, "  by %s, last %s", dim_name(v->answer->query.by[0]),
		           top_span_name(v->answer->span));
		put_clock(v, &clock);
		if (line.n + 2 + clock.n <= look->width)
			buf_printf(&line, "%*s", (int)(look->width - line.n), clock.p);
	}
	put_styled(out, buf_view(&line), BOLD, look);
	buf_free(&line);
	buf_free(&clock);
}

static void put_summary(const struct top_view *v, const struct look *look, struct buf *out)
{
	const struct live_answer *a = v->answer;
	const struct sums *s = &a->result->total.sums;
	char cost[TEXT_COST];
	struct buf line = {0};

	text_cost(cost, s->cost);
	buf_printf(&line, "%s, ", cost);
	show_plural(&line, s->calls, "call");
	buf_puts(&line, ", ");
	show_compact(&line, s->count[COUNT_INPUT]);
	buf_puts(&line, " in, ");
	show_compact(&line, s->count[COUNT_OUTPUT]);
	text_cost(cost, a->cost[a->slots - 1]);
	buf_printf(&line, " out; %s in this %s", cost, a->span == LIVE_HOUR ? "minute" : "hour");
	put_line(out, buf_view(&line), look->width);
	buf_free(&line);
}

/* Instead of a table: when there were calls. */
static void put_nothing(const struct top_view *v, struct buf *out)
{
	const struct live_answer *a = v->answer;

	buf_printf(out, "No calls in the last %s.\n", top_span_name(a->span));
	if (a->last < 0) {
		buf_puts(out, "No calls yet: `tokentail run` follows the logs.\n");
		return;
	}
	buf_puts(out, "The last one was at ");
	show_minute(out, a->query.zone, a->last);
	buf_puts(out, ".\n");
}

/* What must be known to judge the numbers, a line each; the first of them matters most. */
static void put_notes(const struct top_view *v, const struct look *look, struct buf *out)
{
	struct report report;

	if (v->error[0]) {
		show_text(out, str_of(v->error), look->utf8);
		buf_char(out, '\n');
	}
	if (v->answer == NULL)
		return;
	if (v->question.span != v->answer->span)
		buf_puts(out, "Calls are not kept (keep.calls): no minutes, only hours.\n");
	report = top_report(v, look);
	report_notes(&report, out);
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static void put_count(struct buf *out, int64_t n, bool compact)
{
	char text[TEXT_COUNT];

	if (compact) {
		show_compact(out, n);
		return;
	}
	text_count(text, n);
	buf_puts(out, text);
}

/* In one of three lengths. */
static void coverage(const int64_t records[OUTCOMES], int shortness, struct buf *out)
{
	static const char *const words[][OUTCOMES + 1] = {
		{"records", "calls", "duplicates", "skipped", "rejected"},
		{"records", "calls", "dup", "skip", "rej"},
		{"rec", "calls", "dup", "skip", "rej"},
	};
	int64_t all = 0;

	for (size_t i = 0; i < OUTCOMES; i++)
		all += records[i];
	put_count(out, all, shortness > 0);
	buf_printf(out, " %s", words[shortness][0]);
	for (size_t i = 0; i < OUTCOMES; i++) {
		buf_puts(out, shortness > 1 ? (i ? "+" : "=") : (i ? " + " : " = "));
		put_count(out, records[i], shortness > 0);
		buf_printf(out, " %s", words[shortness][i + 1]);
	}
}

static void put_coverage(const struct top_view *v, const struct look *look, struct buf *out)
{
	struct buf line = {0};

	for (int shortness = 0; shortness < 3; shortness++) {
		buf_clear(&line);
		coverage(v->answer->records, shortness, &line);
		if (line.n <= look->width)
			break;
	}
	put_line(out, buf_view(&line), look->width);
	buf_free(&line);
}

static void put_state(const struct top_view *v, const struct look *look, struct buf *out)
{
	char size[TEXT_SIZE];
	struct buf line = {0};

	text_size(size, v->lag);
	buf_printf(&line, "lag %s", size);
	if (v->behind) {
		buf_printf(&line, " in %zu of ", v->behind);
		show_plural(&line, (int64_t)v->files, "file");
	}
	if (v->writer > 0)
		buf_printf(&line, "; an agent runs (process %ld)", v->writer);
	else
		buf_puts(&line, v->writer < 0 ? "; an agent runs" : "; no agent runs");
	put_styled(out, buf_view(&line), v->writer == 0 && v->lag > 0 ? WARN : "", look);
	buf_free(&line);
}

static void put_keys(const struct top_view *v, const struct look *look, struct buf *out)
{
	const struct live_question *q = &v->question;
	size_t n = v->answer ? v->answer->result->n : 0;
	struct buf line = {0};

	buf_printf(&line, "q quit  %s by %s  w %s  s %s", look->utf8 ? "←→" : "left/right",
	           dim_name(q->dim), top_span_name(q->span), top_sort_name(q->sort));
	if (n > v->page)
		buf_printf(&line, "  %s rows %zu-%zu of %zu", look->utf8 ? "↑↓" : "up/down",
		           v->first + 1, v->first + v->page, n);
	else if (look->width >= WIDE)
		buf_puts(&line, "  m f u model feature user");
	put_styled(out, buf_view(&line), KEYS, look);
	buf_free(&line);
}

/* ---- the whole ---- */

static size_t sum(const struct layout *l)
{
	return l->title + l->summary + l->chart + l->space + l->table + l->notes + l->coverage +
	       l->state + l->keys;
}

/* Lines for the chart, with its times. */
static size_t chart_lines(size_t height)
{
	return height >= 40 ? 9 : height >= 22 ? 5 : height >= 16 ? 4 : height >= 12 ? 1 : 0;
}

static struct layout lay_out(const struct top_view *v, size_t notes, size_t height)
{
	struct layout l = {.title = 1, .keys = !v->is_lines};
	size_t *const dispensable[] = {&l.space, &l.chart,    &l.summary, &l.state,
	                               &l.title, &l.coverage, &l.notes,   &l.keys};

	l.notes = notes;
	if (v->answer) {
		l.summary = l.coverage = l.state = 1;
		l.chart = chart_lines(height);
		l.space = height >= 22;
		l.table = TABLE_LEAST;
	}
	if (l.notes > 1 && height < 16)
		l.notes = 1;
	for (size_t i = 0; i < sizeof(dispensable) / sizeof(dispensable[0]); i++)
		if (sum(&l) > height)
			*dispensable[i] = 0;
	if (v->answer)
		l.table = height - (sum(&l) - l.table);
	return l;
}

/* Returns how many lines it has. */
static size_t put_table(struct top_view *v, const struct look *look, size_t lines, struct buf *out)
{
	struct buf text = {0};
	size_t n;

	v->page = lines > 2 ? lines - 2 : 0;
	if (v->answer->result->n == 0) {
		put_nothing(v, &text);
	} else {
		top_settle(v);
		v->page = top_table(v, look, v->page, &text);
	}
	n = put_lines(out, buf_view(&text), "", lines, look);
	buf_free(&text);
	return n;
}

static void put_middle(struct top_view *v, const struct layout *l, const struct look *look,
                       struct buf *out)
{
	struct buf text = {0};
	size_t used;

	if (l->summary)
		put_summary(v, look, out);
	if (l->chart)
		top_chart(v, look, l->chart > 1 ? l->chart - 1 : 1, &text);
	(void)put_lines(out, buf_view(&text), "", l->chart, look);
	if (l->space)
		buf_char(out, '\n');
	used = put_table(v, look, l->table, out);
	for (; used < l->table && !v->is_lines; used++)
		buf_char(out, '\n');
	buf_free(&text);
}

void top_sheet(struct top_view *v, const struct look *look, size_t height, struct buf *out)
{
	struct buf notes = {0};
	struct layout l;
	size_t n;

	put_notes(v, look, &notes);
	n = count_lines(buf_view(&notes));
	l = lay_out(v, n > NOTES_MAX ? NOTES_MAX : n, height);
	if (l.title)
		put_title(v, look, out);
	if (v->answer)
		put_middle(v, &l, look, out);
	(void)put_lines(out, buf_view(&notes), WARN, l.notes, look);
	if (l.coverage)
		put_coverage(v, look, out);
	if (l.state)
		put_state(v, look, out);
	if (l.keys)
		put_keys(v, look, out);
	buf_free(&notes);
}
