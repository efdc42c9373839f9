/*
 * A library inflates straight into the caller's memory, as much at a time as fits, since each
 * return costs it a copy of its window. It checks length and checksum of a member by itself, but
 * stops behind it: what may follow (another member, padding, bytes that do not belong there) is
 * decided here.
 */
#include "agent/follow/gunzip.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/mem.h"

enum {
	IN_BYTES = 128 << 10,
	MAGIC_0 = 0x1f,
	MAGIC_1 = 0x8b,
};

struct gunzip {
	int fd;
	const struct inflate_library *library;
	void *inflating;
	struct inflate_bytes z;
	bool in_member; /* false: one has ended whole, and another may follow */
	bool input_ended;
	enum gunzip_state state;
	int64_t read;  /* bytes of the file, those still in `in` too */
	int64_t limit; /* of them */
	char reason[96];
	unsigned char in[IN_BYTES];
};

bool gunzip_magic(const char bytes[2])
{
	return (unsigned char)bytes[0] == MAGIC_0 && (unsigned char)bytes[1] == MAGIC_1;
}

struct gunzip *gunzip_new(const struct inflate_library *library, int fd, struct str first)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));

	assert(first.n <= IN_BYTES);
	g->fd = fd;
	g->in_member = true;
	g->library = library;
	g->inflating = library->start();
	memcpy(g->in, first.p, first.n);
	g->z.in = g->in;
	g->z.in_n = first.n;
	g->read = (int64_t)first.n;
	g->limit = INT64_MAX;
	return g;
}

void gunzip_limit(struct gunzip *g, int64_t bytes)
{
	g->limit = bytes;
}

void gunzip_free(struct gunzip **g)
{
	if (*g == NULL)
		return;
	(*g)->library->free((*g)->inflating);
	free(*g);
	*g = NULL;
}

void gunzip_restart(struct gunzip *g)
{
	g->library->restart(g->inflating);
	g->z.in_n = 0;
	g->in_member = true;
	g->input_ended = false;
	g->state = GUNZIP_DATA;
	g->read = 0;
	g->reason[0] = '\0';
}

const char *gunzip_reason(const struct gunzip *g)
{
	return g->reason;
}

int64_t gunzip_consumed(const struct gunzip *g)
{
	return g->read - (int64_t)g->z.in_n;
}

static void corrupt(struct gunzip *g, const char *how)
{
	g->state = GUNZIP_CORRUPT;
	(void)snprintf(g->reason, sizeof(g->reason), "corrupt gzip at byte %lld: %s",
	               (long long)gunzip_consumed(g), how);
}

static void refill(struct gunzip *g)
{
	int64_t left = g->limit - g->read;
	size_t room = left < IN_BYTES ? (size_t)left : IN_BYTES;
	ssize_t n;

	do
		n = read(g->fd, g->in, room);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		g->state = GUNZIP_ERROR;
		(void)snprintf(g->reason, sizeof(g->reason), "%s", strerror(errno));
		return;
	}
	g->input_ended = n == 0;
	g->z.in = g->in;
	g->z.in_n = (size_t)n;
	g->read += n;
}

/* Behind a member, with input: padding is passed over, a member begun. */
static void pass_border(struct gunzip *g)
{
	while (g->z.in_n && *g->z.in == 0) {
		g->z.in++;
		g->z.in_n--;
	}
	if (g->z.in_n == 0)
		return;
	if (*g->z.in != MAGIC_0) {
		corrupt(g, "other bytes after the last member");
		return;
	}
	g->library->restart(g->inflating);
	g->in_member = true;
}

static void inflate_some(struct gunzip *g)
{
	const char *why = NULL;

	switch (g->library->run(g->inflating, &g->z, &why)) {
	case INFLATE_MORE:
		break;
	case INFLATE_DONE:
		g->in_member = false;
		break;
	case INFLATE_BAD:
		corrupt(g, why);
		break;
	}
}

/* The file has no more bytes: well, when a member has just ended. Else the library may hold output
 * that it had no room for. */
static void end(struct gunzip *g)
{
	size_t room = g->z.out_n;

	if (!g->in_member) {
		g->state = GUNZIP_END;
		return;
	}
	inflate_some(g);
	if (g->state == GUNZIP_DATA && g->z.out_n == room && g->in_member) {
		g->state = GUNZIP_CORRUPT;
		(void)snprintf(g->reason, sizeof(g->reason), "truncated gzip");
	}
}

enum gunzip_state gunzip_read(struct gunzip *g, char *out, size_t n, size_t *got)
{
	g->z.out = (unsigned char *)out;
	g->z.out_n = n;
	while (g->state == GUNZIP_DATA && g->z.out_n) {
		if (g->z.in_n == 0 && !g->input_ended)
			refill(g);
		else if (!g->in_member && g->z.in_n)
			pass_border(g);
		else if (g->z.in_n)
			inflate_some(g);
		else
			end(g);
	}
	*got = n - g->z.out_n;
	return *got ? GUNZIP_DATA : g->state;
}
