/*
 * The tables. Dense integers beneath, views with names for people above. One version number,
 * migrated forwards only.
 */
#ifndef LEDGER_SCHEMA_H
#define LEDGER_SCHEMA_H

#include <sqlite3.h>

#include "agent/base/err.h"

enum { SCHEMA_VERSION = 7 };

/* Brings an open database to SCHEMA_VERSION in one transaction. False and *err when it is of a
 * later version (a newer tokentail wrote it) or is no database of ours. */
bool schema_migrate(sqlite3 *db, struct err *err);
/* What version it has: 0 for an empty file. -1 and *err when it cannot be read. */
int schema_version(sqlite3 *db, struct err *err);

#endif
