/*
 * Cases of one line each: columns with " => " between them. Lines that begin with # and blank ones
 * are left out. For the tests whose cases are in fixtures/ *.case.
 */
#ifndef UNIT_COLUMNS_H
#define UNIT_COLUMNS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/str.h"

enum { COLUMNS = 3 };

struct columns {
	FILE *file;
	const char *path;
	int line;
	char text[1024];
	struct str column[COLUMNS]; /* those not there are empty */
	int failed;
};

static inline bool columns_open(struct columns *c, const char *path)
{
	*c = (struct columns){.path = path, .file = fopen(path, "r")};
	return c->file != NULL;
}

static inline void columns_cut(struct columns *c)
{
	struct str rest = {c->text, strcspn(c->text, "\n")};

	for (int i = 0; i < COLUMNS; i++) {
		size_t n = i + 1 < COLUMNS ? str_find(rest, STR(" => ")) : rest.n;

		c->column[i] = (struct str){rest.p, n};
		rest = str_from(rest, n + sizeof(" => ") - 1);
	}
}

static inline bool columns_next(struct columns *c)
{
	while (fgets(c->text, sizeof(c->text), c->file)) {
		c->line++;
		if (c->text[0] == '#' || c->text[0] == '\n')
			continue;
		columns_cut(c);
		return true;
	}
	(void)fclose(c->file);
	return false;
}

/* Says what a case gave instead of what it should. */
static inline void columns_expect(struct columns *c, struct str want, const char *got)
{
	if (str_eq(want, str_of(got)))
		return;
	c->failed++;
	(void)fprintf(stderr, "%s:%d: expected '%.*s', got '%s'\n", c->path, c->line, STR_ARG(want),
	              got);
}

#endif
