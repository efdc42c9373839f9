/* Counters that grow from record to record: `cumulative`. What they last were is in the memory. */
#ifndef METER_CUMULATIVE_H
#define METER_CUMULATIVE_H

#include "agent/meter/call.h"
#include "agent/meter/memory.h"
#include "agent/meter/source.h"

enum { CUMULATIVE_MAX = 1 << 20 }; /* counters of one source; above it the oldest are forgotten */

/*
 * Turns the counters of a call into what they grew by since the last record of this key, and
 * remembers them. The first one counts from 0. When one of them is smaller than it was they have
 * begun anew, and all count in full. False: none has changed.
 */
bool cumulative_increase(struct memory *m, const struct source *s, uint64_t key, struct call *c,
                         int64_t time);

#endif
