/*
 * Texts and combinations of texts to the ledger's numbers. What was looked up is remembered, up to
 * a bound; a new name gets a row.
 */
#ifndef LEDGER_NAMES_H
#define LEDGER_NAMES_H

#include "agent/ledger/sql.h"
#include "agent/meter/batch.h"
#include "agent/meter/table.h"

enum {
	NAMES_LABEL_BYTES = 4 << 20,   /* of texts remembered; more: begins anew */
	NAMES_COMBINATIONS = 96 << 10, /* remembered; more: begins anew */
};

struct names {
	struct intern *texts;
	int64_t *labels; /* the ledger's number, by number in texts */
	size_t labels_room;
	struct table index;               /* over combinations */
	struct combination *combinations; /* in the ledger's labels */
	uint32_t *combination_ids;
	size_t combinations_room, ids_room;
};

void names_open(struct names *n);
void names_close(struct names *n);
/* Forgets all: after a rollback, which takes new rows away. */
void names_forget(struct names *n);

bool names_label(struct names *n, struct sql *s, struct str text, int64_t *ret, struct err *err);
bool names_combination(struct names *n, struct sql *s, const struct combination *c, uint32_t *ret,
                       struct err *err);

#endif
