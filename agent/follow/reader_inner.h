/* The inside of a reader, shared by reader.c (bytes and pieces) and reader_proof.c (what they
 * prove). */
#ifndef FOLLOW_READER_INNER_H
#define FOLLOW_READER_INNER_H

#include <sys/stat.h>

#include "agent/base/buf.h"
#include "agent/follow/gunzip.h"
#include "agent/follow/reader.h"

enum { MAGIC_BYTES = 2 }; /* that tell gzip from plain */

struct reader {
	int fd;
	const char *name; /* in words, for errors */
	bool named;       /* opened by its path: `consumed` is where the descriptor stands */
	struct reader_options options;
	struct gunzip *gunzip; /* NULL: plain */
	int64_t consumed;      /* plain: bytes read */
	struct buf tail;       /* read, not given */
	bool passing;          /* inside a record over LINE_MAX_BYTES */
	int64_t passed;        /* bytes of it so far */
	int64_t offset;
	uint32_t head_n, recent_n;
	char head[MARK_BYTES];   /* the first bytes */
	char recent[MARK_BYTES]; /* the last ones before offset */
	struct hash128 head_hash;
	char reason[160];
};

/* Up to n bytes, from where the descriptor stands; *ret: how many. */
enum read_result reader_fetch(struct reader *r, char *p, size_t n, size_t *ret);
/* Moves the offset over bytes that are given or passed over. */
void reader_advance(struct reader *r, const char *p, size_t n);
void reader_fill_hints(struct mark *m, const struct stat *st, bool gzip);
/* Whether the bytes before the offset, or those of the piece behind it, are no longer what was
 * read; asked after more has been read, from `seam` on. */
bool reader_is_replaced(const struct reader *r, const struct piece *p, size_t seam);

#endif
