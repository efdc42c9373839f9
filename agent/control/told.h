/*
 * What a running agent says to who asks at its socket, and the form it has on the way.
 *
 *     request = netstring: "status" or "reload"
 *     answer  = any number of records, the last of which is "end"
 *     record  = netstring of pairs: netstring of a name, netstring of a value
 *
 * The first pair of a record has the name "is" and tells what it is: agent, file, reload, end. The
 * other names are those of the members below; a number is written in decimal. Names and kinds that
 * the reader does not know are passed over, and what is missing is 0 or empty, so that an agent and
 * a `status` of neighbouring versions understand each other.
 */
#ifndef CONTROL_TOLD_H
#define CONTROL_TOLD_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"

enum request {
	REQUEST_PART, /* the beginning of one */
	REQUEST_STATUS,
	REQUEST_RELOAD,
	REQUEST_WRONG,
};

enum { REQUEST_BYTES = 9 }; /* of each */

/* What has arrived so far. */
enum request request_read(struct str bytes);
/* As it is sent: REQUEST_BYTES of text. */
const char *request_text(enum request request);

/* Durations and times are microseconds; a rate is in thousandths a second, of the last minute. */
struct told_agent {
	struct str version;
	int64_t pid;
	int64_t since; /* UTC */
	int64_t records_rate, calls_rate;
	int64_t committed;       /* so long ago was the last commit; -1: there was none yet */
	int64_t failing;         /* for so long commits have been failing; 0: they succeed */
	struct str failure;      /* why they fail */
	int64_t archive_failing; /* the same of the daily rotation */
	struct str archive_failure;
	int64_t archive_retry;   /* it is tried again in so long */
	struct str watch;        /* how it learns of changes: inotify, poll */
	struct str watch_reason; /* why it polls, or what it has to poll */
	int64_t dropped;         /* clients at the socket that were silent, slow or wrong */
};

struct told_file {
	int64_t id; /* row of the ledger; 0: it has none yet */
	struct str path, source;
	int64_t state; /* enum file_state */
	struct str reason;
	int64_t offset; /* that is committed */
	int64_t size, lag, lost;
	int64_t written; /* UTC, when the file was last written by its own time; 0: not known */
	int64_t rate;    /* of bytes that are read */
	int64_t waits;   /* for so long there has been something to read, without getting on */
	int64_t blocked; /* 1: it should be read and cannot be opened; the reason says why */
};

/* What became of a reload. */
struct told_reload {
	struct str error; /* empty: the new configuration is in force */
	int64_t wrong; /* 1: the configuration is wrong; 0: it could not be taken for another reason
	                */
};

/* Each appends a record. */
void tell_agent(struct buf *out, const struct told_agent *a);
void tell_file(struct buf *out, const struct told_file *f);
void tell_reload(struct buf *out, const struct told_reload *r);
void tell_end(struct buf *out);

/* An answer. Its texts are views into the bytes that were read. */
struct told {
	bool has_agent, has_reload;
	struct told_agent agent;
	struct told_reload reload;
	struct told_file *files;
	size_t files_n, files_room;
};

/* False and *err: it is broken, or not whole. *ret is to be freed either way. */
bool told_read(struct str answer, struct told *ret, struct err *err);
void told_free(struct told *t);

#endif
