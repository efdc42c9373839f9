/* What the files of the command `archive` share. */
#ifndef COMMANDS_ARCHIVE_H
#define COMMANDS_ARCHIVE_H

#include "agent/commands/which.h"
#include "agent/ledger/rotate.h"
#include "agent/meter/book.h"

struct archiving {
	struct common common;
	struct which which;
	const char *before;  /* --before; NULL: by keep.calls */
	const char *subject; /* FOLDER */
	bool dry;
	struct config *config;
	struct ledger *ledger;
	char *folder;
	char prices[BOOK_DIGEST];
	int64_t since, until; /* microseconds; open ends as in struct query */
};

/* Each action returns the exit status. */
int archive_run(struct archiving *a);

/* Prints what an action has to say, and frees it. EXIT_GOOD, or said already. */
int archive_print(struct buf *out);

#endif
