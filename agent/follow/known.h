/*
 * The files that were counted before, found again by content. Device and inode only say where to
 * look first: the hashes of head and frontier decide.
 */
#ifndef FOLLOW_KNOWN_H
#define FOLLOW_KNOWN_H

#include "agent/follow/reader.h"

struct known;

/* Takes the marks over, strings and array; freed with the known. */
struct known *known_new(struct mark *marks, size_t n);
void known_free(struct known **k);

enum known_result {
	KNOWN_NEW,       /* content never seen: read from the start */
	KNOWN_UNCHANGED, /* every hint is as it was at the end of the last run: nothing to read */
	KNOWN_CONTINUED, /* a file counted up to m->offset, perhaps under another name or packed */
	KNOWN_COPY,      /* the same for a copy of a file that still stands: a stream of its own */
	KNOWN_SHORTER, /* a copy of less than was counted: all of it was, the reader is at its start
	                */
};

/* By what a file is taken for one that was counted before. */
enum identity {
	IDENTITY_CONTENT, /* its content: itself, renamed, packed, or a copy */
	IDENTITY_ITSELF,  /* the same, but a copy is another file */
	IDENTITY_PATH,    /* it is written anew as a whole: what stands at a path, from its start */
};

/*
 * What the file just opened is. Fills id, offset, hashes and last_time of *m (which has path,
 * source and hints) and leaves the reader at m->offset. Each known file is given away once, so two
 * files with the same content do not share a row.
 */
enum known_result known_resolve(struct known *k, struct reader *r, enum identity by,
                                struct mark *m);

/* Whether every hint is as it was at the end of the last run, so that it is KNOWN_UNCHANGED. */
bool known_is_unchanged(const struct known *k, const struct mark *m);

/* Whether the first bytes of a plain file are those of another that was counted as far as this one
 * goes or further: it may be a copy that is still being made. */
bool known_may_be_copy(struct known *k, struct reader *r, const struct mark *m);

/* Whether a file may be the beginning of one that was counted further: its first MARK_BYTES are the
 * same, or it has fewer and its name is of the same log. */
bool known_may_be_beginning(struct known *k, struct reader *r, const struct mark *m);

/* Up to where the content of a file was counted, as far as that can be proved now; leaves the
 * reader there. */
int64_t known_offset(struct known *k, struct reader *r, const struct mark *m);

/* Whether a plain file is, by inode and by content, one that was counted: no copy looks so. */
bool known_is_itself(struct known *k, struct reader *r, const struct mark *m);

/* A file that was counted at the path of *m, and that another one stands for by now, which has *m.
 * NULL: there is none. */
const struct mark *known_replaced(const struct known *k, const struct mark *m);

/* Gives *m the row of a file at its path of which nothing was ever counted (empty, or left out), so
 * that such a file has one row however often it is looked at. known_resolve does so itself. */
void known_reuse_empty(struct known *k, struct mark *m);

/* A file of this run, settled: what comes later may be a copy of it. Copies what it needs of *m. */
void known_add(struct known *k, const struct mark *m);

/* The same for a file that is followed and has its row (m->id): replaces what was known of it.
 * `held`: it is still read, so another file with its content is a copy; else that may go on with
 * its row. */
void known_put(struct known *k, const struct mark *m, bool held);

#endif
