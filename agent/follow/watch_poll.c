/*
 * Where the kernel tells nothing, a directory's time stamps do: they move when an entry comes, goes
 * or is renamed. They may be as coarse as two seconds (FAT) or run by another machine's clock
 * (NFS), so a change is not compared with the time of day; the folder is reported for another while
 * after it, until the next change must have another stamp.
 */
#include <sys/stat.h>

#include "agent/follow/watch_inner.h"

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct glance glance_at(const char *path)
{
	struct stat st;

	if (stat(*path ? path : ".", &st) < 0 || !S_ISDIR(st.st_mode))
		return (struct glance){0};
	return (struct glance){true, st.st_dev, st.st_ino, ns_of(st.st_mtim), ns_of(st.st_ctim)};
}

bool glance_same_directory(const struct glance *a, const struct glance *b)
{
	return a->there && b->there && a->dev == b->dev && a->ino == b->ino;
}

static bool is_same(const struct glance *a, const struct glance *b)
{
	if (!a->there && !b->there)
		return true;
	return glance_same_directory(a, b) && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

/* The first look only starts the while: the caller has seen the folder when it was new. */
static bool has_changed(struct folder *f, int64_t now)
{
	struct glance glance = glance_at(f->path);
	bool was_looked = f->looked;

	f->looked = true;
	if (!was_looked || !is_same(&f->seen, &glance)) {
		f->seen = glance;
		f->changed = now;
		return true;
	}
	return glance.there && now - f->changed <= WATCH_AGAIN_US;
}

void watch_look(struct watch *w, int64_t now, watch_fn *fn, void *arg)
{
	for (size_t i = 0; i < w->n; i++) {
		struct folder *f = w->folders[i];

		if (f->why == NULL || !has_changed(f, now))
			continue;
		w->busy = true;
		fn(arg, f->path, NULL);
		w->busy = false;
	}
}
