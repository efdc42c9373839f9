/*
 * zlib inflates straight into the caller's memory, as much at a time as fits, since each return
 * costs it a copy of its window. It checks length and checksum of a member by itself, but stops
 * behind it: what may follow (another member, padding, bytes that do not belong there) is decided
 * here. The extra field of a header is never asked for.
 */
#include "agent/follow/gunzip.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "agent/base/mem.h"

enum {
	IN_BYTES = 128 << 10,
	GZIP_WINDOW = MAX_WBITS + 16, /* zlib: gzip only, not its own format */
	MAGIC_0 = 0x1f,
	MAGIC_1 = 0x8b,
};

struct gunzip {
	int fd;
	z_stream z;
	bool in_member; /* false: one has ended whole, and another may follow */
	bool input_ended;
	enum gunzip_state state;
	int64_t read; /* bytes of the file, those still in `in` too */
	char reason[96];
	unsigned char in[IN_BYTES];
};

bool gunzip_magic(const char bytes[2])
{
	return (unsigned char)bytes[0] == MAGIC_0 && (unsigned char)bytes[1] == MAGIC_1;
}

static void *allocate(void *unused, unsigned count, unsigned size)
{
	(void)unused;
	return xcalloc(count, size);
}

static void release(void *unused, void *p)
{
	(void)unused;
	free(p);
}

struct gunzip *gunzip_new(int fd, struct str first)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));
	int code;

	assert(first.n <= IN_BYTES);
	g->fd = fd;
	g->in_member = true;
	g->z.zalloc = allocate;
	g->z.zfree = release;
	code = inflateInit2(&g->z, GZIP_WINDOW);
	assert(code == Z_OK); /* only memory can be missing, and that aborts */
	(void)code;
	memcpy(g->in, first.p, first.n);
	g->z.next_in = g->in;
	g->z.avail_in = (uInt)first.n;
	g->read = (int64_t)first.n;
	return g;
}

void gunzip_free(struct gunzip **g)
{
	if (*g == NULL)
		return;
	(void)inflateEnd(&(*g)->z);
	free(*g);
	*g = NULL;
}

void gunzip_restart(struct gunzip *g)
{
	(void)inflateReset(&g->z);
	g->z.avail_in = 0;
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
	return g->read - (int64_t)g->z.avail_in;
}

static void corrupt(struct gunzip *g, const char *how)
{
	g->state = GUNZIP_CORRUPT;
	(void)snprintf(g->reason, sizeof(g->reason), "corrupt gzip at byte %lld: %s",
	               (long long)gunzip_consumed(g), how);
}

static void refill(struct gunzip *g)
{
	ssize_t n;

	do
		n = read(g->fd, g->in, sizeof(g->in));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		g->state = GUNZIP_ERROR;
		(void)snprintf(g->reason, sizeof(g->reason), "%s", strerror(errno));
		return;
	}
	g->input_ended = n == 0;
	g->z.next_in = g->in;
	g->z.avail_in = (uInt)n;
	g->read += n;
}

/* Behind a member, with input: padding is passed over, a member begun. */
static void pass_border(struct gunzip *g)
{
	while (g->z.avail_in && *g->z.next_in == 0) {
		g->z.next_in++;
		g->z.avail_in--;
	}
	if (g->z.avail_in == 0)
		return;
	if (*g->z.next_in != MAGIC_0) {
		corrupt(g, "other bytes after the last member");
		return;
	}
	(void)inflateReset(&g->z);
	g->in_member = true;
}

static void inflate_some(struct gunzip *g)
{
	int code = inflate(&g->z, Z_NO_FLUSH);

	if (code == Z_STREAM_END)
		g->in_member = false;
	else if (code != Z_OK && code != Z_BUF_ERROR)
		corrupt(g, g->z.msg ? g->z.msg : "not deflated data");
}

/* The file has no more bytes: well, when a member has just ended. Else zlib may hold output that it
 * had no room for. */
static void end(struct gunzip *g)
{
	uInt room = g->z.avail_out;

	if (!g->in_member) {
		g->state = GUNZIP_END;
		return;
	}
	inflate_some(g);
	if (g->state == GUNZIP_DATA && g->z.avail_out == room && g->in_member) {
		g->state = GUNZIP_CORRUPT;
		(void)snprintf(g->reason, sizeof(g->reason), "truncated gzip");
	}
}

enum gunzip_state gunzip_read(struct gunzip *g, char *out, size_t n, size_t *got)
{
	uInt room = n < UINT_MAX ? (uInt)n : UINT_MAX;

	g->z.next_out = (unsigned char *)out;
	g->z.avail_out = room;
	while (g->state == GUNZIP_DATA && g->z.avail_out) {
		if (g->z.avail_in == 0 && !g->input_ended)
			refill(g);
		else if (!g->in_member && g->z.avail_in)
			pass_border(g);
		else if (g->z.avail_in)
			inflate_some(g);
		else
			end(g);
	}
	*got = room - g->z.avail_out;
	return *got ? GUNZIP_DATA : g->state;
}
