/*
 * What a source remembers from one record to a later one, in whatever file: calls that wait for
 * their other parts (join), counters as they last stood (cumulative). Texts by key; the ledger
 * keeps them, so that they survive a restart. One for each source, used by one thread at a time.
 */
#ifndef METER_MEMORY_H
#define METER_MEMORY_H

#include <stdint.h>

#include "agent/base/str.h"

struct memory;

struct memory *memory_new(void);
void memory_free(struct memory **m);

/* One thing that is remembered, as the ledger keeps it. */
struct memory_item {
	uint64_t key;
	int64_t time;    /* microseconds, of the record: says what is oldest */
	struct str text; /* p is NULL: nothing any more */
	int64_t from;    /* whose it was before: a source that is none any more; 0: always ours */
	uint64_t order;  /* of two changes the later one has the higher number */
};

/* As it was kept: to be called before anything else. */
void memory_load(struct memory *m, const struct memory_item *loaded);

/* False: nothing. *text lives until the next put or forget. */
bool memory_get(const struct memory *m, uint64_t key, struct str *text);
void memory_put(struct memory *m, uint64_t key, int64_t time, struct str text);
void memory_forget(struct memory *m, uint64_t key);
size_t memory_count(const struct memory *m);

/* Calls `each` for all that is older than `time`; it may forget the one that it is given. */
void memory_older(struct memory *m, int64_t time,
                  void (*each)(void *arg, uint64_t key, struct str text), void *arg);
/* The same for a `share`-th of all, the oldest; of one time those that came first. */
void memory_oldest(struct memory *m, size_t share,
                   void (*each)(void *arg, uint64_t key, struct str text), void *arg);

/* What was another source's, and has not changed since it was loaded. Others may have loaded the
 * same. `each` may drop the one that it is given: then it is here no more, and the ledger is not
 * told. */
void memory_inherited(struct memory *m, void (*each)(void *arg, uint64_t key, struct str text),
                      void *arg);
bool memory_is_inherited(const struct memory *m, uint64_t key);
void memory_drop(struct memory *m, uint64_t key);

/* Calls `each` for all that has changed since it was last asked. */
void memory_changes(struct memory *m, void (*each)(void *arg, const struct memory_item *item),
                    void *arg);

#endif
