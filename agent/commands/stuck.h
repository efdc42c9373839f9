/*
 * What does not go on by itself and needs a person: the one definition, behind the exit status of
 * `status` and its lines that begin with "stuck". Pure.
 */
#ifndef COMMANDS_STUCK_H
#define COMMANDS_STUCK_H

#include "agent/commands/status.h"

enum stuck_kind {
	STUCK_SILENT,  /* the agent does not answer */
	STUCK_COMMITS, /* it cannot write its database, for STUCK_COMMITS_SECONDS */
	STUCK_ARCHIVE, /* its last rotation of old calls failed */
	STUCK_CORRUPT, /* a file is damaged, and what is behind the damage is not counted */
	STUCK_BLOCKED, /* a file cannot be opened */
	STUCK_BEHIND,  /* the agent has had something to read of it for STUCK_BEHIND_SECONDS and has
	                  not got on. An unfinished line, which waits for its writer, is nothing to
	                  read. While commits fail it is they that are stuck, not each file. */
	STUCK_KINDS
};

enum {
	STUCK_COMMITS_SECONDS = 5, /* another program may lock a database for a moment */
	STUCK_BEHIND_SECONDS = 60, /* every file has a share of each turn, and those are short */
};

struct stuck {
	enum stuck_kind kind;
	const struct status_file *file; /* NULL: it is the agent */
};

/* Fills s->stuck, the agent first, then files in their order. */
void stuck_find(struct status *s);

/* "silent", "commits", "archive", "corrupt", "blocked", "behind". */
const char *stuck_name(enum stuck_kind kind);
/* Each appends plain text, not escaped: why it is stuck, and what to do. */
void stuck_reason(const struct status *s, const struct stuck *stuck, struct buf *out);
void stuck_advice(const struct status *s, const struct stuck *stuck, struct buf *out);

#endif
