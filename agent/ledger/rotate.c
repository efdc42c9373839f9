/*
 * A day is written to a new file, with what the archive has of it; the file is read back and
 * compared; it takes its place; and in one transaction the rows go and the ledger knows the file.
 * Before that transaction the old file counts, which is kept until then, and after it the new one.
 */
#include "agent/ledger/rotate.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/ledger/call_id.h"
#include "agent/ledger/inner.h"
#include "agent/ledger/kept.h"

enum { SHRINK_PAGES = 256, SHRINK_SHARE = 16 /* unused pages that may stay: one of so many */ };

static const char FIRST_CALL[] = "SELECT min(id) FROM call_rows WHERE id >= ?";
static const char FIRST_SUPERSEDED[] = "SELECT min(day) FROM superseded WHERE day >= ?";
static const char ROWS_SUMS[] =
	"SELECT count(*), sum(cost), sum(input), sum(output) FROM call_rows "
	"WHERE id >= ? AND id < ?";
static const char ROWS_REMOVE[] = "DELETE FROM call_rows WHERE id >= ? AND id < ?";
static const char RARE_REMOVE[] = "DELETE FROM call_rare WHERE call >= ? AND call < ?";

bool ledger_segments(struct ledger *l, int64_t first, int64_t last, struct segment **ret, size_t *n,
                     struct err *err)
{
	return segments_load(&l->sql, first, last, ret, n, err);
}

struct segment_calls *ledger_segment_calls(struct ledger *l, const char *folder,
                                           const struct segment *s, struct err *err)
{
	return segment_calls_open(&l->sql, folder, s, err);
}

/* ---- what is to be done ---- */

/* The ids of a day's calls: [0] and up to, but not, [1]. */
static void ids_of(int64_t day, int64_t ret[2])
{
	ret[0] = call_id_first(day * (TIME_DAY / TIME_MS));
	ret[1] = call_id_first((day + 1) * (TIME_DAY / TIME_MS));
}

/* The number that a statement with one parameter gives; *found is false for NULL. */
static bool ask(struct sql *sql, const char *text, int64_t parameter, int64_t *ret, bool *found,
                struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, text, err);
	bool row = false;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, parameter);
	if (!sql_next(sql, st, &row, err))
		return false;
	*found = row && sqlite3_column_type(st, 0) != SQLITE_NULL;
	*ret = *found ? sqlite3_column_int64(st, 0) : INT64_MAX;
	(void)sqlite3_reset(st);
	return true;
}

static bool sums_of_rows(struct sql *sql, int64_t day, struct segment_sums *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, ROWS_SUMS, err);
	int64_t ids[2];
	bool row;

	if (st == NULL)
		return false;
	ids_of(day, ids);
	sql_bind_ints(st, 1, ids, 2);
	if (!sql_next(sql, st, &row, err))
		return false;
	*ret = (struct segment_sums){.calls = sqlite3_column_int64(st, 0),
	                             .cost = sqlite3_column_int64(st, 1),
	                             .input = sqlite3_column_int64(st, 2),
	                             .output = sqlite3_column_int64(st, 3)};
	(void)sqlite3_reset(st);
	return true;
}

bool rotation_next(struct ledger *l, const struct rotation *r, int64_t from,
                   struct rotation_day *ret, bool *found, struct err *err)
{
	int64_t ids[2], call, superseded;
	bool has_call, has_superseded, is_archived;
	struct segment_sums sums;
	struct segment known;

	ids_of(from, ids);
	if (!ask(&l->sql, FIRST_CALL, ids[0], &call, &has_call, err) ||
	    !ask(&l->sql, FIRST_SUPERSEDED, from, &superseded, &has_superseded, err))
		return false;
	ret->day = has_call ? segment_day(call_id_ms(call) * TIME_MS) : INT64_MAX;
	if (has_superseded && superseded < ret->day)
		ret->day = superseded;
	*found = ret->day < segment_day(r->before);
	if (!*found)
		return true;
	if (!sums_of_rows(&l->sql, ret->day, &sums, err) ||
	    !segments_find(&l->sql, ret->day, &known, &is_archived, err))
		return false;
	ret->calls = sums.calls;
	ret->archived = is_archived ? known.sums.calls : 0;
	ret->bytes = 0;
	return true;
}

/* ---- writing ---- */

/* One day on its way. */
struct move {
	struct ledger *l;
	const struct rotation *r;
	int64_t day;
	bool is_known;
	struct segment known, new;
	struct segment_sums rows; /* what was read from the database; only counts and sums */
	int64_t superseded;       /* how many there were */
};

/* Whether to go on. */
static bool may_go_on(const struct move *m, struct err *err)
{
	return m->r->stop == NULL || !atomic_load_explicit(m->r->stop, memory_order_relaxed) ||
	       err_set(err, "the archive was not finished: the agent ends");
}

/* `calls` NULL: the archive has none of the day. */
static bool put_archived(struct move *m, struct segment_writer *w, struct segment_calls *calls,
                         struct err *err)
{
	struct archived a;
	bool more = calls != NULL, good = true;

	while (good && more && (good = segment_calls_next(calls, &a, &more, err)) && more)
		good = may_go_on(m, err) && segment_put(w, &a, err);
	return good;
}

static bool put_row(struct move *m, struct segment_writer *w, const struct kept_call *kept,
                    struct err *err)
{
	const struct archived a = {kept->source, kept->call, kept->file, kept->offset};
	const struct segment_sums one = {.calls = 1,
	                                 .input = call_count(&kept->call, COUNT_INPUT),
	                                 .output = call_count(&kept->call, COUNT_OUTPUT),
	                                 .cost = kept->call.cost};

	segment_sums_add(&m->rows, &one);
	return may_go_on(m, err) && segment_put(w, &a, err);
}

static bool put_rows(struct move *m, struct segment_writer *w, struct err *err)
{
	struct kept_reader *calls =
		kept_open(&m->l->sql, NULL, m->day * TIME_DAY, (m->day + 1) * TIME_DAY);
	struct kept_call kept;
	bool more = true, good = true;

	while (good && (good = kept_next(calls, &kept, &more, err)) && more)
		good = put_row(m, w, &kept, err);
	kept_close(&calls);
	return good;
}

static bool write_both(struct move *m, struct segment_calls *archived, struct err *err)
{
	struct buf prices = {0};
	struct segment_writer *w;
	bool good;

	segment_join_prices(&prices, archived ? segment_calls_prices(archived) : STR(""),
	                    m->r->prices);
	w = segment_create(m->r->folder, m->day, buf_view(&prices), err);
	good = w && put_archived(m, w, archived, err) && put_rows(m, w, err) &&
	       segment_finish(w, &m->new, err);
	segment_writer_free(&w);
	buf_free(&prices);
	return good;
}

static bool write_new(struct move *m, struct err *err)
{
	struct segment_calls *archived = NULL;
	bool good;

	if (m->is_known) {
		archived = segment_calls_open(&m->l->sql, m->r->folder, &m->known, err);
		if (archived == NULL)
			return false;
	}
	good = write_both(m, archived, err);
	segment_calls_close(&archived);
	return good;
}

/* What was written is read from the disk's file, to its end, where the sums are compared. */
static bool read_back(struct move *m, struct err *err)
{
	struct segment_reader *r = segment_open_new(m->r->folder, &m->new, err);
	struct archived a;
	bool more = true, good = r != NULL;

	while (good && (good = segment_next(r, &a, &more, err)) && more)
		good = may_go_on(m, err);
	segment_close(&r);
	return good;
}

/* ---- the transaction ---- */

static bool remove_rows(struct sql *sql, int64_t day, struct err *err)
{
	static const char *const both[] = {ROWS_REMOVE, RARE_REMOVE};
	int64_t ids[2];

	ids_of(day, ids);
	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *st = sql_statement(sql, both[i], err);

		if (st == NULL)
			return false;
		sql_bind_ints(st, 1, ids, 2);
		if (!sql_done(sql, st, err))
			return false;
	}
	return true;
}

/* Whether the day is what it was when it was read. */
static bool is_unchanged(struct move *m, bool *ret, struct err *err)
{
	struct segment_sums now;
	struct superseded superseded;

	if (!sums_of_rows(&m->l->sql, m->day, &now, err) ||
	    !superseded_load(&m->l->sql, m->day, &superseded, err))
		return false;
	*ret = segment_sums_eq(&now, &m->rows) && (int64_t)superseded.n == m->superseded;
	superseded_free(&superseded);
	return true;
}

static bool enter(struct move *m, bool *changed, struct err *err)
{
	struct sql *sql = &m->l->sql;
	bool same = false;
	bool good = sql_begin_durable(sql, err) && is_unchanged(m, &same, err);

	*changed = good && !same;
	good = good && same && remove_rows(sql, m->day, err) &&
	       superseded_clear(sql, m->day, err) && segments_set(sql, &m->new, err) &&
	       sql_run(sql, "COMMIT", err);
	sql_end_durable(sql);
	return good;
}

static bool begin(struct move *m, struct err *err)
{
	struct superseded superseded;

	if (!segments_find(&m->l->sql, m->day, &m->known, &m->is_known, err) ||
	    !superseded_load(&m->l->sql, m->day, &superseded, err))
		return false;
	m->superseded = (int64_t)superseded.n;
	superseded_free(&superseded);
	return segment_settle(m->r->folder, m->day, m->is_known ? &m->known : NULL, err);
}

bool rotation_move(struct ledger *l, const struct rotation *r, struct rotation_day *day,
                   bool *changed, struct err *err)
{
	struct move m = {.l = l, .r = r, .day = day->day};
	struct err ignored = {0};
	bool entered;

	*changed = false;
	if (!begin(&m, err) || !write_new(&m, err) || !read_back(&m, err) ||
	    !segment_publish(r->folder, m.day, err)) {
		(void)segment_settle(r->folder, m.day, m.is_known ? &m.known : NULL, &ignored);
		return false;
	}
	entered = enter(&m, changed, err);
	if (entered)
		day->bytes = m.new.bytes;
	/* A mere tidying: if it does not succeed, the next one does it. */
	(void)segment_settle(r->folder, m.day,
	                     entered      ? &m.new
	                     : m.is_known ? &m.known
	                                  : NULL,
	                     &ignored);
	return entered || *changed;
}

/* ---- what others left ---- */

bool rotation_tidy(struct ledger *l, const char *folder, struct err *err)
{
	struct err ignored = {0};
	struct segment *all;
	size_t n;

	if (!segments_load(&l->sql, 0, INT64_MAX, &all, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (segment_is_unsettled(folder, all[i].day))
			(void)segment_settle(folder, all[i].day, &all[i], &ignored);
	free(all);
	return true;
}

/* ---- the end of the archive ---- */

bool rotation_expire(struct ledger *l, const char *folder, int64_t before, int64_t *n,
                     struct err *err)
{
	struct segment *all;
	size_t all_n;
	bool good = segments_load(&l->sql, 0, segment_day(before) - 1, &all, &all_n, err);

	*n = 0;
	for (size_t i = 0; good && i < all_n; i++) {
		good = segments_remove(&l->sql, all[i].day, err);
		if (good)
			segment_remove(folder, all[i].day);
		*n += good;
	}
	free(all);
	return good;
}

/* ---- space ---- */

bool rotation_shrink(struct ledger *l, bool *more, struct err *err)
{
	struct buf step = {0};
	int64_t unused, all, left = 0;
	bool good;

	*more = false;
	if (!sql_ask(&l->sql, "PRAGMA freelist_count", &unused, err) ||
	    !sql_ask(&l->sql, "PRAGMA page_count", &all, err))
		return false;
	if (unused <= all / SHRINK_SHARE)
		return true;
	buf_printf(&step, "PRAGMA incremental_vacuum(%d)", SHRINK_PAGES);
	good = sql_run(&l->sql, step.p, err) &&
	       sql_ask(&l->sql, "PRAGMA freelist_count", &left, err);
	buf_free(&step);
	*more = good && left < unused; /* one made without auto_vacuum gives nothing back */
	return good;
}
