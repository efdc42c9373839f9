/* The kernel of machines that have no other: eight bytes at a time in an ordinary register. */
#include "parsers/json_kernel.h"

#define KERNEL        static
#define KERNEL_RARE   static __attribute__((noinline))
#define KERNEL_INLINE static inline __attribute__((always_inline))

KERNEL_INLINE const char *string_stop(const struct json_state *s, const char *p)
{
	do {
		uint64_t word = json_load(p);
		uint64_t control = (word - JSON_EACH(0x20)) & ~word & JSON_EACH(0x80);
		uint64_t stops = control | json_zero_bytes(word ^ JSON_EACH('"')) |
		                 json_zero_bytes(word ^ JSON_EACH('\\'));

		if (stops)
			return p + (__builtin_ctzll(stops) >> 3);
		p += sizeof(word);
	} while (p < s->end);
	return s->end;
}

#include "parsers/json_body.h"

const struct json_kernel_ops json_portable = {.scan = scan_text, .skip = skip_text};
