/*
 * The files of a source as few globs: what was given on the command line where all of it belongs to
 * the source, names that rotation made as one, the rest as they are. No glob ever matches a file
 * that is known to be of another source.
 */
#ifndef DETECT_GLOBS_H
#define DETECT_GLOBS_H

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"

enum {
	GLOB_OTHER = -1, /* of no source, or not to be read */
	GLOB_EMPTY = -2, /* nothing in it that a source would count: it may be matched by any */
};

struct glob_file {
	const char *path;     /* as found */
	const char *argument; /* of the command line, that found it */
	int source;           /* its number, GLOB_OTHER or GLOB_EMPTY */
};

struct glob_list {
	struct str *v;
	size_t n, capacity;
	struct arena memory;
};

/* Adds the globs of source number `source`, absolute. `files` are all that were found. */
void globs_of(struct glob_list *list, const struct glob_file *files, size_t n, int source);
void glob_list_free(struct glob_list *list);

/* The last part of a path without what rotation adds and with * for numbers, dates and random
 * names: equal for logs that one program writes day by day. Any bytes. */
void glob_shape(struct buf *out, struct str path);
/* All but the last part, with its slash. */
struct str glob_dir(struct str path);
/* The name of a log without what rotation adds (.1, .gz, -20260312, .2026-03-12): the start of the
 * last part of the path. */
struct str glob_stem(struct str path);

#endif
