/*
 * Percentiles of many rows at once. A histogram has a thousand buckets and a report by user and
 * hour may have a hundred thousand rows, most of which saw a handful of calls: so only the buckets
 * that were hit are kept, in one table for all rows. Sorted by row they become one histogram after
 * the other, in the memory of one.
 */
#include "agent/ledger/query_latency.h"

#include <stdlib.h>

#include "agent/base/hash.h"

enum { LATENCY_STRIDE = HISTOGRAM_BUCKETS };

void latencies_free(struct latencies *l)
{
	free(l->v);
	table_free(&l->index);
	*l = (struct latencies){0};
}

static bool same_key(const void *items, uint32_t position, const void *key)
{
	return ((const struct latency *)items)[position].key == *(const uint64_t *)key;
}

void latencies_add(struct latencies *l, uint32_t group, uint32_t bucket, int64_t calls)
{
	uint64_t key = (uint64_t)group * LATENCY_STRIDE + bucket;
	uint32_t number;
	bool is_new;

	number = table_position(&l->index, hash_mix(key, 0), same_key, l->v, &key, &is_new);
	if (is_new) {
		l->v = array_room(l->v, number, &l->capacity, sizeof(*l->v));
		l->v[number] = (struct latency){key, 0};
	}
	l->v[number].calls += calls;
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct latency *)a)->key;
	uint64_t y = ((const struct latency *)b)->key;

	return (x > y) - (x < y);
}

static void read_percentiles(const struct histogram *h, struct query_row *row)
{
	row->has_percentiles = h->total > 0;
	if (!row->has_percentiles)
		return;
	row->p50 = histogram_percentile(h, 500);
	row->p95 = histogram_percentile(h, 950);
	row->p99 = histogram_percentile(h, 990);
}

static void count(struct histogram *h, uint32_t bucket, int64_t calls)
{
	h->n[bucket] += calls;
	h->total += calls;
}

/* Groups become rows; what is in no row goes to the end, out of the way. Returns how many stay. */
static size_t sort_by_row(struct latencies *l, const uint32_t *row_of_group)
{
	size_t n = l->index.n;

	for (size_t i = 0; i < n; i++) {
		struct latency *x = &l->v[i];

		x->key = (uint64_t)row_of_group[x->key / LATENCY_STRIDE] * LATENCY_STRIDE +
		         x->key % LATENCY_STRIDE;
	}
	if (n)
		qsort(l->v, n, sizeof(*l->v), by_key);
	while (n && l->v[n - 1].key / LATENCY_STRIDE == GROUP_NONE)
		n--;
	return n;
}

void latencies_percentiles(struct latencies *l, const uint32_t *row_of_group,
                           struct query_result *r)
{
	size_t n = sort_by_row(l, row_of_group);
	struct histogram *total = xcalloc(1, sizeof(*total));
	struct histogram *one = xmalloc(sizeof(*one));

	for (size_t i = 0; i < n;) {
		uint64_t row = l->v[i].key / LATENCY_STRIDE;

		memset(one, 0, sizeof(*one));
		for (; i < n && l->v[i].key / LATENCY_STRIDE == row; i++) {
			uint32_t bucket = (uint32_t)(l->v[i].key % LATENCY_STRIDE);

			count(one, bucket, l->v[i].calls);
			count(total, bucket, l->v[i].calls);
		}
		read_percentiles(one, &r->rows[row]);
	}
	read_percentiles(total, &r->total);
	free(one);
	free(total);
}
