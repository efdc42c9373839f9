/*
 * The limit of SQLite for kept calls: reads the call_rows of a ledger into memory, then inserts the
 * same rows into a new file with the same table, one transaction per 10 000, and prints rows a
 * second. Nothing else is done in the timed part, so no program that keeps one row a call in SQLite
 * can be faster on one thread.
 *
 *     insert_limit LEDGER NEW_FILE
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_PER_TRANSACTION = 10000, COLUMNS_MAX = 32 };

/* A value as SQLite gave it: an integer, a text on the heap, or NULL. */
struct value {
	int type;
	int length;
	union {
		sqlite3_int64 number;
		char *text;
	};
};

struct rows {
	struct value *values; /* row after row */
	size_t n, room;
	int columns;
};

static void die(sqlite3 *db, const char *what)
{
	fprintf(stderr, "insert_limit: %s: %s\n", what, db ? sqlite3_errmsg(db) : "out of memory");
	exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(db, sql);
}

static struct value column_value(sqlite3_stmt *stmt, int column)
{
	struct value v = {.type = sqlite3_column_type(stmt, column)};

	if (v.type == SQLITE_INTEGER) {
		v.number = sqlite3_column_int64(stmt, column);
	} else if (v.type != SQLITE_NULL) {
		const char *text = (const char *)sqlite3_column_text(stmt, column);

		v.type = SQLITE_TEXT;
		v.length = sqlite3_column_bytes(stmt, column);
		v.text = malloc((size_t)v.length + 1);
		if (!v.text)
			die(NULL, "reading");
		memcpy(v.text, text, (size_t)v.length);
	}
	return v;
}

static void add_row(struct rows *rows, sqlite3_stmt *stmt)
{
	size_t columns = (size_t)rows->columns;

	if (rows->n == rows->room) {
		rows->room = rows->room ? rows->room * 2 : 1 << 16;
		rows->values = realloc(rows->values, rows->room * columns * sizeof *rows->values);
		if (!rows->values)
			die(NULL, "reading");
	}
	for (int i = 0; i < rows->columns; i++)
		rows->values[rows->n * columns + (size_t)i] = column_value(stmt, i);
	rows->n++;
}

static struct rows read_rows(sqlite3 *db)
{
	struct rows rows = {0};
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, "SELECT * FROM call_rows ORDER BY id", -1, &stmt, NULL) !=
	    SQLITE_OK)
		die(db, "call_rows");
	rows.columns = sqlite3_column_count(stmt);
	if (rows.columns > COLUMNS_MAX) {
		fprintf(stderr, "insert_limit: call_rows has more than %d columns\n", COLUMNS_MAX);
		exit(1);
	}
	while (sqlite3_step(stmt) == SQLITE_ROW)
		add_row(&rows, stmt);
	sqlite3_finalize(stmt);
	return rows;
}

/* The same table in the new database. */
static void copy_definition(sqlite3 *from, sqlite3 *to)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(from, "SELECT sql FROM sqlite_master WHERE name = 'call_rows'", -1,
	                       &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		die(from, "definition of call_rows");
	run(to, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
}

static sqlite3_stmt *prepare_insert(sqlite3 *db, int columns)
{
	char sql[64 + 2 * COLUMNS_MAX];
	sqlite3_stmt *stmt;
	int n = snprintf(sql, sizeof sql, "INSERT INTO call_rows VALUES (");

	for (int i = 0; i < columns; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, "?%s", i + 1 < columns ? "," : ")");
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		die(db, sql);
	return stmt;
}

static void bind(sqlite3_stmt *stmt, int at, const struct value *v)
{
	if (v->type == SQLITE_INTEGER)
		sqlite3_bind_int64(stmt, at, v->number);
	else if (v->type == SQLITE_TEXT)
		sqlite3_bind_text(stmt, at, v->text, v->length, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
}

static void insert_rows(sqlite3 *db, const struct rows *rows)
{
	sqlite3_stmt *stmt = prepare_insert(db, rows->columns);
	const struct value *v = rows->values;

	run(db, "BEGIN");
	for (size_t row = 0; row < rows->n; row++) {
		if (row && row % ROWS_PER_TRANSACTION == 0)
			run(db, "COMMIT; BEGIN");
		for (int i = 1; i <= rows->columns; i++)
			bind(stmt, i, v++);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			die(db, "insert");
		sqlite3_reset(stmt);
	}
	run(db, "COMMIT");
	sqlite3_finalize(stmt);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	sqlite3 *from, *to;
	static struct rows rows; /* held until the program ends */
	double begin, seconds;

	if (argc != 3) {
		fprintf(stderr, "usage: insert_limit LEDGER NEW_FILE\n");
		return 2;
	}
	if (sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		die(from, argv[1]);
	if (sqlite3_open(argv[2], &to) != SQLITE_OK)
		die(to, argv[2]);
	run(to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
	rows = read_rows(from);
	copy_definition(from, to);

	begin = now();
	insert_rows(to, &rows);
	seconds = now() - begin;
	printf("{\"rows\": %zu, \"seconds\": %.6f}\n", rows.n, seconds);

	sqlite3_close(from);
	sqlite3_close(to);
	return 0;
}
