#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "agent/archive/deflate.h"
#include "agent/base/mem.h"

enum {
	LEVEL = 4,             /* two thirds of the time of its default 6, a sixth larger */
	GZIP = MAX_WBITS + 16, /* with a gzip header */
	MEM_LEVEL = 8,         /* zlib's default */
};

const struct deflate_library *const deflate_libraries[] = {
#ifdef HAVE_ISAL
	&deflate_isal,
#endif
	&deflate_zlib, NULL};

static void *start(void)
{
	z_stream *z = xcalloc(1, sizeof(*z));
	int code = deflateInit2(z, LEVEL, Z_DEFLATED, GZIP, MEM_LEVEL, Z_DEFAULT_STRATEGY);

	if (code != Z_OK)
		abort(); /* only memory can be missing: as in mem.c */
	return z;
}

static bool run(void *state, struct deflate_bytes *b, bool last)
{
	z_stream *z = state;
	int code;

	assert(b->in_n <= UINT32_MAX && b->out_n <= UINT32_MAX);
	z->next_in = b->in;
	z->avail_in = (uInt)b->in_n;
	z->next_out = b->out;
	z->avail_out = (uInt)b->out_n;
	code = deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
	*b = (struct deflate_bytes){z->next_in, z->avail_in, z->next_out, z->avail_out};
	return code == Z_STREAM_END;
}

static void stop(void *state)
{
	(void)deflateEnd(state);
	free(state);
}

const struct deflate_library deflate_zlib = {"zlib", start, run, stop};
