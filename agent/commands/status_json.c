/* `status` for programs. The counters have the names they have in `backfill --json`. */
#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/status.h"

static const char *const counters[OUTCOMES] = {
	[OUTCOME_CALL] = "calls",
	[OUTCOME_DUPLICATE] = "duplicates",
	[OUTCOME_SKIPPED] = "skipped",
	[OUTCOME_REJECTED] = "rejected",
};

static void put_text(struct buf *out, const char *key, struct str text)
{
	buf_printf(out, "\"%s\":", key);
	escape_json(out, text);
	buf_char(out, ',');
}

/* The items of a list stand on lines of their own. */
static void put_separator(struct buf *out, size_t i)
{
	buf_puts(out, i ? ",\n" : "\n");
}

static void put_reasons(const struct status *s, struct str source, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->reasons_n; i++) {
		const struct coverage_row *row = &s->reasons[i];

		if (row->outcome == OUTCOME_CALL || row->outcome >= OUTCOMES ||
		    !str_eq(row->source, source))
			continue;
		buf_puts(out, n++ ? ",{" : "{");
		put_text(out, "outcome", str_of(outcome_name(row->outcome)));
		put_text(out, "reason", row->reason);
		buf_printf(out, "\"records\":%" PRId64 "}", row->records);
	}
}

static void put_source(const struct status *s, const struct status_source *source, struct buf *out)
{
	buf_char(out, '{');
	put_text(out, "source", source->name);
	buf_printf(out, "\"records\":%" PRId64, status_records(source));
	for (size_t i = 0; i < OUTCOMES; i++)
		buf_printf(out, ",\"%s\":%" PRId64, counters[i], source->records[i]);
	buf_printf(out, ",\"adds_up\":%s,\"reasons\":[", status_adds_up(source) ? "true" : "false");
	put_reasons(s, source->name, out);
	buf_puts(out, "]}");
}

static void put_reject(const struct reject_row *row, struct buf *out)
{
	buf_char(out, '{');
	put_text(out, "source", row->source);
	put_text(out, "path", row->path);
	buf_printf(out, "\"offset\":%" PRId64 ",\"at\":%" PRId64 ",", row->offset, row->at);
	put_text(out, "reason", row->reason);
	buf_puts(out, "\"value\":");
	escape_json(out, row->value);
	buf_char(out, '}');
}

static void put_file(const struct status_file *file, struct buf *out)
{
	const struct mark *m = file->mark;

	buf_char(out, '{');
	put_text(out, "path", str_of(m->path));
	put_text(out, "source", str_of(m->source));
	put_text(out, "state", str_of(file_state_name(m->state)));
	put_text(out, "reason", str_of(m->reason));
	buf_printf(out,
	           "\"offset\":%" PRId64 ",\"size\":%" PRId64 ",\"lag_bytes\":%" PRId64
	           ",\"lost_bytes\":%" PRId64 "}",
	           m->offset, file->size, file->lag, m->lost);
}

void status_json(const struct status *s, struct buf *out)
{
	buf_char(out, '{');
	put_text(out, "database", str_of(s->database));
	buf_printf(out, "\"database_bytes\":%" PRId64 ",\n\"sources\":[", s->bytes);
	for (size_t i = 0; i < s->sources_n; i++) {
		put_separator(out, i);
		put_source(s, &s->sources[i], out);
	}
	buf_puts(out, "],\n\"rejects\":[");
	for (size_t i = 0; i < s->rejects_n; i++) {
		put_separator(out, i);
		put_reject(&s->rejects[i], out);
	}
	buf_puts(out, "],\n\"files\":[");
	for (size_t i = 0; i < s->files_n; i++) {
		put_separator(out, i);
		put_file(&s->files[i], out);
	}
	buf_puts(out, "]}\n");
}
