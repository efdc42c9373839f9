/*
 * The inside of a follower, shared by follower.c (turns and commits), follower_scan.c (which files
 * there are), follower_open.c (which of them is which), follower_new.c (what waits for that),
 * follower_alike.c (what that is held against), follower_read.c (what one of them holds) and
 * follower_loss.c (what could not be read).
 */
#ifndef PIPELINE_FOLLOWER_INNER_H
#define PIPELINE_FOLLOWER_INNER_H

#include "agent/follow/known.h"
#include "agent/pipeline/follower.h"
#include "agent/pipeline/tailed.h"

enum {
	TURN_PIECES = 4,              /* of one file, until others have their turn */
	TURNS_MS = 250,               /* of all files, until the caller has its own */
	FOLLOW_BATCH_BYTES = 8 << 20, /* beyond it nothing is read until a commit succeeds */
	OPEN_SPARE = 32,              /* descriptors left for others */
	RETRY_MS = 1000,              /* after a commit or an opening that failed */
	YOUNG_MS = 1000,    /* a new file that is small or may be a copy is left alone until it is
	                       quiet for so long: it may be a copy that is being made */
	FIRST_TURNS_MS = 1, /* until all that are new have been opened */
	NEW_FILES_MS = 50,  /* from a hint that there is a new file to the search for it */
};

/* Bytes that were truncated away before they were read: lost, unless a copy of them turns up. */
struct loss {
	int64_t file; /* row of the content they were of */
	int64_t bytes;
	int64_t at;        /* when they are given up; 0: not set yet */
	struct mark proof; /* of a content of which nothing was read; offset 0: none */
	char *path;
};

/* An open file of which it is not known yet what it is. */
struct waiting {
	uint64_t key; /* of its first line */
	struct tailed *file;
};

struct follower {
	struct ledger *ledger;
	struct follower_options options;
	struct known *known;
	struct memory **memories; /* by source */
	struct tailed **files;
	size_t files_n, files_room;
	size_t open_n, open_max; /* readers */
	struct hand hand;
	struct loss *losses;
	size_t losses_n, losses_room;
	int64_t *needless; /* rows of files that waited, and have another */
	size_t needless_n, needless_room;
	size_t next;       /* file whose turn is next, after turns that were broken off */
	int64_t now;       /* of the turn */
	int64_t scan_at;   /* the next search */
	int64_t commit_at; /* the next commit, if there is something to commit */
	int64_t poll_at;
	bool commit_fails; /* the database cannot be written, as has been said, until commit_at */
	struct waiting *waiting; /* when the turn began, by key */
	size_t waiting_n, waiting_room;
	bool all_seen;     /* and each file had been opened once, or cannot be */
	bool *scan_failed; /* by source: the last search could not see everything, as has been said
	                    */
	struct commit_sums sums;
};

__attribute__((format(printf, 3, 4))) void
follower_say(const struct follower *f, enum follower_level level, const char *format, ...);
const struct follow_config *follower_config(const struct follower *f);

/* Finds new files and notes which are gone. */
void follower_scan(struct follower *f);

/* Opens a file, or puts that off. */
bool follower_open(struct follower *f, struct tailed *t);
/* Finds out what an open file is, if it is not known, or puts that off. True: there may be
 * something to read. */
bool follower_knows(struct follower *f, struct tailed *t);
void follower_close(struct follower *f, struct tailed *t);
/* Closes it; it is not opened again before so long. */
void follower_put_off(struct follower *f, struct tailed *t, int64_t wait);

/* At the beginning of a turn: which files wait. What one of them is shows beside the others. */
void follower_gather_waiting(struct follower *f);
/* Whether others that begin alike have been read as far as a new file goes, and are committed.
 * False: it has to wait. */
bool follower_others_are_read(struct follower *f, const struct tailed *t);
/* What is known has to be up to date before another file is held against it. */
void follower_refresh_known(struct follower *f);
/* Has a new file wait while one cannot tell what it is. */
bool follower_must_wait(struct follower *f, struct tailed *t);
/* Of one that waits: whether what was seen of it is still there. */
bool follower_is_as_seen(const struct tailed *t);
void follower_forget_seen(struct mark *m);
/* It is not: it gets a row, for its loss. False: that cannot be written now. */
bool follower_settle_destroyed(struct follower *f, struct tailed *t);
/* Calls before this may not be kept any more. */
int64_t follower_kept_since(const struct follower *f);

/* Reads a share of one file. */
void follower_read(struct follower *f, struct tailed *t);
/* The content of a file is no longer what was counted: it begins anew, as a new file, which may be
 * a copy of another; one that is always rewritten is itself. False: the old content could not be
 * settled yet. */
bool follower_begin_anew(struct follower *f, struct tailed *t);
/* The content that a file had is gone, and has its row, which says so; what comes is another file.
 * False: that cannot be written now. */
bool follower_settle_old(struct follower *f, struct tailed *t, const char *why);

/* Commits, unless it has failed just now. */
bool follower_try_commit(struct follower *f);
/* The database could not be written. */
void follower_failed(struct follower *f, const struct err *err);

/* Bytes of a file, which has its row, that were destroyed before they were read. */
void follower_add_loss(struct follower *f, const struct mark *m, int64_t bytes);
/* Of the marks of all files, those that were still waited for when an agent ended. Takes out, and
 * frees, marks of files that waited to be known: those that are still there get one again. Returns
 * how many are left. */
size_t follower_load_losses(struct follower *f, struct mark *marks, size_t n);
/* An open file holds something that was destroyed elsewhere and not read: it stands, whatever the
 * file is. */
void follower_find_losses(struct follower *f, struct reader *r);
/* A file goes on where another was counted up to, with what was not read of that. */
void follower_find_loss(struct follower *f, const struct mark *m);
/* Of losses, those whose time has come are written down. */
void follower_give_up_losses(struct follower *f);

#endif
