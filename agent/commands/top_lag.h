/*
 * How many bytes of the logs are not counted yet: as `status` has it, over all files.
 */
#ifndef COMMANDS_TOP_LAG_H
#define COMMANDS_TOP_LAG_H

#include "agent/ledger/query.h"

struct top_lag {
	int64_t bytes;
	size_t behind; /* files that have some */
	int64_t due;   /* when files are looked at next, by the clock of top_lag_look */
};

/* Asks the system how large the files are now; many of them not each time. */
void top_lag_look(struct top_lag *lag, const struct file_row *files, size_t n, int64_t now);

#endif
