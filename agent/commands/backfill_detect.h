/* What `backfill` reads when nobody said how: sources made of what `detect` finds. */
#ifndef COMMANDS_BACKFILL_DETECT_H
#define COMMANDS_BACKFILL_DETECT_H

#include "agent/commands/command.h"
#include "agent/detect/detect.h"
#include "agent/pipeline/pipeline.h"

struct detected {
	struct detection detection;
	struct config **configs; /* of each group; NULL: it is not read */
	struct source **sources;
	bool missed; /* a file was named and is not read */
};

/*
 * Looks at the paths, and says on stderr what was found: a line for each source (not if `quiet`),
 * and one for what cannot be told, with what to do. False and *err when nothing can be read.
 */
bool detected_open(struct detected *d, char **paths, int n, const struct book *book, bool quiet,
                   struct err *err);
void detected_close(struct detected *d);
/* Gives the pipeline the files of every source, oldest first. */
void detected_add(const struct detected *d, struct pipeline *pipeline);

#endif
