/*
 * Cuts a piece into records, one a line. Pure. CR before the newline and NULs at the start of a
 * line are stripped; blank lines (white space only) are no records.
 */
#ifndef FOLLOW_FRAME_H
#define FOLLOW_FRAME_H

#include <stdint.h>

#include "agent/base/str.h"

struct frame {
	const char *p; /* not yet looked at */
	const char *end;
	struct str literal; /* records without it are passed over in bulk; empty: none are */
	const char *hit;    /* the next place of the literal; NULL: not searched yet */
};

void frame_start(struct frame *f, struct str bytes, struct str literal);

/*
 * The next record that holds the literal. *passed is set to the records passed over before it
 * (also when it returns false: those up to the end).
 */
bool frame_next(struct frame *f, struct str *record, uint64_t *passed);

/* Records (lines that are not blank) in whole lines; for the tests and the bulk count. */
uint64_t frame_count(struct str bytes);

#endif
