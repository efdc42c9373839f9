/*
 * The lists beside the sums: what became of the records of each source, the last rejected records.
 * Few rows each, so plain SQL with its joins.
 */
#include "agent/ledger/query.h"

#include <stdlib.h>

#include "agent/ledger/inner.h"
#include "agent/ledger/query_group.h"

/* Reasons come from a fixed set of words: more rows than this are damage. */
enum { COVERAGE_ROWS_MAX = 100000 };

/* Rows of any kind, gathered by `read` from each step of a statement. */
struct list {
	void *rows;
	size_t n, capacity, row_size;
	struct arena *text;
	void (*read)(sqlite3_stmt *statement, void *row, struct arena *text);
};

static bool gather(struct ledger *l, const char *text, size_t limit, struct list *list,
                   struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, text, err);
	bool more = true;
	bool ok = st != NULL;

	if (ok)
		(void)sqlite3_bind_int64(st, 1, (int64_t)limit);
	while (ok && (ok = sql_next(&l->sql, st, &more, err)) && more) {
		list->rows = array_room(list->rows, list->n, &list->capacity, list->row_size);
		list->read(st, (char *)list->rows + list->n++ * list->row_size, list->text);
	}
	if (!ok)
		free(list->rows);
	return ok;
}

static void read_coverage(sqlite3_stmt *st, void *row, struct arena *text)
{
	*(struct coverage_row *)row = (struct coverage_row){
		.source = query_keep(text, sql_column_text(st, 0)),
		.outcome = (enum outcome)sqlite3_column_int(st, 1),
		.reason = query_keep(text, sql_column_text(st, 2)),
		.records = sqlite3_column_int64(st, 3),
	};
}

bool query_coverage(struct ledger *l, struct coverage_row **ret, size_t *n, struct arena *text,
                    struct err *err)
{
	struct list list = {.row_size = sizeof(**ret), .text = text, .read = read_coverage};

	if (!gather(l,
	            "SELECT s.text, outcome, r.text, sum(records) FROM coverage "
	            "JOIN labels s ON s.id = source JOIN labels r ON r.id = reason "
	            "GROUP BY s.text, outcome, r.text "
	            "ORDER BY s.text, outcome, sum(records) DESC, r.text LIMIT ?",
	            COVERAGE_ROWS_MAX, &list, err))
		return false;
	*ret = list.rows;
	*n = list.n;
	return true;
}

static void read_reject(sqlite3_stmt *st, void *row, struct arena *text)
{
	*(struct reject_row *)row = (struct reject_row){
		.source = query_keep(text, sql_column_text(st, 0)),
		.reason = query_keep(text, sql_column_text(st, 1)),
		.path = query_keep(text, sql_column_text(st, 2)),
		.value = query_keep(text, sql_column_text(st, 3)),
		.offset = sqlite3_column_int64(st, 4),
		.at = sqlite3_column_int64(st, 5),
	};
}

bool query_rejects(struct ledger *l, size_t limit, struct reject_row **ret, size_t *n,
                   struct arena *text, struct err *err)
{
	struct list list = {.row_size = sizeof(**ret), .text = text, .read = read_reject};

	if (!gather(l,
	            "SELECT s.text, r.text, coalesce(f.path, ''), x.value, x.offset, x.at "
	            "FROM rejects x JOIN labels s ON s.id = x.source "
	            "JOIN labels r ON r.id = x.reason LEFT JOIN files f ON f.id = x.file "
	            "ORDER BY x.id DESC LIMIT ?",
	            limit, &list, err))
		return false;
	*ret = list.rows;
	*n = list.n;
	return true;
}

bool query_outcomes(struct ledger *l, int64_t ret[OUTCOMES], struct err *err)
{
	sqlite3_stmt *st = sql_statement(
		&l->sql, "SELECT outcome, sum(records) FROM coverage GROUP BY outcome", err);
	bool more = true;
	bool ok = st != NULL;

	memset(ret, 0, OUTCOMES * sizeof(*ret));
	while (ok && (ok = sql_next(&l->sql, st, &more, err)) && more) {
		int64_t outcome = sqlite3_column_int64(st, 0);

		if (outcome >= 0 && outcome < OUTCOMES)
			ret[outcome] = sqlite3_column_int64(st, 1);
	}
	return ok;
}

static void read_file(sqlite3_stmt *st, void *row, struct arena *text)
{
	*(struct file_row *)row = (struct file_row){
		.path = query_keep(text, sql_column_text(st, 0)),
		.device = sqlite3_column_int64(st, 1),
		.inode = sqlite3_column_int64(st, 2),
		.offset = sqlite3_column_int64(st, 3),
		.content_size = sqlite3_column_int64(st, 4),
		.gzip = sqlite3_column_int(st, 5) != 0,
	};
}

bool query_files(struct ledger *l, size_t limit, struct file_row **ret, size_t *n,
                 struct arena *text, struct err *err)
{
	struct list list = {.row_size = sizeof(**ret), .text = text, .read = read_file};

	_Static_assert(FILE_LEFT_OUT == 4 && FILE_FINISHED == 5, "as the statement has them");
	if (!gather(l,
	            "SELECT path, device, inode, offset, content_size, gzip FROM files "
	            "WHERE state NOT IN (4, 5) ORDER BY id DESC LIMIT ?",
	            limit, &list, err))
		return false;
	*ret = list.rows;
	*n = list.n;
	return true;
}
