/*
 * Which files the globs of a source match. `*`, `?`, `[...]` within a name (none of them matches a
 * dot at its start), `**` for any directories in between (not through links to directories, not
 * into those that begin with a dot, at most DISCOVER_DEPTH deep). A glob that is itself the name of
 * a file matches that too.
 */
#ifndef FOLLOW_DISCOVER_H
#define FOLLOW_DISCOVER_H

#include "agent/base/err.h"
#include "agent/follow/found.h"

enum { DISCOVER_DEPTH = 32, DISCOVER_FILES_MAX = 1000000 };

/*
 * Adds what `glob` matches and sorts the list by path, each once. A plain path that does not exist
 * adds nothing. Links are `left_out` unless follow_symlinks; a directory that a wildcard matches is
 * not mentioned, one that is named is left out. False and *err when a directory on the way cannot
 * be read or a limit is passed (what could be found is added).
 */
bool discover(const char *glob, bool follow_symlinks, struct found_list *list, struct err *err);

#endif
