/* The files of a ledger, which must not be taken for logs: reading what is written by reading would
 * never end. */
#ifndef LEDGER_OWN_H
#define LEDGER_OWN_H

#include <stdbool.h>
#include <sys/stat.h>

#define LEDGER_OWN "a file of tokentail's own database" /* why it is left out */

/* Whether this is a file of the database: itself, its journals, its lock, its archive. */
bool ledger_owns(const char *database, const char *path, const struct stat *st);

#endif
