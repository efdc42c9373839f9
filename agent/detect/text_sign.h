/* Signs of a line of text, looked at one by one. */
#ifndef DETECT_TEXT_SIGN_H
#define DETECT_TEXT_SIGN_H

#include "agent/base/str.h"

static inline bool sign_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters beyond ASCII are letters. */
static inline bool sign_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static inline bool sign_is_word(char c)
{
	return sign_is_letter(c) || sign_is_digit(c) || c == '_';
}

/* The sign at `i`, '\0' beyond the end. */
static inline char sign_at(struct str s, size_t i)
{
	if (i >= s.n)
		return '\0';
	return s.p[i];
}

#endif
