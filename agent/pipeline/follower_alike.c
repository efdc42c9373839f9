/*
 * Other files that begin as a new one does. What it has in common with another is known only when
 * that has been read as far as the new one goes, and is committed: both would count the rest else.
 */
#include <stdlib.h>

#include "agent/pipeline/follower_inner.h"

/* Of one that is closed only a hash is there, of what is committed. */
static bool begin_alike(const struct tailed *other, struct str head)
{
	const struct mark *m = &other->mark;
	struct str theirs;

	if (other->course.reader == NULL)
		return m->head_n <= head.n &&
		       (m->head_n == 0 ||
		        hash128_eq(m->head, hash128(HASH_PLAIN, (struct str){head.p, m->head_n})));
	theirs = reader_head(other->course.reader);
	head.n = theirs.n = theirs.n < head.n ? theirs.n : head.n;
	return head.n > 0 && str_eq(head, theirs);
}

/* ---- those that wait ---- */

/* Files that begin alike have the same, of their first line. 0: it is not there whole. */
static uint64_t key_of(struct str head)
{
	size_t line = str_find(head, STR("\n"));

	return line < head.n || head.n == MARK_BYTES
	               ? hash64(HASH_PLAIN, (struct str){head.p, line}) | 1
	               : 0;
}

static int by_key(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

void follower_gather_waiting(struct follower *f)
{
	f->waiting_n = 0;
	f->all_seen = true;
	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *t = f->files[i];

		if (t->known)
			continue;
		if (t->opened == 0 && !t->gone && !t->refused && !t->denied)
			f->all_seen = false;
		if (t->course.reader == NULL)
			continue;
		f->waiting =
			array_room(f->waiting, f->waiting_n, &f->waiting_room, sizeof(*f->waiting));
		f->waiting[f->waiting_n++] =
			(struct waiting){key_of(reader_head(t->course.reader)), t};
	}
	if (f->waiting_n > 1)
		qsort(f->waiting, f->waiting_n, sizeof(*f->waiting), by_key);
}

/* The first that has this key or a greater one. */
static size_t first_of_key(const struct follower *f, uint64_t key)
{
	size_t low = 0, high = f->waiting_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->waiting[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_longer(const struct tailed *other, const struct tailed *t, struct str head)
{
	return !other->known && other->course.reader && other->mark.size > t->mark.size &&
	       begin_alike(other, head);
}

static bool longer_of_key(const struct follower *f, const struct tailed *t, struct str head,
                          uint64_t key)
{
	for (size_t i = first_of_key(f, key); i < f->waiting_n && f->waiting[i].key == key; i++)
		if (is_longer(f->waiting[i].file, t, head))
			return true;
	return false;
}

/* Whether another waits that begins alike and goes further: what they share is counted there, so
 * that it is this one that is known as a copy, over which another may be made. */
static bool longer_waits(const struct follower *f, const struct tailed *t, struct str head)
{
	uint64_t key = key_of(head);

	if (t->gone)
		return false;
	if (key)
		return longer_of_key(f, t, head, key) || longer_of_key(f, t, head, 0);
	for (size_t i = 0; i < f->waiting_n; i++)
		if (is_longer(f->waiting[i].file, t, head))
			return true;
	return false;
}

/* ---- those that are read ---- */

/* Whether the other file was not read as far as the new one goes, since that was first as large as
 * it is. */
static bool may_be_behind(const struct tailed *other, const struct tailed *t)
{
	return !other->refused && other->ended <= t->opened &&
	       (t->mark.gzip || other->begin < t->mark.size);
}

/* Whether the other file may hold something that the new one had then, and that has not been read
 * yet. It is read in the next turn then. */
static bool is_behind(struct tailed *other, const struct tailed *t)
{
	if (!may_be_behind(other, t))
		return false;
	other->dirty |= tailed_has_changed(other);
	return other->dirty;
}

bool follower_others_are_read(struct follower *f, const struct tailed *t)
{
	struct str head = reader_head(t->course.reader);
	bool commit = false;

	if (longer_waits(f, t, head))
		return false;
	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *other = f->files[i];
		bool uncommitted = other->begin > other->mark.offset;

		if (other == t || !other->known)
			continue;
		commit |= other->gone && uncommitted;
		/* Of most files of many it does not matter how they begin. */
		if ((!uncommitted && !may_be_behind(other, t)) || !begin_alike(other, head))
			continue;
		if (is_behind(other, t))
			return false;
		commit |= uncommitted;
	}
	return !commit || follower_try_commit(f);
}

void follower_refresh_known(struct follower *f)
{
	for (size_t i = 0; i < f->files_n; i++) {
		struct tailed *t = f->files[i];
		bool held = !t->gone || t->course.reader;

		if (t->mark.id == 0 || !t->known || (!t->outdated && held == t->known_held))
			continue;
		known_put(f->known, &t->mark, held);
		t->outdated = false;
		t->known_held = held;
	}
}
