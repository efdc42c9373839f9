/*
 * An answer to `status` may be some MB where thousands of files are followed. It is made once for
 * all who ask at about the same time, and goes out in pieces, between the turns of the follower.
 */
#include "agent/control/door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/local.h"
#include "agent/base/mem.h"
#include "agent/base/zone.h"
#include "agent/control/told.h"

enum { DEAF_MS = 1000 }; /* when the system has no more descriptors */

/* Shared by clients; freed with the last. */
struct answer {
	struct buf text;
	int64_t made;
	int users;
};

enum client_state {
	CLIENT_ASKS,  /* its request is not whole yet */
	CLIENT_WAITS, /* for a reload */
	CLIENT_READS,
};

struct client {
	int fd;
	enum client_state state;
	int64_t until;
	char request[REQUEST_BYTES];
	size_t request_n;
	struct answer *answer;
	size_t sent;
};

struct door {
	struct door_options options;
	char *path;
	int fd;
	int64_t deaf_until;                  /* 0: it listens */
	struct client clients[DOOR_CLIENTS]; /* oldest first */
	size_t n;
	struct answer *status; /* the last one made; NULL: none that is fresh */
	int64_t dropped;
};

void door_path(struct buf *out, const char *database)
{
	buf_printf(out, "%s.sock", database);
}

struct door *door_open(const char *database, const struct door_options *options, struct err *err)
{
	struct buf path = {0};
	struct door *d;
	int fd;

	door_path(&path, database);
	fd = local_listen(path.p, DOOR_CLIENTS, err);
	if (fd < 0) {
		buf_free(&path);
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->options = *options;
	d->path = path.p;
	d->fd = fd;
	return d;
}

/* ---- answers ---- */

static void release(struct answer **ap)
{
	struct answer *a = *ap;

	*ap = NULL;
	if (a == NULL || --a->users > 0)
		return;
	buf_free(&a->text);
	free(a);
}

static void forget_old_status(struct door *d, int64_t now)
{
	if (d->status && now - d->status->made >= DOOR_FRESH_MS * TIME_MS)
		release(&d->status);
}

static struct answer *new_answer(int64_t now)
{
	struct answer *a = xcalloc(1, sizeof(*a));

	a->made = now;
	a->users = 1;
	return a;
}

static void give(struct client *c, struct answer *a)
{
	c->answer = a;
	c->state = CLIENT_READS;
	a->users++;
}

static void give_status(struct door *d, struct client *c, int64_t now)
{
	if (d->status == NULL) {
		d->status = new_answer(now);
		d->options.status(d->options.arg, &d->status->text);
	}
	give(c, d->status);
}

bool door_wants_reload(const struct door *d)
{
	for (size_t i = 0; d && i < d->n; i++)
		if (d->clients[i].state == CLIENT_WAITS)
			return true;
	return false;
}

void door_reloaded(struct door *d, struct str answer)
{
	struct answer *a;

	if (!door_wants_reload(d))
		return;
	a = new_answer(0);
	buf_str(&a->text, answer);
	for (size_t i = 0; i < d->n; i++)
		if (d->clients[i].state == CLIENT_WAITS)
			give(&d->clients[i], a);
	release(&a);
}

/* ---- clients ---- */

static void end_client(struct door *d, size_t i, bool answered)
{
	struct client *c = &d->clients[i];

	(void)close(c->fd);
	release(&c->answer);
	d->dropped += !answered;
	d->n--;
	memmove(c, c + 1, (d->n - i) * sizeof(*c));
}

/* Whether there is a place for one more. */
static bool make_place(struct door *d)
{
	for (size_t i = 0; d->n == DOOR_CLIENTS && i < d->n; i++)
		if (d->clients[i].state == CLIENT_ASKS)
			end_client(d, i, false);
	return d->n < DOOR_CLIENTS;
}

static void let_in(struct door *d, int fd, int64_t now)
{
	if (!make_place(d)) {
		(void)close(fd);
		d->dropped++;
		return;
	}
	d->clients[d->n++] = (struct client){
		.fd = fd, .state = CLIENT_ASKS, .until = now + DOOR_DEADLINE_MS * TIME_MS};
}

/* As many as there are places: those who stand further back have their turn. */
static void let_all_in(struct door *d, int64_t now)
{
	if (now < d->deaf_until)
		return;
	d->deaf_until = 0;
	for (int i = 0; i < DOOR_CLIENTS; i++) {
		int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			let_in(d, fd, now);
		} else {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			    errno == ENOBUFS)
				d->deaf_until = now + DEAF_MS * TIME_MS;
			return;
		}
	}
}

/* False: it goes without an answer. */
static bool hear(struct door *d, struct client *c, int64_t now)
{
	ssize_t n = read(c->fd, c->request + c->request_n, sizeof(c->request) - c->request_n);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	c->request_n += (size_t)n;
	switch (request_read((struct str){c->request, c->request_n})) {
	case REQUEST_PART:
		return true;
	case REQUEST_STATUS:
		give_status(d, c, now);
		return true;
	case REQUEST_RELOAD:
		c->state = CLIENT_WAITS;
		return true;
	case REQUEST_WRONG:
		break;
	}
	return false;
}

/* False: it takes nothing any more. */
static bool send_piece(struct client *c)
{
	struct str rest = str_from(buf_view(&c->answer->text), c->sent);
	ssize_t n = send(c->fd, rest.p, rest.n < DOOR_PIECE ? rest.n : DOOR_PIECE, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	return true;
}

static bool is_answered(const struct client *c)
{
	return c->state == CLIENT_READS && c->sent == c->answer->text.n;
}

/* False: it is to be dropped. */
static bool serve(struct door *d, struct client *c, int64_t now)
{
	if (c->state == CLIENT_ASKS && !hear(d, c, now))
		return false;
	if (c->state == CLIENT_READS && !send_piece(c))
		return false;
	/* A reload that takes longer than the deadline is not the fault of who waits for it. */
	return c->state == CLIENT_WAITS || now < c->until || is_answered(c);
}

void door_turn(struct door *d, int64_t now)
{
	if (d == NULL)
		return;
	forget_old_status(d, now);
	let_all_in(d, now);
	for (size_t i = d->n; i-- > 0;) {
		bool good = serve(d, &d->clients[i], now);

		if (!good || is_answered(&d->clients[i]))
			end_client(d, i, good);
	}
}

void door_close(struct door **dp)
{
	struct door *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	while (d->n) {
		struct client *c = &d->clients[d->n - 1];

		if (c->state == CLIENT_READS)
			(void)send_piece(c);
		end_client(d, d->n - 1, is_answered(c));
	}
	release(&d->status);
	(void)unlink(d->path);
	(void)close(d->fd);
	free(d->path);
	free(d);
}

/* ---- waiting ---- */

size_t door_poll(const struct door *d, struct pollfd *fds)
{
	static const short events[] = {
		[CLIENT_ASKS] = POLLIN, [CLIENT_WAITS] = 0, [CLIENT_READS] = POLLOUT};
	size_t n = 0;

	if (d == NULL)
		return 0;
	if (d->deaf_until == 0)
		fds[n++] = (struct pollfd){.fd = d->fd, .events = POLLIN};
	for (size_t i = 0; i < d->n; i++)
		fds[n++] = (struct pollfd){.fd = d->clients[i].fd,
		                           .events = events[d->clients[i].state]};
	return n;
}

int64_t door_deadline(const struct door *d)
{
	int64_t at = INT64_MAX;

	if (d == NULL)
		return at;
	if (d->deaf_until)
		at = d->deaf_until;
	for (size_t i = 0; i < d->n; i++)
		if (d->clients[i].until < at)
			at = d->clients[i].until;
	return at;
}

int64_t door_dropped(const struct door *d)
{
	return d ? d->dropped : 0;
}
