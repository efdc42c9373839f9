/*
 * The smallest virtual table SQLite allows: it exists without CREATE, is read from begin to end,
 * and has no state of its own but whether the rows have ended.
 */
#include "agent/ledger/feed.h"

#include "agent/base/mem.h"

#include <stdlib.h>

struct feed_table {
	sqlite3_vtab base; /* first: SQLite casts */
	struct feed *feed;
};

struct feed_cursor {
	sqlite3_vtab_cursor base; /* first: SQLite casts */
	struct feed feed;         /* what it was when the statement started */
	bool more;
	sqlite3_int64 row;
};

static int feed_connect(sqlite3 *db, void *feed, int argc, const char *const *argv,
                        sqlite3_vtab **ret, char **message)
{
	struct feed_table *table = xcalloc(1, sizeof(*table));

	(void)argc;
	(void)argv;
	(void)message;
	table->feed = feed;
	*ret = &table->base;
	return sqlite3_declare_vtab(db,
	                            "CREATE TABLE feed (c0, c1, c2, c3, c4, c5, c6, c7, c8, "
	                            "c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20)");
}

static int feed_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

static int feed_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	info->estimatedCost = 1; /* always the outer loop of a join */
	return SQLITE_OK;
}

static int feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret)
{
	struct feed_cursor *cursor = xcalloc(1, sizeof(*cursor));

	cursor->feed = *((struct feed_table *)table)->feed;
	*ret = &cursor->base;
	return SQLITE_OK;
}

static int feed_close(sqlite3_vtab_cursor *cursor)
{
	free(cursor);
	return SQLITE_OK;
}

static int feed_next(sqlite3_vtab_cursor *base)
{
	struct feed_cursor *cursor = (struct feed_cursor *)base;

	cursor->more = cursor->feed.next(cursor->feed.from);
	cursor->row++;
	return SQLITE_OK;
}

static int feed_filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
                       sqlite3_value **argv)
{
	(void)index;
	(void)name;
	(void)argc;
	(void)argv;
	return feed_next(base);
}

static int feed_eof(sqlite3_vtab_cursor *base)
{
	return !((struct feed_cursor *)base)->more;
}

static int feed_column(sqlite3_vtab_cursor *base, sqlite3_context *ret, int at)
{
	const struct feed *feed = &((struct feed_cursor *)base)->feed;

	feed->column(feed->from, ret, at);
	return SQLITE_OK;
}

static int feed_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	*ret = ((struct feed_cursor *)base)->row;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xConnect = feed_connect,
	.xBestIndex = feed_best_index,
	.xDisconnect = feed_disconnect,
	.xOpen = feed_open,
	.xClose = feed_close,
	.xFilter = feed_filter,
	.xNext = feed_next,
	.xEof = feed_eof,
	.xColumn = feed_column,
	.xRowid = feed_rowid,
};

int feed_register(sqlite3 *db, struct feed *feed)
{
	return sqlite3_create_module(db, "feed", &module, feed);
}
