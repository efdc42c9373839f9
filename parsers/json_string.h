/* The escapes of JSON strings, and words of eight bytes to look at text with. */
#ifndef PARSERS_JSON_STRING_H
#define PARSERS_JSON_STRING_H

#include <stdint.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

/* What a letter behind a backslash stands for; '\0' when it is none that may be there, or u. */
extern const char json_escape_letters[256];

/*
 * What stands between the quotes of a JSON string, with its escapes undone. `out` has room for
 * raw.n bytes, which is always enough. Returns the length. Half of a surrogate pair becomes
 * U+FFFD; what is no escape of JSON stays as it is.
 */
size_t json_unescape(struct str raw, char *out);

/* The same into `scratch`, with RECORD_PAD zero bytes behind it: a text that can be scanned. */
struct str json_unescape_padded(struct str raw, struct arena *scratch);

/* Eight bytes, the first of them lowest, whatever the machine. */
static inline uint64_t json_load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Every byte of a word. */
#define JSON_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte that is zero; exact up to the first of them. */
static inline uint64_t json_zero_bytes(uint64_t word)
{
	return (word - JSON_EACH(1)) & ~word & JSON_EACH(0x80);
}

#endif
