/* `explain --call`: a call of the ledger, whose record may be long gone. */
#ifndef COMMANDS_EXPLAIN_CALL_H
#define COMMANDS_EXPLAIN_CALL_H

#include "agent/commands/command.h"
#include "agent/meter/book.h"

/* Prints the calls that a name means and how each is priced. Returns the exit status. */
int explain_call(const struct config *config, const struct book *book, const char *name, bool json);

#endif
