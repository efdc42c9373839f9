/*
 * An index over an array: open addressing, slots hold position + 1. The caller knows how two items
 * are equal; inlined, so that each use compiles to a loop of its own.
 */
#ifndef METER_TABLE_H
#define METER_TABLE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

struct table {
	uint32_t *slots;  /* NULL: empty */
	uint32_t *hashes; /* of the items, by position: growing needs no look at the items */
	size_t mask;
	size_t n;
};

typedef bool table_equal_fn(const void *items, uint32_t position, const void *key);

enum { TABLE_MIN = 256 };

static inline void table_free(struct table *t)
{
	free(t->slots);
	free(t->hashes);
	*t = (struct table){0};
}

static inline void table_clear(struct table *t)
{
	if (t->slots)
		memset(t->slots, 0, (t->mask + 1) * sizeof(*t->slots));
	t->n = 0;
}

static inline size_t table_bytes(const struct table *t)
{
	return t->slots ? (t->mask + 1) * 7 : 0;
}

static inline void table_grow(struct table *t)
{
	size_t size = t->slots ? (t->mask + 1) * 2 : TABLE_MIN;

	free(t->slots);
	t->slots = xcalloc(size, sizeof(*t->slots));
	t->hashes = xrealloc(t->hashes, size / 4 * 3 + 1, sizeof(*t->hashes));
	t->mask = size - 1;
	for (size_t i = 0; i < t->n; i++) {
		size_t at = t->hashes[i] & t->mask;

		while (t->slots[at])
			at = (at + 1) & t->mask;
		t->slots[at] = (uint32_t)i + 1;
	}
}

/*
 * The position of `key`; when it is new (*is_new) that of the next item, which the caller must
 * append to its array: positions are given in order.
 */
__attribute__((always_inline)) static inline uint32_t
table_position(struct table *t, uint64_t wide_hash, table_equal_fn *equal, const void *items,
               const void *key, bool *is_new)
{
	uint32_t hash = (uint32_t)(wide_hash ^ wide_hash >> 32);
	size_t at;

	if (t->slots == NULL || t->n * 4 >= (t->mask + 1) * 3)
		table_grow(t);
	for (at = hash & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
		uint32_t position = t->slots[at] - 1;

		if (t->hashes[position] == hash && equal(items, position, key)) {
			*is_new = false;
			return position;
		}
	}
	*is_new = true;
	t->hashes[t->n] = hash;
	t->slots[at] = (uint32_t)++t->n;
	return (uint32_t)t->n - 1;
}

#endif
