/*
 * The kernel's watches, one for each directory however many folders need it, and its events.
 *
 * A watch is known by its number, which the kernel does not use again, so what is still in the
 * queue of a watch given back is of nobody and passed over. Events are read in pieces and reported
 * while a piece is gone through; what changes ways is only noted then, and walked at the end of it.
 */
#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "agent/base/hash.h"
#include "agent/base/mem.h"
#include "agent/follow/watch_inner.h"

enum {
	PIECE_BYTES = 64 << 10,
	PIECES_MAX = 16,   /* in one go, so that a busy folder leaves time for its files */
	TOLD_SLOTS = 4096, /* twice the named events of a piece; a power of two */
	ENTRY_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
	SELF_EVENTS = IN_DELETE_SELF | IN_MOVE_SELF,
	FILE_EVENTS = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB,
	/* The kernel adds to what a directory is watched for already. */
	HOW = IN_ONLYDIR | IN_DONT_FOLLOW | IN_MASK_ADD,
};

/* An entry that was reported in this piece. */
struct told {
	uint64_t piece;
	int wd;
	const char *name; /* in the piece */
};

struct inotify {
	int fd;
	struct chains spots; /* by wd */
	struct chains ways;  /* by wd and name */
	uint64_t piece;      /* the number of the one being gone through */
	bool all;            /* it said that events were lost */
	bool stale;          /* it changed ways, or folders as a whole */
	alignas(struct inotify_event) char bytes[PIECE_BYTES];
	struct told told[TOLD_SLOTS];
};

bool inotify_open(struct watch *w, struct err *err)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0 && errno == EMFILE)
		return err_set(err, "inotify is not to be had: too many open files, or too many "
		                    "inotify instances (sysctl fs.inotify.max_user_instances)");
	if (fd < 0)
		return err_set(err, "inotify is not to be had: %s", strerror(errno));
	w->inotify = xcalloc(1, sizeof(*w->inotify));
	w->inotify->fd = fd;
	return true;
}

void inotify_close(struct watch *w)
{
	struct inotify *i = w->inotify;

	w->inotify = NULL;
	if (i == NULL)
		return;
	(void)close(i->fd);
	chains_free(&i->spots);
	chains_free(&i->ways);
	free(i);
}

int inotify_fd(const struct inotify *i)
{
	return i->fd;
}

/* ---- watches ---- */

#define REMOTE(name) "it is on " name ", where what others write is not noticed"

const char *spot_remote(const char *path)
{
	/* As in linux/magic.h and the file systems' own sources; not all are in either. A FUSE may
	 * be local, but only it knows what happens beneath it. */
	static const struct {
		unsigned type;
		const char *why;
	} types[] = {
		{0x00006969, REMOTE("NFS")},        {0xff534d42, REMOTE("CIFS")},
		{0xfe534d42, REMOTE("SMB")},        {0x0000517b, REMOTE("SMB")},
		{0x65735546, REMOTE("FUSE")},       {0x01021997, REMOTE("9p")},
		{0x00c36400, REMOTE("Ceph")},       {0x0bd00bd0, REMOTE("Lustre")},
		{0x01161970, REMOTE("GFS2")},       {0x7461636f, REMOTE("OCFS2")},
		{0x47504653, REMOTE("GPFS")},       {0x19830326, REMOTE("BeeGFS")},
		{0x5346414f, REMOTE("AFS")},        {0x6b414653, REMOTE("AFS")},
		{0x73757245, REMOTE("Coda")},       {0x0000564c, REMOTE("NCP")},
		{0x786f4256, REMOTE("VirtualBox")}, {0xbacbacbc, REMOTE("VMware")},
		{0x7c7c6673, REMOTE("Parallels")},  {0xaad7aaea, REMOTE("PanFS")},
		{0x00000187, REMOTE("automount")},
	};
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == (unsigned)fs.f_type)
			return types[i].why;
	return NULL;
}

static const char *why_not(struct watch *w, int error)
{
	switch (error) {
	case ENOSPC:
		watch_say(w, NOTICE_WATCHES);
		return "the limit of inotify watches is reached";
	case EACCES:
	case EPERM:
		return "permission denied";
	case ENOENT:
	case ENOTDIR:
		return "it is gone";
	default:
		return "inotify refuses it";
	}
}

static struct spot *spot_of(const struct inotify *i, int wd)
{
	return (struct spot *)chains_first(&i->spots, (uint64_t)wd);
}

struct spot *spot_take(struct watch *w, const char *path, enum spot_use use, const char **why)
{
	uint32_t events = ENTRY_EVENTS | SELF_EVENTS | (use == SPOT_FOLDER ? FILE_EVENTS : 0);
	int wd = inotify_add_watch(w->inotify->fd, path, events | HOW);
	struct spot *s;

	if (wd < 0) {
		*why = why_not(w, errno);
		return NULL;
	}
	s = spot_of(w->inotify, wd);
	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		s->wd = wd;
		chains_add(&w->inotify->spots, &s->link, (uint64_t)wd);
		w->counts.watches++;
	}
	s->users++;
	return s;
}

void spot_release(struct watch *w, struct spot *s)
{
	if (--s->users > 0)
		return;
	/* One that the kernel has dropped already is refused, which does no harm. */
	(void)inotify_rm_watch(w->inotify->fd, s->wd);
	chains_remove(&w->inotify->spots, &s->link);
	w->counts.watches--;
	free(s);
}

uint64_t spot_way_key(const struct spot *s, struct str name)
{
	return hash_mix((uint64_t)s->wd, hash64(HASH_PLAIN, name));
}

void spot_add_way(struct watch *w, struct way *way)
{
	chains_add(&w->inotify->ways, &way->link, way->link.key);
}

void spot_remove_way(struct watch *w, struct way *way)
{
	chains_remove(&w->inotify->ways, &way->link);
}

/* ---- one event ---- */

/* An entry is reported once for a piece; by hash, and by the bytes where hashes meet. */
static bool was_told(struct inotify *i, int wd, struct str name)
{
	uint64_t at = hash_mix((uint64_t)wd, hash64(HASH_PLAIN, name));
	struct told *t;

	while ((t = &i->told[at++ & (TOLD_SLOTS - 1)])->piece == i->piece)
		if (t->wd == wd && strcmp(t->name, name.p) == 0)
			return true;
	*t = (struct told){i->piece, wd, name.p};
	return false;
}

/* A way that only has the same hash is walked in vain. */
static void ways_are_stale(struct inotify *i, const struct spot *s, struct str name)
{
	for (struct link *l = chains_first(&i->ways, spot_way_key(s, name)); l;
	     l = chains_next(l)) {
		((struct way *)l)->folder->stale = true;
		i->stale = true;
	}
}

static void note_rescan(struct inotify *i, struct spot *s)
{
	for (struct folder *f = s->folders; f; f = f->next)
		f->rescan = i->stale = true;
}

/* The directory itself is gone or moved. */
static void note_shaken(struct inotify *i, struct spot *s)
{
	s->shaken = i->piece;
	i->stale = true;
}

/* A name as an entry may have it; the kernel gives no other. */
static bool is_name(struct str name)
{
	return name.n > 0 && name.n <= WATCH_NAME_MAX && memchr(name.p, '/', name.n) == NULL;
}

struct event {
	int wd;
	uint32_t mask;
	struct str name; /* NUL-ended when not empty; p is NULL: the kernel gave what is no name */
};

static void take(struct watch *w, const struct event *e, watch_fn *fn, void *arg)
{
	struct inotify *i = w->inotify;
	uint32_t mask = e->mask;
	struct spot *s;

	if (mask & IN_Q_OVERFLOW) {
		w->counts.overflows++;
		i->all = true;
		return;
	}
	s = spot_of(i, e->wd);
	if (s == NULL)
		return;
	if (mask & (SELF_EVENTS | IN_IGNORED | IN_UNMOUNT)) {
		note_shaken(i, s);
		return;
	}
	/* A directory that changes its mode may be one that can be watched from now on. */
	if ((mask & (ENTRY_EVENTS | IN_ISDIR)) && is_name(e->name))
		ways_are_stale(i, s, e->name);
	if ((mask & IN_ISDIR) || !is_name(e->name))
		note_rescan(i, s);
	else if (s->folders && !was_told(i, s->wd, e->name))
		for (struct folder *f = s->folders; f; f = f->next)
			fn(arg, f->path, e->name.p);
}

/* ---- a piece of events ---- */

/* Takes one event off; false: they do not end where the piece does, which no kernel does to us. */
static bool next_event(struct str *events, struct event *e)
{
	struct inotify_event head;
	const char *name = events->p + sizeof(head);

	if (events->n < sizeof(head))
		return false;
	memcpy(&head, events->p, sizeof(head));
	*events = str_from(*events, sizeof(head));
	if (head.len > events->n)
		return false;
	*events = str_from(*events, head.len);
	*e = (struct event){.wd = head.wd, .mask = head.mask};
	if (head.len > 0 && memchr(name, '\0', head.len))
		e->name = str_of(name);
	return true;
}

static bool is_shaken(const struct inotify *i, const struct folder *f)
{
	if (f->spot && f->spot->shaken == i->piece)
		return true;
	for (size_t n = 0; n < f->ways_n; n++)
		if (f->ways[n].spot->shaken == i->piece)
			return true;
	return false;
}

/* Marks all before any is walked: a walk takes and gives back the spots of others too. */
static void walk_stale(struct watch *w, watch_fn *fn, void *arg)
{
	struct inotify *i = w->inotify;

	for (size_t n = 0; n < w->n; n++) {
		struct folder *f = w->folders[n];

		f->stale = f->stale || i->all || is_shaken(i, f);
	}
	for (size_t n = 0; n < w->n; n++) {
		struct folder *f = w->folders[n];

		if (f->stale && way_settle(w, f))
			f->rescan = true;
		if (f->rescan && !i->all)
			fn(arg, f->path, NULL);
		f->rescan = false;
	}
	if (i->all)
		fn(arg, NULL, NULL);
	i->all = i->stale = false;
}

void inotify_take(struct watch *w, struct str events, watch_fn *fn, void *arg)
{
	struct inotify *i = w->inotify;
	struct event e;

	assert(events.n <= PIECE_BYTES);
	i->piece++;
	while (events.n > 0) {
		if (!next_event(&events, &e)) {
			i->all = true;
			break;
		}
		w->counts.events++;
		take(w, &e, fn, arg);
	}
	if (i->all || i->stale)
		walk_stale(w, fn, arg);
}

/* The descriptor does not do what the kernel promises: from now on all is polled. */
static void give_up(struct watch *w, const char *error, watch_fn *fn, void *arg)
{
	(void)err_set(&w->reason, "inotify stopped: %s", error);
	for (size_t n = 0; n < w->n; n++) {
		way_leave(w, w->folders[n]);
		watch_set_why(w, w->folders[n], w->reason.text);
	}
	inotify_close(w);
	watch_say(w, NOTICE_POLLING);
	fn(arg, NULL, NULL);
}

void inotify_read(struct watch *w, watch_fn *fn, void *arg)
{
	struct inotify *i = w->inotify;

	for (int pieces = 0; pieces < PIECES_MAX; pieces++) {
		ssize_t n = read(i->fd, i->bytes, sizeof(i->bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			give_up(w, n < 0 ? strerror(errno) : "end of file", fn, arg);
			return;
		}
		inotify_take(w, (struct str){i->bytes, (size_t)n}, fn, arg);
	}
}
