/*
 * Rows of an answer are put in order.
 */
#ifndef LEDGER_QUERY_ROWS_H
#define LEDGER_QUERY_ROWS_H

#include "agent/ledger/query.h"

/*
 * From one row for each group, in any order, to the rows of the answer: sorted as `q` says, those
 * without calls left out, those beyond the limit summed as one, and the total. `row_of_group[g]`
 * (room for all) is the row that group g is in then, GROUP_NONE when in none. False and *err: a sum
 * is beyond 64 bits.
 */
bool rows_arrange(const struct query *q, struct query_result *r, uint32_t *row_of_group,
                  struct err *err);

/* Adds a row to another. False and *err: a sum is beyond 64 bits. */
bool rows_merge(struct query_row *to, const struct query_row *row, struct err *err);

#endif
