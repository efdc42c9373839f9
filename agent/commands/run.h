/*
 * The agent of `run`, shared by run.c (the loop), run_config.c (what it follows, and a
 * configuration that is read again) and run_tell.c (what it says of itself).
 */
#ifndef COMMANDS_RUN_H
#define COMMANDS_RUN_H

#include "agent/base/log.h"
#include "agent/base/notify.h"
#include "agent/base/rate.h"
#include "agent/base/sandbox.h"
#include "agent/commands/command.h"
#include "agent/control/door.h"
#include "agent/ledger/rotate.h"
#include "agent/meter/source.h"
#include "agent/pipeline/follower.h"

/* How the commits go. Times are monotonic, in microseconds; 0: none. */
struct pulse {
	int64_t committed_at;
	int64_t failing_since;
	char failure[sizeof(((struct err *)0)->text)];
	struct rate records, calls;
};

/* How the daily rotation goes. Times are monotonic, in microseconds; 0: none. */
struct rotating {
	struct run_archive *under_way; /* NULL: not now */
	int64_t look_at;               /* when it is looked whether it is time */
	int64_t done_day;              /* UTC, days since 1970: the last one on which it was done */
	int64_t failing_since;
	int64_t pause; /* before the next try */
	char failure[sizeof(((struct err *)0)->text)];
};

struct agent {
	struct common common;
	struct config *config;
	struct book *book;
	struct source **sources;
	size_t sources_n;
	struct ledger *ledger;
	struct follower *follower;
	struct watch *watch;
	struct log *log;
	struct notify notify;
	struct door *door; /* NULL: it cannot be asked */
	struct pulse pulse;
	int64_t since;    /* it runs, UTC */
	int64_t alive_at; /* when the service manager is told again */
	struct sandbox allowed;
	bool confined;
	bool look_again; /* a folder is watched that was not before */
	bool has_links;  /* of changes behind symbolic links no folder tells */
	bool must_end;   /* it cannot follow any more */
	int64_t poll_at;
	struct rotating rotating;
};

enum { RUN_PATIENCE_MS = 300 }; /* with another writer, which the loop has no time to wait for */

/* Microseconds of a clock that only goes forward. */
int64_t run_monotonic(void);
void run_say(void *arg, enum follower_level level, const char *text);

/* False and *err: the configuration is wrong. */
bool run_open_sources(struct agent *a, struct err *err);
bool run_follow(struct agent *a, struct err *err);
/* Everything of the configuration, and the follower. */
void run_close_sources(struct agent *a);
/* Reads the configuration again, and tells who waits for that. One that is wrong is not taken. */
void run_reload(struct agent *a);

/* As follower_options and door_options have them; `arg` is the agent. */
void run_committed(void *arg, const struct commit_sums *sums, const char *failure);
void run_tell(void *arg, struct buf *out);

/* Starts the day's rotation when it is time, and ends it. When to be called again, monotonic. */
int64_t run_archive_turn(struct agent *a, int64_t now);
/* What made it fail may be mended: it is tried again at the next turn. */
void run_archive_retry(struct agent *a);
/* Gives up what is under way: the next agent does it. */
void run_archive_stop(struct agent *a);

#endif
