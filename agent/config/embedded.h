/* Files of conf/ that are part of the program, so that it works wherever it is copied to. */
#ifndef CONFIG_EMBEDDED_H
#define CONFIG_EMBEDDED_H

#include "agent/base/str.h"

struct embedded {
	const char *name; /* "presets/litellm.yaml", "prices/openai.yaml" */
	const char *begin, *end;
};

/* Sorted by name; ends with a NULL name. The build makes it from conf/presets and conf/prices. */
extern const struct embedded embedded_files[];

#endif
