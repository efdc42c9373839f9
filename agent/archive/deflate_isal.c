/* ISA-L's igzip. Its third level takes twice the time of the second for one part in seventy. */
#ifdef HAVE_ISAL

#include <assert.h>
#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/archive/deflate.h"
#include "agent/base/mem.h"

struct state {
	struct isal_zstream z;
	uint8_t level[ISAL_DEF_LVL2_DEFAULT];
};

static void *start(void)
{
	struct state *s = xcalloc(1, sizeof(*s));

	isal_deflate_init(&s->z);
	s->z.gzip_flag = IGZIP_GZIP;
	s->z.level = 2;
	s->z.level_buf = s->level;
	s->z.level_buf_size = sizeof(s->level);
	return s;
}

static bool run(void *state, struct deflate_bytes *b, bool last)
{
	struct isal_zstream *z = &((struct state *)state)->z;
	int code;

	assert(b->in_n <= UINT32_MAX && b->out_n <= UINT32_MAX);
	z->next_in = b->in;
	z->avail_in = (uint32_t)b->in_n;
	z->next_out = b->out;
	z->avail_out = (uint32_t)b->out_n;
	z->end_of_stream = last;
	code = isal_deflate(z);
	assert(code == COMP_OK); /* what else it says is of wrong settings */
	(void)code;
	*b = (struct deflate_bytes){z->next_in, z->avail_in, z->next_out, z->avail_out};
	return z->internal_state.state == ZSTATE_END;
}

const struct deflate_library deflate_isal = {"ISA-L", start, run, free};

#else
typedef int deflate_isal_is_not_built; /* a file may not be empty */
#endif
