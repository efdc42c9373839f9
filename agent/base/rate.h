/*
 * How much of something there was in the last minute. Slots of ten seconds: the oldest is given up
 * as a new one begins, so it is fifty to sixty seconds that are looked at, or less of a rate that
 * has just begun.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdint.h>

enum { RATE_SLOTS = 6, RATE_SLOT_SECONDS = 10 };

/* Begins as {0}. */
struct rate {
	int64_t slots[RATE_SLOTS];
	int64_t newest; /* number of the slot that was added to last */
	int64_t begin;  /* of the first that was added; 0: nothing was yet */
};

/* `now`: microseconds of a clock that only goes forward, > 0. */
void rate_add(struct rate *r, int64_t n, int64_t now);
/* In thousandths a second. */
int64_t rate_milli(const struct rate *r, int64_t now);

#endif
