#include "agent/base/hash.h"

const struct hash_key HASH_PLAIN = {0x746f6b656e746169u, 0x6c20636f6e74656eu};

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, int b)
{
	return (x << b) | (x >> (64 - b));
}

static inline void sip_rounds(struct sip *s, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		s->v0 += s->v1;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v0 = rotl(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v2 = rotl(s->v2, 32);
	}
}

/* Little-endian whatever the machine, so that a database can be moved. */
static uint64_t load_le(const unsigned char *p, size_t n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < n; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

static inline void sip_word(struct sip *s, uint64_t word, int rounds)
{
	s->v3 ^= word;
	sip_rounds(s, rounds);
	s->v0 ^= word;
}

static struct sip sip_start(struct hash_key key)
{
	return (struct sip){key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du,
	                    key.k0 ^ 0x6c7967656e657261u, key.k1 ^ 0x7465646279746573u};
}

static inline void sip_bytes(struct sip *s, struct str bytes, int rounds)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t left = bytes.n;

	for (; left >= 8; p += 8, left -= 8)
		sip_word(s, load_le(p, 8), rounds);
	sip_word(s, load_le(p, left) | (uint64_t)bytes.n << 56, rounds);
}

uint64_t hash64(struct hash_key key, struct str bytes)
{
	struct sip s = sip_start(key);

	sip_bytes(&s, bytes, 1);
	s.v2 ^= 0xff;
	sip_rounds(&s, 3);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct hash128 hash128(struct hash_key key, struct str bytes)
{
	struct sip s = sip_start(key);
	struct hash128 h;

	s.v1 ^= 0xee;
	sip_bytes(&s, bytes, 2);
	s.v2 ^= 0xee;
	sip_rounds(&s, 4);
	h.lo = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	s.v1 ^= 0xdd;
	sip_rounds(&s, 4);
	h.hi = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	return h;
}
