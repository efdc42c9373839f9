/* `prices import`: a public price book becomes one beside the shipped ones. */
#ifndef COMMANDS_PRICES_IMPORT_H
#define COMMANDS_PRICES_IMPORT_H

#include "agent/commands/command.h"

struct import_request {
	const struct common *common;
	const char *file;      /* "-": the standard input */
	const char *effective; /* a date; NULL: today */
	bool dry;              /* write nothing */
	bool accept;           /* write also what is odd */
};

/* Returns the exit status. */
int prices_import(const struct import_request *r);

#endif
