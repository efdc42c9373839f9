/*
 * The way to a folder. /srv/current/log with current -> releases/7 is reached over the entries srv
 * of /, current of /srv, releases of /srv, 7 of /srv/releases and log of /srv/releases/7; the
 * folder is another one as soon as one of these is. So each of the directories is watched for that
 * entry, and when it comes, goes or is replaced, the way is walked anew. When an entry is missing
 * the way ends there, and its directory is the one that will tell of it.
 *
 * Each directory is watched before its entry is looked at: what changes afterwards is an event,
 * what changed before is seen. A directory that may be searched but not read cannot be watched; the
 * way goes on, and what happens above is found by the next rescan.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/follow/watch_inner.h"

enum { WALKS_MAX = 3 }; /* when what is walked on changes meanwhile */

#define ELSEWHERE "where it leads cannot be followed"

struct walk {
	struct buf at;   /* the directory reached, free of links */
	struct buf rest; /* of the path, from `done` on */
	size_t done;
	int links;
	struct way *ways;
	size_t n, capacity;
	const char *why; /* an entry of `at` would not be noticed */
	struct glance here;
};

static void start(struct walk *k, const char *path)
{
	buf_puts(&k->rest, path);
	buf_puts(&k->at, path[0] == '/' ? "/" : ".");
	k->here = glance_at(k->at.p);
}

/* The next component; empty: there is none. */
static struct str take_name(struct walk *k)
{
	struct str name = {0};

	while (name.n == 0 && k->done < k->rest.n) {
		struct str rest = str_from(buf_view(&k->rest), k->done);

		name = (struct str){rest.p, str_find(rest, STR("/"))};
		k->done += name.n + 1;
		if (str_eq(name, STR(".")))
			name.n = 0;
	}
	return name;
}

static void enter(struct buf *at, struct str name)
{
	if (!str_ends(buf_view(at), STR("/")))
		buf_char(at, '/');
	buf_str(at, name);
}

/* The entry `name` of the directory reached is what the folder hangs on. */
static void watch_entry(struct watch *w, struct walk *k, struct str name)
{
	struct spot *spot = spot_take(w, k->at.p, SPOT_WAY, &k->why);

	if (spot == NULL)
		return;
	k->why = NULL;
	k->ways = array_room(k->ways, k->n, &k->capacity, sizeof(*k->ways));
	k->ways[k->n++] = (struct way){.spot = spot, .link.key = spot_way_key(spot, name)};
}

/* Goes on from where a link leads. `at` is that of the link itself, and its directory's length. */
static bool follow(struct walk *k, size_t directory)
{
	char target[PATH_MAX];
	ssize_t n = readlink(k->at.p, target, sizeof(target));
	struct buf rest = {0};

	if (n <= 0 || n == (ssize_t)sizeof(target) || ++k->links > WATCH_LINKS_MAX)
		return false;
	buf_bytes(&rest, target, (size_t)n);
	buf_char(&rest, '/');
	if (k->done < k->rest.n)
		buf_str(&rest, str_from(buf_view(&k->rest), k->done));
	buf_free(&k->rest);
	k->rest = rest;
	k->done = 0;
	k->at.n = directory;
	if (target[0] == '/') {
		buf_clear(&k->at);
		buf_char(&k->at, '/');
		k->here = glance_at("/");
	} else {
		k->at.p[directory] = '\0';
	}
	return true;
}

/* False: the entry is none that leads on; `at` stays with its directory. */
static bool step(struct watch *w, struct walk *k, struct str name)
{
	size_t directory = k->at.n;
	struct stat st;
	bool up = str_eq(name, STR(".."));

	if (!up)
		watch_entry(w, k, name);
	enter(&k->at, name);
	if (lstat(k->at.p, &st) < 0) {
		if (errno == EACCES)
			k->why = "permission denied";
	} else if (S_ISLNK(st.st_mode) && follow(k, directory)) {
		return true;
	} else if (S_ISDIR(st.st_mode)) {
		k->here = (struct glance){.there = true, .dev = st.st_dev, .ino = st.st_ino};
		return true;
	}
	k->at.n = directory;
	k->at.p[directory] = '\0';
	return false;
}

static bool walk(struct watch *w, struct walk *k)
{
	struct str name;

	while ((name = take_name(k)).n > 0)
		if (!step(w, k, name))
			return false;
	return true;
}

/* ---- what a folder holds ---- */

struct held {
	struct way *ways;
	size_t n;
	struct spot *spot;
};

static void release(struct watch *w, struct held *held)
{
	for (size_t i = 0; i < held->n; i++) {
		spot_remove_way(w, &held->ways[i]);
		spot_release(w, held->ways[i].spot);
	}
	free(held->ways);
	if (held->spot)
		spot_release(w, held->spot);
	*held = (struct held){0};
}

static void leave_spot(struct folder *f)
{
	struct folder **at = &f->spot->folders;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->next = NULL;
	f->spot = NULL;
}

/* Empties the folder. */
static struct held take_from(struct folder *f)
{
	struct held held = {f->ways, f->ways_n, f->spot};

	f->ways = NULL;
	f->ways_n = 0;
	if (f->spot)
		leave_spot(f);
	return held;
}

static void give_to(struct watch *w, struct folder *f, const struct held *held)
{
	f->ways = held->ways;
	f->ways_n = held->n;
	for (size_t i = 0; i < held->n; i++) {
		f->ways[i].folder = f;
		spot_add_way(w, &f->ways[i]);
	}
	if (held->spot == NULL)
		return;
	f->spot = held->spot;
	f->next = f->spot->folders;
	f->spot->folders = f;
}

void way_leave(struct watch *w, struct folder *f)
{
	struct held held = take_from(f);

	release(w, &held);
}

/* ---- settling ---- */

struct found_way {
	struct held held;
	struct glance seen;
	const char *why;
};

/* False: what the walk met is not what stat says now, so something changed on the way. */
static bool go(struct watch *w, const char *path, struct found_way *found)
{
	struct walk k = {0};
	bool arrived, good;

	*found = (struct found_way){0};
	start(&k, path);
	arrived = walk(w, &k);
	if (w->mode == WATCH_AUTO)
		found->why = spot_remote(k.at.p);
	if (found->why == NULL && arrived)
		found->held.spot = spot_take(w, k.at.p, SPOT_FOLDER, &found->why);
	else if (found->why == NULL)
		found->why = k.why;
	found->held.ways = k.ways;
	found->held.n = k.n;
	found->seen = glance_at(path);
	good = arrived ? glance_same_directory(&k.here, &found->seen) : !found->seen.there;
	buf_free(&k.at);
	buf_free(&k.rest);
	return good;
}

static struct found_way find_way(struct watch *w, const char *path)
{
	struct found_way found;

	for (int walks = 1; !go(w, path, &found); walks++) {
		if (walks == WALKS_MAX) {
			found.why = ELSEWHERE;
			break;
		}
		release(w, &found.held);
	}
	return found;
}

bool way_settle(struct watch *w, struct folder *f)
{
	int wd = f->spot ? f->spot->wd : -1;
	struct found_way found = find_way(w, f->path);
	struct held old = take_from(f);
	bool changed;

	give_to(w, f, &found.held);
	release(w, &old); /* after the new ones are held, so that no watch is lost that goes on */
	f->stale = false;
	changed = wd != (f->spot ? f->spot->wd : -1) || !found.why != !f->why ||
	          f->seen.there != found.seen.there ||
	          (f->seen.there && !glance_same_directory(&f->seen, &found.seen));
	watch_set_why(w, f, found.why);
	if (changed) { /* else a look that is still to come compares with what was seen before */
		f->seen = found.seen;
		f->looked = false;
	}
	return changed;
}
