/* The files of a ledger, which must not be taken for logs: reading what is written by reading would
 * never end. */
#ifndef LEDGER_OWN_H
#define LEDGER_OWN_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether this is a file of the database: itself, its journals, its lock. */
bool ledger_owns(const char *database, const struct stat *st);

#endif
