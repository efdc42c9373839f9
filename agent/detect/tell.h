/*
 * What a log is: the preset that reads it, or a guess, with what becomes of its first records.
 */
#ifndef DETECT_TELL_H
#define DETECT_TELL_H

#include "agent/detect/fit.h"
#include "agent/detect/refine.h"

enum told {
	TOLD_MARKS,   /* a preset that knows its log by its own tests */
	TOLD_COMMON,  /* a preset of common names, maybe with fields of the log's own */
	TOLD_FOUND,   /* no preset; all that makes a call was found */
	TOLD_PARTLY,  /* not all of it */
	TOLD_NOTHING, /* no model call among the records looked at */
	TOLD_UNREADABLE,
};

struct telling {
	enum told told;
	const char *preset; /* NULL: none. Lives as long as the presets */
	struct buf body;    /* the source as YAML, but for its name and paths */
	struct fit fit;     /* what reading with it gives */
	size_t bytes;       /* looked at */
	bool whole;         /* which is all of the log */
};

/* What was told of a log: files of the same folder and shape of name are most likely the same. */
struct earlier {
	struct buf dir, shape; /* of its path */
	struct config *config;
	struct source *source;
	struct buf body;
	const char *preset;
	enum told told;
};

struct teller {
	const struct book *book;
	struct presets presets;
	struct ways ways;
	struct zone *zone;
	int64_t now;
	size_t last;           /* the preset that fitted last: tried first. presets.n: none */
	struct buf dir, shape; /* of the path at hand */
	struct earlier *earlier;
	size_t earlier_n, earlier_capacity;
};

/* False and *err when the machine's time zone cannot be read. */
bool teller_open(struct teller *t, const struct book *book, int64_t now, struct err *err);
void teller_close(struct teller *t);

/* Looks at as much of the sample as it takes. */
void tell(struct teller *t, const char *path, struct sample *sample, struct telling *ret);
void telling_free(struct telling *t);

#endif
