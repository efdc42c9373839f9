/* What `explain` explains, shared by explain.c, explain_record.c, which shows one record, and
 * explain_same.c, which looks for others like it. */
#ifndef COMMANDS_EXPLAIN_H
#define COMMANDS_EXPLAIN_H

#include "agent/commands/command.h"
#include "agent/commands/page.h"
#include "agent/commands/walk.h"
#include "agent/commands/way.h"

/* A source and what it remembers from record to record. */
struct explainer {
	const struct source *source;
	struct hash_key key;
	struct extractor *extractor;
	struct gatherer *gatherer;
	struct carried *carried; /* NULL: nothing is */
	struct memory *memory;   /* the same */
	const char *path;        /* of the file; NULL: a text or standard input */
	bool json;
	struct page page;
	size_t shown;  /* records */
	bool any_call; /* among them */
};

void explainer_start(struct explainer *x, const struct source *s, const struct book *book,
                     struct hash_key key);
void explainer_free(struct explainer *x);

/* Reads a record for what later ones carry and join. `time`: the file's own. */
void explainer_pass(struct explainer *x, const struct walk_record *r, int64_t time);
/* Reads it and writes its way to the page, or as JSON. */
void explainer_show(struct explainer *x, const struct walk_record *r, int64_t time);

/* Looks through a file for the records whose calls have this dedupe key. */
void explain_same(const struct explainer *x, uint64_t dedupe_key, struct way_same *ret);

#endif
