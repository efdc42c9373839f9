/* What the files of segment*.c share. */
#ifndef ARCHIVE_SEGMENT_INNER_H
#define ARCHIVE_SEGMENT_INNER_H

#include "agent/archive/segment.h"

enum {
	SEGMENT_VERSION = 1,
	HEADER_MAX = 1024,
	PRICES_MAX = 512, /* of it for the names of price books */
};

/* Behind the name of a segment: what is being written, and what was there before. */
#define SUFFIX_NEW    ".new"
#define SUFFIX_BEFORE ".before"

/* FOLDER/2026/calls-2026-01-31.jsonl.gz and a suffix, on the heap. */
char *segment_path(const char *folder, int64_t day, const char *suffix);
/* "PATH: WHAT: the system's reason". Returns false. */
bool segment_failed(struct err *err, const char *path, const char *what);
/* What a line adds. */
void segment_count(struct segment_sums *s, const struct call *c, struct str line);

/* The first line, with its end. */
void segment_put_header(struct buf *out, const struct segment *s, struct str prices);
/* When the segment in an open file was made, from its header; -1: it has none. What it says of
 * price books is appended to *prices, unless that is NULL. The file's position is anywhere then. */
int64_t segment_made(int fd, struct buf *prices);

#endif
