/*
 * A watcher in a directory of its own, for tests; what it reports is text: "folder:name",
 * "folder:" or "*", the folder without that directory.
 */
#ifndef UNIT_WATCHING_H
#define UNIT_WATCHING_H

#include "agent/follow/watch.h"

struct place {
	char dir[64], before[4096];
	struct watch *w;
	struct err err;
	char *reports[8192];
	size_t n;
};

int watching_setup(void **state);
int watching_setup_polling(void **state);
void remove_tree(const char *path);
void forget_reports(struct place *t);
int watching_teardown(void **state);
/* The place where a path is, for as long as eight more calls. */
const char *at(const struct place *t, const char *path);
void note(void *arg, const char *folder, const char *name);
/* The reports since the last check, sorted. */
void check_reports(struct place *t, const char *expected);
void expect(struct place *t, const char *expected);
void make_folder(const char *path);
/* Opens, writes and closes. */
void append(const char *path);
void move(const char *from, const char *to);
void make_link(const char *target, const char *path);
/* As deployments do it, in one step. */
void swap_link(const char *target, const char *path);
/* A folder that is new and there. */
void add(struct place *t, const char *path);
bool is_readable(const struct watch *w);
bool was_reported(const struct place *t, const char *report);
/* Longer than the clock that file systems use takes from one time to the next. */
void let_time_pass(void);

#endif
