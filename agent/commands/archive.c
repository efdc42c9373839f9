/*
 * `archive`: the calls that have left the database. Each of its words is a row of the table at the
 * end of this file and a function that does it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "agent/base/escape.h"
#include "agent/commands/archive.h"
#include "agent/commands/grid.h"
#include "agent/commands/json_put.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/meter/cost.h"

/* ---- what there is ---- */

/* The segments of the days that --since and --until reach. */
static bool load(struct archiving *a, struct segment **ret, size_t *n, struct err *err)
{
	int64_t first = a->since > 0 ? segment_day(a->since) : 0;
	int64_t last = a->until > 0 ? segment_day(a->until - 1) : -1;

	return ledger_segments(a->ledger, first, last, ret, n, err);
}

static struct segment sum_up(const struct segment *all, size_t n)
{
	struct segment total = {0};

	for (size_t i = 0; i < n; i++) {
		segment_sums_add(&total.sums, &all[i].sums);
		total.bytes += all[i].bytes;
	}
	return total;
}

static void json_segment(struct buf *out, const struct segment *s)
{
	char text[COST_TEXT];

	json_int(out, "calls", s->sums.calls);
	json_int(out, "input_tokens", s->sums.input);
	json_int(out, "output_tokens", s->sums.output);
	cost_print(s->sums.cost, text);
	json_number(out, "cost_usd", text);
	json_int(out, "bytes", s->bytes);
	json_int(out, "content_bytes", s->sums.content);
}

static void list_json(const struct archiving *a, const struct segment *all, size_t n,
                      struct buf *out)
{
	const struct segment total = sum_up(all, n);
	char text[COST_TEXT];

	json_begin(out, NULL, '{');
	json_text(out, "folder", str_of(a->folder));
	json_begin(out, "segments", '[');
	for (size_t i = 0; i < n; i++) {
		struct buf name = {0};

		json_begin(out, NULL, '{');
		segment_date(all[i].day, text);
		json_text(out, "day", str_of(text));
		segment_name(&name, all[i].day);
		json_text(out, "file", buf_view(&name));
		json_segment(out, &all[i]);
		(void)snprintf(text, sizeof(text), "%08x", all[i].crc);
		json_text(out, "crc32", str_of(text));
		json_end(out, '}');
		buf_free(&name);
	}
	json_end(out, ']');
	json_begin(out, "total", '{');
	json_segment(out, &total);
	json_end(out, '}');
	json_end(out, '}');
	buf_char(out, '\n');
}

static void list_row(struct grid *g, const char *day, const struct segment *s, const char *crc,
                     enum grid_style style)
{
	char calls[TEXT_COUNT], cost[TEXT_COST], size[TEXT_SIZE];
	struct buf input = {0}, output = {0};

	text_count(calls, s->sums.calls);
	text_cost(cost, s->sums.cost);
	text_size(size, s->bytes);
	show_compact(&input, s->sums.input);
	show_compact(&output, s->sums.output);
	grid_cell(g, str_of(day), style);
	grid_cell(g, str_of(calls), style);
	grid_cell(g, buf_view(&input), style);
	grid_cell(g, buf_view(&output), style);
	grid_cell(g, str_of(cost), style);
	grid_cell(g, str_of(size), style);
	grid_cell(g, str_of(crc), style);
	buf_free(&input);
	buf_free(&output);
}

static void list_table(const struct archiving *a, const struct segment *all, size_t n,
                       struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "day (UTC)"},
		{.title = "calls", .right = true},
		{.title = "input", .right = true},
		{.title = "output", .right = true},
		{.title = "cost", .right = true},
		{.title = "size", .right = true},
		{.title = "crc32"},
	};
	const struct look look = look_of(stdout);
	const struct segment total = sum_up(all, n);
	struct grid g;

	if (n == 0) {
		buf_printf(out, "Nothing is in the archive, %s\n", a->folder);
		return;
	}
	buf_printf(out, "%s\n\n", a->folder);
	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < n; i++) {
		char date[SEGMENT_DATE], crc[16];

		segment_date(all[i].day, date);
		(void)snprintf(crc, sizeof(crc), "%08x", all[i].crc);
		list_row(&g, date, &all[i], crc, GRID_PLAIN);
	}
	grid_rule(&g);
	list_row(&g, "total", &total, "", GRID_BOLD);
	grid_print(&g, &look, out);
	grid_free(&g);
}

static int list(struct archiving *a)
{
	struct err err = {0};
	struct buf out = {0};
	struct segment *all;
	size_t n;
	int status;

	if (!load(a, &all, &n, &err))
		return fail(EXIT_FAILED, &err);
	(a->common.json ? list_json : list_table)(a, all, n, &out);
	status = archive_print(&out);
	free(all);
	return status;
}

/* ---- whether it is whole ---- */

struct verdict_of_all {
	int64_t segments, calls, damaged, damaged_calls;
};

static void verify_one(struct archiving *a, const struct segment *s, struct verdict_of_all *v,
                       struct buf *out)
{
	struct err err = {0};

	v->segments++;
	v->calls += s->sums.calls;
	if (segment_verify(a->folder, s, &err))
		return;
	v->damaged++;
	v->damaged_calls += s->sums.calls;
	if (a->common.json) {
		json_text(out, NULL, str_of(err.text));
	} else {
		escape_terminal(out, str_of(err.text));
		buf_char(out, '\n');
	}
}

static void verify_text(const struct verdict_of_all *v, struct buf *out)
{
	show_plural(out, v->segments, "segment");
	buf_puts(out, ", ");
	show_plural(out, v->calls, "call");
	if (v->damaged == 0) {
		buf_puts(out, ": all as they were written\n");
		return;
	}
	buf_puts(out, "; damaged: ");
	show_plural(out, v->damaged, "segment");
	buf_puts(out, " of ");
	show_plural(out, v->damaged_calls, "call");
	buf_puts(out, ". Totals are not touched by it; bring the files back from a copy\n");
}

static int verify(struct archiving *a)
{
	struct verdict_of_all v = {0};
	struct err err = {0};
	struct buf out = {0};
	struct segment *all;
	size_t n;
	int status;

	if (!load(a, &all, &n, &err))
		return fail(EXIT_FAILED, &err);
	if (a->common.json) {
		json_begin(&out, NULL, '{');
		json_begin(&out, "damage", '[');
	}
	for (size_t i = 0; i < n; i++)
		verify_one(a, &all[i], &v, &out);
	if (a->common.json) {
		json_end(&out, ']');
		json_int(&out, "segments", v.segments);
		json_int(&out, "calls", v.calls);
		json_int(&out, "damaged_segments", v.damaged);
		json_int(&out, "damaged_calls", v.damaged_calls);
		json_end(&out, '}');
		buf_char(&out, '\n');
	} else if (!a->common.quiet) {
		verify_text(&v, &out);
	}
	free(all);
	status = archive_print(&out);
	return status == EXIT_GOOD && v.damaged ? EXIT_NO : status;
}

/* ---- out of it, and elsewhere ---- */

/* How far it got. */
struct moved {
	int64_t segments, calls;
};

static void put_moved(struct buf *out, const struct moved *m, const char *what)
{
	show_plural(out, m->segments, "segment");
	buf_puts(out, ", ");
	show_plural(out, m->calls, "call");
	buf_printf(out, ": %s", what);
}

static int moved(const struct archiving *a, const struct moved *m, const char *what)
{
	struct buf out = {0};

	if (a->common.json) {
		json_begin(&out, NULL, '{');
		json_int(&out, "segments", m->segments);
		json_int(&out, "calls", m->calls);
		json_end(&out, '}');
		buf_char(&out, '\n');
	} else if (!a->common.quiet) {
		put_moved(&out, m, what);
		buf_char(&out, '\n');
	}
	return archive_print(&out);
}

/* Each segment is moved as a whole or not at all, so a second run begins where this one stopped. */
static int stopped(const struct archiving *a, const struct moved *m, const char *what,
                   const struct segment *at, int64_t left, const struct err *why)
{
	char date[SEGMENT_DATE];
	struct buf done = {0}, rest = {0};
	struct err err = {0};

	if (a->common.json)
		(void)moved(a, m, what);
	put_moved(&done, m, what);
	show_plural(&rest, left, "segment");
	segment_date(at->day, date);
	(void)err_set(&err, "%s; stopped at %s, with it %s left (run again to go on): %s", done.p,
	              date, rest.p, why->text);
	buf_free(&done);
	buf_free(&rest);
	return fail(EXIT_FAILED, &err);
}

typedef bool each_fn(struct archiving *a, const struct segment *s, int64_t *calls, struct err *err);

static int for_each(struct archiving *a, each_fn *each, const char *what)
{
	struct err err = {0};
	struct segment *all;
	struct moved m = {0};
	size_t n, i = 0;
	int64_t calls;
	int status;

	if (!load(a, &all, &n, &err))
		return fail(EXIT_FAILED, &err);
	for (; i < n && each(a, &all[i], &calls, &err); i++) {
		m.segments++;
		m.calls += calls;
	}
	status =
		i == n ? moved(a, &m, what) : stopped(a, &m, what, &all[i], (int64_t)(n - i), &err);
	free(all);
	return status;
}

static bool restore_one(struct archiving *a, const struct segment *s, int64_t *calls,
                        struct err *err)
{
	return rotation_restore(a->ledger, a->folder, s, calls, err);
}

static int restore(struct archiving *a)
{
	if (a->which.since == NULL && a->which.until == NULL)
		return usage_error(&command_archive, "restore needs --since or --until", NULL);
	return for_each(a, restore_one, "back in the database, until the next rotation");
}

static bool export_one(struct archiving *a, const struct segment *s, int64_t *calls,
                       struct err *err)
{
	struct segment_calls *from = ledger_segment_calls(a->ledger, a->folder, s, err);
	struct segment_writer *w =
		from ? segment_create(a->subject, s->day, segment_calls_prices(from), err) : NULL;
	struct archived one;
	struct segment new = {0};
	bool more = true, good = w != NULL;

	while (good && (good = segment_calls_next(from, &one, &more, err)) && more)
		good = segment_put(w, &one, err);
	good = good && segment_finish(w, &new, err) && segment_publish(a->subject, s->day, err) &&
	       segment_settle(a->subject, s->day, NULL, err);
	*calls = good ? new.sums.calls : 0;
	segment_writer_free(&w);
	segment_calls_close(&from);
	return good;
}

static int export(struct archiving *a)
{
	return for_each(a, export_one, "written");
}

/* ---- the command ---- */

int archive_print(struct buf *out)
{
	struct err err = {0};
	bool written = out->n == 0 || (fwrite(out->p, 1, out->n, stdout) == out->n);

	buf_free(out);
	if (written && fflush(stdout) == 0)
		return EXIT_GOOD;
	(void)err_set(&err, "the result could not be written to the output");
	return fail(EXIT_FAILED, &err);
}

static const struct action {
	const char *name;
	const char *subject; /* what it takes; NULL: nothing */
	bool writes;         /* to the database */
	int (*run)(struct archiving *a);
} actions[] = {{"list", NULL, false, list},
               {"verify", NULL, false, verify},
               {"run", NULL, true, archive_run},
               {"restore", NULL, true, restore},
               {"export", "FOLDER", false, export}};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* The time of the question, in the ledger's zone. -1, or the exit status when it is wrong. */
static int read_time(struct archiving *a)
{
	struct query q = {.zone = ledger_zone(a->ledger)};
	int status = which_time(&a->which, &q);

	a->since = q.since;
	a->until = q.until;
	return status;
}

static int with_ledger(const struct action *action, struct archiving *a)
{
	int status = read_time(a);

	a->folder = archive_folder(a->config->database);
	if (status < 0)
		status = action->run(a);
	free(a->folder);
	return status;
}

/* A ledger that is not there is not made. */
static struct ledger *open_ledger(const struct archiving *a, bool writes, struct err *err)
{
	struct ledger *l = ledger_open_read(a->config->database, err);

	if (l == NULL || !writes || a->dry)
		return l;
	ledger_close(&l);
	return ledger_open(a->config->database, a->config->timezone, err);
}

static int with_config(const struct action *action, struct archiving *a)
{
	struct err err = {0};
	struct book *book = book_open(a->config, &err);
	int status;

	if (book == NULL)
		return fail(EXIT_USAGE, &err);
	book_digest(book, a->prices);
	book_free(&book);
	a->ledger = open_ledger(a, action->writes, &err);
	status = a->ledger ? with_ledger(action, a) : fail(EXIT_FAILED, &err);
	ledger_close(&a->ledger);
	return status;
}

static int run(int argc, char **argv)
{
	struct archiving a = {.which.command = &command_archive};
	const struct option_row options[] = {
		{.name = "--since", .value = &a.which.since},
		{.name = "--until", .value = &a.which.until},
		{.name = "--before", .value = &a.before},
		{.name = "--dry-run", .flag = &a.dry},
		{0},
	};
	const struct action *action;
	int positional;
	int status = options_parse(&command_archive, argc, argv, options, &a.common, &positional);

	if (status >= 0)
		return status;
	action = positional ? find_action(argv[1]) : &actions[0];
	if (action == NULL)
		return usage_error(&command_archive, "no such action", argv[1]);
	if (positional > (action->subject ? 2 : 1))
		return usage_error(&command_archive, "too many arguments after", action->name);
	if (positional < 2 && action->subject)
		return usage_error(&command_archive, "FOLDER is missing after", action->name);
	a.subject = positional > 1 ? argv[2] : NULL;
	a.config = common_config(&a.common);
	if (a.config == NULL)
		return EXIT_USAGE;
	status = with_config(action, &a);
	config_free(&a.config);
	return status;
}

const struct command command_archive = {
	.name = "archive",
	.usage = "archive [list | verify | run | restore | export FOLDER]",
	.summary = "the calls that are older than keep.calls, in files of one day each",
	.help = "  list              the files, their calls, sizes and checksums\n"
		"  verify            reads them all. Exit status 3 when one is damaged\n"
		"  run               moves what is older than keep.calls, as `run` does once a "
		"day\n"
		"  restore           brings days back into the database, until the next rotation.\n"
		"                    One that fails says how many, and goes on when run again\n"
		"  export FOLDER     writes the files anew somewhere else\n"
		"\n"
		"  --since T         only days from T on\n"
		"  --until T         only days before T\n"
		"                    T: " WHEN_FORMS "\n"
		"  --before T        run: moves what is older than T, whatever keep.calls says\n"
		"  --dry-run         run: only shows what would be moved\n"
		"\n"
		"The files lie in DATABASE.archive: gzip, one JSON object a line, by UTC day. The\n"
		"totals that reports are made of stay in the database; `report --detail` reads\n"
		"the calls in the archive too.\n"
		"\n"
		"Examples:\n"
		"  tokentail archive\n"
		"  tokentail archive run --dry-run\n"
		"  tokentail archive restore --since 2026-01-01 --until 2026-02-01\n",
	.run = run,
};
