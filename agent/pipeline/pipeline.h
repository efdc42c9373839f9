/*
 * The wiring of one read: files to pieces, pieces to batches, batches to the ledger. The only place
 * that knows both neighbours.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "agent/ledger/ledger.h"

struct pipeline;

/* What has happened so far. */
struct pipeline_sums {
	int64_t files;     /* opened and read, or found unchanged */
	int64_t unchanged; /* of them */
	int64_t bytes;     /* of decompressed log */
	int64_t corrupt;   /* files that ended in damage */
	int64_t failed;    /* files that the system failed to read to their end */
	int64_t left_out;  /* files that cannot be read: no permission, not a regular file */
	struct commit_sums commit;
};

struct pipeline_options {
	int jobs;                    /* threads; 0: one per core */
	const struct config *config; /* all sources there are, read now or not */
	/* Called about five times a second from the thread that runs the pipeline; NULL: never. */
	void (*progress)(void *arg, const struct pipeline_sums *sums, int64_t consumed,
	                 int64_t total);
	/* Called for every file that could not be read to its end, one at a time, by any thread. */
	void (*trouble)(void *arg, const char *path, const char *why);
	void *arg;
};

struct pipeline *pipeline_new(struct ledger *l, const struct pipeline_options *options);
void pipeline_free(struct pipeline **p);

/* A file to read for a source (which must outlive the pipeline), in the order they are added;
 * `size` is its size on disk, for progress. */
void pipeline_add(struct pipeline *p, const struct source *s, const char *path, int64_t size);
/* A file that is not read, and why: kept with its reason for `status`. */
void pipeline_leave_out(struct pipeline *p, const struct source *s, const char *path,
                        const char *why);
/* Standard input, read to its end. */
void pipeline_add_input(struct pipeline *p, const struct source *s);

/* Reads all to the end and commits. `keep_rows`: calls are kept one by one, not only in totals.
 * False and *err when a commit failed: what was committed before is exact, and a later run goes on
 * from there. */
bool pipeline_run(struct pipeline *p, bool keep_rows, struct pipeline_sums *ret, struct err *err);

#endif
