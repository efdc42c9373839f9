/* "did you mean": the known name that is closest to a misspelt one. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include "agent/base/str.h"

struct nearest {
	struct str word; /* as it was written */
	struct str name; /* the closest so far; empty: none is close enough to be meant */
	size_t distance;
};

void nearest_start(struct nearest *n, struct str word);
/* `name` must live as long as *n. */
void nearest_offer(struct nearest *n, struct str name);

#endif
