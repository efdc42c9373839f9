/*
 * Which files there are. A file is known again by device and inode, whatever its name is now; what
 * its content is shows when it is opened. One that was not found is gone only when the search could
 * see everything: a folder that cannot be read says nothing about the files in it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static struct tailed *by_inode(const struct follower *f, size_t source, const char *path,
                               const struct stat *st)
{
	for (size_t i = 0; i < f->files_n; i++)
		if (is_same(f->files[i], source, path, st))
			return f->files[i];
	return NULL;
}

/* One that has not been opened yet, or cannot be. */
static struct tailed *by_path(const struct follower *f, const char *path)
{
	for (size_t i = 0; i < f->files_n; i++)
		if (f->files[i]->mark.inode == 0 && strcmp(f->files[i]->mark.path, path) == 0)
			return f->files[i];
	return NULL;
}

static struct tailed *add(struct follower *f, size_t source, const char *path)
{
	f->files = array_room((void *)f->files, f->files_n, &f->files_room, sizeof(*f->files));
	f->files[f->files_n] = tailed_new(f->options.sources[source], source, path);
	return f->files[f->files_n++];
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

static void leave_out(struct follower *f, size_t source, const char *path, const char *why,
                      bool denied)
{
	struct tailed *t = by_path(f, path);

	t = t ? t : add(f, source, path);
	if (t->mark.id == 0)
		known_reuse_empty(f->known, &t->mark);
	t->seen = t->refused = true;
	t->denied = denied;
	t->dirty = false;
	tailed_state(t, FILE_LEFT_OUT, "%s", why);
}

static void take(struct follower *f, size_t source, const struct found *found)
{
	struct stat st;
	struct tailed *t;

	if (found->left_out) {
		leave_out(f, source, found->path, found->left_out, found->denied);
		return;
	}
	if (stat(found->path, &st) != 0)
		return; /* it went away meanwhile */
	if (ledger_owns(f->options.config->database, found->path, &st)) {
		leave_out(f, source, found->path, LEDGER_OWN, false);
		return;
	}
	t = by_inode(f, source, found->path, &st);
	if (t == NULL)
		t = by_path(f, found->path);
	if (t == NULL)
		t = add(f, source, found->path);
	else if (!t->seen && strcmp(t->mark.path, found->path) != 0 && !tailed_stands(t))
		rename_to(f, t, found->path);
	if (t->mark.inode == 0) { /* by which it is known from now on, should its name change */
		t->mark.device = (int64_t)st.st_dev;
		t->mark.inode = (int64_t)st.st_ino;
	}
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
static bool scan_source(struct follower *f, size_t source)
{
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
		take(f, source, &list.items[i]);
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
	bool all = true;

	for (size_t i = 0; i < f->files_n; i++)
		f->files[i]->seen = false;
	for (size_t i = 0; i < f->options.sources_n; i++)
		all &= scan_source(f, i);
	if (all)
		f->options.folder(f->options.arg, NULL);
	for (size_t i = 0; i < f->files_n; i++)
		if (!f->files[i]->seen && !f->scan_failed[f->files[i]->source])
			lose_sight(f, f->files[i]);
	follower_poll(f, true);
	f->scan_at = f->now + follower_config(f)->rescan;
}
