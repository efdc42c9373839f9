/*
 * SQLite with our manners: a statement is prepared once and found again by its text, an error comes
 * with the database's name and what to do about it.
 */
#ifndef LEDGER_SQL_H
#define LEDGER_SQL_H

#include <sqlite3.h>

#include "agent/base/err.h"
#include "agent/base/hash.h"
#include "agent/base/str.h"

enum { SQL_STATEMENTS_MAX = 64 };

/* A connection and the statements made on it. */
struct sql {
	sqlite3 *db;
	char *path; /* as the user gave it, for messages */
	struct {
		const char *text; /* compared by address */
		sqlite3_stmt *statement;
	} made[SQL_STATEMENTS_MAX];
	size_t made_n;
};

/* The statement of a text that lives as long as the program: prepared on first use, reset after.
 * NULL and *err. */
sqlite3_stmt *sql_statement(struct sql *s, const char *text, struct err *err);
void sql_close(struct sql *s);

/* Runs text that gives no rows and is not worth keeping. */
bool sql_run(struct sql *s, const char *text, struct err *err);
/* The number that a statement without parameters gives. */
bool sql_ask(struct sql *s, const char *text, int64_t *ret, struct err *err);
/*
 * A transaction that is on disk once it is committed; others get there a moment later. For those
 * behind which files are removed: after a power failure the database must not be back at a time
 * when it needed them. sql_end_durable has to follow, however the transaction ends; it takes back
 * one that was not committed.
 */
bool sql_begin_durable(struct sql *s, struct err *err);
void sql_end_durable(struct sql *s);
/* Ends a transaction without effect; fine when SQLite has ended it itself. */
void sql_roll_back(struct sql *s);
/* Steps a statement that gives no rows, and resets it. */
bool sql_done(struct sql *s, sqlite3_stmt *statement, struct err *err);
/* Steps to the next row; *row is false, and the statement reset, when there is none. */
bool sql_next(struct sql *s, sqlite3_stmt *statement, bool *row, struct err *err);

/* Parameters from `first` on. Texts and blobs must live until the statement is done. */
void sql_bind_ints(sqlite3_stmt *statement, int first, const int64_t *values, int n);
void sql_bind_text(sqlite3_stmt *statement, int at, struct str text);
void sql_bind_hash(sqlite3_stmt *statement, int at, const struct hash128 *hash);
struct str sql_column_text(sqlite3_stmt *statement, int at);
/* False when the column is no hash. */
bool sql_column_hash(sqlite3_stmt *statement, int at, struct hash128 *ret);

/* Says in *err what went wrong last on the connection. Returns false. */
bool sql_failed(struct sql *s, struct err *err);
/* The same of an error that SQLite has not given as one, by its code. */
bool sql_error(struct sql *s, int code, struct err *err);

#endif
