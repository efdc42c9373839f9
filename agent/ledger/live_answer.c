/*
 * From what was read to an answer: the two parts of the span are added up, label by label, and the
 * rows put in order as those of a report are.
 */
#include <stdlib.h>

#include "agent/ledger/live_inner.h"
#include "agent/ledger/query_rows.h"
#include "agent/ledger/query_scan.h"

static bool row_of(const struct live_group *g, struct query_row *ret, struct err *err)
{
	union numbers sums = g->part[LIVE_SETTLED].sums;

	*ret = (struct query_row){.key[0] = g->text};
	ret->errors = g->part[LIVE_SETTLED].errors + g->part[LIVE_TAIL].errors;
	if (!numbers_add(&sums, &g->part[LIVE_TAIL].sums))
		return err_set(err, "a sum is beyond 64 bits; ask for a shorter time");
	ret->sums = sums.sums;
	return true;
}

/* What found no room goes where the rows beyond the limit are, and into the total. */
static bool add_others(const struct live_group *others, struct query_result *r, struct err *err)
{
	struct query_row row;

	if (!row_of(others, &row, err))
		return false;
	if (row.sums.calls == 0)
		return true;
	if (r->other_n == 0) {
		r->rows = xrealloc(r->rows, r->n + 1, sizeof(*r->rows));
		r->rows[r->n++] = (struct query_row){0};
		r->other_n = 1;
	}
	return rows_merge(&r->rows[r->n - 1], &row, err) && rows_merge(&r->total, &row, err);
}

/* The texts of the rows, which so far are those of the groups. */
static void own_texts(struct query_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->rows[i].key[0] = query_keep(&r->text, r->rows[i].key[0]);
}

/* NULL and *err. `row_of_group` has room for all groups. */
static struct query_result *result_of(const struct live_groups *g, const struct query *q,
                                      uint32_t *row_of_group, struct err *err)
{
	struct query_result *r = xcalloc(1, sizeof(*r));
	bool ok = true;

	r->n = g->index.n;
	r->rows = xcalloc(r->n + 1, sizeof(*r->rows));
	for (size_t i = 0; ok && i < r->n; i++)
		ok = row_of(&g->v[i], &r->rows[i], err);
	ok = ok && rows_arrange(q, r, row_of_group, err) && add_others(&g->others, r, err);
	if (ok)
		own_texts(r);
	else
		query_result_free(&r);
	return r;
}

/* They are used up by being read, so a copy is. */
static void read_percentiles(const struct live_tally *t, const uint32_t *row_of_group,
                             struct query_result *r)
{
	struct latencies both = {0};

	for (size_t part = 0; part < LIVE_PARTS; part++) {
		const struct latencies *l = &t->latencies[part];

		both.v = xrealloc(both.v, both.index.n + l->index.n, sizeof(*both.v));
		if (l->index.n)
			memcpy(both.v + both.index.n, l->v, l->index.n * sizeof(*l->v));
		both.index.n += l->index.n;
	}
	latencies_percentiles(&both, row_of_group, r);
	free(both.v);
}

static bool find_unpriced(const struct live_tally *t, const struct query *by,
                          struct live_answer *ret, struct err *err)
{
	struct query q = *by;
	uint32_t *row_of_group = xcalloc(t->unpriced.index.n, sizeof(*row_of_group));

	q.by[0] = DIM_MODEL;
	q.sort = SORT_CALLS;
	ret->unpriced = result_of(&t->unpriced, &q, row_of_group, err);
	free(row_of_group);
	if (ret->unpriced && ret->unpriced->n == 0)
		query_result_free(&ret->unpriced);
	else if (ret->unpriced == NULL)
		return false;
	return true;
}

static bool find_costs(const struct live_tally *t, size_t slots, struct live_answer *ret,
                       struct err *err)
{
	size_t end = (size_t)((t->until - t->base) / t->slot);

	ret->slots = slots;
	for (size_t i = 0; i < slots && end >= slots; i++)
		if (__builtin_add_overflow(t->cost[LIVE_SETTLED][end - slots + i],
		                           t->cost[LIVE_TAIL][end - slots + i], &ret->cost[i]))
			return err_set(err, "a sum is beyond 64 bits; ask for a shorter time");
	return true;
}

bool live_tally_answer(struct live_tally *t, size_t slots, struct live_answer *ret, struct err *err)
{
	uint32_t *row_of_group = xcalloc(t->by.index.n, sizeof(*row_of_group));
	bool ok;

	ret->result = result_of(&t->by, &ret->query, row_of_group, err);
	if (ret->result) {
		ret->result->since = t->base;
		ret->result->until = t->until;
		ret->crowded = t->by.others.part[LIVE_SETTLED].sums.sums.calls > 0 ||
		               t->by.others.part[LIVE_TAIL].sums.sums.calls > 0;
		if (!t->too_many_latencies)
			read_percentiles(t, row_of_group, ret->result);
	}
	ok = ret->result && find_unpriced(t, &ret->query, ret, err) &&
	     find_costs(t, slots, ret, err);
	free(row_of_group);
	if (!ok) {
		query_result_free(&ret->result);
		query_result_free(&ret->unpriced);
	}
	return ok;
}
