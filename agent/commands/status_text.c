/* `status` for a terminal: sums first, then what is wrong, then every file. */
#include "agent/commands/grid.h"
#include "agent/commands/show.h"
#include "agent/commands/status.h"
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

static void put_files(const struct status *s, const struct look *look, struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "file", .least = PATH_LEAST},
		{.title = "state"},
		{.title = "counted", .right = true},
		{.title = "size", .right = true},
		{.title = "lag", .right = true},
		{.title = "lost", .right = true},
		{.title = "reason", .least = REASON_LEAST},
	};
	struct grid g;

	if (s->files_n == 0)
		return;
	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < s->files_n; i++) {
		const struct mark *m = s->files[i].mark;

		text_cell(&g, str_of(m->path), look);
		grid_cell(&g, str_of(file_state_name(m->state)),
		          m->state == FILE_CORRUPT ? GRID_WARN : GRID_PLAIN);
		size_cell(&g, m->offset);
		size_cell(&g, s->files[i].size);
		size_cell(&g, s->files[i].lag);
		size_cell(&g, m->lost);
		text_cell(&g, str_of(m->reason), look);
	}
	put_grid(&g, look, out);
}

void status_text(const struct status *s, const struct look *look, struct buf *out)
{
	char bytes[TEXT_SIZE];

	text_size(bytes, s->bytes);
	buf_puts(out, "Database ");
	show_text(out, str_of(s->database), look->utf8);
	buf_printf(out, ", %s\n", bytes);
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
