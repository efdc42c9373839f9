/* Records that are parts of one call: `join`. What waits is in the source's memory. */
#ifndef METER_JOIN_H
#define METER_JOIN_H

#include "agent/meter/call.h"
#include "agent/meter/memory.h"
#include "agent/meter/source.h"

enum {
	JOIN_WAITING_MAX = 1 << 16
}; /* calls of one source; above it the oldest count as they are */

/* A call in the making. Its texts lie in the memory and in the last record. */
struct joined {
	struct call call;
	bool is_call; /* some part gave a model or a count */
	/* Under which its last part was counted, and for which source: it may have another name
	 * now. */
	int64_t time;
	struct str source;
};

/* What waits under a key; false: nothing. */
bool join_find(const struct memory *m, uint64_t key, struct joined *ret);
/* False: the text is none of a call that waits. */
bool join_read(struct str text, struct joined *ret);
/* Whether a part comes too late for a call that waits. */
bool join_is_over(const struct source *s, const struct joined *j, const struct call *part);
/* Adds a part, whose values win. It is counted at its time; when no part so far has one, `near`. */
void join_add(struct joined *j, const struct call *part, bool is_call, int64_t near);
bool join_is_complete(const struct source *s, const struct joined *j);
/* It waits, and its last part has been counted for `s`. */
void join_wait(struct memory *m, const struct source *s, uint64_t key, const struct joined *j);

#endif
