/* What the tests of the JSON scanner share: records from case files, in memory that ends with them.
 */
#ifndef TESTS_JSON_CASE_H
#define TESTS_JSON_CASE_H

#include <stdio.h>
#include <stdlib.h>

#include "parsers/format.h"

/* What may stand behind a record: it must make no difference. */
static const char json_case_fills[] = {'\0', '"', '}', ']', ' ', '1', ',', '\\', 'e', '\n'};

static inline bool json_case_hex(const char *p, unsigned *byte)
{
	int n = 0;

	return sscanf(p, "<%2X>%n", byte, &n) == 1 && n == 4;
}

/* Turns <XX> into the byte it stands for, in place; gives the text up to the line feed. */
static inline struct str json_case_bytes(char *text)
{
	char *out = text;
	unsigned byte;

	for (char *p = text; *p && *p != '\n'; out++) {
		bool hex = json_case_hex(p, &byte);

		*out = hex ? (char)byte : *p;
		p += hex ? 4 : 1;
	}
	return (struct str){text, (size_t)(out - text)};
}

/* A copy with RECORD_PAD bytes behind it, and not one more. free() takes `p`. */
static inline struct str json_case_record(struct str text, char fill)
{
	char *p = malloc(text.n + RECORD_PAD);

	if (p == NULL)
		abort();
	if (text.n)
		memcpy(p, text.p, text.n);
	memset(p + text.n, fill, RECORD_PAD);
	return (struct str){p, text.n};
}

static inline void json_case_free(struct str record)
{
	free((char *)(uintptr_t)record.p);
}

/* The next line of the file that is neither empty nor a comment; *line counts. */
static inline char *json_case_line(FILE *f, char *buffer, int size, int *line)
{
	while (fgets(buffer, size, f)) {
		++*line;
		if (buffer[0] != '#' && buffer[0] != '\n')
			return buffer;
	}
	return NULL;
}

#endif
