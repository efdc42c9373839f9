/* `status` for a terminal: what needs a person and the sums first, then what is wrong, then every
 * file. */
#include <inttypes.h>

#include "agent/commands/grid.h"
#include "agent/commands/show.h"
#include "agent/commands/stuck.h"
#include "agent/commands/text.h"

enum { PATH_LEAST = 16, REASON_LEAST = 12 }; /* columns they may be cut to */

static void count_cell(struct grid *g, int64_t n, enum grid_style style)
{
	char text[TEXT_COUNT];

	text_count(text, n);
	grid_cell(g, str_of(text), style);
}

static void size_cell(struct grid *g, int64_t bytes)
{
	char text[TEXT_SIZE];

	text_size(text, bytes);
	grid_cell(g, str_of(text), GRID_PLAIN);
}

static void text_cell(struct grid *g, struct str text, const struct look *look)
{
	struct buf shown = {0};

	show_text(&shown, text, look->utf8);
	grid_cell(g, buf_view(&shown), GRID_PLAIN);
	buf_free(&shown);
}

static void put_grid(struct grid *g, const struct look *look, struct buf *out)
{
	buf_char(out, '\n');
	grid_print(g, look, out);
	grid_free(g);
}

static void put_sources(const struct status *s, const struct look *look, struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "source", .least = REASON_LEAST}, {.title = "records", .right = true},
		{.title = "calls", .right = true},          {.title = "duplicates", .right = true},
		{.title = "skipped", .right = true},        {.title = "rejected", .right = true},
	};
	struct grid g;

	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < s->sources_n; i++) {
		const struct status_source *source = &s->sources[i];

		text_cell(&g, source->name, look);
		count_cell(&g, status_records(source), GRID_PLAIN);
		for (size_t o = 0; o < OUTCOMES; o++)
			count_cell(&g, source->records[o],
			           o == OUTCOME_REJECTED && source->records[o] ? GRID_WARN
			                                                       : GRID_PLAIN);
	}
	put_grid(&g, look, out);
	for (size_t i = 0; i < s->sources_n; i++) {
		if (status_adds_up(&s->sources[i]))
			continue;
		buf_puts(out, "The sums of ");
		show_text(out, s->sources[i].name, look->utf8);
		buf_puts(out, " do not agree: ");
		show_plural(out, s->sources[i].records[OUTCOME_CALL], "call");
		buf_puts(out, " were read, the totals have ");
		show_plural(out, s->sources[i].counted, "call");
		buf_puts(out, ".\n");
	}
}

static void put_reasons(const struct status *s, const struct look *look, struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "source", .least = REASON_LEAST},
		{.title = "not counted"},
		{.title = "records", .right = true},
		{.title = "reason", .least = REASON_LEAST},
	};
	struct grid g;

	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < s->reasons_n; i++) {
		const struct coverage_row *row = &s->reasons[i];

		if (row->outcome == OUTCOME_CALL || row->outcome >= OUTCOMES)
			continue;
		text_cell(&g, row->source, look);
		text_cell(&g, str_of(outcome_name(row->outcome)), look);
		count_cell(&g, row->records, GRID_PLAIN);
		text_cell(&g, row->reason, look);
	}
	if (g.n > g.columns_n)
		put_grid(&g, look, out);
	else
		grid_free(&g);
}

/* The field's own value; where there is none to show, the place in the record where it broke. */
static void reject_cell(struct grid *g, const struct reject_row *row, const struct look *look)
{
	struct buf at = {0};

	if (row->value.n || row->at == 0) {
		text_cell(g, row->value, look);
		return;
	}
	buf_printf(&at, "at its byte %lld", (long long)row->at);
	grid_cell(g, buf_view(&at), GRID_PLAIN);
	buf_free(&at);
}

static void put_rejects(const struct status *s, const struct look *look, struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "last rejected", .least = PATH_LEAST},
		{.title = "reason", .least = REASON_LEAST},
		{.title = "value", .least = REASON_LEAST},
	};
	struct grid g;

	if (s->rejects_n == 0)
		return;
	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < s->rejects_n; i++) {
		const struct reject_row *row = &s->rejects[i];
		struct buf place = {0};

		buf_str(&place, row->path);
		buf_printf(&place, ":%lld", (long long)row->offset);
		text_cell(&g, buf_view(&place), look);
		text_cell(&g, row->reason, look);
		reject_cell(&g, row, look);
		buf_free(&place);
	}
	put_grid(&g, look, out);
}

/* Columns that have nothing to say are left out, for lines are short. */
enum { FILE_COLUMNS = 9 };

static bool any_lost(const struct status *s)
{
	for (size_t i = 0; i < s->files_n; i++)
		if (s->files[i].lost)
			return true;
	return false;
}

static void age_cell(struct grid *g, const struct status *s, const struct status_file *f)
{
	struct buf age = {0};

	if (f->written)
		show_age(&age, s->now > f->written ? s->now - f->written : 0);
	grid_cell(g, buf_view(&age), GRID_PLAIN);
	buf_free(&age);
}

static void rate_cell(struct grid *g, const struct status_file *f)
{
	char bytes[TEXT_SIZE];
	struct buf text = {0};

	if (f->rate > 0) {
		text_size(bytes, f->rate);
		buf_printf(&text, "%s/s", bytes);
	}
	grid_cell(g, buf_view(&text), GRID_PLAIN);
	buf_free(&text);
}

static void put_file(struct grid *g, const struct status *s, const struct status_file *f, bool lost,
                     const struct look *look)
{
	text_cell(g, f->path, look);
	grid_cell(g, str_of(file_state_name(f->state)),
	          f->state == FILE_CORRUPT || f->blocked ? GRID_WARN : GRID_PLAIN);
	size_cell(g, f->offset);
	size_cell(g, f->size);
	size_cell(g, f->lag);
	age_cell(g, s, f);
	if (s->live == LIVE_AGENT)
		rate_cell(g, f);
	if (lost)
		size_cell(g, f->lost);
	text_cell(g, f->reason, look);
}

static void put_files(const struct status *s, const struct look *look, struct buf *out)
{
	struct grid_column columns[FILE_COLUMNS] = {
		{.title = "file", .least = PATH_LEAST}, {.title = "state"},
		{.title = "counted", .right = true},    {.title = "size", .right = true},
		{.title = "lag", .right = true},        {.title = "age", .right = true},
	};
	size_t n = 6;
	bool lost = any_lost(s);
	struct grid g;

	if (s->files_n == 0)
		return;
	if (s->live == LIVE_AGENT)
		columns[n++] = (struct grid_column){.title = "rate", .right = true};
	if (lost)
		columns[n++] = (struct grid_column){.title = "lost", .right = true};
	columns[n++] = (struct grid_column){.title = "reason", .least = REASON_LEAST};
	grid_init(&g, columns, n);
	for (size_t i = 0; i < s->files_n; i++)
		put_file(&g, s, &s->files[i], lost, look);
	put_grid(&g, look, out);
}

/* ---- the agent ---- */

/* "120", "0.4". */
static void put_rate(struct buf *out, int64_t milli)
{
	if (milli < 10000)
		buf_printf(out, "%" PRId64 ".%" PRId64, milli / 1000, milli / 100 % 10);
	else
		show_compact(out, milli / 1000);
}

static void put_told(const struct status *s, const struct look *look, struct buf *out)
{
	const struct told_agent *a = &s->agent.agent;

	buf_printf(out, "Agent %ld runs since ", s->pid);
	show_minute(out, s->zone, a->since);
	buf_puts(out, ", ");
	put_rate(out, a->records_rate);
	buf_puts(out, " records/s, ");
	put_rate(out, a->calls_rate);
	buf_puts(out, " calls/s, ");
	if (a->committed >= 0) {
		buf_puts(out, "committed ");
		show_age(out, a->committed);
		buf_puts(out, " ago");
	} else {
		buf_puts(out, "nothing committed yet");
	}
	buf_puts(out, ", by ");
	show_text(out, a->watch, look->utf8);
	if (a->watch_reason.n) {
		buf_puts(out, " (");
		show_text(out, a->watch_reason, look->utf8);
		buf_char(out, ')');
	}
	buf_char(out, '\n');
	if (a->dropped) {
		show_plural(out, a->dropped, "client");
		buf_puts(out, " of its socket went without an answer: silent, slow or wrong\n");
	}
}

static void put_agent(const struct status *s, const struct look *look, struct buf *out)
{
	switch (s->live) {
	case LIVE_NOBODY:
		buf_puts(out, "No agent runs.\n");
		return;
	case LIVE_AGENT:
		put_told(s, look, out);
		return;
	case LIVE_SILENT:
		return; /* it is stuck, as is said below */
	case LIVE_FORBIDDEN:
		buf_printf(out, "Agent %ld runs; it answers only its own user and root.\n", s->pid);
		return;
	case LIVE_WRITER:
		buf_printf(out,
		           "Process %ld writes the database and does not listen: a backfill, or "
		           "an agent without a socket.\n",
		           s->pid);
		return;
	}
}

static void put_stuck(const struct status *s, const struct look *look, struct buf *out)
{
	for (size_t i = 0; i < s->stuck_n; i++) {
		const struct stuck *stuck = &s->stuck[i];
		struct buf line = {0};

		buf_puts(&line, "stuck: ");
		if (stuck->file) {
			buf_str(&line, stuck->file->path);
			buf_puts(&line, ": ");
		}
		stuck_reason(s, stuck, &line);
		buf_puts(&line, "; ");
		stuck_advice(s, stuck, &line);
		show_text(out, buf_view(&line), look->utf8);
		buf_char(out, '\n');
		buf_free(&line);
	}
}

/* The archive and for how long there is room, as far as there is something to say. */
static void put_room(const struct status *s, struct buf *out)
{
	const struct sizes *z = &s->sizes;
	char archive[TEXT_SIZE], growth[TEXT_SIZE], free[TEXT_SIZE], date[SHOW_DATE];

	text_size(archive, z->archive);
	text_size(growth, z->growth);
	text_size(free, z->free);
	if (z->archive)
		buf_printf(out, "Archive %s\n", archive);
	if (z->growth < 0)
		return;
	buf_printf(out, "Both grow by %s a day; %s of the disk are free", growth, free);
	if (show_full(date, z, s->now))
		buf_printf(out, ", until %s", date);
	buf_char(out, '\n');
}

void status_text(const struct status *s, const struct look *look, struct buf *out)
{
	char bytes[TEXT_SIZE];

	text_size(bytes, s->sizes.database);
	buf_puts(out, "Database ");
	show_text(out, str_of(s->database), look->utf8);
	buf_printf(out, ", %s\n", bytes);
	put_room(s, out);
	put_agent(s, look, out);
	put_stuck(s, look, out);
	if (s->sources_n == 0 && s->files_n == 0) {
		buf_puts(out, "Nothing was read yet: `tokentail backfill PATH...` reads logs.\n");
		return;
	}
	if (s->sources_n)
		put_sources(s, look, out);
	put_reasons(s, look, out);
	put_rejects(s, look, out);
	put_files(s, look, out);
}
