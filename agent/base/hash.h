/*
 * SipHash (Aumasson and Bernstein, 2012): a keyed hash, so that whoever writes a log cannot make
 * two keys meet on purpose. 128 bits where equality is proof (file content), 64 where a table is
 * indexed.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "agent/base/str.h"
#include "agent/base/wide.h"

struct hash_key {
	uint64_t k0, k1;
};

struct hash128 {
	uint64_t lo, hi;
};

/* The key for hashes that must be the same everywhere and for ever (file content). */
extern const struct hash_key HASH_PLAIN;

uint64_t hash64(struct hash_key key, struct str bytes);        /* SipHash-1-3 */
struct hash128 hash128(struct hash_key key, struct str bytes); /* SipHash-2-4, 128 bits */
static inline bool hash128_eq(struct hash128 a, struct hash128 b)
{
	return a.lo == b.lo && a.hi == b.hi;
}

/* A quick mix of integers for tables in memory whose keys are our own numbers. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	uwide product = (uwide)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd1b54a32d192ed03u);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
