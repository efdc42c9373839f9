/*
 * Cuts a piece into records, one a line. Pure. CR before the newline and NULs at the start of a
 * line are stripped; blank lines (white space and NULs only) are no records.
 */
#ifndef FOLLOW_FRAME_H
#define FOLLOW_FRAME_H

#include <stdint.h>

#include "agent/base/str.h"
#include "agent/follow/search.h"

struct frame {
	const char *p; /* not yet looked at */
	const char *end;
	struct needle literal; /* records without it are passed over in bulk; empty: none are */
};

/* `bytes` have SEARCH_SLACK readable bytes behind them; only the last line may lack its newline. */
void frame_start(struct frame *f, struct str bytes, struct str literal);

/*
 * The next record that holds the literal. *passed is set to the records passed over before it
 * (also when it returns false: those up to the end).
 */
bool frame_next(struct frame *f, struct str *record, uint64_t *passed);

/* Records (lines that are not blank) in lines of which the last may lack its newline; with the
 * slack of frame_start. For the tests and the bulk count. */
uint64_t frame_count(struct str bytes);
/* The same by what every machine has, for the tests. */
uint64_t frame_count_portable(struct str bytes);

#endif
