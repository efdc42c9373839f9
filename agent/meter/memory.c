/*
 * Items lie in an array with an index by key. A forgotten one stays in its place, because the
 * ledger has to be told; the array is made anew once half of it is forgotten.
 */
#include "agent/meter/memory.h"

#include <stdlib.h>

#include "agent/base/buf.h"
#include "agent/meter/table.h"

struct item {
	uint64_t key;
	int64_t time;
	struct buf text; /* p is NULL: forgotten, or not there yet */
	bool changed;    /* since the ledger was told */
	bool kept;       /* the ledger has it */
	int64_t from;    /* as memory_item.from, until the ledger has been told */
};

struct memory {
	struct item *items;
	size_t n, room;
	struct table index;
	size_t count;    /* items with a text */
	size_t *changed; /* positions */
	size_t changed_n, changed_room;
	uint64_t order; /* of the last change that was told */
};

struct memory *memory_new(void)
{
	return xcalloc(1, sizeof(struct memory));
}

void memory_free(struct memory **mp)
{
	struct memory *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++)
		buf_free(&m->items[i].text);
	free(m->items);
	free(m->changed);
	table_free(&m->index);
	free(m);
}

static bool same_key(const void *items, uint32_t position, const void *key)
{
	return ((const struct item *)items)[position].key == *(const uint64_t *)key;
}

/* The item of a key, made when it is new. */
static struct item *item_of(struct memory *m, uint64_t key)
{
	bool is_new;
	uint32_t at = table_position(&m->index, key, same_key, m->items, &key, &is_new);

	if (is_new) {
		m->items = array_room(m->items, m->n, &m->room, sizeof(*m->items));
		m->items[m->n++] = (struct item){.key = key};
	}
	return &m->items[at];
}

static const struct item *find(const struct memory *m, uint64_t key)
{
	uint32_t hash = (uint32_t)(key ^ key >> 32);

	if (m->index.slots == NULL)
		return NULL;
	for (size_t at = hash & m->index.mask; m->index.slots[at]; at = (at + 1) & m->index.mask) {
		const struct item *item = &m->items[m->index.slots[at] - 1];

		if (item->key == key)
			return item->text.p ? item : NULL;
	}
	return NULL;
}

static void note_change(struct memory *m, struct item *item)
{
	if (item->changed)
		return;
	item->changed = true;
	m->changed = array_room(m->changed, m->changed_n, &m->changed_room, sizeof(*m->changed));
	m->changed[m->changed_n++] = (size_t)(item - m->items);
}

static struct item *set(struct memory *m, uint64_t key, int64_t time, struct str text)
{
	struct item *item = item_of(m, key);

	m->count += item->text.p == NULL;
	buf_clear(&item->text);
	buf_str(&item->text, text);
	item->time = time;
	return item;
}

void memory_load(struct memory *m, const struct memory_item *loaded)
{
	struct item *item = set(m, loaded->key, loaded->time, loaded->text);

	item->kept = true;
	item->from = loaded->from;
}

bool memory_get(const struct memory *m, uint64_t key, struct str *text)
{
	const struct item *item = find(m, key);

	if (item)
		*text = buf_view(&item->text);
	return item != NULL;
}

void memory_put(struct memory *m, uint64_t key, int64_t time, struct str text)
{
	note_change(m, set(m, key, time, text));
}

void memory_forget(struct memory *m, uint64_t key)
{
	struct item *item = item_of(m, key);

	if (item->text.p == NULL)
		return;
	buf_free(&item->text);
	m->count--;
	note_change(m, item);
}

size_t memory_count(const struct memory *m)
{
	return m->count;
}

void memory_older(struct memory *m, int64_t time,
                  void (*each)(void *arg, uint64_t key, struct str text), void *arg)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].text.p && m->items[i].time < time)
			each(arg, m->items[i].key, buf_view(&m->items[i].text));
}

struct aged {
	int64_t time;
	size_t position;
};

static int by_age(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->time != y->time)
		return x->time > y->time ? 1 : -1;
	return (x->position > y->position) - (x->position < y->position);
}

void memory_oldest(struct memory *m, size_t share,
                   void (*each)(void *arg, uint64_t key, struct str text), void *arg)
{
	struct aged *all = xcalloc(m->count, sizeof(*all));
	size_t n = 0, oldest = m->count / share;

	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].text.p)
			all[n++] = (struct aged){m->items[i].time, i};
	qsort(all, n, sizeof(*all), by_age);
	for (size_t i = 0; i < oldest; i++) {
		const struct item *item = &m->items[all[i].position];

		each(arg, item->key, buf_view(&item->text));
	}
	free(all);
}

static bool is_inherited(const struct item *item)
{
	return item->text.p && item->from && !item->changed;
}

void memory_inherited(struct memory *m, void (*each)(void *arg, uint64_t key, struct str text),
                      void *arg)
{
	for (size_t i = 0; i < m->n; i++)
		if (is_inherited(&m->items[i]))
			each(arg, m->items[i].key, buf_view(&m->items[i].text));
}

bool memory_is_inherited(const struct memory *m, uint64_t key)
{
	const struct item *item = find(m, key);

	return item && is_inherited(item);
}

void memory_drop(struct memory *m, uint64_t key)
{
	struct item *item = item_of(m, key);

	m->count -= item->text.p != NULL;
	buf_free(&item->text);
	item->kept = false;
	item->from = 0;
}

/* What is forgotten would fill the array for ever: makes it anew once that is half of it. */
static void tidy(struct memory *m)
{
	struct memory old = *m;

	if (m->n < TABLE_MIN || m->count > m->n / 2)
		return;
	*m = (struct memory){
		.changed = old.changed, .changed_room = old.changed_room, .order = old.order};
	for (size_t i = 0; i < old.n; i++) {
		struct item *item;

		if (old.items[i].text.p == NULL)
			continue;
		item = item_of(m, old.items[i].key);
		*item = old.items[i];
		m->count++;
	}
	free(old.items);
	table_free(&old.index);
}

void memory_changes(struct memory *m, void (*each)(void *arg, const struct memory_item *item),
                    void *arg)
{
	for (size_t i = 0; i < m->changed_n; i++) {
		struct item *item = &m->items[m->changed[i]];
		const struct memory_item change = {item->key, item->time, buf_view(&item->text),
		                                   item->from, ++m->order};

		if (item->text.p || item->kept) /* else it came and went meanwhile */
			each(arg, &change);
		item->changed = false;
		item->kept = item->text.p != NULL;
		item->from = 0;
	}
	m->changed_n = 0;
	tidy(m);
}
