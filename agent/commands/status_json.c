/* `status` for programs. The counters have the names they have in `backfill --json`. */
#include <inttypes.h>
#include <stdio.h>

#include "agent/base/escape.h"
#include "agent/commands/json_put.h"
#include "agent/commands/show.h"
#include "agent/commands/stuck.h"

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

/* -1: it is not known. */
static void put_or_null(struct buf *out, const char *key, int64_t n)
{
	if (n < 0)
		json_number(out, key, "null");
	else
		json_int(out, key, n);
}

static void put_thousandths(struct buf *out, const char *key, int64_t n)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64 ".%03" PRId64, n / 1000, n % 1000);
	json_number(out, key, text);
}

/* Microseconds, shown as seconds. */
static void put_seconds(struct buf *out, const char *key, int64_t time)
{
	if (time < 0)
		json_number(out, key, "null");
	else
		put_thousandths(out, key, time / 1000);
}

static void put_since(struct buf *out, int64_t since)
{
	struct civil c = civil_of(since);
	struct buf text = {0};

	buf_printf(&text, "%04" PRId32 "-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
	           c.minute, c.second);
	json_text(out, "since", buf_view(&text));
	buf_free(&text);
}

/* What it has told. */
static void put_told(struct buf *out, const struct told_agent *a)
{
	put_since(out, a->since);
	json_text(out, "version", a->version);
	put_thousandths(out, "records_per_second", a->records_rate);
	put_thousandths(out, "calls_per_second", a->calls_rate);
	put_seconds(out, "committed_seconds_ago", a->committed);
	put_seconds(out, "commits_fail_seconds", a->failing);
	json_text(out, "commit_error", a->failing ? a->failure : (struct str){0});
	put_seconds(out, "archive_fails_seconds", a->archive_failing);
	json_text(out, "archive_error", a->archive_failing ? a->archive_failure : (struct str){0});
	json_text(out, "watch", a->watch);
	json_text(out, "watch_reason", a->watch_reason);
	json_int(out, "dropped_clients", a->dropped);
}

/* null: no agent runs. */
static void put_agent(const struct status *s, struct buf *out)
{
	static const char *const states[] = {[LIVE_AGENT] = "answers",
	                                     [LIVE_SILENT] = "silent",
	                                     [LIVE_FORBIDDEN] = "forbidden",
	                                     [LIVE_WRITER] = "not listening"};

	if (s->live == LIVE_NOBODY) {
		json_number(out, "agent", "null");
		return;
	}
	json_begin(out, "agent", '{');
	put_or_null(out, "pid", s->pid ? s->pid : -1);
	json_text(out, "state", str_of(states[s->live]));
	if (s->live == LIVE_AGENT)
		put_told(out, &s->agent.agent);
	json_end(out, '}');
}

static void put_stuck(const struct status *s, const struct stuck *stuck, struct buf *out)
{
	struct buf reason = {0}, advice = {0};

	stuck_reason(s, stuck, &reason);
	stuck_advice(s, stuck, &advice);
	json_begin(out, NULL, '{');
	json_text(out, "what", str_of(stuck_name(stuck->kind)));
	json_text(out, "path", stuck->file ? stuck->file->path : (struct str){0});
	json_text(out, "reason", buf_view(&reason));
	json_text(out, "advice", buf_view(&advice));
	json_end(out, '}');
	buf_free(&reason);
	buf_free(&advice);
}

static void put_file(const struct status *s, const struct status_file *file, struct buf *out)
{
	int64_t age = s->now - file->written;

	buf_char(out, '{');
	json_text(out, "path", file->path);
	json_text(out, "source", file->source);
	json_text(out, "state", str_of(file_state_name(file->state)));
	json_text(out, "reason", file->reason);
	json_int(out, "offset", file->offset);
	json_int(out, "size", file->size);
	json_int(out, "lag_bytes", file->lag);
	json_int(out, "lost_bytes", file->lost);
	put_or_null(out, "age_seconds", file->written ? (age > 0 ? age : 0) / TIME_SEC : -1);
	put_or_null(out, "rate_bytes_per_second", file->rate);
	buf_char(out, '}');
}

static void put_sizes(const struct status *s, struct buf *out)
{
	const struct sizes *z = &s->sizes;
	char date[SHOW_DATE];

	buf_printf(out, "\"database_bytes\":%" PRId64, z->database);
	json_int(out, "archive_bytes", z->archive);
	put_or_null(out, "growth_bytes_per_day", z->growth);
	put_or_null(out, "free_bytes", z->free);
	json_text(out, "disk_full", show_full(date, z, s->now) ? str_of(date) : (struct str){0});
}

void status_json(const struct status *s, struct buf *out)
{
	buf_char(out, '{');
	put_text(out, "database", str_of(s->database));
	put_sizes(s, out);
	put_agent(s, out);
	buf_puts(out, ",\n\"stuck\":[");
	for (size_t i = 0; i < s->stuck_n; i++)
		put_stuck(s, &s->stuck[i], out);
	buf_puts(out, "],\n\"sources\":[");
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
		put_file(s, &s->files[i], out);
	}
	buf_puts(out, "]}\n");
}
