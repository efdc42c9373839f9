/*
 * From a question to the rows of its answer: the time is fitted to the hours of the totals, the
 * tables are scanned into groups (query_scan.c), groups become rows with texts, which are put in
 * order and cut to the limit (query_rows.c) and given their percentiles. All of it reads one
 * snapshot, so that an agent that commits meanwhile cannot make the rows and the total disagree.
 */
#include "agent/ledger/query.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/ledger/dim.h"
#include "agent/ledger/inner.h"
#include "agent/ledger/query_baseline.h"
#include "agent/ledger/query_fixed.h"
#include "agent/ledger/query_rows.h"
#include "agent/ledger/query_scan.h"

#define TIME_HOUR (3600 * TIME_SEC)

static bool mentions(const struct query *q, bool (*kind)(enum dim dim))
{
	bool any = false;

	for (size_t i = 0; i < q->by_n; i++)
		any |= kind(q->by[i]);
	for (size_t i = 0; i < q->where_n; i++)
		any |= kind(q->where[i].dim);
	return any;
}

static bool is_session(enum dim dim)
{
	return dim == DIM_SESSION;
}

bool query_of_sessions(const struct query *q)
{
	return mentions(q, is_session);
}

static bool is_beyond_histograms(enum dim dim)
{
	return dim != DIM_MODEL && !dim_is_time(dim);
}

/* Left alone when there is none. */
static bool first_and_last_hour(struct sql *sql, int64_t *first, int64_t *last, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql,
	                                 "SELECT (SELECT hour FROM totals ORDER BY id LIMIT 1), "
	                                 "(SELECT hour FROM totals ORDER BY id DESC LIMIT 1)",
	                                 err);
	bool row = false;

	if (st == NULL || !sql_next(sql, st, &row, err))
		return false;
	if (row && sqlite3_column_type(st, 0) != SQLITE_NULL) {
		*first = sqlite3_column_int64(st, 0) * TIME_SEC;
		*last = sqlite3_column_int64(st, 1) * TIME_SEC;
	}
	(void)sqlite3_reset(st);
	return true;
}

/* By the hours of resources, where there are some. */
static void widen(const struct query *q, const struct zone *zone, int64_t *first, int64_t *last)
{
	int64_t begin, end;
	bool empty = *first == INT64_MIN;

	if (!fixed_range(q, zone, &begin, &end))
		return;
	*first = empty || begin < *first ? begin : *first;
	*last = empty || end > *last ? end : *last;
}

/* Where the hour ends that a time lies in, or its day if that is kept as one; an open end stays so.
 */
static int64_t end_of_hour(const struct ledger *l, int64_t time)
{
	int64_t begin;

	if (time > TIME_MAX)
		return INT64_MAX;
	begin = hour_of(l, time);

	if (begin < l->days_before)
		return next_day_start(l->zone, begin) * TIME_SEC;
	return begin * TIME_SEC + TIME_HOUR;
}

/* Closes open ends where there are calls, and moves the others outwards to whole hours. */
static bool fit_time(struct ledger *l, const struct query *q, struct query_result *r,
                     struct err *err)
{
	const struct zone *zone = ledger_zone(l);
	int64_t first = INT64_MIN;
	int64_t last = INT64_MAX - TIME_HOUR;
	bool exact = query_of_sessions(q);

	if (!first_and_last_hour(&l->sql, &first, &last, err))
		return false;
	widen(q, zone, &first, &last);
	r->since = q->since == INT64_MIN ? first : q->since;
	r->until = q->until == INT64_MAX ? end_of_hour(l, last) : q->until;
	if (q->since != INT64_MIN && !exact)
		r->since = hour_of(l, q->since) * TIME_SEC;
	if (q->until != INT64_MAX && !exact && hour_of(l, q->until) * TIME_SEC != q->until)
		r->until = end_of_hour(l, q->until);
	r->days_before = l->days_before == INT64_MIN ? INT64_MIN : l->days_before * TIME_SEC;
	if (q->until == INT64_MAX &&
	    r->until < r->since) /* asked for what lies behind the last call */
		r->until = r->since;
	if (q->since == INT64_MIN && r->since > r->until)
		r->since = r->until;
	r->moved = (q->since != INT64_MIN && r->since != q->since) ||
	           (q->until != INT64_MAX && r->until != q->until);
	return true;
}

static bool has_latency(const struct grouping *g)
{
	for (size_t i = 0; i < g->index.n; i++)
		if (g->groups[i].numbers.sums.latency_calls > 0)
			return true;
	return false;
}

static bool scan(struct scan *s, const struct query *q, struct err *err)
{
	if (query_of_sessions(q))
		return scan_calls(s, err) && scan_archived_calls(s, err);
	if (!scan_totals(s, err))
		return false;
	if (!has_latency(&s->grouping) || q->unpriced_only)
		return true;
	if (!mentions(q, is_beyond_histograms))
		return scan_histograms(s, err);
	return scan_call_latencies(s, err) && scan_archived_latencies(s, err);
}

/* ---- groups to rows ---- */

/* The texts of one kind of tuples: QUERY_DIMS_MAX of each. */
static struct str *texts_new(const struct tuples *t)
{
	return xcalloc(t->index.n * QUERY_DIMS_MAX, sizeof(struct str));
}

static bool label_texts(const struct scan *s, struct arena *a, struct str *texts, struct err *err)
{
	const struct query *q = s->grouping.query;
	const struct tuples *t = &s->grouping.labels;
	bool ok = true;

	for (size_t i = 0; ok && i < t->index.n * QUERY_DIMS_MAX; i++) {
		size_t dim = i % QUERY_DIMS_MAX;

		if (dim < q->by_n && dim_column(q->by[dim]) != DIM_COLUMN_NONE)
			ok = grouping_label(&s->grouping, q->by[dim],
			                    t->v[i / QUERY_DIMS_MAX].v[dim], a, &texts[i], err);
	}
	return ok;
}

static void time_texts(const struct scan *s, struct arena *a, struct str *texts)
{
	const struct query *q = s->grouping.query;
	const struct tuples *t = &s->grouping.times;
	struct buf text = {0};

	for (size_t i = 0; i < t->index.n * QUERY_DIMS_MAX; i++) {
		size_t dim = i % QUERY_DIMS_MAX;

		if (dim >= q->by_n || !dim_is_time(q->by[dim]))
			continue;
		buf_clear(&text);
		dim_text(q->by[dim], q->zone, t->v[i / QUERY_DIMS_MAX].v[dim], &text);
		texts[i] = query_keep(a, buf_view(&text));
	}
	buf_free(&text);
}

static struct str key_text(const struct scan *s, const struct group *g, size_t dim,
                           const struct str *labels, const struct str *times)
{
	if (dim_is_time(s->grouping.query->by[dim]))
		return times[(size_t)g->times * QUERY_DIMS_MAX + dim];
	return labels[(size_t)g->labels * QUERY_DIMS_MAX + dim];
}

/* Rows in the order of groups, so row_of_group is the identity; groups without calls stay for now.
 */
static bool make_rows(const struct scan *s, struct query_result *r, struct err *err)
{
	const struct grouping *g = &s->grouping;
	struct str *labels = texts_new(&g->labels);
	struct str *times = texts_new(&g->times);
	bool ok = label_texts(s, &r->text, labels, err);

	time_texts(s, &r->text, times);
	r->n = g->index.n;
	r->rows = xcalloc(r->n, sizeof(*r->rows));
	for (size_t i = 0; ok && i < r->n; i++) {
		const struct group *group = &g->groups[i];

		for (size_t dim = 0; dim < g->query->by_n; dim++)
			r->rows[i].key[dim] =
				g->query->by[dim] == DIM_SESSION
					? query_keep(&r->text,
			                             intern_str(g->sessions, group->session))
					: key_text(s, group, dim, labels, times);
		r->rows[i].errors = group->errors;
		r->rows[i].sums = group->numbers.sums;
		r->rows[i].compared = group->compared;
		memcpy(r->rows[i].foreign, group->foreign, sizeof(group->foreign));
	}
	free(labels);
	free(times);
	return ok;
}

static bool answer(struct scan *s, const struct query *q, struct query_result *r, struct err *err)
{
	size_t groups = s->grouping.index.n;
	uint32_t *row_of_group = xcalloc(groups, sizeof(*row_of_group));
	bool ok = make_rows(s, r, err);

	if (ok)
		ok = rows_arrange(q, r, row_of_group, err);
	if (ok)
		latencies_percentiles(&s->latencies, row_of_group, r);
	free(row_of_group);
	return ok;
}

static bool run(struct ledger *l, const struct query *q, struct query_result *r, struct err *err)
{
	struct scan s = {.sql = &l->sql,
	                 .zone = ledger_zone(l),
	                 .days_before = l->days_before,
	                 .unpriced_only = q->unpriced_only,
	                 .archive = q->archive,
	                 .result = r};
	bool ok = grouping_open(&s.grouping, s.sql, q, err) && fit_time(l, q, r, err);

	s.since = r->since;
	s.until = r->until;
	ok = ok && scan(&s, q, err) && scan_fixed(&s, err) &&
	     (q->unpriced_only || scan_baseline(&s, query_of_sessions(q), err)) &&
	     answer(&s, q, r, err);
	grouping_close(&s.grouping);
	latencies_free(&s.latencies);
	return ok;
}

struct query_result *query_run(struct ledger *l, const struct query *q, struct err *err)
{
	struct query_result *r = xcalloc(1, sizeof(*r));
	bool ok;

	assert(q->by_n <= QUERY_DIMS_MAX && q->where_n <= QUERY_WHERE_MAX);
	/* A savepoint, so that a caller may have a snapshot of its own around it. */
	ok = sql_run(&l->sql, "SAVEPOINT query", err);
	if (ok) {
		struct err ignored = {0}; /* nothing was written: nothing can be lost */

		ok = run(l, q, r, err);
		(void)sql_run(&l->sql, "RELEASE query", &ignored);
	}
	if (!ok)
		query_result_free(&r);
	return r;
}

int64_t query_amount(const struct query *q, const struct query_row *row, enum amount amount)
{
	if (q->currency)
		return currency_round(row->foreign[amount]);
	switch (amount) {
	case AMOUNT_COST:
		return row->sums.cost;
	case AMOUNT_COMPARED:
		return row->compared.cost;
	case AMOUNT_BASELINE:
		return row->compared.baseline;
	case AMOUNTS:
		break;
	}
	return 0;
}

int64_t query_saving(const struct query *q, const struct query_row *row)
{
	if (q->currency)
		return currency_round(row->foreign[AMOUNT_BASELINE] -
		                      row->foreign[AMOUNT_COMPARED]);
	return row->compared.baseline - row->compared.cost;
}

void query_result_free(struct query_result **rp)
{
	struct query_result *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	free(r->rows);
	arena_free(&r->text);
	free(r);
}
