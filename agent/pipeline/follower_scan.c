/*
 * Which files there are. A file is known again by device and inode, whatever its name is now; what
 * its content is shows when it is opened. One that was not found is gone only when the search could
 * see everything: a folder that cannot be read says nothing about the files in it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/chains.h"
#include "agent/follow/discover.h"
#include "agent/ledger/own.h"
#include "agent/pipeline/follower_inner.h"

/* An inode that is held open is no other file's. One that is not may have been used again, so a
 * file that has been read under another name has to stand there too, or size and time to agree. */
static bool is_same(const struct tailed *t, size_t source, const char *path, const struct stat *st)
{
	const struct mark *m = &t->mark;

	if (m->inode == 0 || m->inode != (int64_t)st->st_ino || m->device != (int64_t)st->st_dev)
		return false;
	return t->course.reader || strcmp(m->path, path) == 0 || !tailed_differs(t, st) ||
	       (!t->known && t->source == source) || tailed_stands(t);
}

/* ---- the files there are, for one search ---- */

struct spot {
	struct link link;
	struct tailed *file;
	size_t order; /* that of the follower's files */
};

/* The files by device and inode; those without by path. */
struct scan {
	struct follower *f;
	struct chains by_inode, by_path;
	struct arena spots;
	size_t spots_n;
};

static uint64_t inode_key(int64_t device, int64_t inode)
{
	return hash_mix((uint64_t)device, (uint64_t)inode);
}

static uint64_t path_key(const char *path)
{
	return hash64(HASH_PLAIN, str_of(path));
}

static void enter(struct scan *s, struct tailed *t)
{
	const struct mark *m = &t->mark;
	struct spot *p = arena_alloc(&s->spots, sizeof(*p));

	*p = (struct spot){.file = t, .order = s->spots_n++};
	if (m->inode)
		chains_add(&s->by_inode, &p->link, inode_key(m->device, m->inode));
	else
		chains_add(&s->by_path, &p->link, path_key(m->path));
}

static struct scan scan_begin(struct follower *f)
{
	struct scan s = {.f = f};

	for (size_t i = 0; i < f->files_n; i++)
		enter(&s, f->files[i]);
	return s;
}

static void scan_end(struct scan *s)
{
	chains_free(&s->by_inode);
	chains_free(&s->by_path);
	arena_free(&s->spots);
}

static struct tailed *by_inode(const struct scan *s, size_t source, const char *path,
                               const struct stat *st)
{
	struct link *link =
		chains_first(&s->by_inode, inode_key((int64_t)st->st_dev, (int64_t)st->st_ino));
	const struct spot *first = NULL;

	for (; link; link = chains_next(link)) {
		const struct spot *p = (const struct spot *)link;

		if ((first == NULL || p->order < first->order) &&
		    is_same(p->file, source, path, st))
			first = p;
	}
	return first ? first->file : NULL;
}

/* One that has not been opened yet, or cannot be. */
static struct tailed *by_path(const struct scan *s, const char *path)
{
	struct link *link = chains_first(&s->by_path, path_key(path));
	const struct spot *first = NULL;

	for (; link; link = chains_next(link)) {
		const struct spot *p = (const struct spot *)link;

		if ((first == NULL || p->order < first->order) && p->file->mark.inode == 0 &&
		    strcmp(p->file->mark.path, path) == 0)
			first = p;
	}
	return first ? first->file : NULL;
}

/* ---- what was found ---- */

/* It has no inode yet. */
static struct tailed *add(struct scan *s, size_t source, const char *path)
{
	struct follower *f = s->f;
	struct tailed *t = tailed_new(f->options.sources[source], source, path);

	f->files = array_room((void *)f->files, f->files_n, &f->files_room, sizeof(*f->files));
	f->files[f->files_n++] = t;
	enter(s, t);
	return t;
}

static void rename_to(const struct follower *f, struct tailed *t, const char *path)
{
	follower_say(f, FOLLOWER_INFO, "%s is now %s", t->mark.path, path);
	free(t->mark.path);
	t->mark.path = xstrdup(path);
	t->rotated = true;
	t->retry = 0;
	t->active = f->now;
	t->dirty = t->unsaved = t->outdated = true;
}

static void leave_out(struct scan *s, size_t source, const char *path, const char *why, bool denied)
{
	struct tailed *t = by_path(s, path);

	t = t ? t : add(s, source, path);
	if (t->mark.id == 0)
		known_reuse_empty(s->f->known, &t->mark);
	t->seen = t->refused = true;
	t->denied = denied;
	t->dirty = false;
	tailed_state(t, FILE_LEFT_OUT, "%s", why);
}

/* It is known by its inode from now on, should its name change. */
static void note_inode(struct scan *s, struct tailed *t, const struct stat *st)
{
	if (t->mark.inode)
		return;
	t->mark.device = (int64_t)st->st_dev;
	t->mark.inode = (int64_t)st->st_ino;
	enter(s, t);
}

static void take(struct scan *s, size_t source, const struct found *found)
{
	struct stat st;
	struct tailed *t;

	if (found->left_out) {
		leave_out(s, source, found->path, found->left_out, found->denied);
		return;
	}
	if (stat(found->path, &st) != 0)
		return; /* it went away meanwhile */
	if (ledger_owns(s->f->options.config->database, found->path, &st)) {
		leave_out(s, source, found->path, LEDGER_OWN, false);
		return;
	}
	t = by_inode(s, source, found->path, &st);
	if (t == NULL)
		t = by_path(s, found->path);
	if (t == NULL)
		t = add(s, source, found->path);
	else if (!t->seen && strcmp(t->mark.path, found->path) != 0 && !tailed_stands(t))
		rename_to(s->f, t, found->path);
	note_inode(s, t, &st);
	t->gone = false;
	t->seen = true;
	t->dirty |= t->refused; /* it was another file */
	t->refused = t->denied = false;
}

/* The folder that a path lies in: told, if it is not that of the path before. */
static void tell_folder(const struct follower *f, const char *path, size_t n, struct buf *last)
{
	struct str folder = {path, n};

	while (folder.n > 1 && folder.p[folder.n - 1] == '/')
		folder.n--;
	if (last->p && str_eq(buf_view(last), folder))
		return;
	buf_clear(last);
	buf_str(last, folder);
	f->options.folder(f->options.arg, last->p);
}

static size_t folder_length(const char *path, size_t n)
{
	while (n > 0 && path[n - 1] != '/')
		n--;
	return n;
}

/* The folders of what was found, and of each glob that above its first wildcard. */
static void tell_folders(const struct follower *f, const struct source_config *c,
                         const struct found_list *list)
{
	struct buf last = {0};

	for (size_t i = 0; i < c->paths_n; i++)
		tell_folder(f, c->paths[i], folder_length(c->paths[i], strcspn(c->paths[i], "*?[")),
		            &last);
	for (size_t i = 0; i < list->n; i++)
		tell_folder(f, list->items[i].path,
		            folder_length(list->items[i].path, strlen(list->items[i].path)), &last);
	buf_free(&last);
}

/* False: something could not be seen. */
static bool scan_source(struct scan *s, size_t source)
{
	struct follower *f = s->f;
	const struct source_config *c = source_configuration(f->options.sources[source]);
	struct found_list list = {0};
	bool good = true;

	for (size_t i = 0; i < c->paths_n; i++) {
		struct err err = {0};
		struct found_list found = {0};

		if (!discover(c->paths[i], c->follow_symlinks, &found, &err)) {
			good = false;
			if (!f->scan_failed[source])
				follower_say(f, FOLLOWER_WARNING, "%s: %s", c->name, err.text);
		}
		found_append(&list, &found);
	}
	found_unique(&list);
	tell_folders(f, c, &list);
	found_sort(&list);
	for (size_t i = 0; i < list.n; i++)
		take(s, source, &list.items[i]);
	found_free(&list);
	f->scan_failed[source] = !good;
	return good;
}

/* Its path leads elsewhere. It is read on as long as somebody may write at it. */
static void lose_sight(const struct follower *f, struct tailed *t)
{
	if (t->gone || t->refused)
		return;
	t->gone = t->rotated = t->dirty = true;
	t->retry = 0;
	t->active = f->now;
	follower_say(f, FOLLOWER_INFO, "%s was moved or deleted", t->mark.path);
}

void follower_scan(struct follower *f)
{
	struct scan s = scan_begin(f);
	bool all = true;

	for (size_t i = 0; i < f->files_n; i++)
		f->files[i]->seen = false;
	for (size_t i = 0; i < f->options.sources_n; i++)
		all &= scan_source(&s, i);
	scan_end(&s);
	if (all)
		f->options.folder(f->options.arg, NULL);
	for (size_t i = 0; i < f->files_n; i++)
		if (!f->files[i]->seen && !f->scan_failed[f->files[i]->source])
			lose_sight(f, f->files[i]);
	follower_poll(f, true);
	f->scan_at = f->now + follower_config(f)->rescan;
}
