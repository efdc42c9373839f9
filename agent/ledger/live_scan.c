/*
 * From rows of the ledger to sums by label. A combination of labels is looked up once and
 * remembered in a table of fixed size: where two meet, the later one takes the place.
 */
#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/ledger/call_id.h"
#include "agent/ledger/dim.h"
#include "agent/ledger/live_inner.h"
#include "agent/ledger/query_scan.h"

enum { TEXT_KEPT = 1 << 16 }; /* bytes of memory that are not given back */

/* ---- groups ---- */

void live_groups_free(struct live_groups *g)
{
	free(g->v);
	table_free(&g->index);
	arena_free(&g->text);
	*g = (struct live_groups){0};
}

void live_groups_clear(struct live_groups *g)
{
	table_clear(&g->index);
	arena_reset(&g->text, TEXT_KEPT);
	g->others = (struct live_group){0};
}

void live_groups_clear_tail(struct live_groups *g)
{
	for (size_t i = 0; i < g->index.n; i++)
		memset(&g->v[i].part[LIVE_TAIL], 0, sizeof(g->v[i].part[LIVE_TAIL]));
	memset(&g->others.part[LIVE_TAIL], 0, sizeof(g->others.part[LIVE_TAIL]));
}

static bool same_label(const void *items, uint32_t position, const void *key)
{
	return ((const struct live_group *)items)[position].label == *(const int64_t *)key;
}

/* Whether a label has a group already; asked only when there is no room for more. */
static struct live_group *find(const struct live_groups *g, int64_t label)
{
	size_t at = hash_mix((uint64_t)label, 0);

	for (at = (uint32_t)(at ^ at >> 32) & g->index.mask; g->index.slots[at];
	     at = (at + 1) & g->index.mask)
		if (g->v[g->index.slots[at] - 1].label == label)
			return &g->v[g->index.slots[at] - 1];
	return NULL;
}

struct live_group *live_groups_of(struct live_groups *g, struct sql *sql, int64_t label,
                                  struct err *err)
{
	uint32_t number;
	bool is_new;

	if (g->index.n == LIVE_LABELS_MAX) {
		struct live_group *known = find(g, label);

		return known ? known : &g->others;
	}
	number = table_position(&g->index, hash_mix((uint64_t)label, 0), same_label, g->v, &label,
	                        &is_new);
	if (is_new) {
		g->v = array_room(g->v, number, &g->capacity, sizeof(*g->v));
		g->v[number] = (struct live_group){.label = label};
		if (!query_label(sql, label, &g->text, &g->v[number].text, err))
			return NULL;
	}
	return &g->v[number];
}

/* ---- combinations ---- */

static bool look_up(const struct live_tally *t, struct sql *sql, int64_t id,
                    struct live_combination *ret, struct err *err)
{
	sqlite3_stmt *st =
		sql_statement(sql, "SELECT " DIM_COLUMNS " FROM combinations WHERE id = ?", err);
	bool found = false;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, id);
	if (!sql_next(sql, st, &found, err))
		return false;
	if (!found)
		return err_set(err, "the ledger is damaged: combination %lld is not there",
		               (long long)id);
	ret->id = id;
	ret->label = sqlite3_column_int64(st, dim_column(t->dim));
	ret->model = sqlite3_column_int64(st, dim_column(DIM_MODEL));
	ret->is_error = sqlite3_column_int64(st, dim_column(DIM_STATUS)) == t->error_label;
	(void)sqlite3_reset(st);
	return true;
}

/* NULL and *err. */
static const struct live_combination *combination(struct live_tally *t, struct sql *sql, int64_t id,
                                                  struct err *err)
{
	struct live_combination *c = &t->combinations[id & (LIVE_COMBINATIONS - 1)];

	if (c->id != id && !look_up(t, sql, id, c, err))
		return NULL;
	return c;
}

/* ---- rows ---- */

/* A call, or the total of an hour. */
struct row {
	int64_t time; /* microseconds */
	int64_t combination;
	union numbers numbers;
};

static enum live_part part_of(const struct live_tally *t, int64_t time)
{
	return time < t->settled ? LIVE_SETTLED : LIVE_TAIL;
}

static bool add_to(struct live_group *g, enum live_part part, const union numbers *add,
                   bool is_error, struct err *err)
{
	if (g == NULL)
		return false;
	if (is_error)
		g->part[part].errors += add->sums.calls;
	return numbers_add(&g->part[part].sums, add) ||
	       err_set(err, "a sum is beyond 64 bits; ask for a shorter time");
}

static bool add_cost(struct live_tally *t, const struct row *row, struct err *err)
{
	size_t slot = (size_t)((row->time - t->base) / t->slot);
	int64_t *cost = &t->cost[part_of(t, row->time)][slot < LIVE_SLOTS_ROOM ? slot : 0];

	return !__builtin_add_overflow(*cost, row->numbers.sums.cost, cost) ||
	       err_set(err, "a sum is beyond 64 bits; ask for a shorter time");
}

static void add_latency(struct live_tally *t, const struct live_group *g, enum live_part part,
                        uint32_t bucket, int64_t calls)
{
	struct latencies *l = &t->latencies[part];

	if (l->index.n >= LIVE_LATENCIES_MAX)
		t->too_many_latencies = true;
	if (!t->too_many_latencies && g != &t->by.others)
		latencies_add(l, (uint32_t)(g - t->by.v), bucket, calls);
}

/* Adds a row to its label, its slot and, if it has no price, to its model; the label's group, or
 * NULL and *err. */
static struct live_group *add_row(struct live_tally *t, struct sql *sql, const struct row *row,
                                  struct err *err)
{
	const struct live_combination *c = combination(t, sql, row->combination, err);
	enum live_part part = part_of(t, row->time);
	union numbers unpriced = row->numbers;
	struct live_group *group;

	if (c == NULL)
		return NULL;
	group = live_groups_of(&t->by, sql, c->label, err);
	if (!add_to(group, part, &row->numbers, c->is_error, err) || !add_cost(t, row, err))
		return NULL;
	if (row->numbers.sums.unpriced == 0)
		return group;
	scan_keep_unpriced(&unpriced.sums);
	return add_to(live_groups_of(&t->unpriced, sql, c->model, err), part, &unpriced, false, err)
	               ? group
	               : NULL;
}

typedef bool row_fn(struct live_tally *t, struct sql *sql, sqlite3_stmt *statement,
                    struct err *err);

/* Steps the statement of a text with two parameters, calling `row` for each of its rows. */
static bool step_all(struct live_tally *t, struct sql *sql, const char *text,
                     const int64_t range[2], row_fn *row, struct err *err)
{
	sqlite3_stmt *st = sql_statement(sql, text, err);
	bool ok = st != NULL;
	bool more = true;

	if (!ok)
		return false;
	sql_bind_ints(st, 1, range, 2);
	while (ok && (ok = sql_next(sql, st, &more, err)) && more) {
		ok = row(t, sql, st, err);
		t->rows++;
	}
	(void)sqlite3_reset(st);
	return ok;
}

enum call_column { CALL_ID, CALL_COMBINATION, CALL_LATENCY, CALL_FLAGS, CALL_COST, CALL_COUNTS };

static bool add_call(struct live_tally *t, struct sql *sql, sqlite3_stmt *st, struct err *err)
{
	int64_t flags = sqlite3_column_int64(st, CALL_FLAGS);
	struct row row = {
		.time = call_id_ms(sqlite3_column_int64(st, CALL_ID)) * TIME_MS,
		.combination = sqlite3_column_int64(st, CALL_COMBINATION),
		.numbers.sums = {.calls = 1,
	                         .unpriced = (flags & CALL_UNPRICED) != 0,
	                         .estimated =
	                                 (flags & (CALL_ESTIMATED | CALL_USAGE_ESTIMATED)) != 0,
	                         .estimated_usage = (flags & CALL_USAGE_ESTIMATED) != 0,
	                         .unknown_usage = (flags & CALL_UNKNOWN_USAGE) != 0,
	                         .inconsistent = (flags & CALL_INCONSISTENT) != 0,
	                         .cost = sqlite3_column_int64(st, CALL_COST)},
	};
	struct sums *sums = &row.numbers.sums;
	struct live_group *group;

	for (int i = 0; i < COUNT_TOKENS; i++)
		sums->count[i] = sqlite3_column_int64(st, CALL_COUNTS + i);
	if (sqlite3_column_type(st, CALL_LATENCY) != SQLITE_NULL) {
		sums->latency = sqlite3_column_int64(st, CALL_LATENCY);
		sums->latency_calls = 1;
	}
	group = add_row(t, sql, &row, err);
	if (group && sums->latency_calls)
		add_latency(t, group, part_of(t, row.time), histogram_bucket(sums->latency), 1);
	return group != NULL;
}

bool live_scan_calls(struct live_tally *t, struct sql *sql, int64_t from, struct err *err)
{
	const int64_t range[2] = {call_id_first(from / TIME_MS), call_id_first(t->until / TIME_MS)};

	return step_all(t, sql,
	                "SELECT id, combination, latency, flags, cost, input, cache_read, "
	                "cache_write, cache_write_1h, output, reasoning FROM call_rows "
	                "WHERE id >= ? AND id < ?",
	                range, add_call, err);
}

static bool add_total(struct live_tally *t, struct sql *sql, sqlite3_stmt *st, struct err *err)
{
	struct row row = {.time = sqlite3_column_int64(st, 0) * TIME_SEC,
	                  .combination = sqlite3_column_int64(st, 1)};

	for (int i = 0; i < SUMS_N; i++)
		row.numbers.n[i] = sqlite3_column_int64(st, i + 2);
	return row.numbers.sums.calls == 0 || add_row(t, sql, &row, err) != NULL;
}

static bool add_histogram(struct live_tally *t, struct sql *sql, sqlite3_stmt *st, struct err *err)
{
	struct live_group *group = live_groups_of(&t->by, sql, sqlite3_column_int64(st, 1), err);
	enum live_part part = part_of(t, sqlite3_column_int64(st, 0) * TIME_SEC);
	struct str packed = {sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)};
	struct histogram h = {0};

	if (group == NULL)
		return false;
	if (!histogram_add(&h, packed))
		return err_set(err, "the ledger is damaged: a histogram of latencies");
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h.n[i])
			add_latency(t, group, part, i, h.n[i]);
	return true;
}

bool live_scan_totals(struct live_tally *t, struct sql *sql, int64_t from, struct err *err)
{
	const int64_t hours[2] = {from / TIME_SEC, t->until / TIME_SEC};
	const int64_t ids[2] = {total_id_first(hours[0]), total_id_first(hours[1])};

	if (!step_all(t, sql,
	              "SELECT hour, combination, " SCAN_SUMS
	              " FROM totals WHERE id >= ? AND id < ?",
	              ids, add_total, err))
		return false;
	return t->dim != DIM_MODEL || step_all(t, sql,
	                                       "SELECT hour, model, histogram FROM latencies "
	                                       "WHERE hour >= ? AND hour < ?",
	                                       hours, add_histogram, err);
}
