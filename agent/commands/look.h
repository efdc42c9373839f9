/*
 * What the place that output goes to can show.
 */
#ifndef COMMANDS_LOOK_H
#define COMMANDS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LOOK_WIDTH = 80 }; /* where it is not a terminal, or does not say */

struct look {
	size_t width; /* columns */
	bool utf8;    /* by the locale; else only ASCII is written */
	bool colour;  /* a terminal, and NO_COLOR is not set */
};

struct look look_of(FILE *out);

#endif
