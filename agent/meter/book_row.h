/* One row of a price book, and what the levels above it say. Private to the book (book_read.c). */
#ifndef METER_BOOK_ROW_H
#define METER_BOOK_ROW_H

#include "agent/meter/book_read.h"

enum { SERVICE_TIERS = 5, REGIONS_MAX = 16 };

/* What goes for all rows below a file or a model. */
struct terms {
	char *source, *checked, *accepted;
	bool in_tier; /* of a row's tier: only service tiers */
	struct variant tiers[SERVICE_TIERS];
	size_t tiers_n;
	struct variant regions[REGIONS_MAX];
	size_t regions_n;
};

/* One file being read. */
struct reader {
	struct shelf *shelf;
	struct arena *arena;
	const char *file; /* for messages; lives as long as the arena */
	int layer;
	struct err *err;
};

/* What to do with a key; `into` is what the walk fills at this level. */
typedef bool key_fn(struct reader *r, const struct yaml_node *node, void *into);

struct key {
	const char *name; /* NULL ends a table */
	key_fn *read;     /* NULL: known, but read elsewhere */
};

/* "FILE:LINE: KEY: what"; returns false. */
bool book_bad(const struct reader *r, int line, const char *key, const char *what);
/* A NUL-ended copy in the arena. */
char *book_copy(struct reader *r, struct str s);
bool book_text(struct reader *r, const struct yaml_node *node, const char *key, char **ret);
bool book_date(struct reader *r, const struct yaml_node *node, const char *key, char **ret);

/*
 * Reads every key of a map: those of the table, terms where there may be some, rates where there
 * may be some (NULL: not here). Any other key is a mistake.
 */
bool book_keys(struct reader *r, const struct yaml_node *map, const struct key *keys,
               struct terms *terms, struct rates *rates, void *into);

/* "2026-08-16" or "2026-08-16T16:00:00Z"; false: it is neither. */
bool book_instant(struct str text, int64_t *ret);

/* "16:30-00:30"; false: it is no span of hours. */
bool book_hours(struct str text, struct hours *ret);

/* A row of `m`, whose name and provider are known. */
bool book_row(struct reader *r, const struct yaml_node *node, const struct model *m,
              struct terms terms, struct price *ret);

#endif
