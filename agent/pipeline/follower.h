/*
 * The files that are followed: found, read as they grow, and committed with what they hold. One
 * thread. The caller waits, and says what has happened; nothing here sleeps.
 */
#ifndef PIPELINE_FOLLOWER_H
#define PIPELINE_FOLLOWER_H

#include "agent/pipeline/pipeline.h"

struct follower;
struct tailed;

enum follower_level { FOLLOWER_ERROR, FOLLOWER_WARNING, FOLLOWER_INFO };

struct follower_options {
	const struct config *config;
	const struct source *const *sources;
	size_t sources_n;
	/* Something a person should know of. */
	void (*say)(void *arg, enum follower_level level, const char *text);
	/* A folder in which something may change that matters, told at each search; with path NULL
	 * the search has ended and could see everything. */
	void (*folder)(void *arg, const char *path);
	/* A commit has succeeded with these sums; with NULL it has failed, and why. */
	void (*committed)(void *arg, const struct commit_sums *sums, const char *failure);
	void *arg;
};

/* Keeps `options` and `ledger`. NULL and *err. */
struct follower *follower_new(struct ledger *ledger, const struct follower_options *options,
                              struct err *err);
/* What is not committed is dropped, and read again by who follows next. */
void follower_free(struct follower **f);

/* `now` is monotonic, in microseconds. */

/* Something has changed at this path; NULL: look at all files, and for new ones. */
void follower_changed(struct follower *f, const char *path, int64_t now);
/* Looks at all files whose changes nobody tells of (`all`: at every file). */
void follower_poll(struct follower *f, bool all);
/* Does what is due: searches, reads a share of every file that has more, commits. True: there is
 * more to do at once. */
bool follower_turn(struct follower *f, int64_t now);
/* Whether there are files of which no folder tells: open, but gone from their place. */
bool follower_has_strays(const struct follower *f);
/* When follower_turn has something to do again, if nothing changes. */
int64_t follower_deadline(const struct follower *f, int64_t now);
/* Commits what has been read. False and *err: it could not be, and stays to be committed. */
bool follower_commit(struct follower *f, struct err *err);

/* Files, bytes not read yet, and records so far. */
struct follower_sums {
	size_t files;
	int64_t lag;
	struct commit_sums commit;
};
void follower_sums(const struct follower *f, struct follower_sums *ret);
/* The files that are followed, by number; NULL beyond the last. */
const struct tailed *follower_file(const struct follower *f, size_t i);

#endif
