/*
 * Versions of the tables. A database tells by its application_id that it is ours and by its
 * user_version how old it is; each version has the SQL that makes it from the one before, all run
 * in one transaction (which may be part of the caller's), so a database is never between two
 * versions.
 */
#include "agent/ledger/schema.h"

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/config/embedded.h"

/* "tokt", in the header of the file where `file` looks. */
enum { APPLICATION_ID = 0x746f6b74 };

/* The embedded file that leads to version i + 1. */
static const char *const steps[SCHEMA_VERSION] = {"schema.sql",   "schema-2.sql", "schema-3.sql",
                                                  "schema-4.sql", "schema-5.sql", "schema-6.sql",
                                                  "schema-7.sql"};

static bool failed(sqlite3 *db, struct err *err)
{
	const char *path = sqlite3_db_filename(db, "main");

	switch (sqlite3_errcode(db)) {
	case SQLITE_NOTADB:
		return err_set(err, "%s: no SQLite database; give another --db FILE", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, "%s is locked by another program; try again when it is done",
		               path);
	default:
		return err_set(err, "%s: %s", path, sqlite3_errmsg(db));
	}
}

static bool read_int(sqlite3 *db, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	          sqlite3_step(st) == SQLITE_ROW;

	if (ok)
		*ret = sqlite3_column_int64(st, 0);
	else
		(void)failed(db, err);
	(void)sqlite3_finalize(st);
	return ok;
}

int schema_version(sqlite3 *db, struct err *err)
{
	int64_t application, version, tables;

	if (!read_int(db, "PRAGMA application_id", &application, err) ||
	    !read_int(db, "PRAGMA user_version", &version, err) ||
	    !read_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err))
		return -1;
	if (application == 0 && version == 0 && tables == 0)
		return 0;
	if (application != APPLICATION_ID || version < 1 || version > INT32_MAX) {
		(void)err_set(err, "%s: a database of another program; give another --db FILE",
		              sqlite3_db_filename(db, "main"));
		return -1;
	}
	return (int)version;
}

static bool run(sqlite3 *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || failed(db, err);
}

static bool run_embedded(sqlite3 *db, const char *name, struct err *err)
{
	const struct embedded *e = embedded_files;
	struct buf sql = {0};
	bool ok;

	while (e->name && strcmp(e->name, name) != 0)
		e++;
	if (e->name == NULL)
		return err_set(err, "%s is not part of this build", name);
	buf_bytes(&sql, e->begin, (size_t)(e->end - e->begin));
	ok = run(db, sql.p, err);
	buf_free(&sql);
	return ok;
}

static bool migrate_from(sqlite3 *db, int version, struct err *err)
{
	struct buf stamp = {0};
	bool ok = true;

	while (ok && version < SCHEMA_VERSION)
		ok = run_embedded(db, steps[version++], err);
	buf_printf(&stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
	           SCHEMA_VERSION);
	ok = ok && run(db, stamp.p, err);
	buf_free(&stamp);
	return ok;
}

bool schema_migrate(sqlite3 *db, struct err *err)
{
	int version = schema_version(db, err);
	bool ok;

	if (version > SCHEMA_VERSION)
		return err_set(err,
		               "%s: written by a newer tokentail (version %d, this one knows %d); "
		               "install the newer one",
		               sqlite3_db_filename(db, "main"), version, SCHEMA_VERSION);
	if (version < 0 || version == SCHEMA_VERSION)
		return version == SCHEMA_VERSION;
	ok = run(db, "SAVEPOINT migration", err) && migrate_from(db, version, err) &&
	     run(db, "RELEASE migration", err);
	if (!ok)
		(void)sqlite3_exec(db, "ROLLBACK TO migration; RELEASE migration", NULL, NULL,
		                   NULL);
	return ok;
}
