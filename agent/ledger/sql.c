/*
 * The texts of SQLite's errors are for programmers. A person who runs tokentail meets five of them:
 * locked, full, read-only, cannot be opened, damaged. These get words of their own.
 */
#include "agent/ledger/sql.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/base/mem.h"

/* Completes "DATABASE". */
static const struct {
	int code;
	const char *text;
} sentences[] = {
	{SQLITE_BUSY, " is locked by another program; try again when it is done"},
	{SQLITE_LOCKED, " is locked by another program; try again when it is done"},
	{SQLITE_FULL, ": disk is full; free space and run again, nothing is lost"},
	{SQLITE_READONLY, " cannot be written; check the rights of the file and its folder"},
	{SQLITE_PERM, " cannot be written; check the rights of the file and its folder"},
	{SQLITE_CANTOPEN, " cannot be opened; check the rights of the file and its folder"},
	{SQLITE_CORRUPT, " is damaged; restore a copy, or read the logs into a new database"},
	{SQLITE_NOTADB, ": no SQLite database; give another --db FILE"},
};

bool sql_error(struct sql *s, int code, struct err *err)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (sentences[i].code == (code & 0xff))
			return err_set(err, "%s%s", s->path, sentences[i].text);
	return err_set(err, "%s: %s (%d)", s->path, sqlite3_errmsg(s->db),
	               sqlite3_extended_errcode(s->db));
}

bool sql_failed(struct sql *s, struct err *err)
{
	return sql_error(s, sqlite3_errcode(s->db), err);
}

sqlite3_stmt *sql_statement(struct sql *s, const char *text, struct err *err)
{
	sqlite3_stmt *statement = NULL;

	for (size_t i = 0; i < s->made_n; i++)
		if (s->made[i].text == text)
			return s->made[i].statement;
	assert(s->made_n < SQL_STATEMENTS_MAX);
	if (sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK) {
		(void)sql_failed(s, err);
		return NULL;
	}
	s->made[s->made_n].text = text;
	s->made[s->made_n++].statement = statement;
	return statement;
}

void sql_close(struct sql *s)
{
	for (size_t i = 0; i < s->made_n; i++)
		(void)sqlite3_finalize(s->made[i].statement);
	(void)sqlite3_close(s->db);
	free(s->path);
	*s = (struct sql){0};
}

bool sql_run(struct sql *s, const char *text, struct err *err)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK || sql_failed(s, err);
}

bool sql_ask(struct sql *s, const char *text, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(s, text, err);
	bool row;

	if (st == NULL || !sql_next(s, st, &row, err))
		return false;
	*ret = row ? sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_reset(st);
	return true;
}

void sql_roll_back(struct sql *s)
{
	for (size_t i = 0; i < s->made_n; i++)
		(void)sqlite3_reset(s->made[i].statement);
	if (!sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

bool sql_begin_durable(struct sql *s, struct err *err)
{
	return sql_run(s, "PRAGMA synchronous = FULL", err) && sql_run(s, "BEGIN IMMEDIATE", err);
}

void sql_end_durable(struct sql *s)
{
	struct err ignored = {0};

	sql_roll_back(s);
	(void)sql_run(s, "PRAGMA synchronous = NORMAL", &ignored);
}

bool sql_next(struct sql *s, sqlite3_stmt *statement, bool *row, struct err *err)
{
	int code = sqlite3_step(statement);

	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		(void)sql_failed(s, err);
	(void)sqlite3_reset(statement);
	return code == SQLITE_DONE;
}

bool sql_done(struct sql *s, sqlite3_stmt *statement, struct err *err)
{
	bool row;

	if (!sql_next(s, statement, &row, err))
		return false;
	assert(!row);
	return true;
}

void sql_bind_ints(sqlite3_stmt *statement, int first, const int64_t *values, int n)
{
	for (int i = 0; i < n; i++)
		(void)sqlite3_bind_int64(statement, first + i, values[i]);
}

void sql_bind_text(sqlite3_stmt *statement, int at, struct str text)
{
	(void)sqlite3_bind_text64(statement, at, text.n ? text.p : "", text.n, SQLITE_STATIC,
	                          SQLITE_UTF8);
}

void sql_bind_hash(sqlite3_stmt *statement, int at, const struct hash128 *hash)
{
	(void)sqlite3_bind_blob(statement, at, hash, sizeof(*hash), SQLITE_STATIC);
}

struct str sql_column_text(sqlite3_stmt *statement, int at)
{
	const unsigned char *text = sqlite3_column_text(statement, at);

	return (struct str){(const char *)text, (size_t)sqlite3_column_bytes(statement, at)};
}

bool sql_column_hash(sqlite3_stmt *statement, int at, struct hash128 *ret)
{
	const void *bytes = sqlite3_column_blob(statement, at);

	if (bytes == NULL || sqlite3_column_bytes(statement, at) != sizeof(*ret))
		return false;
	memcpy(ret, bytes, sizeof(*ret));
	return true;
}
