/*
 * Whether a database may have been written since it was last read, without opening it.
 */
#ifndef LEDGER_STAMP_H
#define LEDGER_STAMP_H

#include <stdbool.h>
#include <stdint.h>

enum { STAMP_FILES = 2 }; /* the database and its write-ahead log */

struct stamp {
	struct {
		int64_t device, inode, size, mtime_ns;
	} file[STAMP_FILES];
	/* The clock of files ticks in milliseconds: what was written just before the stamp was
	 * taken looks like what is written just after. */
	bool is_fresh;
};

/* Take it before reading: what is written meanwhile then shows in the next one. */
struct stamp stamp_take(const char *database);
/* Nothing was written between two stamps. */
bool stamp_same(const struct stamp *before, const struct stamp *now);

#endif
