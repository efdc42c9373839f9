/*
 * What the service gives up once its files are known. It reads what strangers write, for months,
 * and needs very little for that: to read the folders of the logs and of its configuration, and to
 * write its database. From sandbox_enter on the process cannot do more, whoever comes to steer it:
 *
 *   - Landlock: nothing can be opened outside the folders that were allowed, nothing be changed
 *     outside those for writing, nothing be executed, no signal be sent to others;
 *   - seccomp: what is no system call of reading, writing, waiting and threads is refused (sockets
 *     too, unless they were asked for), and the attempt to execute, trace, mount or load something
 *     ends the process;
 *   - no privilege can be gained.
 *
 * It cannot be undone, nor widened: folders that a later configuration names and that lie outside
 * need a restart. JIT-compiled patterns go on working, also those that are compiled later.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "agent/base/err.h"
#include "agent/base/str.h"

struct sandbox_path {
	char *path; /* absolute, without links */
	bool writable;
};

/* Begins as {0}. */
struct sandbox {
	struct sandbox_path *paths;
	size_t n, capacity;
	char *absent; /* the first path of which nothing is there; NULL: none */
	bool sockets; /* sockets may be made, and what looking up a name takes may be read */
};

/*
 * Each allows a folder with all below it, or a single file. For what may be replaced, as by an
 * editor or a rotation, allow the folder: a rule holds for the file itself and not for its name. A
 * folder that is not there yet allows the nearest one above it that is, but never "/".
 */
void sandbox_read(struct sandbox *s, const char *path);
/* The folder in front of the first wildcard; of a plain path, the one that the file is in. */
void sandbox_read_glob(struct sandbox *s, const char *glob);
/* For a file that was found: the folder where it lies, behind all links. */
void sandbox_read_around(struct sandbox *s, const char *file);
/* Also to make, rename and remove files in, and to make folders. It has to be there. To rename from
 * one folder into another takes Linux 5.19. */
void sandbox_write(struct sandbox *s, const char *folder);
/* For a database: the folder where the file is named, and the one where it lies behind all links.
 */
void sandbox_write_around(struct sandbox *s, const char *file);
void sandbox_free(struct sandbox *s);

/* Whether what this path or glob names was allowed: for a configuration that is read later. */
bool sandbox_reads(const struct sandbox *s, const char *glob);

/* What is in force. */
struct sandbox_state {
	int landlock; /* version of its interface; 0: none */
	bool seccomp;
};

/*
 * Call once, before threads are made, with the database, its lock and sockets open. What the kernel
 * or a container does not let happen is left out. True: all of it is in force; false: *err says in
 * words what is not, and the service may go on. Threads must end by returning: to load what
 * pthread_exit wants is no longer possible.
 */
bool sandbox_enter(const struct sandbox *s, struct sandbox_state *ret, struct err *err);

#endif
