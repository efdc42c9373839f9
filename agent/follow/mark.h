/*
 * What is known of a file: where it was last seen, how far it has been counted, and the hashes that
 * prove a file seen later to be the same content. Offsets are of decompressed bytes.
 */
#ifndef FOLLOW_MARK_H
#define FOLLOW_MARK_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/hash.h"

enum { FRONTIERS = 8 }; /* earlier ones that are remembered */

/* Where a file was once counted up to, and the hash of the bytes before that. */
struct frontier {
	int64_t offset;
	struct hash128 hash;
};

enum { MARK_BYTES = 1024 }; /* of the head, and before the frontier, that are hashed */

enum file_state {
	FILE_NEW,      /* matched, nothing counted yet */
	FILE_READ,     /* counted up to its end, or to its last newline */
	FILE_PARTIAL,  /* a run ended before the end of the file */
	FILE_CORRUPT,  /* a gzip damaged: counted up to the last whole line before the damage */
	FILE_LEFT_OUT, /* not a regular file, no permission, ...: the reason says */
	FILE_FINISHED, /* gone from its place and read to its end, or written anew */
	FILE_STATES
};

const char *file_state_name(enum file_state state);

struct mark {
	int64_t id;   /* row in the ledger; 0: not there yet */
	char *path;   /* where it was last seen; on the heap */
	char *source; /* name of the source it was last read for; on the heap */
	bool gzip;
	/* Hints, from stat: if all are as they were, nothing has changed. */
	int64_t device, inode, size, mtime_ns, ctime_ns;
	int64_t offset;       /* counted up to here, always the start of a line */
	int64_t content_size; /* decompressed bytes known to be there, >= offset */
	uint32_t head_n;      /* bytes hashed in head: min(offset, MARK_BYTES) */
	struct hash128 head;
	uint32_t frontier_n; /* bytes before offset hashed in frontier: min(offset, MARK_BYTES) */
	struct hash128 frontier;
	/* A copy that logrotate made may stop short of what was counted: it is known by an earlier
	 * frontier. The last one first. */
	struct frontier earlier[FRONTIERS];
	unsigned earlier_n;
	int64_t last_time; /* of the last call with a time, for the day of untimed records; 0: none
	                    */
	int64_t lost;      /* bytes destroyed before they could be read */
	int64_t committed; /* the offset that the ledger has */
	int64_t from; /* row of the file whose content it goes on with, if that is another; 0: none
	               */
	struct buf carried; /* what its records carry on, as the ledger keeps it; see
	                       meter/carried.h */
	enum file_state state;
	char reason[160]; /* in words, "" when there is nothing to explain */
};

/* Counted up to `offset` now, before which `n` bytes have this hash; the frontier so far becomes an
 * earlier one. */
void mark_move_frontier(struct mark *m, int64_t offset, uint32_t n, struct hash128 hash);
void mark_free(struct mark *m); /* the strings and the buffer; not *m */

#endif
