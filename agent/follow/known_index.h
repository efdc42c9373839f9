/*
 * The inside of what is known: the marks, and what leads to those that may be of one file. Each is
 * found in the same time, however many there are.
 */
#ifndef FOLLOW_KNOWN_INDEX_H
#define FOLLOW_KNOWN_INDEX_H

#include "agent/base/chains.h"
#include "agent/follow/mark.h"

struct beginning;

struct entry {
	struct link by_head, by_inode, by_path, by_id;
	struct mark mark;             /* its own; not to be changed while it is in the index */
	struct beginning *beginnings; /* its earlier frontiers within MARK_BYTES */
	size_t beginnings_n;
	size_t at;  /* its place among the entries */
	bool taken; /* given away in this run, or added by it */
};

/* A frontier that is the hash of a whole beginning. */
struct beginning {
	struct link link;
	struct frontier frontier;
	struct entry *entry;
};

/* Begins as {0}. */
struct known_index {
	struct entry **entries;
	size_t n, room;
	struct chains by_head, by_inode, by_path, by_id, by_beginning;
	size_t with_head[MARK_BYTES + 1]; /* marks that have so many bytes of head */
	struct entry **found;             /* scratch of known_of_head */
	size_t found_room;
};

void known_index_free(struct known_index *x);
/* Takes over what the mark holds. */
struct entry *known_index_add(struct known_index *x, const struct mark *m);
/* Frees the entry. */
void known_index_remove(struct known_index *x, struct entry *e);

/* One that has this row of the ledger; NULL: none. */
struct entry *known_of_id(const struct known_index *x, int64_t id);
/* Those of a device and inode, or of a path, in no order: the first, then the one after another;
 * NULL: no more. */
struct entry *known_of_inode(const struct known_index *x, const struct mark *m,
                             const struct entry *after);
struct entry *known_of_path(const struct known_index *x, const char *path,
                            const struct entry *after);
/* Those whose first bytes, as many as had been counted or MARK_BYTES, are `head`: the one counted
 * furthest first, of equals the one that has been known for longest. *ret is the index's own, until
 * it is asked again. Returns how many. */
size_t known_of_head(struct known_index *x, struct str head, struct entry ***ret);

/* The frontier behind a beginning of a file. */
struct frontier known_frontier_of(struct str beginning);
/* The beginnings that end at this frontier, which has less than MARK_BYTES, in no order; as
 * known_of_inode. */
const struct beginning *known_of_beginning(const struct known_index *x, const struct frontier *f,
                                           const struct beginning *after);

#endif
