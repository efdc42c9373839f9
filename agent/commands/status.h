/*
 * How things are, as `status` shows it: what became of the records, where each file is, and whether
 * an agent runs that goes on with them.
 */
#ifndef COMMANDS_STATUS_H
#define COMMANDS_STATUS_H

#include "agent/commands/look.h"
#include "agent/control/ask.h"
#include "agent/ledger/query.h"
#include "agent/ledger/sizes.h"

struct status_source {
	struct str name;
	int64_t records[OUTCOMES]; /* by what became of them; their sum is what was read */
	int64_t counted;           /* calls in the totals, which must be records[OUTCOME_CALL] */
};

/* Times are microseconds. */
struct status_file {
	struct str path, source, reason;
	enum file_state state;
	int64_t offset; /* counted up to here */
	int64_t size;   /* as of now where it can be seen */
	int64_t lag;    /* bytes there and not counted yet */
	int64_t lost;
	int64_t written; /* UTC, when it was last written; 0: not known */
	int64_t rate;  /* bytes a second that the agent reads, in the last minute; -1: none tells */
	int64_t waits; /* for so long the agent has had something to read without getting on */
	bool blocked;  /* it should be read and cannot be opened */
	const struct mark *mark; /* what the ledger has of it; NULL: nothing yet */
};

enum live {
	LIVE_NOBODY,    /* no agent runs */
	LIVE_AGENT,     /* it has told how it is */
	LIVE_SILENT,    /* it has the lock, or listens, and does not answer */
	LIVE_FORBIDDEN, /* it runs, and answers only its own user */
	LIVE_WRITER, /* somebody has the lock and does not listen: a backfill, or an agent without a
	                socket */
};

struct stuck;

struct status {
	const char *database;
	struct sizes sizes;
	const struct zone *zone;
	int64_t now; /* UTC */
	enum live live;
	long pid;          /* who has the lock; 0: nobody, or not known */
	struct told agent; /* what the agent said, with LIVE_AGENT */
	struct buf answer; /* that it lies in */
	struct status_source *sources;
	size_t sources_n;
	struct coverage_row *reasons;
	size_t reasons_n;
	struct reject_row *rejects; /* the last ones, newest first */
	size_t rejects_n;
	struct status_file *files;
	size_t files_n, files_room;
	struct stuck *stuck;
	size_t stuck_n, stuck_room;
};

/* status_live.c: asks the agent. Before the ledger is opened, for it may take its time. */
void status_ask(struct status *s);
/* Puts what the agent said of its files to what the ledger has, which is in order of its rows. */
void status_merge(struct status *s);
/* What is on disk now, of the files that can be seen. */
void status_look(struct status *s);
void status_free(struct status *s);

/* Appends the whole in one form. */
void status_text(const struct status *s, const struct look *look, struct buf *out);
void status_json(const struct status *s, struct buf *out);

int64_t status_records(const struct status_source *source);
/* Whether the totals hold exactly the calls that the coverage says. */
bool status_adds_up(const struct status_source *source);

#endif
