/*
 * Texts and combinations of texts to the ledger's numbers. What was looked up is remembered, up to
 * a bound; a new name gets a row.
 */
#ifndef LEDGER_NAMES_H
#define LEDGER_NAMES_H

#include "agent/ledger/feed.h"
#include "agent/ledger/item.h"
#include "agent/ledger/sql.h"
#include "agent/meter/batch.h"
#include "agent/meter/table.h"

enum {
	NAMES_LABEL_BYTES = 4 << 20,   /* of texts remembered; more: begins anew */
	NAMES_COMBINATIONS = 80 << 10, /* remembered when a batch comes; more: begins anew */
};

/* A combination in the ledger's labels, and its number. */
struct named {
	struct combination c;
	uint32_t id;
};

struct names {
	struct sql *sql;
	struct feed *feed; /* the connection's */
	struct intern *texts;
	int64_t *labels; /* the ledger's number, by number in texts */
	size_t labels_room;
	struct table index; /* over combinations */
	struct named *combinations;
	size_t combinations_room;
	struct items missing; /* scratch: combinations of a batch that are not remembered */
};

void names_open(struct names *n, struct sql *sql, struct feed *feed);
void names_close(struct names *n);
/* Forgets all: after a rollback, which takes new rows away. */
void names_forget(struct names *n);

bool names_label(struct names *n, struct str text, int64_t *ret, struct err *err);
/* The numbers of all combinations of a batch; `labels` are the ledger's numbers of its labels. */
bool names_combinations(struct names *n, const struct batch *b, const int64_t *labels,
                        uint32_t *ret, struct err *err);

#endif
