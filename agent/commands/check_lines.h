/*
 * `check --lines N`: what each source makes of the first records of its files. Gathered here, shown
 * by check_lines_text.c and check_lines_json.c.
 */
#ifndef COMMANDS_CHECK_LINES_H
#define COMMANDS_CHECK_LINES_H

#include "agent/base/mem.h"
#include "agent/commands/command.h"
#include "agent/meter/book.h"
#include "agent/meter/extract.h"

enum {
	LINES_MAX = 1000000,
	LINES_FILES = 20,   /* the newest ones of a source are read, without -v */
	LINES_SECONDS = 5,  /* for one source */
	LINES_EXAMPLES = 3, /* of each reason */
	LINES_MODELS = 20,  /* without a price that are named */
};

struct lines_example {
	const char *path;
	int64_t line;
	struct str value;   /* that was seen; p is NULL: none to show */
	struct str record;  /* an excerpt, escaped */
	const char *broken; /* what is wrong with it; NULL: nothing */
};

struct lines_reason {
	enum outcome outcome;
	const char *reason;
	int64_t records;
	struct lines_example examples[LINES_EXAMPLES];
	size_t examples_n;
};

struct lines_file {
	const char *path;
	int64_t records[OUTCOMES];
	bool more;         /* than were read */
	char trouble[512]; /* why it was not read, or not to its end; empty: none */
};

struct lines_model {
	struct str name;
	int64_t calls;
};

struct lines_rule {
	const struct rule *rule;
	int64_t *used;  /* by origin */
	int64_t values; /* records that have one */
};

struct lines_source {
	const struct source_config *config;
	struct lines_file *files;
	size_t files_n, files_room;
	size_t files_left; /* that were not looked at */
	bool late;         /* it took too long to read all that was wanted */
	int64_t records[OUTCOMES];
	struct lines_reason *reasons;
	size_t reasons_n, reasons_room;
	int64_t *matched; /* by pattern */
	struct lines_rule *rules;
	/* By field: records that have it, and whether any has it not. */
	int64_t values[FIELDS];
	bool lacked[FIELDS];
	struct lines_model models[LINES_MODELS];
	size_t models_n;
	int64_t unpriced; /* calls */
};

struct lines_options {
	int64_t records; /* of each file */
	bool all_files;
	bool utf8;
	const struct book *book;
	void (*warn)(void *arg, const struct source_config *s, const char *glob, const char *what);
	void *arg;
};

/* Texts live in the arena. False and *err when the source cannot be compiled. */
bool lines_read(const struct source_config *s, const struct lines_options *options,
                struct arena *memory, struct lines_source *ret, struct err *err);
void lines_free(struct lines_source *s);

int64_t lines_sum(const int64_t records[OUTCOMES]);
/* Whether there were records, but no call among them. */
bool lines_no_call(const struct lines_source *s);
/* Whether what stands there is said by the configuration itself, not by a preset: only such rules
 * are listed without -v when nothing used them. */
bool lines_own(const struct lines_source *s, const struct place *place);

/* Append a source. */
void lines_text(struct buf *out, const struct lines_source *s, bool verbose);
void lines_json(struct buf *out, const struct lines_source *s);

#endif
