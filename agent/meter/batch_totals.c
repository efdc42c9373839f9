/*
 * Adding up: labels to a combination, hour and combination to a total, hour, model and bucket to a
 * count of latencies. A few look-ups in tables a call, and no allocation once the arrays have
 * grown.
 */
#include <assert.h>

#include "agent/base/hash.h"
#include "agent/meter/batch_index.h"
#include "agent/meter/histogram.h"

/* All hours since 1970 begin on one, in every zone, so within it hour and day are fixed. */
#define HALF_MINUTE (30 * TIME_SEC)

/* ---- keys ---- */

static bool combination_equal(const void *items, uint32_t position, const void *key)
{
	const struct combination *c = items;

	return memcmp(&c[position], key, sizeof(*c)) == 0;
}

uint32_t batch_combination(struct batch *b, const struct combination *c)
{
	struct batch_index *x = b->index;
	uint64_t hash = c->source;
	bool is_new;
	uint32_t position;

	for (int i = 0; i + 1 < LABELS; i += 2)
		hash = hash_mix(hash, (uint64_t)c->label[i] << 32 | c->label[i + 1]);
	hash = hash_mix(hash, c->label[LABELS - 1]);
	position = table_position(&x->combinations, hash, combination_equal, b->combinations, c,
	                          &is_new);
	if (is_new) {
		b->combinations = array_room(b->combinations, b->combinations_n,
		                             &x->combinations_room, sizeof(*c));
		b->combinations[b->combinations_n++] = *c;
	}
	return position;
}

static bool total_equal(const void *items, uint32_t position, const void *key)
{
	const struct total *totals = items, *wanted = key;

	return totals[position].hour == wanted->hour &&
	       totals[position].combination == wanted->combination;
}

static struct total *total_at(struct batch *b, int64_t hour, uint32_t combination)
{
	struct batch_index *x = b->index;
	struct total key = {.hour = hour, .combination = combination};
	bool is_new;
	uint32_t position = table_position(&x->totals, hash_mix((uint64_t)hour, combination),
	                                   total_equal, b->totals, &key, &is_new);

	if (is_new) {
		b->totals = array_room(b->totals, b->totals_n, &x->totals_room, sizeof(key));
		b->totals[b->totals_n++] = key;
	}
	return &b->totals[position];
}

static bool latency_equal(const void *items, uint32_t position, const void *key)
{
	const struct latency_count *l = items, *wanted = key;

	return l[position].hour == wanted->hour && l[position].model == wanted->model &&
	       l[position].bucket == wanted->bucket;
}

static void count_latency(struct batch *b, int64_t hour, uint32_t model, int64_t latency, int sign)
{
	struct batch_index *x = b->index;
	struct latency_count key = {hour, model, histogram_bucket(latency), 0};
	uint64_t hash = hash_mix((uint64_t)hour, (uint64_t)model << 32 | key.bucket);
	bool is_new;
	uint32_t position =
		table_position(&x->latencies, hash, latency_equal, b->latencies, &key, &is_new);

	if (is_new) {
		b->latencies =
			array_room(b->latencies, b->latencies_n, &x->latencies_room, sizeof(key));
		b->latencies[b->latencies_n++] = key;
	}
	b->latencies[position].n += sign;
}

/* ---- time ---- */

void batch_look_at_time(struct batch *b, int64_t time)
{
	struct batch_index *x = b->index;
	int64_t half_minute = time / HALF_MINUTE;

	if (half_minute == x->half_minute)
		return;
	x->half_minute = half_minute;
	x->hour = zone_hour_start(b->zone, time) / TIME_SEC;
	x->day = zone_day_start(b->zone, time) / TIME_SEC;
}

/* ---- sums ---- */

void sums_add(struct sums *to, const struct sums *add, int sign)
{
	/* All members are int64: one loop, so that a member added later cannot be forgotten. */
	int64_t *t = (int64_t *)to;
	const int64_t *a = (const int64_t *)add;

	static_assert(sizeof(*to) % sizeof(*t) == 0, "sums are int64 only");
	for (size_t i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] += sign * a[i];
}

static inline void sums_of(const struct numbers *n, struct sums *ret)
{
	*ret = (struct sums){
		.calls = 1,
		.unpriced = (n->flags & CALL_UNPRICED) != 0,
		.estimated = (n->flags & (CALL_ESTIMATED | CALL_USAGE_ESTIMATED)) != 0,
		.estimated_usage = (n->flags & CALL_USAGE_ESTIMATED) != 0,
		.unknown_usage = (n->flags & CALL_UNKNOWN_USAGE) != 0,
		.inconsistent = (n->flags & CALL_INCONSISTENT) != 0,
		.cost = n->cost,
		.latency = n->latency != ABSENT ? n->latency : 0,
		.latency_calls = n->latency != ABSENT,
		.logged_cost = n->has_logged_cost ? n->logged_cost : 0,
		.logged_calls = n->has_logged_cost,
	};
	for (int i = 0; i < COUNT_TOKENS; i++)
		ret->count[i] = n->count[i] > 0 ? n->count[i] : 0;
}

static inline struct numbers numbers_of_row(const struct call_row *row)
{
	bool logged = row->rare && row->rare->has_logged_cost;

	return (struct numbers){row->flags,   row->count, row->cost,
	                        row->latency, logged,     logged ? row->rare->logged_cost : 0};
}

void sums_of_row(const struct call_row *row, struct sums *ret)
{
	struct numbers n = numbers_of_row(row);

	sums_of(&n, ret);
}

void batch_count_numbers(struct batch *b, uint32_t combination, const struct numbers *n, int sign)
{
	struct sums sums;

	sums_of(n, &sums);
	sums_add(&total_at(b, b->index->hour, combination)->sums, &sums, sign);
	if (n->latency != ABSENT)
		count_latency(b, b->index->hour, b->combinations[combination].label[LABEL_MODEL],
		              n->latency, sign);
}

void batch_count_row(struct batch *b, const struct call_row *row, int sign)
{
	struct numbers n = numbers_of_row(row);

	batch_look_at_time(b, row->time);
	batch_count_numbers(b, row->combination, &n, sign);
}
