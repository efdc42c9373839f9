/*
 * Opening what is a regular file and nothing else, without disturbing what is none.
 */
#ifndef FOLLOW_REGULAR_H
#define FOLLOW_REGULAR_H

#include <sys/stat.h>

#include "agent/base/err.h"

/* Why a file of this mode is not read ("a FIFO"); NULL for a regular file. */
const char *regular_why_not(mode_t mode);
/* A descriptor to read from, and its *st. -1 and *err "PATH: why". */
int regular_open(const char *path, bool follow_symlinks, struct stat *st, struct err *err);

#endif
