/*
 * The inside of a watcher, shared by watch.c (folders by name, what is said to people), watch_way.c
 * (which directories lie on the way to a folder), watch_inotify.c (the kernel's watches and events)
 * and watch_poll.c (comparing what stat says).
 */
#ifndef FOLLOW_WATCH_INNER_H
#define FOLLOW_WATCH_INNER_H

#include <sys/types.h>

#include "agent/base/chains.h"
#include "agent/base/str.h"
#include "agent/follow/watch.h"

/* A directory as it was when last looked at. */
struct glance {
	bool there; /* and a directory */
	dev_t dev;
	ino_t ino;
	int64_t mtime_ns, ctime_ns;
};

/* A watch of the kernel's, for all who want it. */
struct spot {
	struct link link; /* by wd */
	int wd;
	size_t users;           /* ways, and folders that it is for */
	struct folder *folders; /* that it is the directory of */
	uint64_t shaken;        /* the piece of events that said it is not where it was */
};

/* A directory, an entry of which leads on to a folder. Found by both. */
struct way {
	struct link link;
	struct spot *spot;
	struct folder *folder;
};

struct folder {
	struct link link; /* by path */
	char *path;
	uint64_t round;  /* of sweeps, in which it was named */
	const char *why; /* it must be polled; NULL: it need not */
	struct glance seen;
	/* With inotify. */
	struct spot *spot;   /* of the folder itself; NULL: it is not there, or not to be watched */
	struct folder *next; /* of the same spot */
	struct way *ways;
	size_t ways_n;
	bool stale;  /* its way may be another */
	bool rescan; /* to be reported */
	/* Without. */
	bool looked;
	int64_t changed; /* when a look last found it so */
};

enum notice {
	NOTICE_POLLING, /* instead of inotify */
	NOTICE_WATCHES, /* the kernel's limit */
	NOTICE_FOLDERS, /* our own */
	NOTICES,
};

struct watch {
	enum watch_mode mode;
	struct inotify *inotify; /* NULL: all is polled, and `reason` says why */
	struct err reason;
	struct chains by_path;
	struct folder **folders; /* in no order */
	size_t n, capacity;
	uint64_t round;
	struct watch_counts counts;
	unsigned due, said; /* notices, a bit each */
	struct err notice;  /* the last one asked for */
	bool busy;          /* the caller's function is running */
};

/* ---- watch.c ---- */

void watch_say(struct watch *w, enum notice notice);
void watch_set_why(struct watch *w, struct folder *f, const char *why);

/* ---- watch_poll.c ---- */

/* What stat says of a path, links followed. */
struct glance glance_at(const char *path);
bool glance_same_directory(const struct glance *a, const struct glance *b);

/* ---- watch_way.c ---- */

/*
 * Watches what leads to the folder and the folder itself, anew. True when it is another directory
 * than before, has come or gone, or has become blind or seeing.
 */
bool way_settle(struct watch *w, struct folder *f);
/* Gives back all that the folder holds. */
void way_leave(struct watch *w, struct folder *f);

/* ---- watch_inotify.c ---- */

enum spot_use {
	SPOT_WAY,    /* entries that come and go */
	SPOT_FOLDER, /* what is written too */
};

bool inotify_open(struct watch *w, struct err *err);
/* Folders must have given back what they hold. */
void inotify_close(struct watch *w);
int inotify_fd(const struct inotify *i);
void inotify_read(struct watch *w, watch_fn *fn, void *arg);
/* Takes events as the kernel writes them, for which p must be aligned. */
void inotify_take(struct watch *w, struct str events, watch_fn *fn, void *arg);

/* A watch of a directory, a link not followed, with one user more; NULL and *why. */
struct spot *spot_take(struct watch *w, const char *path, enum spot_use use, const char **why);
void spot_release(struct watch *w, struct spot *s);
/* The way's spot and folder are set, and its link.key; it stays where it is until removed. */
void spot_add_way(struct watch *w, struct way *way);
void spot_remove_way(struct watch *w, struct way *way);
uint64_t spot_way_key(const struct spot *s, struct str name);
/* Why no watch on this file system can be trusted; NULL: it can. */
const char *spot_remote(const char *path);

#endif
