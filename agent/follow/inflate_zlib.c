/* zlib. The extra field of a header is never asked for. */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "agent/base/mem.h"
#include "agent/follow/inflate.h"

enum { GZIP_WINDOW = MAX_WBITS + 16 }; /* gzip only, not zlib's own format */

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

static void *start(void)
{
	z_stream *z = xcalloc(1, sizeof(*z));
	int code;

	z->zalloc = allocate;
	z->zfree = release;
	code = inflateInit2(z, GZIP_WINDOW);
	assert(code == Z_OK); /* only memory can be missing, and that aborts */
	(void)code;
	return z;
}

static void restart(void *state)
{
	(void)inflateReset(state);
}

static uInt bounded(size_t n)
{
	return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

static enum inflate_result run(void *state, struct inflate_bytes *b, const char **why)
{
	z_stream *z = state;
	uInt in = bounded(b->in_n), out = bounded(b->out_n);
	int code;

	z->next_in = b->in;
	z->avail_in = in;
	z->next_out = b->out;
	z->avail_out = out;
	code = inflate(z, Z_NO_FLUSH);
	b->in += in - z->avail_in;
	b->in_n -= in - z->avail_in;
	b->out += out - z->avail_out;
	b->out_n -= out - z->avail_out;
	if (code == Z_STREAM_END)
		return INFLATE_DONE;
	if (code == Z_OK || code == Z_BUF_ERROR)
		return INFLATE_MORE;
	*why = z->msg ? z->msg : "not deflated data";
	return INFLATE_BAD;
}

static void end(void *state)
{
	(void)inflateEnd(state);
	free(state);
}

const struct inflate_library inflate_zlib = {"zlib", start, restart, run, end};

const struct inflate_library *const inflate_libraries[] = {
#ifdef HAVE_ISAL
	&inflate_isal,
#endif
	&inflate_zlib,
	NULL,
};
