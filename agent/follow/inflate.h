/*
 * The libraries that inflate one member of a gzip, behind one shape. zlib is always there; ISA-L,
 * where the build found it, is about twice as fast, and inflating is most of the cost of reading
 * compressed history. Both check the length and checksum of a member.
 */
#ifndef FOLLOW_INFLATE_H
#define FOLLOW_INFLATE_H

#include <stddef.h>

/* Compressed bytes there are and room for inflated ones; both move on. */
struct inflate_bytes {
	unsigned char *in; /* never written to; the libraries want it so */
	size_t in_n;
	unsigned char *out;
	size_t out_n;
};

enum inflate_result {
	INFLATE_MORE, /* needs more input or more room */
	INFLATE_DONE, /* the member ended, and its checksum agreed */
	INFLATE_BAD,  /* damaged; *why is constant text */
};

struct inflate_library {
	const char *name;
	void *(*start)(void);
	void (*restart)(void *state); /* for the next member */
	enum inflate_result (*run)(void *state, struct inflate_bytes *b, const char **why);
	void (*free)(void *state);
};

extern const struct inflate_library inflate_zlib;
#ifdef HAVE_ISAL
extern const struct inflate_library inflate_isal;
#endif

/* All that this program was built with, the fastest first; ends with NULL. */
extern const struct inflate_library *const inflate_libraries[];

#endif
