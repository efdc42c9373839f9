/*
 * The records of a log one after the other, as `backfill` would read them, each with the line it
 * begins in: for commands that show records to a person. All are given, also those that `backfill`
 * passes over because they lack a literal.
 */
#ifndef COMMANDS_WALK_H
#define COMMANDS_WALK_H

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/meter/records.h"

struct walk;

/* A file, plain or gzip. `to_its_end`: a last line without newline counts, as if nobody wrote on.
 * NULL and *err. */
struct walk *walk_file(const char *path, const struct source *s, bool to_its_end, struct err *err);
struct walk *walk_input(const struct source *s); /* standard input */
struct walk *walk_text(struct str text, const struct source *s);
void walk_close(struct walk **s);

struct walk_record {
	struct record record;       /* lives until the next one is asked for */
	int64_t line, last_line;    /* of the log, from 1 */
	int64_t offset, end_offset; /* in the decompressed log */
};

/* False: there are no more, or the log cannot be read on; walk_trouble says which. */
bool walk_next(struct walk *s, struct walk_record *ret);
/* Why it could not be read to its end ("corrupt gzip ..."); NULL: it could. */
const char *walk_trouble(const struct walk *s);
/* Lines so far that were too long and are in no record. */
int64_t walk_long_lines(const struct walk *s);
/* The log's own time, for time stamps without a year. */
int64_t walk_time(const struct walk *s);

#endif
