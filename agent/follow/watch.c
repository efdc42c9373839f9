/*
 * Folders by name, and what is said to people. What is watched and how is for the other files.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/base/mem.h"
#include "agent/follow/watch_inner.h"

#define MAX_WATCHES "/proc/sys/fs/inotify/max_user_watches"

enum { WATCHES_USUAL = 524288 }; /* what is told when the present limit is not known */

struct watch *watch_new(enum watch_mode mode, struct err *err)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->mode = mode;
	if (mode == WATCH_POLL) {
		(void)err_set(&w->reason, "follow.watch is poll");
		return w;
	}
	if (inotify_open(w, &w->reason))
		return w;
	if (mode == WATCH_INOTIFY) {
		(void)err_set(err, "%s; follow.watch: poll does without", w->reason.text);
		watch_free(&w);
		return NULL;
	}
	watch_say(w, NOTICE_POLLING);
	return w;
}

static void free_folder(struct watch *w, struct folder *f)
{
	watch_set_why(w, f, NULL);
	way_leave(w, f);
	chains_remove(&w->by_path, &f->link);
	free(f->path);
	free(f);
}

void watch_free(struct watch **wp)
{
	struct watch *w = *wp;

	*wp = NULL;
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++)
		free_folder(w, w->folders[i]);
	inotify_close(w);
	chains_free(&w->by_path);
	free(w->folders);
	free(w);
}

int watch_fd(const struct watch *w)
{
	return w->inotify ? inotify_fd(w->inotify) : -1;
}

/* ---- folders ---- */

static uint64_t key_of(const char *path)
{
	return hash64(HASH_PLAIN, str_of(path));
}

static struct folder *find(const struct watch *w, const char *path)
{
	struct link *l = chains_first(&w->by_path, key_of(path));

	while (l && strcmp(((struct folder *)l)->path, path) != 0)
		l = chains_next(l);
	return (struct folder *)l;
}

static struct folder *add(struct watch *w, const char *path)
{
	struct folder *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	chains_add(&w->by_path, &f->link, key_of(path));
	w->folders = array_room(w->folders, w->n, &w->capacity, sizeof(struct folder *));
	w->folders[w->n++] = f;
	return f;
}

void watch_set_why(struct watch *w, struct folder *f, const char *why)
{
	w->counts.blind -= f->why != NULL;
	w->counts.blind += why != NULL;
	f->looked = f->looked && f->why;
	f->why = why;
}

/* A folder whose directory is the one that is watched. Anything else is worth going there anew:
 * what was missing may be there, and a limit may have been raised. */
static bool is_settled(const struct folder *f, const struct glance *now)
{
	return f->spot && !f->stale && glance_same_directory(&f->seen, now);
}

bool watch_folder(struct watch *w, const char *path)
{
	struct folder *f = find(w, path);
	bool is_new = f == NULL;
	struct glance now;

	assert(!w->busy);
	if (is_new && w->n == WATCH_FOLDERS_MAX) {
		w->counts.refused++;
		watch_say(w, NOTICE_FOLDERS);
		return true;
	}
	if (is_new)
		f = add(w, path);
	f->round = w->round;
	now = glance_at(path);
	if (w->inotify)
		return (!is_settled(f, &now) && way_settle(w, f)) || is_new;
	if (is_new) {
		f->seen = now;
		watch_set_why(w, f, w->reason.text);
	}
	return is_new;
}

void watch_sweep(struct watch *w)
{
	size_t n = 0;

	assert(!w->busy);
	for (size_t i = 0; i < w->n; i++) {
		if (w->folders[i]->round == w->round)
			w->folders[n++] = w->folders[i];
		else
			free_folder(w, w->folders[i]);
	}
	w->n = n;
	w->round++;
}

const char *watch_blind(const struct watch *w, const char *path)
{
	const struct folder *f = find(w, path);

	return f ? f->why : "it is none of the folders that are watched";
}

void watch_read(struct watch *w, watch_fn *fn, void *arg)
{
	assert(!w->busy);
	if (w->inotify == NULL)
		return;
	w->busy = true;
	inotify_read(w, fn, arg);
	w->busy = false;
}

/* ---- words ---- */

const char *watch_reason(const struct watch *w)
{
	return w->inotify ? NULL : w->reason.text;
}

void watch_say(struct watch *w, enum notice notice)
{
	w->due |= (1u << notice) & ~w->said;
}

/* 0: not known, which a sandbox may be the cause of. */
static unsigned long max_watches(void)
{
	FILE *file = fopen(MAX_WATCHES, "re");
	char line[32] = "";

	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	(void)fclose(file);
	return strtoul(line, NULL, 10);
}

static void write_notice(struct err *text, const struct watch *w, enum notice notice)
{
	unsigned long limit;

	switch (notice) {
	case NOTICE_POLLING:
		(void)err_set(text, "folders are polled: %s", w->reason.text);
		break;
	case NOTICE_WATCHES:
		limit = max_watches();
		(void)err_set(text,
		              "the limit of inotify watches is reached, so some folders are "
		              "polled: raise it by sysctl fs.inotify.max_user_watches=%lu",
		              limit ? limit * 2 : WATCHES_USUAL);
		break;
	case NOTICE_FOLDERS:
		(void)err_set(text,
		              "more than %d folders: the others are looked at by rescans alone; "
		              "narrow the paths of the sources",
		              WATCH_FOLDERS_MAX);
		break;
	case NOTICES:
		break;
	}
}

const char *watch_notice(struct watch *w)
{
	for (unsigned i = 0; i < NOTICES; i++) {
		if ((w->due & 1u << i) == 0)
			continue;
		w->due &= ~(1u << i);
		w->said |= 1u << i;
		w->notice = (struct err){0};
		write_notice(&w->notice, w, (enum notice)i);
		return w->notice.text;
	}
	return NULL;
}

struct watch_counts watch_counts(const struct watch *w)
{
	struct watch_counts counts = w->counts;

	counts.folders = w->n;
	return counts;
}
