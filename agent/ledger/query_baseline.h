/* What calls would have cost, for the rows of an answer. */
#ifndef LEDGER_QUERY_BASELINE_H
#define LEDGER_QUERY_BASELINE_H

#include "agent/ledger/query_scan.h"

/* Prices the calls that are kept by the book of the query's baseline. Nothing without one. */
bool scan_baseline(struct scan *s, bool sessions, struct err *err);

#endif
