/*
 * Memory that cannot fail: without memory the program says so and aborts. The ledger is a database,
 * so an abort loses nothing that was committed. `x` marks a function that needs no check.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t count, size_t size); /* aborts when count * size overflows */
char *xstrdup(const char *text);

/*
 * Room for one more item in a growing array: doubles the capacity when it is used up.
 *   items = array_room(items, n, &capacity, sizeof(*items)); items[n++] = ...;
 */
void *array_room(void *items, size_t used, size_t *capacity, size_t item_size);

/*
 * Many small pieces that live and die together. Reset keeps the memory for the next round, so a
 * loop that uses an arena stops allocating after its first rounds.
 */
struct arena {
	struct arena_block *block; /* the one in use; older ones hang behind it */
	size_t used;               /* bytes of it handed out */
	size_t total;              /* bytes handed out since the last reset */
};

/* `size` bytes aligned for any type; never NULL. Lives until reset or free. */
void *arena_alloc(struct arena *a, size_t size);
/* The same without alignment, for text. */
char *arena_bytes(struct arena *a, size_t size);
/* Forgets all pieces; keeps the largest block if it is at most `keep` bytes. */
void arena_reset(struct arena *a, size_t keep);
void arena_free(struct arena *a);

#endif
