/* Reads records as a source would, for tests: verdicts and calls as one line of text each. */
#ifndef UNIT_READING_H
#define UNIT_READING_H

#include "agent/base/buf.h"
#include "agent/config/config.h"
#include "agent/meter/book.h"
#include "agent/meter/extract.h"

enum { READING_KEYS = 64 };

struct reading {
	struct config *config;
	struct book *book;
	struct source *source;
	struct extractor *extractor;
	struct carried *carried; /* all records are of one file */
	struct memory *memory;
	struct buf out; /* a line for every verdict */
	int64_t n[OUTCOMES];
	struct call last;            /* the last call; its texts live until the next record */
	uint64_t keys[READING_KEYS]; /* dedupe keys seen */
	size_t keys_n;
};

/* The first source of a configuration given as text; the test fails with the message otherwise. */
struct reading reading_of_yaml(const char *yaml);
struct reading reading_of_preset(const char *name);
void reading_free(struct reading *r);
/* One record; the new lines of `out` are returned as its text since before. */
const char *reading_record(struct reading *r, const char *record);
/* The calls that still wait for parts since before `time`; as reading_record. */
const char *reading_waiting(struct reading *r, int64_t time);
/* A restart: what is carried and remembered goes through the text that the ledger keeps. */
void reading_restart(struct reading *r);
/* A file of fixtures whole; the test fails when it is not there. Free with buf_free. */
struct buf fixture(const char *path);

#endif
