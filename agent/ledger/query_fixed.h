/* Costs that come with time, as rows of an answer beside those of calls. */
#ifndef LEDGER_QUERY_FIXED_H
#define LEDGER_QUERY_FIXED_H

#include "agent/ledger/query_scan.h"

/* The hours in which the resources of a query cost anything so far; false: none. */
bool fixed_range(const struct query *q, const struct zone *zone, int64_t *first, int64_t *last);
/* Adds what they cost within the scan's time. False and *err when a sum is beyond 64 bits. */
bool scan_fixed(struct scan *s, struct err *err);

#endif
