/* What an import does, as text and as JSON. */
#ifndef COMMANDS_IMPORT_TEXT_H
#define COMMANDS_IMPORT_TEXT_H

#include "agent/base/buf.h"
#include "agent/import/import.h"

struct import_result {
	const struct import *import;
	const char *path; /* of the book of ours */
	bool changed;     /* it would not be the same bytes */
	bool written;
};

/* `all`: every model, not the first few of each kind. */
void import_text(struct buf *out, const struct import_result *r, bool all);
void import_json(struct buf *out, const struct import_result *r);

#endif
