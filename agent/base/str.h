/*
 * A view of bytes: pointer and length travel together, nothing is copied and no NUL is looked for.
 * Whoever made the bytes owns them; a str never frees.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A str of a string literal. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *text)
{
	return (struct str){text, text ? strlen(text) : 0};
}

/* Up to 16 bytes as two words that may overlap, which is what most texts here have. */
static inline bool str_eq_short(const char *a, const char *b, size_t n)
{
	uint64_t a8, b8, a_end, b_end;
	uint32_t a4, b4, a4_end, b4_end;

	if (n >= 8) {
		memcpy(&a8, a, 8);
		memcpy(&b8, b, 8);
		memcpy(&a_end, a + n - 8, 8);
		memcpy(&b_end, b + n - 8, 8);
		return ((a8 ^ b8) | (a_end ^ b_end)) == 0;
	}
	if (n >= 4) {
		memcpy(&a4, a, 4);
		memcpy(&b4, b, 4);
		memcpy(&a4_end, a + n - 4, 4);
		memcpy(&b4_end, b + n - 4, 4);
		return ((a4 ^ b4) | (a4_end ^ b4_end)) == 0;
	}
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static inline bool str_eq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	return a.n <= 16 ? str_eq_short(a.p, b.p, a.n) : memcmp(a.p, b.p, a.n) == 0;
}

static inline struct str str_from(struct str s, size_t start)
{
	return start < s.n ? (struct str){s.p + start, s.n - start} : (struct str){s.p + s.n, 0};
}

/* Bytewise order, a prefix before the longer one: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
/* ASCII letters of either case are equal. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Without white space (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);
/* The place of `needle` in `s`, or `s.n` when it is not there. */
size_t str_find(struct str s, struct str needle);
/* A NUL-ended copy on the heap; the caller frees it. Aborts without memory. */
char *str_dup(struct str s);

#endif
