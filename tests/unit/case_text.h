/* Texts in case files: <XX> is a byte in hexadecimal, <XX*N> that byte N times. */
#ifndef TESTS_CASE_TEXT_H
#define TESTS_CASE_TEXT_H

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/buf.h"

/* Appends the text up to the line feed. */
static inline void case_text(struct buf *out, const char *text)
{
	while (*text && *text != '\n') {
		unsigned byte, times = 1;
		int n = 0;

		if (sscanf(text, "<%2X>%n", &byte, &n) == 1 && n == 4) {
			buf_char(out, (char)byte);
		} else if (sscanf(text, "<%2X*%u>%n", &byte, &times, &n) == 2 && n > 5) {
			while (times--)
				buf_char(out, (char)byte);
		} else {
			buf_char(out, *text);
			n = 1;
		}
		text += n;
	}
}

#endif
