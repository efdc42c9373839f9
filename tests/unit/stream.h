/*
 * For the tests of the reader: contents, plain or gzip, in a file without a name or in one of a
 * directory of its own, and the reading of one to its end with every promise of a piece checked.
 */
#ifndef UNIT_STREAM_H
#define UNIT_STREAM_H

#include "agent/base/buf.h"
#include "agent/follow/reader.h"

#define AS_FILE  ((struct reader_options){.finished = false})
#define AS_INPUT ((struct reader_options){.finished = true})

/* One gzip member of these bytes, appended. */
void stream_gzip(struct buf *out, struct str bytes);
/* A reader of these bytes, which are given as standard input would be, but from the start. */
struct reader *stream_of(struct str bytes, struct reader_options options);
/* The name of a file in the directory of this test program, which is made on first use. */
const char *stream_path(const char *name);
void stream_write(const char *path, struct str bytes);
/* Removes the directory and what stream_path named. */
void stream_clean(void);
struct reader *stream_open(const char *path, struct mark *m);

struct stream_result {
	struct buf bytes; /* of all pieces, in their order */
	int pieces;
	uint64_t long_lines;
	bool last;            /* the final line had no newline */
	enum read_result end; /* what came instead of a piece */
	struct mark mark;     /* as it is behind the last piece; no strings */
};

/* Reads to the end. `start` is the offset the reader is at; `content`, if not empty, is what the
 * file is known to hold, against which offsets and hashes are checked. */
struct stream_result stream_read(struct reader *r, int64_t start, struct str content);

/* Reads `bytes` from the start to the end; the pieces must be `want` in all. */
struct stream_result stream_expect(struct str bytes, struct reader_options options,
                                   struct str want);

#endif
