/*
 * A guess held against the log: it is compiled and reads the sample like any source, and what comes
 * out of that is used to make it better.
 */
#ifndef DETECT_REFINE_H
#define DETECT_REFINE_H

#include "agent/detect/fit.h"
#include "agent/detect/guess.h"
#include "agent/detect/presets.h"

/* How records are found and read. */
enum way { WAY_JSON, WAY_JSON_VALUES, WAY_LOGFMT, WAY_TEXT, WAYS };

/* A source of each way that wants nothing: to see the records as such a source would. */
struct ways {
	struct config *config;
	struct source *sources[WAYS];
};

/* False and *err only by a mistake of ours. Keeps pointers into `book`. */
bool ways_open(struct ways *w, const struct book *book, struct err *err);
void ways_close(struct ways *w);

struct guessing {
	const struct ways *ways;
	struct evidence evidence;
	struct sample *sample;
	int64_t now;
	/* The result. */
	struct buf body; /* of the source, as emit_body writes it */
	struct fit fit;
	bool whole; /* all that makes a call was found */
};

/* A source for a log that no preset reads. False: nothing in it looks like a call. */
bool refine_guess(struct guessing *g);
/* Fields beside a preset of common names, for what it misses; `fit` is the preset's own. False: it
 * is best as it is. */
bool refine_preset(struct guessing *g, const struct preset *preset, const struct fit *fit);
void guessing_free(struct guessing *g);

#endif
