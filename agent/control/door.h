/*
 * The socket at which a running agent answers: DATABASE.sock, for its own user and root. It is part
 * of the agent's one loop and never waits: what a client sends or does not take costs the agent
 * nothing but one of a few places for a few seconds.
 */
#ifndef CONTROL_DOOR_H
#define CONTROL_DOOR_H

#include <poll.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"

enum {
	DOOR_CLIENTS = 8, /* at a time. One more takes the place of the one that has been silent
	                     for longest; where all wait for an answer it is turned away */
	DOOR_DEADLINE_MS =
		5000, /* from the connection to the last byte of the answer; then dropped */
	DOOR_PIECE = 64 << 10, /* bytes of an answer that are sent in a turn */
	DOOR_FRESH_MS = 250, /* an answer is given to all who ask within: it is not made oftener */
	DOOR_FDS = 1 + DOOR_CLIENTS,
};

struct door_options {
	/* Appends the answer to `status`. */
	void (*status)(void *arg, struct buf *out);
	void *arg;
};

struct door;

/* Call with the lock of the database held, before the sandbox and threads. Keeps `options`. NULL
 * and *err: the agent may go on without. Where a function takes a door, NULL is one at which nobody
 * knocks. */
struct door *door_open(const char *database, const struct door_options *options, struct err *err);
/* Takes the socket away. Answers that fit into the kernel's buffers still get through. */
void door_close(struct door **d);

/* What is to be waited for: at most DOOR_FDS. How many. */
size_t door_poll(const struct door *d, struct pollfd *fds);
/* Reads and sends what can be without waiting. `now` is monotonic, in microseconds. */
void door_turn(struct door *d, int64_t now);
/* When door_turn has something to do though nothing came; INT64_MAX: never. */
int64_t door_deadline(const struct door *d);

/* Somebody waits for the configuration to be read again, and is told what came of it: the answer is
 * as tell_reload has it. */
bool door_wants_reload(const struct door *d);
void door_reloaded(struct door *d, struct str answer);

/* Clients that went without an answer: silent, slow, wrong, turned away. */
int64_t door_dropped(const struct door *d);

/* "DATABASE.sock", appended. */
void door_path(struct buf *out, const char *database);

#endif
