/*
 * From paths to a configuration: every file is looked at, files of the same kind become one source.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "agent/detect/globs.h"
#include "agent/detect/tell.h"

/* What was found of one file. */
struct detected_file {
	char *path;
	const char *argument; /* that it was found by; the caller's */
	bool named;           /* the argument names it, and not a folder or glob around it */
	bool link;            /* a symbolic link; those in a folder are not followed */
	enum told told;
	size_t group; /* of what was told; SIZE_MAX: none */
	int64_t size, mtime_ns;
	int64_t looked_at; /* bytes, unpacked */
	int64_t records, complete;
	int percent;
	bool whole;
	char why[160]; /* why it cannot be read, or what is wrong; "" */
};

/* Files of one kind: a source. */
struct detected_group {
	char *name;
	enum told told;     /* the worst of its files */
	const char *preset; /* NULL: none */
	struct buf body;    /* YAML; see emit_body */
	size_t files, more; /* files; those of them that were not read to their end */
	/* Summed over its files, as struct fit has them. */
	int64_t records, calls, complete, rejected, broken, unknown, flawed, unpriced, marked;
	char reason[80], value[80]; /* of the first rejected record */
	bool has_call;
	struct call call; /* of its first file that has one */
	struct arena memory;
	struct glob_list globs;
};

struct detection {
	struct teller teller;
	struct detected_file *files;
	size_t files_n, files_capacity;
	struct detected_group *groups;
	size_t groups_n, groups_capacity;
};

/* Keeps pointers into `book`. `now` is the clock. */
bool detection_open(struct detection *d, const struct book *book, int64_t now, struct err *err);
void detection_close(struct detection *d);

/*
 * Looks at a file, all files below a folder, what a glob matches, or standard input ("-"). `each`
 * is called before every file, for progress; NULL: nobody waits. False and *err when the argument
 * gives no file at all, or a folder cannot be read (what could be is there).
 */
bool detection_add(struct detection *d, const char *argument,
                   void (*each)(void *arg, const char *path), void *arg, struct err *err);
/* Gives the groups their names and globs, when all has been added. */
void detection_finish(struct detection *d);

/* "sources:" and all groups; nothing when there is none. */
void detection_yaml(const struct detection *d, struct buf *out);
/* Sureness of a group, as fit_percent. */
int group_percent(const struct detected_group *g);
/* How it was told, in a word. "sure": by marks that only this log has; "likely": by common names;
 * "found": by names and values, without a preset; "unsure": half or a quarter of it is not read, or
 * something is missing. */
const char *group_word(const struct detected_group *g);
/* Whether it tells all that makes a call. */
bool group_is_whole(const struct detected_group *g);

#endif
