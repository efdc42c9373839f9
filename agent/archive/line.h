/*
 * A call as a line of the archive: JSON by the public names of its fields, those it has only. Money
 * is exact decimal text in quotes, so that no reader makes floating point of it; times are RFC 3339
 * in UTC, durations milliseconds. Never any text of a prompt.
 */
#ifndef ARCHIVE_LINE_H
#define ARCHIVE_LINE_H

#include "agent/base/buf.h"
#include "agent/base/err.h"
#include "agent/base/mem.h"
#include "agent/meter/call.h"

/* Texts are views: of the line, or of the reader until it reads the next one. */
struct archived {
	struct str source;
	struct call call; /* its time to the millisecond; dedupe_key 0: none */
	struct str file;  /* path it was read from; empty: of no file that is known */
	int64_t offset;   /* of its record in the file */
};

/* Appends the line with its end. */
void archived_put(struct buf *out, const struct archived *a);

/* Reads lines back. What archived_put wrote comes back as it was. */
struct archived_reader;

struct archived_reader *archived_reader_new(void);
void archived_reader_free(struct archived_reader **r);
/* `line` is without its end, with RECORD_PAD bytes behind it. False and *why, constant text: it is
 * no call of an archive. */
bool archived_read(struct archived_reader *r, struct str line, struct archived *ret,
                   const char **why);

#endif
