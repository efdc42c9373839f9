/*
 * What is written is sorted by the key it is written under: neighbours in a table are neighbours in
 * time, so a commit touches each page of it once. An item is a key and where its data lies in a
 * batch; nothing else is moved.
 */
#ifndef LEDGER_ITEM_H
#define LEDGER_ITEM_H

#include <stddef.h>
#include <stdint.h>

struct item {
	uint64_t key;
	uint32_t batch; /* number of the batch; or a mark of the user's own */
	uint32_t at;    /* position in the batch's array */
};

/* A list and the spare room that sorting needs. Memory is kept from commit to commit. */
struct items {
	struct item *v, *spare;
	size_t n, capacity;
};

/* Room for `n` items, and none in it. */
void items_start(struct items *list, size_t n);
static inline void items_add(struct items *list, uint64_t key, uint32_t batch, uint32_t at)
{
	list->v[list->n++] = (struct item){key, batch, at};
}
/* By key, ascending; equal keys stay in their order. */
void items_sort(struct items *list);
void items_free(struct items *list);

#endif
