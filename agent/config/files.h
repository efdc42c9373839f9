/* Where the user's files lie, and reading a small one. */
#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"

/*
 * Appends the directory that the XDG variable `variable` names, or `below` the home directory
 * ("/.config") when it is not set. False, nothing appended: there is no home either.
 */
bool files_user_dir(const char *variable, const char *below, struct buf *out);

enum files_result { FILES_READ, FILES_ABSENT, FILES_FAILED };

/* Appends the whole file. FILES_ABSENT: no such file, *err is set too. */
enum files_result files_read(const char *path, size_t bytes_max, struct buf *out, struct err *err);

/* The same, and "-" is the standard input. */
enum files_result files_read_input(const char *path, size_t bytes_max, struct buf *out,
                                   struct err *err);

/* Makes the folders in front of a file that are not there. */
bool files_make_folders(const char *path, struct err *err);
/* The file, whole and on disk, or as it was before. Folders in front of it are made. */
bool files_replace(const char *path, struct str text, struct err *err);

#endif
