#include "agent/base/chains.h"

#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/base/mem.h"

enum { HEADS_MIN = 64 };

static void put(struct link **head, struct link *link)
{
	link->next = *head;
	link->from = head;
	if (link->next)
		link->next->from = &link->next;
	*head = link;
}

/* Keys need not be hashes; any numbers do. */
static struct link **head_of(const struct chains *c, uint64_t key)
{
	return &c->heads[hash_mix(key, 0) & c->mask];
}

static void grow(struct chains *c)
{
	struct chains old = *c;
	size_t heads = old.heads ? old.mask + 1 : 0;

	c->mask = (heads ? heads * 2 : HEADS_MIN) - 1;
	c->heads = xcalloc(c->mask + 1, sizeof(struct link *));
	for (size_t i = 0; i < heads; i++) {
		struct link *next;

		for (struct link *link = old.heads[i]; link; link = next) {
			next = link->next;
			put(head_of(c, link->key), link);
		}
	}
	free(old.heads);
}

void chains_add(struct chains *c, struct link *link, uint64_t key)
{
	if (c->heads == NULL || c->n > c->mask)
		grow(c);
	link->key = key;
	put(head_of(c, key), link);
	c->n++;
}

void chains_remove(struct chains *c, struct link *link)
{
	if (link->from == NULL)
		return;
	*link->from = link->next;
	if (link->next)
		link->next->from = link->from;
	link->next = NULL;
	link->from = NULL;
	c->n--;
}

static struct link *with_key(struct link *link, uint64_t key)
{
	while (link && link->key != key)
		link = link->next;
	return link;
}

struct link *chains_first(const struct chains *c, uint64_t key)
{
	return c->heads ? with_key(*head_of(c, key), key) : NULL;
}

struct link *chains_next(const struct link *link)
{
	return with_key(link->next, link->key);
}

void chains_free(struct chains *c)
{
	free(c->heads);
	*c = (struct chains){0};
}
