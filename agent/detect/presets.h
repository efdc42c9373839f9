/* All presets there are, compiled, to be tried on samples. */
#ifndef DETECT_PRESETS_H
#define DETECT_PRESETS_H

#include "agent/meter/source.h"

/* How a preset knows its log. */
enum preset_kind {
	PRESET_MARKS, /* by its own tests (`detect:`) */
	PRESET_OWN,   /* it is the user's own and has none; then it is meant for this user's logs */
	PRESET_COMMON, /* it is for all logs with common names */
};

struct preset {
	char *name;
	enum preset_kind kind;
	bool values; /* with `frame: json` beside it, for one of common names */
	struct config *config;
	struct source *source;
};

struct presets {
	struct preset *v;
	size_t n, capacity;
	char trouble[160]; /* the first of the user's own that is wrong, and is left out; "" */
};

/* Keeps pointers into `book`. */
void presets_open(struct presets *p, const struct book *book);
void presets_close(struct presets *p);

#endif
