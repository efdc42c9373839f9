/*
 * Who tells the follower that something may have changed: inotify where it can be trusted, looking
 * from time to time where it cannot. It says where to look, never what has happened there: a word
 * too many costs a look, so in doubt it speaks.
 *
 * How it is used:
 *   - at each rescan watch_folder() for every directory whose entries matter, then a look at those
 *     for which it returned true (watching comes first, so nothing falls in between), then
 *     watch_sweep(), unless the scan failed: not seen is not gone. A rescan is what finds a file
 *     system mounted over a folder, of which the kernel says nothing.
 *   - watch_read() when watch_fd() is readable.
 *   - watch_look() from time to time (follow.poll) while some folders are blind. It compares the
 *     folders; files known in a blind folder are for the caller to look at.
 *
 * A folder need not exist, and may be reached by symbolic links. Every directory and link on the
 * way to it is watched, so that it is noticed when it comes, goes, or becomes another one. Not
 * noticed is what reaches a file by another way than its folder: through a hard link, a symbolic
 * link in the last place or mmap, beneath an overlay, or after it was moved out of the folder.
 */
#ifndef FOLLOW_WATCH_H
#define FOLLOW_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

enum watch_mode {
	WATCH_AUTO,    /* inotify, and looking where that is blind or not to be had */
	WATCH_INOTIFY, /* an error when it is not to be had; trusted on network file systems too */
	WATCH_POLL,
};

enum {
	WATCH_FOLDERS_MAX = 16384, /* the others are blind, counted and not remembered */
	WATCH_NAME_MAX = 255,      /* a longer one makes its folder one to be looked at */
	WATCH_LINKS_MAX = 40,      /* on one way, as for the kernel */
	WATCH_AGAIN_US = 2000000,  /* a changed folder that is polled is reported for so long: its
	                              time stamp may be as coarse as that */
};

struct watch_counts {
	size_t folders, blind; /* blind: of them, to be polled */
	size_t watches;        /* that the kernel keeps for us */
	uint64_t events;       /* read from the kernel */
	uint64_t overflows;    /* times that the kernel dropped events */
	uint64_t refused;      /* folders over WATCH_FOLDERS_MAX, each time that they were named */
};

struct watch;

/*
 * What may have changed: the entry `name` of `folder`; when name is NULL, anything in the folder,
 * and whether it is there; when folder is NULL, anything anywhere. `folder` is spelled as for
 * watch_folder() and lives as long as it is watched. `name` holds any bytes but '/' and lives until
 * the function returns, which may only take notes: it must not call what is declared here.
 */
typedef void watch_fn(void *arg, const char *folder, const char *name);

struct watch *watch_new(enum watch_mode mode, struct err *err);
void watch_free(struct watch **w);

/* Readable when there is something to read; -1 when all is polled, which it may become. */
int watch_fd(const struct watch *w);

/*
 * Watches a directory from now on, not what is in its directories. "" is the working directory.
 * True: it is new, or other than it was, so what is in it must be looked at. Called again, it makes
 * sure that the right directory is being watched.
 */
bool watch_folder(struct watch *w, const char *path);
/* Forgets the folders that were not named since the last sweep. */
void watch_sweep(struct watch *w);
/* Why a folder must be polled, in words; NULL: it need not. */
const char *watch_blind(const struct watch *w, const char *path);

/*
 * Reads what the kernel has to say, without waiting and without end: what is left is readable
 * still. An entry is reported once for all that happened to it in between, as far as one piece of
 * the kernel's queue goes.
 */
void watch_read(struct watch *w, watch_fn *fn, void *arg);
/* Looks at the blind folders. `now`: microseconds of a clock that only goes forward. */
void watch_look(struct watch *w, int64_t now, watch_fn *fn, void *arg);

/* Why all is polled; NULL: it is not. */
const char *watch_reason(const struct watch *w);
/* What a person should hear of (a limit that can be raised), each once; NULL: nothing new. Lives
 * until asked again. */
const char *watch_notice(struct watch *w);
struct watch_counts watch_counts(const struct watch *w);

#endif
