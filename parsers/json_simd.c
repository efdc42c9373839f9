/*
 * The kernels of machines with vectors: AVX2, asked for at run time, and NEON, which every 64-bit
 * ARM has.
 *
 * Where a string ends decides where the next one starts, so a scanner that loads and compares at
 * every string waits for the one before each time. Instead 64 bytes are compared at once and the
 * places kept as bits; the next strings up to there cost a shift and a count of zeros. That made
 * short records a third faster than a vector per string.
 */
#include <assert.h>

#include "parsers/json_kernel.h"

#if defined(__x86_64__) || defined(__aarch64__)

enum { BLOCK = 64 };

static_assert(BLOCK <= (int)RECORD_PAD, "a block may begin at the last byte of a record");

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET        __attribute__((target("avx2,bmi,bmi2")))
#define KERNEL        static TARGET
#define KERNEL_INLINE static inline __attribute__((always_inline)) TARGET
#define KERNEL_RARE   static __attribute__((noinline)) TARGET

KERNEL_INLINE uint64_t stops_of_half(const char *p)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
	__m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
	__m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
	__m256i stops = _mm256_or_si256(_mm256_or_si256(quote, backslash), control);

	return (uint32_t)_mm256_movemask_epi8(stops);
}

/* A bit for each byte of a block at which a string ends or is escaped or broken. */
KERNEL_INLINE uint64_t stops_of_block(const char *p)
{
	return stops_of_half(p) | stops_of_half(p + BLOCK / 2) << BLOCK / 2;
}

static bool available(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2");
}

#else

#include <arm_neon.h>

#define KERNEL        static
#define KERNEL_INLINE static inline __attribute__((always_inline))
#define KERNEL_RARE   static __attribute__((noinline))

/* Of 16 bytes each that is a stop as the bit it has in its half of a mask of 16. */
KERNEL_INLINE uint8x16_t stop_bits(const char *p)
{
	static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	uint8x16_t bytes = vld1q_u8((const uint8_t *)p);
	uint8x16_t quote = vceqq_u8(bytes, vdupq_n_u8('"'));
	uint8x16_t backslash = vceqq_u8(bytes, vdupq_n_u8('\\'));
	uint8x16_t control = vcltq_u8(bytes, vdupq_n_u8(0x20));

	return vandq_u8(vorrq_u8(vorrq_u8(quote, backslash), control), vld1q_u8(bits));
}

/* As above. Adding neighbours three times makes one byte of eight. */
KERNEL_INLINE uint64_t stops_of_block(const char *p)
{
	uint8x16_t low = vpaddq_u8(stop_bits(p), stop_bits(p + 16));
	uint8x16_t high = vpaddq_u8(stop_bits(p + 32), stop_bits(p + 48));
	uint8x16_t all = vpaddq_u8(low, high);

	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static bool available(void)
{
	return true;
}

#endif

/* Looks from `p` on and keeps the block in which there is a stop. */
KERNEL_RARE const char *string_stop_from(struct json_state *s, const char *p)
{
	for (; p < s->end; p += BLOCK) {
		uint64_t stops = stops_of_block(p);

		if (stops) {
			s->block = (uintptr_t)p;
			s->stops = stops;
			return p + __builtin_ctzll(stops);
		}
	}
	return s->end;
}

KERNEL_INLINE const char *string_stop(struct json_state *s, const char *p)
{
	uintptr_t offset = (uintptr_t)p - s->block;
	uint64_t stops;

	if (offset >= BLOCK)
		return string_stop_from(s, p);
	stops = s->stops >> offset;
	if (stops)
		return p + __builtin_ctzll(stops);
	return string_stop_from(s, p + (BLOCK - offset));
}

#include "parsers/json_body.h"

static const struct json_kernel_ops simd = {.scan = scan_text, .skip = skip_text};

const struct json_kernel_ops *json_simd(void)
{
	return available() ? &simd : NULL;
}

#else

const struct json_kernel_ops *json_simd(void)
{
	return NULL;
}

#endif
