/*
 * One file that is followed: what of it has been read and what is known to be committed, whether
 * anybody may still write at it, and in words how it stands.
 */
#ifndef PIPELINE_TAILED_H
#define PIPELINE_TAILED_H

#include <sys/stat.h>

#include "agent/base/rate.h"
#include "agent/pipeline/course.h"

struct tailed {
	struct course course; /* its reader is NULL while the file is closed */
	struct mark mark;     /* as committed, but for hints, state and reason */
	size_t source;        /* number */
	int64_t begin;        /* handed over to the batch up to here; of one that waits: known */
	int64_t end;          /* bytes that were there when it was last looked at; 0 if packed */
	struct mark
		proof;   /* of one of which nothing was read: of what was seen, up to its offset */
	int64_t guessed; /* its bytes when it was found out what it is; -1: that is proved, by a
	                  * call that no other file had there */
	int64_t opened;  /* the turn in which a new file was first opened as large as it is */
	int64_t ended;   /* the last turn that came to its end */
	int64_t active;  /* monotonic microseconds: when it last had something new */
	int64_t retry;   /* not to be opened before */
	int64_t found;   /* when it was first opened; 0: not yet */
	int64_t waits_since; /* it has something to read and has not got on; 0: it has nothing */
	struct rate rate;    /* of bytes that are read */
	bool refused;        /* no regular file, or our own: it is not opened */
	bool denied;         /* it is left out, and would be read if the system let us */
	bool known;          /* what it is; if it is open and this is not, it waits for that */
	bool outdated;       /* what is known of it is not what its mark says */
	bool known_held;     /* and what is known says that it is still read */
	bool seen;           /* by the search for files that is under way */
	bool dirty;          /* to be looked at */
	bool unsaved;        /* differs from what is committed */
	bool gone;           /* its path leads to another file or to none */
	bool rotated;        /* it got another name, so nobody begins to write at it */
	bool settled;        /* finished, and not looked at again unless it changes */
};

struct tailed *tailed_new(const struct source *s, size_t source, const char *path);
void tailed_free(struct tailed **t);

/* How it stands, for `status`; to be saved if that is new. */
__attribute__((format(printf, 3, 4))) void tailed_state(struct tailed *t, enum file_state state,
                                                        const char *format, ...);
/* Whether this is of another file, or of another moment of it than that of the mark's hints. */
bool tailed_differs(const struct tailed *t, const struct stat *st);
/* Whether the file, or what stands at its path, has changed since it was last read. */
bool tailed_has_changed(const struct tailed *t);
/* Whether its path still leads to it. */
bool tailed_stands(const struct tailed *t);
/* The mark says what was seen of one of which nothing was read. */
void tailed_take_proof(struct tailed *t);
/* It is about to be read. */
void tailed_waits(struct tailed *t, int64_t now);
/* So many bytes of it were handed over. */
void tailed_got_on(struct tailed *t, int64_t bytes, int64_t now);
/* What is there by the mark's hints is what was read, or goes on with it. */
void tailed_note_end(struct tailed *t);
/* Notes how much there is, of a file that cannot be read now. */
void tailed_look(struct tailed *t);
/* Bytes that are there and not handed over, as far as one can see. */
int64_t tailed_lag(const struct tailed *t);
void tailed_close(struct tailed *t);
/* A name that a rotation gives: app.log.1, app.log-20260312. */
bool tailed_is_rotated_name(const char *path);

#endif
