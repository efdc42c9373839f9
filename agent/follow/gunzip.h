/*
 * The decompressed bytes of a gzip file: every member, empty ones too, with the checksum of each
 * verified. Zeros behind one, as padding leaves them, are passed over.
 */
#ifndef FOLLOW_GUNZIP_H
#define FOLLOW_GUNZIP_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/str.h"
#include "agent/follow/inflate.h"

struct gunzip;

enum gunzip_state {
	GUNZIP_DATA,    /* bytes were given */
	GUNZIP_END,     /* the end of the last member, all checksums agreed */
	GUNZIP_CORRUPT, /* gunzip_reason says how */
	GUNZIP_ERROR,   /* the descriptor could not be read; gunzip_reason says why */
};

/* Whether a file that begins with these two bytes is one. */
bool gunzip_magic(const char bytes[2]);
/* Reads on from `fd`, which stays the caller's, after the bytes of `first`. */
struct gunzip *gunzip_new(const struct inflate_library *library, int fd, struct str first);
void gunzip_free(struct gunzip **g);
/* The file ends for it after so many bytes, counted from where it was opened. */
void gunzip_limit(struct gunzip *g, int64_t bytes);
/* The caller has put the descriptor back to its start. */
void gunzip_restart(struct gunzip *g);

/* Fills up to `n` bytes of `out`, all of them unless the file ends. What came before an end or a
 * damage is given first; from then on the state stays the same. */
enum gunzip_state gunzip_read(struct gunzip *g, char *out, size_t n, size_t *got);
/* In words, for the last two states. */
const char *gunzip_reason(const struct gunzip *g);
/* Compressed bytes that were used. */
int64_t gunzip_consumed(const struct gunzip *g);

#endif
