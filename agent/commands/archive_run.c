/* `archive run`: moves what is old, a day at a time, and says what it moved. */
#include <stdlib.h>
#include <time.h>

#include "agent/base/escape.h"
#include "agent/commands/archive.h"
#include "agent/commands/grid.h"
#include "agent/commands/json_put.h"
#include "agent/commands/show.h"
#include "agent/commands/text.h"
#include "agent/ledger/fold.h"

struct moved_days {
	struct rotation_day *v;
	size_t n, room;
	int64_t calls, bytes;
	int64_t expired; /* segments that are older than keep.archive */
	int64_t folded;  /* days whose hours are older than keep.hourly */
};

static int64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * TIME_SEC + now.tv_nsec / 1000;
}

/* Start of the first UTC day that stays; 0: all stay. -1, or the exit status when --before is
 * wrong.
 */
static int find_border(const struct archiving *a, int64_t *ret)
{
	int64_t time = now_us(), keep = a->config->keep_calls;
	struct buf what = {0};
	int status = -1;

	*ret = 0;
	if (a->before == NULL && keep != KEEP_FOREVER && keep != KEEP_NONE) {
		*ret = time - keep;
	} else if (a->before && !when_parse(str_of(a->before), ledger_zone(a->ledger), time, ret)) {
		buf_printf(&what, "--before is %s; not", WHEN_FORMS);
		status = usage_error(&command_archive, what.p, a->before);
		buf_free(&what);
	}
	*ret = *ret < 0 ? 0 : *ret - *ret % TIME_DAY;
	return status;
}

static void add_day(struct moved_days *days, const struct rotation_day *day)
{
	days->v = array_room(days->v, days->n, &days->room, sizeof(*days->v));
	days->v[days->n++] = *day;
	days->calls += day->calls;
	days->bytes += day->bytes;
}

static bool expire(struct archiving *a, struct moved_days *days, struct err *err)
{
	int64_t keep = a->config->keep_archive, now = now_us();
	int64_t before = keep == KEEP_FOREVER || keep > now ? 0 : now - keep;
	struct segment *all;
	size_t n;

	if (!a->dry)
		return rotation_expire(a->ledger, a->folder, before, &days->expired, err);
	if (!ledger_segments(a->ledger, 0, segment_day(before) - 1, &all, &n, err))
		return false;
	days->expired = (int64_t)n;
	free(all);
	return true;
}

static bool fold(struct archiving *a, struct moved_days *days, struct err *err)
{
	int64_t keep = a->config->keep_hourly, now = now_us();
	const struct folding f = {.before = keep == KEEP_FOREVER || keep > now ? 0 : now - keep,
	                          .dry = a->dry};

	return ledger_fold_hours(a->ledger, &f, &days->folded, err);
}

static bool move_all(struct archiving *a, const struct rotation *r, struct moved_days *days,
                     struct err *err)
{
	struct rotation_day day = {0};
	bool found = true, changed = false, more = true;

	if (!a->dry && !rotation_tidy(a->ledger, a->folder, err))
		return false;
	for (int64_t from = 0; found; from = day.day + 1) {
		if (!rotation_next(a->ledger, r, from, &day, &found, err))
			return false;
		if (!found)
			break;
		if (!a->dry && !rotation_move(a->ledger, r, &day, &changed, err))
			return false;
		add_day(days, &day);
	}
	if (!expire(a, days, err) || !fold(a, days, err))
		return false;
	while (!a->dry && more)
		if (!rotation_shrink(a->ledger, &more, err))
			return false;
	return true;
}

/* ---- what is said ---- */

static void put_json(const struct archiving *a, const struct moved_days *days, struct buf *out)
{
	json_begin(out, NULL, '{');
	json_text(out, "folder", str_of(a->folder));
	json_bool(out, "dry_run", a->dry);
	json_begin(out, "days", '[');
	for (size_t i = 0; i < days->n; i++) {
		char date[SEGMENT_DATE];

		segment_date(days->v[i].day, date);
		json_begin(out, NULL, '{');
		json_text(out, "day", str_of(date));
		json_int(out, "calls", days->v[i].calls);
		json_int(out, "archived_before", days->v[i].archived);
		json_int(out, "bytes", days->v[i].bytes);
		json_end(out, '}');
	}
	json_end(out, ']');
	json_int(out, "calls", days->calls);
	json_int(out, "expired_segments", days->expired);
	json_int(out, "days_without_hours", days->folded);
	json_end(out, '}');
	buf_char(out, '\n');
}

static void put_row(struct grid *g, const char *name, int64_t calls, int64_t bytes, bool dry,
                    enum grid_style style)
{
	char text[TEXT_COUNT];

	grid_cell(g, str_of(name), style);
	text_count(text, calls);
	grid_cell(g, str_of(text), style);
	text_size(text, bytes);
	grid_cell(g, dry ? STR("") : str_of(text), style);
}

static void put_table(const struct archiving *a, const struct moved_days *days, struct buf *out)
{
	static const struct grid_column columns[] = {
		{.title = "day (UTC)"},
		{.title = "calls", .right = true},
		{.title = "size", .right = true},
	};
	const struct look look = look_of(stdout);
	struct grid g;

	grid_init(&g, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < days->n; i++) {
		char date[SEGMENT_DATE];

		segment_date(days->v[i].day, date);
		put_row(&g, date, days->v[i].calls, days->v[i].bytes, a->dry, GRID_PLAIN);
	}
	grid_rule(&g);
	put_row(&g, "total", days->calls, days->bytes, a->dry, GRID_BOLD);
	grid_print(&g, &look, out);
	grid_free(&g);
}

static void put_days(const struct archiving *a, const struct moved_days *days, const char *date,
                     struct buf *out)
{
	buf_printf(out, "Before %s (UTC), %s to %s\n\n", date, a->dry ? "would be moved" : "moved",
	           a->folder);
	put_table(a, days, out);
	buf_char(out, '\n');
}

static void put_text(const struct archiving *a, const struct moved_days *days, int64_t before,
                     struct buf *out)
{
	char date[SEGMENT_DATE];

	segment_date(segment_day(before), date);
	if (before == 0)
		buf_puts(out,
		         "No call is moved by its age (keep.calls); --before T moves those before "
		         "T\n");
	else if (days->n == 0)
		buf_printf(out, "No call in the database is from before %s (UTC)\n", date);
	else
		put_days(a, days, date, out);
	if (days->expired) {
		show_plural(out, days->expired, "segment");
		buf_printf(out, " older than keep.archive %s\n",
		           a->dry ? "would be removed from the archive"
		                  : "removed from the archive");
	}
	if (days->folded) {
		buf_puts(out, "Totals of ");
		show_plural(out, days->folded, "day");
		buf_printf(out, " older than keep.hourly %s by day and no more by the hour\n",
		           a->dry ? "would be" : "are");
	}
	if (a->dry)
		buf_puts(out, "Nothing was changed: --dry-run\n");
}

int archive_run(struct archiving *a)
{
	struct rotation r = {.folder = a->folder, .prices = str_of(a->prices)};
	struct moved_days days = {0};
	struct buf out = {0};
	struct err err = {0};
	int status = find_border(a, &r.before);

	if (status >= 0)
		return status;
	status = move_all(a, &r, &days, &err) ? EXIT_GOOD : EXIT_FAILED;
	if (a->common.json)
		put_json(a, &days, &out);
	else if (!a->common.quiet && (days.n || status == EXIT_GOOD))
		put_text(a, &days, r.before, &out);
	free(days.v);
	if (status == EXIT_FAILED) {
		(void)archive_print(&out);
		return fail(EXIT_FAILED, &err);
	}
	return archive_print(&out);
}
