#include "agent/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
	if (p == NULL) {
		(void)fputs("tokentail: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		(void)checked(NULL);
	return checked(realloc(old, bytes ? bytes : 1));
}

char *xstrdup(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(xmalloc(n), text, n);
}

void *array_room(void *items, size_t used, size_t *capacity, size_t item_size)
{
	if (used < *capacity)
		return items;
	*capacity = *capacity ? *capacity * 2 : 8;
	return xrealloc(items, *capacity, item_size);
}

struct arena_block {
	struct arena_block *older;
	size_t size;
	max_align_t bytes[]; /* aligned for any type */
};

enum { BLOCK_MIN = 4096 };

static struct arena_block *block_new(size_t size, struct arena_block *older)
{
	struct arena_block *b = xmalloc(sizeof(*b) + size);

	b->older = older;
	b->size = size;
	return b;
}

char *arena_bytes(struct arena *a, size_t size)
{
	char *piece;

	if (a->block == NULL || a->block->size - a->used < size) {
		size_t want = a->block ? a->block->size * 2 : BLOCK_MIN;

		a->block = block_new(want > size ? want : size, a->block);
		a->used = 0;
	}
	piece = (char *)a->block->bytes + a->used;
	a->used += size;
	a->total += size;
	return piece;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t mask = _Alignof(max_align_t) - 1;

	a->used = (a->used + mask) & ~mask;
	if (a->block && a->used > a->block->size)
		a->used = a->block->size;
	return arena_bytes(a, size);
}

static void free_older(struct arena_block *b)
{
	while (b) {
		struct arena_block *older = b->older;

		free(b);
		b = older;
	}
}

void arena_reset(struct arena *a, size_t keep)
{
	a->used = 0;
	a->total = 0;
	if (a->block == NULL)
		return;
	if (a->block->size > keep) {
		arena_free(a);
		return;
	}
	free_older(a->block->older);
	a->block->older = NULL;
}

void arena_free(struct arena *a)
{
	free_older(a->block);
	*a = (struct arena){0};
}
