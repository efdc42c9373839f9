/*
 * The libraries that write a member of a gzip, behind one shape. zlib is always there; ISA-L, where
 * the build found it, takes a quarter of the time, and deflating is most of the cost of archiving.
 */
#ifndef ARCHIVE_DEFLATE_H
#define ARCHIVE_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes to deflate and room for what comes of them; both move on. */
struct deflate_bytes {
	unsigned char *in; /* never written to; the libraries want it so */
	size_t in_n;
	unsigned char *out;
	size_t out_n;
};

struct deflate_library {
	const char *name;
	void *(*start)(void);
	/* All input is used unless the room ends first. `last`: no more comes; true when the member
	 * is whole. */
	bool (*run)(void *state, struct deflate_bytes *b, bool last);
	void (*free)(void *state);
};

extern const struct deflate_library deflate_zlib;
#ifdef HAVE_ISAL
extern const struct deflate_library deflate_isal;
#endif

/* All that this program was built with, the fastest first; ends with NULL. */
extern const struct deflate_library *const deflate_libraries[];

#endif
