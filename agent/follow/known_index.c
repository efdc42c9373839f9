#include "agent/follow/known_index.h"

#include <stdlib.h>

#include "agent/base/mem.h"

#define ENTRY_OF(link, member) \
	((struct entry *)(void *)((char *)(link)-offsetof(struct entry, member)))

/* ---- keys ---- */

static uint64_t inode_key(const struct mark *m)
{
	return hash_mix((uint64_t)m->device, (uint64_t)m->inode);
}

static uint64_t path_key(const char *path)
{
	return hash64(HASH_PLAIN, str_of(path));
}

static uint64_t head_key(struct hash128 head, uint32_t n)
{
	return head.lo ^ n;
}

static uint64_t beginning_key(const struct frontier *f)
{
	return f->hash.lo ^ (uint64_t)f->offset;
}

/* ---- adding and removing ---- */

static bool is_beginning(const struct frontier *f)
{
	return f->offset > 0 && f->offset < MARK_BYTES;
}

/* Few marks have any, for few files are ever that small when they are counted. */
static void add_beginnings(struct known_index *x, struct entry *e)
{
	const struct mark *m = &e->mark;
	size_t n = 0;

	for (unsigned i = 0; i < m->earlier_n; i++)
		n += is_beginning(&m->earlier[i]);
	if (n == 0)
		return;
	e->beginnings = xcalloc(n, sizeof(*e->beginnings));
	for (unsigned i = 0; i < m->earlier_n; i++) {
		struct beginning *b = &e->beginnings[e->beginnings_n];

		if (!is_beginning(&m->earlier[i]))
			continue;
		b->frontier = m->earlier[i];
		b->entry = e;
		chains_add(&x->by_beginning, &b->link, beginning_key(&b->frontier));
		e->beginnings_n++;
	}
}

struct entry *known_index_add(struct known_index *x, const struct mark *m)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->mark = *m;
	e->at = x->n;
	x->entries = array_room((void *)x->entries, x->n, &x->room, sizeof(struct entry *));
	x->entries[x->n++] = e;
	x->with_head[m->head_n]++;
	chains_add(&x->by_head, &e->by_head, head_key(m->head, m->head_n));
	chains_add(&x->by_inode, &e->by_inode, inode_key(m));
	chains_add(&x->by_path, &e->by_path, path_key(m->path));
	chains_add(&x->by_id, &e->by_id, (uint64_t)m->id);
	add_beginnings(x, e);
	return e;
}

static void free_entry(struct entry *e)
{
	mark_free(&e->mark);
	free(e->beginnings);
	free(e);
}

void known_index_remove(struct known_index *x, struct entry *e)
{
	x->with_head[e->mark.head_n]--;
	x->entries[e->at] = x->entries[--x->n];
	x->entries[e->at]->at = e->at;
	chains_remove(&x->by_head, &e->by_head);
	chains_remove(&x->by_inode, &e->by_inode);
	chains_remove(&x->by_path, &e->by_path);
	chains_remove(&x->by_id, &e->by_id);
	for (size_t i = 0; i < e->beginnings_n; i++)
		chains_remove(&x->by_beginning, &e->beginnings[i].link);
	free_entry(e);
}

void known_index_free(struct known_index *x)
{
	for (size_t i = 0; i < x->n; i++)
		free_entry(x->entries[i]);
	free((void *)x->entries);
	free((void *)x->found);
	chains_free(&x->by_head);
	chains_free(&x->by_inode);
	chains_free(&x->by_path);
	chains_free(&x->by_id);
	chains_free(&x->by_beginning);
	*x = (struct known_index){0};
}

/* ---- finding ---- */

/* The first with a key, or the next one after a link. */
static struct link *first_or_next(const struct chains *c, uint64_t key, const struct link *after)
{
	return after ? chains_next(after) : chains_first(c, key);
}

struct entry *known_of_id(const struct known_index *x, int64_t id)
{
	struct link *link = chains_first(&x->by_id, (uint64_t)id);

	return link ? ENTRY_OF(link, by_id) : NULL;
}

struct entry *known_of_inode(const struct known_index *x, const struct mark *m,
                             const struct entry *after)
{
	struct link *link =
		first_or_next(&x->by_inode, inode_key(m), after ? &after->by_inode : NULL);

	for (; link; link = chains_next(link)) {
		struct entry *e = ENTRY_OF(link, by_inode);

		if (e->mark.device == m->device && e->mark.inode == m->inode)
			return e;
	}
	return NULL;
}

struct entry *known_of_path(const struct known_index *x, const char *path,
                            const struct entry *after)
{
	struct link *link =
		first_or_next(&x->by_path, path_key(path), after ? &after->by_path : NULL);

	for (; link; link = chains_next(link)) {
		struct entry *e = ENTRY_OF(link, by_path);

		if (strcmp(e->mark.path, path) == 0)
			return e;
	}
	return NULL;
}

static int furthest_first(const void *a, const void *b)
{
	const struct mark *x = &(*(struct entry *const *)a)->mark;
	const struct mark *y = &(*(struct entry *const *)b)->mark;

	if (x->offset != y->offset)
		return x->offset > y->offset ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

size_t known_of_head(struct known_index *x, struct str head, struct entry ***ret)
{
	struct hash128 hash = hash128(HASH_PLAIN, head);
	size_t n = 0;

	for (struct link *link = chains_first(&x->by_head, head_key(hash, (uint32_t)head.n)); link;
	     link = chains_next(link)) {
		struct entry *e = ENTRY_OF(link, by_head);

		if (e->mark.head_n != head.n || !hash128_eq(e->mark.head, hash))
			continue;
		x->found = array_room((void *)x->found, n, &x->found_room, sizeof(struct entry *));
		x->found[n++] = e;
	}
	if (n > 1)
		qsort((void *)x->found, n, sizeof(*x->found), furthest_first);
	*ret = x->found;
	return n;
}

struct frontier known_frontier_of(struct str beginning)
{
	return (struct frontier){(int64_t)beginning.n, hash128(HASH_PLAIN, beginning)};
}

const struct beginning *known_of_beginning(const struct known_index *x, const struct frontier *f,
                                           const struct beginning *after)
{
	struct link *link =
		first_or_next(&x->by_beginning, beginning_key(f), after ? &after->link : NULL);

	for (; link; link = chains_next(link)) {
		const struct beginning *b = (const struct beginning *)link;

		if (b->frontier.offset == f->offset && hash128_eq(b->frontier.hash, f->hash))
			return b;
	}
	return NULL;
}
