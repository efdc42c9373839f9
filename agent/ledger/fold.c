/*
 * One day is one transaction, with the border behind which hours are kept: a commit that adds a
 * late call to a day before it adds it to the day's first hour (hour_of).
 */
#include "agent/ledger/fold.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/ledger/inner.h"
#include "agent/meter/histogram.h"

static const char BORDER[] = "SELECT value FROM meta WHERE name = 'days_before'";
static const char BORDER_SET[] = "REPLACE INTO meta VALUES ('days_before', ?)";
/* Hours that are not the first of their day are behind its first id. */
static const char NEXT_HOUR[] = "SELECT hour FROM totals WHERE id >= ? ORDER BY id LIMIT 1";
static const char TOTALS_FOLD[] =
	"REPLACE INTO total_rows (id, calls, input, cache_read, cache_write, cache_write_1h, "
	"output, "
	"reasoning, cost, unpriced, estimated, unknown_usage, inconsistent, latency, "
	"latency_calls, logged_cost, logged_calls, estimated_usage) "
	"SELECT ?1 + (id & 1073741823), sum(calls), sum(input), sum(cache_read), sum(cache_write), "
	"sum(cache_write_1h), sum(output), sum(reasoning), sum(cost), sum(unpriced), "
	"sum(estimated), sum(unknown_usage), sum(inconsistent), sum(latency), "
	"sum(latency_calls), sum(logged_cost), sum(logged_calls), sum(estimated_usage) "
	"FROM total_rows WHERE id >= ?1 AND id < ?2 GROUP BY id & 1073741823";
static const char TOTALS_REST[] = "DELETE FROM total_rows WHERE id >= ?1 AND id < ?2";
static const char LATENCIES[] =
	"SELECT model, histogram FROM latencies WHERE hour >= ? AND hour < ? ORDER BY model";
static const char LATENCIES_REMOVE[] = "DELETE FROM latencies WHERE hour >= ? AND hour < ?";
static const char LATENCY_ADD[] = "INSERT INTO latencies VALUES (?, ?, ?)";

bool fold_read(struct ledger *l, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, BORDER, err);
	bool row;

	if (st == NULL || !sql_next(&l->sql, st, &row, err))
		return false;
	l->days_before = row ? sqlite3_column_int64(st, 0) : INT64_MIN;
	(void)sqlite3_reset(st);
	return true;
}

/* ---- one day: seconds [begin, end) ---- */

static bool run_for(struct sql *sql, const char *text, int64_t from, int64_t to, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, text, err);

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, (const int64_t[]){from, to}, 2);
	return sql_done(sql, st, err);
}

static bool fold_totals(struct sql *sql, int64_t begin, int64_t end, struct err *err)
{
	int64_t first = total_id_first(begin), last = total_id_first(end);

	return run_for(sql, TOTALS_FOLD, first, last, err) &&
	       run_for(sql, TOTALS_REST, total_id_first(begin + 1), last, err);
}

/* The histograms of a day, one after the other by model. */
struct merged {
	struct model_histogram {
		int64_t model;
		struct histogram h;
	} * v;
	size_t n, room;
};

static bool read_histograms(struct sql *sql, int64_t begin, int64_t end, struct merged *m,
                            struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, LATENCIES, err);
	bool good = st != NULL, more = true;

	if (good)
		sql_bind_ints(st, 1, (const int64_t[]){begin, end}, 2);
	while (good && (good = sql_next(sql, st, &more, err)) && more) {
		int64_t model = sqlite3_column_int64(st, 0);
		struct str packed = {sqlite3_column_blob(st, 1),
		                     (size_t)sqlite3_column_bytes(st, 1)};

		if (m->n == 0 || m->v[m->n - 1].model != model) {
			m->v = array_room(m->v, m->n, &m->room, sizeof(*m->v));
			m->v[m->n++] = (struct model_histogram){.model = model};
		}
		if (!histogram_add(&m->v[m->n - 1].h, packed))
			good = err_set(err, "%s is damaged: a histogram of latencies", sql->path);
	}
	if (st)
		(void)sqlite3_reset(st);
	return good;
}

static bool write_histogram(struct sql *sql, int64_t hour, const struct model_histogram *m,
                            struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, LATENCY_ADD, err);
	struct buf packed = {0};
	bool good = st != NULL;

	histogram_pack(&m->h, &packed);
	if (good) {
		sql_bind_ints(st, 1, (const int64_t[]){hour, m->model}, 2);
		(void)sqlite3_bind_blob64(st, 3, packed.p, packed.n, SQLITE_STATIC);
		good = sql_done(sql, st, err);
	}
	buf_free(&packed);
	return good;
}

static bool fold_latencies(struct sql *sql, int64_t begin, int64_t end, struct err *err)
{
	struct merged m = {0};
	bool good = read_histograms(sql, begin, end, &m, err) &&
	            run_for(sql, LATENCIES_REMOVE, begin, end, err);

	for (size_t i = 0; good && i < m.n; i++)
		good = write_histogram(sql, begin, &m.v[i], err);
	free(m.v);
	return good;
}

static bool set_border(struct sql *sql, int64_t border, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, BORDER_SET, err);
	char text[24];

	if (st == NULL)
		return false;
	(void)snprintf(text, sizeof(text), "%lld", (long long)border);
	sql_bind_text(st, 1, str_of(text));
	return sql_done(sql, st, err);
}

static bool fold_day(struct ledger *l, int64_t begin, int64_t end, struct err *err)
{
	struct sql *sql = &l->sql;

	if (sql_run(sql, "BEGIN IMMEDIATE", err) && fold_totals(sql, begin, end, err) &&
	    fold_latencies(sql, begin, end, err) && set_border(sql, end, err) &&
	    sql_run(sql, "COMMIT", err)) {
		l->days_before = end;
		return true;
	}
	sql_roll_back(sql);
	return false;
}

/* ---- all of them ---- */

/* The next day with totals, from `from` on; *begin is `before` when there is none before it. */
static bool next_day(struct ledger *l, int64_t from, int64_t before, int64_t *begin, int64_t *end,
                     struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, NEXT_HOUR, err);
	int64_t hour = before;
	bool row;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, total_id_first(from));
	if (!sql_next(&l->sql, st, &row, err))
		return false;
	if (row)
		hour = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	*begin = hour < before ? zone_day_start(l->zone, hour * TIME_SEC) / TIME_SEC : before;
	*end = next_day_start(l->zone, *begin);
	return true;
}

bool ledger_fold_hours(struct ledger *l, const struct folding *f, int64_t *days, struct err *err)
{
	int64_t before = zone_day_start(l->zone, f->before) / TIME_SEC;
	int64_t begin, end, from = l->days_before == INT64_MIN ? -TOTAL_ID_BIAS : l->days_before;

	*days = 0;
	while (f->stop == NULL || !atomic_load(f->stop)) {
		if (!next_day(l, from, before, &begin, &end, err))
			return false;
		if (begin >= before)
			return true;
		if (!f->dry && !fold_day(l, begin, end, err))
			return false;
		from = end;
		++*days;
	}
	return true;
}
