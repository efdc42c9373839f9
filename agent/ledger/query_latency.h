/*
 * Latencies gathered for the rows of an answer, and the percentiles read from them.
 */
#ifndef LEDGER_QUERY_LATENCY_H
#define LEDGER_QUERY_LATENCY_H

#include "agent/ledger/query_group.h"

/* How many calls of a group fell into a bucket of the histogram. */
struct latency {
	uint64_t key; /* group (later: row) * LATENCY_STRIDE + bucket */
	int64_t calls;
};

struct latencies {
	struct latency *v;
	size_t capacity;
	struct table index; /* index.n of them */
};

void latencies_free(struct latencies *l);
void latencies_add(struct latencies *l, uint32_t group, uint32_t bucket, int64_t calls);

/*
 * Gives the rows and the total their percentiles. `row_of_group[g]` is the row that group g is in,
 * GROUP_NONE when in none. Uses the latencies up.
 */
void latencies_percentiles(struct latencies *l, const uint32_t *row_of_group,
                           struct query_result *r);

#endif
