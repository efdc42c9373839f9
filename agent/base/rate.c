#include "agent/base/rate.h"

#include <string.h>

static const int64_t SECOND = 1000000, SLOT = RATE_SLOT_SECONDS * INT64_C(1000000);

void rate_add(struct rate *r, int64_t n, int64_t now)
{
	int64_t slot = now / SLOT;

	if (r->begin == 0)
		r->begin = now;
	if (slot - r->newest >= RATE_SLOTS)
		memset(r->slots, 0, sizeof(r->slots));
	else
		for (int64_t i = r->newest + 1; i <= slot; i++)
			r->slots[i % RATE_SLOTS] = 0;
	if (slot > r->newest)
		r->newest = slot;
	r->slots[slot % RATE_SLOTS] += n;
}

/* Where the oldest slot that still counts begins. */
static int64_t window_begin(const struct rate *r, int64_t now)
{
	int64_t oldest = (now / SLOT - RATE_SLOTS + 1) * SLOT;

	return oldest > r->begin ? oldest : r->begin;
}

int64_t rate_milli(const struct rate *r, int64_t now)
{
	int64_t newest = now / SLOT, sum = 0, time = now - window_begin(r, now);

	if (r->begin == 0)
		return 0;
	for (int64_t i = newest - RATE_SLOTS + 1; i <= r->newest; i++)
		if (i > r->newest - RATE_SLOTS && i >= 0)
			sum += r->slots[i % RATE_SLOTS];
	if (time < SECOND)
		time = SECOND;
	return (int64_t)((double)sum * 1e9 / (double)time);
}
