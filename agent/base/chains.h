/*
 * An index of things that lie elsewhere and may leave: each carries a link of its own as its first
 * member, so that taking one out needs no search and adding one no memory of its own. Several may
 * have the same key.
 */
#ifndef BASE_CHAINS_H
#define BASE_CHAINS_H

#include <stddef.h>
#include <stdint.h>

struct link {
	struct link *next, **from; /* from: the pointer that leads here; NULL: in no index */
	uint64_t key;
};

struct chains {
	struct link **heads; /* NULL: empty */
	size_t mask, n;
};

/* The link must be in no index; it may not move in memory while it is in one. */
void chains_add(struct chains *c, struct link *link, uint64_t key);
/* Takes a link out; one that is in no index stays so. */
void chains_remove(struct chains *c, struct link *link);
/* The first with this key, then the others, in no order; NULL: no more. */
struct link *chains_first(const struct chains *c, uint64_t key);
struct link *chains_next(const struct link *link);
/* The links are the caller's. */
void chains_free(struct chains *c);

#endif
