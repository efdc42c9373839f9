/*
 * The order of rows and their limit.
 */
#include "agent/ledger/query_rows.h"

#include <stdlib.h>

#include "agent/ledger/dim.h"
#include "agent/ledger/query_scan.h"

struct order {
	const struct query *query;
	const struct query_row *rows;
	size_t times; /* dims that go first, upwards */
};

static wide measure(const struct query *q, const struct query_row *row, enum query_sort sort)
{
	const struct sums *s = &row->sums;

	switch (sort) {
	case SORT_CALLS:
		return s->calls;
	case SORT_TOKENS:
		return (wide)s->count[COUNT_INPUT] + s->count[COUNT_OUTPUT];
	case SORT_DEFAULT:
	case SORT_COST:
		break;
	}
	return q->currency ? row->foreign[AMOUNT_COST] : s->cost;
}

static int compare_keys(const struct query_row *a, const struct query_row *b, size_t n)
{
	int order = 0;

	for (size_t i = 0; i < n && order == 0; i++)
		order = str_cmp(a->key[i], b->key[i]);
	return order;
}

/* No row: a latency of calls that are not there, say. */
static bool is_empty(const struct query_row *row)
{
	return row->sums.calls == 0 && row->sums.cost == 0;
}

/* Empty rows last; equal rows by the other measures, then by their texts. */
static int compare(const void *x, const void *y, void *arg)
{
	const struct order *o = arg;
	const struct query_row *a = &o->rows[*(const uint32_t *)x];
	const struct query_row *b = &o->rows[*(const uint32_t *)y];
	const enum query_sort by[] = {o->query->sort, SORT_COST, SORT_CALLS, SORT_TOKENS};
	int order = is_empty(a) - is_empty(b);

	if (order == 0)
		order = compare_keys(a, b, o->times);
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]) && order == 0; i++) {
		wide left = measure(o->query, a, by[i]);
		wide right = measure(o->query, b, by[i]);

		order = (left < right) - (left > right);
	}
	return order ? order : compare_keys(a, b, o->query->by_n);
}

static size_t leading_times(const struct query *q)
{
	size_t n = 0;

	while (q->sort == SORT_DEFAULT && n < q->by_n && dim_is_time(q->by[n]))
		n++;
	return n;
}

/* Puts the rows in order and leaves out the empty ones; row_of_group says where each went. */
static void sort_rows(const struct query *q, struct query_result *r, uint32_t *row_of_group)
{
	struct order order = {q, r->rows, leading_times(q)};
	uint32_t *from = xcalloc(r->n, sizeof(*from));
	struct query_row *sorted = xcalloc(r->n, sizeof(*sorted));
	size_t n = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		from[i] = i;
		row_of_group[i] = GROUP_NONE;
	}
	if (r->n)
		qsort_r(from, r->n, sizeof(*from), compare, &order);
	for (; n < r->n && !is_empty(&r->rows[from[n]]); n++) {
		sorted[n] = r->rows[from[n]];
		row_of_group[from[n]] = (uint32_t)n;
	}
	free(from);
	free(r->rows);
	r->rows = sorted;
	r->n = n;
}

bool rows_merge(struct query_row *to, const struct query_row *row, struct err *err)
{
	union numbers sum = {.sums = to->sums};
	union numbers add = {.sums = row->sums};

	if (!numbers_add(&sum, &add) || !compared_add(&to->compared, &row->compared))
		return err_set(err, "a sum is beyond 64 bits; ask for a shorter time");
	to->sums = sum.sums;
	for (int i = 0; i < AMOUNTS; i++)
		to->foreign[i] += row->foreign[i];
	to->errors += row->errors;
	return true;
}

static bool cut_rows(const struct query *q, struct query_result *r, uint32_t *row_of_group,
                     size_t groups, struct err *err)
{
	struct query_row other = {.key[0] = STR("other")};

	if (q->limit == 0 || r->n <= q->limit)
		return true;
	for (size_t i = q->limit; i < r->n; i++)
		if (!rows_merge(&other, &r->rows[i], err))
			return false;
	for (size_t i = 0; i < groups; i++)
		if (row_of_group[i] != GROUP_NONE && row_of_group[i] > q->limit)
			row_of_group[i] = (uint32_t)q->limit;
	r->other_n = r->n - q->limit;
	r->rows[q->limit] = other;
	r->n = q->limit + 1;
	return true;
}

static bool sum_rows(struct query_result *r, struct err *err)
{
	for (size_t i = 0; i < r->n; i++)
		if (!rows_merge(&r->total, &r->rows[i], err))
			return false;
	return true;
}

bool rows_arrange(const struct query *q, struct query_result *r, uint32_t *row_of_group,
                  struct err *err)
{
	size_t groups = r->n;

	sort_rows(q, r, row_of_group);
	return cut_rows(q, r, row_of_group, groups, err) && sum_rows(r, err);
}
