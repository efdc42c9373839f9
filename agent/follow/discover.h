/*
 * Which files the globs of a source match. `*`, `?`, `[...]` within a name, `**` for any
 * directories in between (not through links to directories, at most DISCOVER_DEPTH deep).
 */
#ifndef FOLLOW_DISCOVER_H
#define FOLLOW_DISCOVER_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

enum { DISCOVER_DEPTH = 32, DISCOVER_FILES_MAX = 1000000 };

struct found {
	char *path;
	int64_t size, mtime_ns;
	char *left_out; /* why it is not read ("a directory", "a FIFO", "Permission denied"); NULL:
	                   read */
};

struct found_list {
	struct found *items;
	size_t n, capacity;
};

/*
 * Adds what `glob` matches, sorted by path, without what is there already. A plain path that does
 * not exist adds nothing. Links are `left_out` unless follow_symlinks. False and *err when a
 * directory on the way cannot be read (what could be found is added) or a limit is passed.
 */
bool discover(const char *glob, bool follow_symlinks, struct found_list *list, struct err *err);
/* Oldest content first: by modification time, then by path in natural order (app.log.10 before
 * app.log.2, the higher number being the older). */
void found_sort(struct found_list *list);
void found_free(struct found_list *list);

#endif
