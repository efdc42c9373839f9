/* What holds of every ledger at any time, whatever was read. */
#ifndef TESTS_UNIT_INVARIANTS_H
#define TESTS_UNIT_INVARIANTS_H

#include <sqlite3.h>
#include <stdint.h>

/*
 * Fails the test unless: calls of the totals = calls of the coverage, by source and day of the
 * ledger's zone; histograms hold the calls that have a latency, by hour and model; all sums are
 * integers >= 0 and no total is empty; what is referred to exists; and, if calls are kept, the rows
 * added up by hour and combination are the totals, every column of them.
 */
void assert_ledger_adds_up(sqlite3 *db);

/* Calls, duplicates, skipped and rejected together. */
void assert_records(sqlite3 *db, int64_t records);

/* The integer that a query gives; fails the test when it gives no row. */
int64_t sql_number(sqlite3 *db, const char *sql);

#endif
