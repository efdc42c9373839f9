/*
 * The state of a ledger as `status` shows it: what became of the records, and where each file is.
 */
#ifndef COMMANDS_STATUS_H
#define COMMANDS_STATUS_H

#include "agent/commands/look.h"
#include "agent/ledger/query.h"

struct status_source {
	struct str name;
	int64_t records[OUTCOMES]; /* by what became of them; their sum is what was read */
	int64_t counted;           /* calls in the totals, which must be records[OUTCOME_CALL] */
};

struct status_file {
	const struct mark *mark;
	int64_t size; /* on disk, as of now where it can be seen */
	int64_t lag;  /* bytes there and not counted yet */
};

struct status {
	const char *database;
	int64_t bytes; /* of the database on disk, with its journal */
	struct status_source *sources;
	size_t sources_n;
	struct coverage_row *reasons;
	size_t reasons_n;
	struct reject_row *rejects; /* the last ones, newest first */
	size_t rejects_n;
	struct status_file *files;
	size_t files_n;
};

/* Appends the whole in one form. */
void status_text(const struct status *s, const struct look *look, struct buf *out);
void status_json(const struct status *s, struct buf *out);

int64_t status_records(const struct status_source *source);
/* Whether the totals hold exactly the calls that the coverage says. */
bool status_adds_up(const struct status_source *source);

#endif
