/*
 * Bucket k holds latencies from 1 ms * 1.02^(k-1) up to 1 ms * 1.02^k, and is shown as the value
 * that is relatively nearest to both ends, 2*1.02/(1+1.02) of the lower one: at most 1 % off. The
 * bounds are the same everywhere, so adding two histograms is adding counts. Floating point is fine
 * here: a latency on the very edge of two buckets is within 1 % of either.
 */
#include "agent/meter/histogram.h"

#include <math.h>

#define GROWTH      1.02
#define LOG_GROWTH  0.01980262729617973 /* log(GROWTH) */
#define FIRST_US    1000.0
#define LAST_US     (INT64_C(10) * 86400 * 1000000)
#define BELOW_FIRST INT64_C(500) /* stands for bucket 0 */

uint32_t histogram_bucket(int64_t latency)
{
	uint32_t bucket;

	if (latency < (int64_t)FIRST_US)
		return 0;
	if (latency > LAST_US)
		return HISTOGRAM_BUCKETS - 1;
	bucket = (uint32_t)(log((double)latency / FIRST_US) / LOG_GROWTH) + 1;
	return bucket < HISTOGRAM_BUCKETS - 1 ? bucket : HISTOGRAM_BUCKETS - 2;
}

int64_t histogram_value(uint32_t bucket)
{
	if (bucket == 0)
		return BELOW_FIRST;
	if (bucket >= HISTOGRAM_BUCKETS - 1)
		return LAST_US;
	return (int64_t)lround(FIRST_US * exp((double)(bucket - 1) * LOG_GROWTH) * 2 * GROWTH /
	                       (1 + GROWTH));
}

int64_t histogram_percentile(const struct histogram *h, int permille)
{
	int64_t below = 0;
	/* Rank of the wanted call, from 1: total * permille / 1000, rounded up, without overflow.
	 */
	int64_t rank = h->total / 1000 * permille + (h->total % 1000 * permille + 999) / 1000;

	if (h->total <= 0)
		return -1;
	if (rank < 1)
		rank = 1;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		below += h->n[i];
		if (below >= rank)
			return histogram_value(i);
	}
	return histogram_value(HISTOGRAM_BUCKETS - 1);
}

static void put_varint(struct buf *out, uint64_t value)
{
	while (value >= 0x80) {
		buf_char(out, (char)(0x80 | (value & 0x7f)));
		value >>= 7;
	}
	buf_char(out, (char)value);
}

/* Takes a varint off the front of *in. False at its end, or beyond int64. */
static bool take_varint(struct str *in, int64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; in->n && shift < 63; shift += 7) {
		unsigned char byte = (unsigned char)*in->p;

		*in = str_from(*in, 1);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret = (int64_t)value;
			return true;
		}
	}
	return false;
}

void histogram_pack(const struct histogram *h, struct buf *out)
{
	uint32_t next = 0; /* the bucket that distance 0 means */

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (h->n[i] <= 0)
			continue;
		put_varint(out, i - next);
		put_varint(out, (uint64_t)h->n[i]);
		next = i + 1;
	}
}

bool histogram_add(struct histogram *h, struct str packed)
{
	struct histogram sum = *h; /* damage must leave *h as it was */
	int64_t bucket = -1;

	while (packed.n) {
		int64_t distance, n;

		if (!take_varint(&packed, &distance) || !take_varint(&packed, &n) || n == 0)
			return false;
		if (distance >= HISTOGRAM_BUCKETS - 1 - bucket)
			return false;
		bucket += distance + 1;
		if (__builtin_add_overflow(sum.n[bucket], n, &sum.n[bucket]) ||
		    __builtin_add_overflow(sum.total, n, &sum.total))
			return false;
	}
	*h = sum;
	return true;
}
