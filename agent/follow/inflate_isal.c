/* ISA-L: gzip at twice the speed of zlib, with AVX2, AVX-512 or NEON chosen by itself. */
#ifdef HAVE_ISAL

#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/follow/inflate.h"

static void restart(void *state)
{
	struct inflate_state *z = state;

	isal_inflate_init(z);
	z->crc_flag = ISAL_GZIP;
}

static void *start(void)
{
	struct inflate_state *z = xcalloc(1, sizeof(*z));

	restart(z);
	return z;
}

static const char *reason(int code)
{
	switch (code) {
	case ISAL_INCORRECT_CHECKSUM:
		return "incorrect data check";
	case ISAL_INVALID_WRAPPER:
	case ISAL_UNSUPPORTED_METHOD:
		return "incorrect header";
	case ISAL_INVALID_LOOKBACK:
		return "invalid distance too far back";
	default:
		return "not deflated data";
	}
}

static uint32_t bounded(size_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static enum inflate_result run(void *state, struct inflate_bytes *b, const char **why)
{
	struct inflate_state *z = state;
	uint32_t in = bounded(b->in_n), out = bounded(b->out_n);
	int code;

	z->next_in = b->in;
	z->avail_in = in;
	z->next_out = b->out;
	z->avail_out = out;
	code = isal_inflate(z);
	b->in += in - z->avail_in;
	b->in_n -= in - z->avail_in;
	b->out += out - z->avail_out;
	b->out_n -= out - z->avail_out;
	if (code < 0) {
		*why = reason(code);
		return INFLATE_BAD;
	}
	return z->block_state == ISAL_BLOCK_FINISH ? INFLATE_DONE : INFLATE_MORE;
}

const struct inflate_library inflate_isal = {"ISA-L", start, restart, run, free};

#else
typedef int inflate_isal_is_not_built; /* a file may not be empty */
#endif
