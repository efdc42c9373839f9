/*
 * The inside of a pipeline, shared by streams.c (which file is to be read next), rounds.c (commits)
 * and pipeline.c (threads). Everything but a worker's own members is guarded by `lock`; functions
 * declared here are called with it held unless they say otherwise.
 */
#ifndef PIPELINE_STATE_H
#define PIPELINE_STATE_H

#include <pthread.h>

#include "agent/follow/known.h"
#include "agent/pipeline/course.h"
#include "agent/pipeline/pipeline.h"

enum {
	BATCHES_BYTES = 26 << 20, /* of all batches: two a thread */
	JOBS_MAX = 64,
	ROUND_LEAST_MS = 50,   /* between rounds, unless a batch is full */
	ROUND_PARSE_SHARE = 8, /* times what the last commit took: the least between rounds, too */
	PROGRESS_MS = 200,
	OPEN_MOST = 128,  /* files at once: beyond one a thread they are open only to be held */
	OPEN_SPARE = 32,  /* descriptors left for others */
	ENDED_MOST = 512, /* files that wait for a round, which is asked for then */
};

enum stream_phase {
	STREAM_WAITING, /* not opened yet */
	STREAM_OPENING, /* a thread is finding out what it is */
	STREAM_HELD,    /* open, but its head is like that of one not yet committed */
	STREAM_OPEN,    /* its turn can be taken */
	STREAM_ENDED,   /* nothing more to read; pieces of it may not be committed yet */
	STREAM_DONE,    /* all that there is to know is in the ledger */
};

enum { REASON_BYTES = sizeof(((struct mark *)0)->reason) };

struct stream {
	struct course course;
	struct mark mark; /* as committed */
	enum stream_phase phase;
	bool turn;                   /* a thread is reading a piece of it */
	bool input;                  /* standard input: no identity */
	bool fresh;                  /* touched since the last round, so its mark is to be saved */
	bool whole;                  /* the round being committed completes it */
	const struct stream *before; /* the one of its source before it; NULL: it is the first */
	struct stream *next, *previous; /* that are active, too */
	char *head; /* its first bytes, while it may be compared with others; on the heap */
	size_t head_n;
	int64_t size;     /* on disk */
	int64_t consumed; /* of size */
	int64_t mark_end; /* handed over up to here */
	/* What the mark becomes when all pieces are committed. */
	int64_t end_offset, content_size;
	enum file_state end_state;
	char end_reason[REASON_BYTES];
};

/* One thread. */
struct worker {
	struct pipeline *pipeline;
	pthread_t thread;
	struct hand hand;      /* its batch is the one being filled */
	struct batch *spare;   /* for the next round; NULL while it is committed */
	uint64_t round;        /* the last one this thread has handed over for */
	struct stream *stream; /* which it read or opened last */
	int64_t begin;         /* of that piece */
};

struct pipeline {
	struct ledger *ledger;
	struct pipeline_options options;
	struct known *known;
	struct stream *streams;
	size_t streams_n, streams_room;
	const struct source **sources; /* those that streams have, by number */
	size_t sources_n, sources_room;
	/* What each remembers; NULL: nothing. Used by the thread that has the turn of its only open
	 * stream. */
	struct memory **memories;
	struct worker *workers;
	int jobs;
	size_t batch_limit;

	pthread_mutex_t lock; /* all below, and phase and turn of streams */
	pthread_cond_t changed;
	uint64_t round; /* asked for; a worker behind it has to hand over */
	int handed_over;
	struct batch **handed;
	bool committing;
	int64_t round_since;         /* monotonic microseconds: when the last round ended */
	int64_t commit_time;         /* microseconds that it took to commit */
	struct stream *first, *last; /* active: not waiting any more, and not done */
	size_t first_waiting;        /* streams before it have been opened */
	size_t open_n, open_most;    /* files that are open, or being opened */
	size_t ended_n;              /* streams that have ended since the last round began */
	int64_t consumed;            /* bytes on disk, of all streams */
	int running;
	bool stop;
	struct pipeline_sums sums;
	struct err err;
	struct mark **files; /* of the commit */
};

/* Microseconds of a clock. Without the lock. */
int64_t clock_us(clockid_t id);
/* Whether the pieces of a source's files must be worked on one after the other. */
bool in_order(const struct source *s);
/* Copies words into a mark's reason, cut to what it holds. */
void copy_reason(char to[REASON_BYTES], const char *reason);

/* ---- streams.c ---- */

/* What this thread does best next: its own stream as long as that has more, then a file of its own,
 * then a share in another's. NULL: nothing now. */
struct stream *stream_choose(struct worker *w);
/* Opens a stream, for this thread to read, and finds out what it is. Gives the lock up meanwhile.
 */
void stream_start(struct worker *w, struct stream *t);
/* It is no longer waiting. */
void stream_activate(struct pipeline *p, struct stream *t);
/* Reading has come to an end of some kind. */
void stream_finish(struct pipeline *p, struct stream *t, enum read_result result, const char *why);
/* Whether any stream is open or being opened: then there may soon be something to do. */
bool streams_moving(const struct pipeline *p);
bool streams_done(const struct pipeline *p);
/* All that there is to know of it is in the ledger: what it held is given back. */
void stream_done(struct pipeline *p, struct stream *t);

/* ---- remember.c ---- */

/* Loads what the sources remember. False and *err. */
bool remember_load(struct pipeline *p, struct err *err);
/* Commits the calls whose time to wait is over, when all has been read. Without the lock. */
bool remember_finish(struct pipeline *p, bool keep_rows, struct err *err);

/* ---- rounds.c ---- */

/* A commit has been made. */
void round_add(struct pipeline *p, const struct commit_sums *add);

bool round_is_due(const struct worker *w);
/* Asks for a round, or waits until the one that is under way has ended. */
void round_ask(struct pipeline *p);
/* Gives the batch of a thread that is behind to the round; the last one commits. */
void round_hand_over(struct worker *w);

#endif
