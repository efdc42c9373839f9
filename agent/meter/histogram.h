/*
 * Latency by logarithmic buckets: two of them can be added, and a percentile read from the sum is
 * within 1 % of the true value (the DDSketch of Masson, Rim and Lee, 2019, with fixed buckets).
 */
#ifndef METER_HISTOGRAM_H
#define METER_HISTOGRAM_H

#include <stdint.h>

#include "agent/base/buf.h"

/* Bucket 0 is below 1 ms, the last one is all above 10 days. */
enum { HISTOGRAM_BUCKETS = 1050 };

/* The bucket of a latency in microseconds, >= 0. */
uint32_t histogram_bucket(int64_t latency);
/* The latency that stands for a bucket, within 1 % of all that fall into it. */
int64_t histogram_value(uint32_t bucket);

struct histogram {
	int64_t n[HISTOGRAM_BUCKETS];
	int64_t total;
};

/* The latency below which `permille` of the calls lie (500 is the median), -1 when empty. */
int64_t histogram_percentile(const struct histogram *h, int permille);

/* As bytes, for the ledger: pairs of varints (bucket distance, count); counts of 0 left out. */
void histogram_pack(const struct histogram *h, struct buf *out);
/* Adds packed bytes to *h. False when they are damaged. */
bool histogram_add(struct histogram *h, struct str packed);

#endif
