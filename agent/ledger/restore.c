/*
 * Back from the archive: the lines of a segment become rows again, in one transaction with which
 * the ledger forgets the segment. The totals have counted them all the time. A call that holds a
 * dedupe key holds it in its new place.
 */
#include <stdlib.h>
#include <unistd.h>

#include "agent/ledger/dedupe.h"
#include "agent/ledger/rotate.h"
#include "agent/ledger/rows.h"

enum { ROWS_AT_ONCE = 20000 };

static const char FILE_OF[] = "SELECT id FROM files WHERE path = ? ORDER BY id DESC LIMIT 1";
static const char KEY_MOVED[] = "UPDATE dedupe SET call = ? WHERE key = ? AND " DEDUPE_MS " = ?";

struct restoring {
	struct ledger *l;
	struct batch *batch;
	struct mark *files; /* of which only the id is known; their numbers are those of `paths` */
	uint32_t *file_at;
	size_t files_n, files_room, file_at_room;
	struct intern *paths;
	int64_t calls; /* so far */
};

static bool find_file(struct restoring *r, struct str path, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&r->l->sql, FILE_OF, err);
	bool row;

	if (st == NULL)
		return false;
	sql_bind_text(st, 1, path);
	if (!sql_next(&r->l->sql, st, &row, err))
		return false;
	*ret = row ? sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_reset(st);
	return true;
}

/* The number of a file for rows; NO_FILE when the ledger knows it no more. */
static bool file_number(struct restoring *r, struct str path, uint32_t *ret, struct err *err)
{
	uint32_t number = intern_id(r->paths, path);

	r->files = array_room(r->files, r->files_n, &r->files_room, sizeof(*r->files));
	r->file_at = array_room(r->file_at, r->files_n, &r->file_at_room, sizeof(*r->file_at));
	if (number == r->files_n) {
		r->files[number] = (struct mark){0};
		r->file_at[number] = number;
		if (!find_file(r, path, &r->files[number].id, err))
			return false;
		r->files_n++;
	}
	*ret = r->files[number].id ? number : NO_FILE;
	return true;
}

static bool add(struct restoring *r, const struct archived *a, struct err *err)
{
	uint32_t file;

	if (!file_number(r, a->file, &file, err))
		return false;
	(void)batch_add_row(r->batch, &a->call, commit_combination(r->batch, a->source, &a->call),
	                    file, a->offset);
	r->calls++;
	return true;
}

/* Rows with a key are those that won it: what rows_write expects of them. */
static void list_winners(struct restoring *r)
{
	struct items *winners = &r->l->winners;

	items_start(winners, r->batch->rows_n);
	for (uint32_t i = 0; i < r->batch->rows_n; i++)
		if (r->batch->rows[i].dedupe_key)
			items_add(winners, r->batch->rows[i].dedupe_key, 0, i);
}

static bool move_keys(struct restoring *r, struct err *err)
{
	const struct items *winners = &r->l->winners;
	sqlite3_stmt *st = sql_statement(&r->l->sql, KEY_MOVED, err);
	bool good = st != NULL;

	for (size_t i = 0; good && i < winners->n; i++) {
		const struct call_row *row = &r->batch->rows[winners->v[i].at];

		sql_bind_ints(st, 1,
		              (const int64_t[]){r->l->winner_calls[i], (int64_t)row->dedupe_key,
		                                row->time / TIME_MS},
		              3);
		good = sql_done(&r->l->sql, st, err);
	}
	return good;
}

static bool write_rows(struct restoring *r, struct err *err)
{
	struct ids ids = {0};
	struct commit c = {.l = r->l,
	                   .batches = &r->batch,
	                   .batches_n = 1,
	                   .ids = &ids,
	                   .files = r->files,
	                   .files_n = r->files_n,
	                   .file_at = r->file_at};
	bool good = commit_names(r->l, r->batch, &ids, err);

	list_winners(r);
	good = good && rows_write(&c, err) && move_keys(r, err);
	ids_free(&ids);
	batch_clear(r->batch);
	return good;
}

static bool put_back(struct restoring *r, const char *folder, const struct segment *s,
                     struct err *err)
{
	struct segment_calls *calls = segment_calls_open(&r->l->sql, folder, s, err);
	struct archived a;
	bool more = true, good = calls != NULL;

	while (good && (good = segment_calls_next(calls, &a, &more, err)) && more) {
		good = add(r, &a, err);
		if (good && r->batch->rows_n == ROWS_AT_ONCE)
			good = write_rows(r, err);
	}
	segment_calls_close(&calls);
	return good && write_rows(r, err);
}

static bool transact(struct restoring *r, const char *folder, const struct segment *s,
                     struct err *err)
{
	struct sql *sql = &r->l->sql;

	bool good = sql_begin_durable(sql, err) && put_back(r, folder, s, err) &&
	            segments_remove(sql, s->day, err) && sql_run(sql, "COMMIT", err);

	sql_end_durable(sql);
	if (!good)
		names_forget(&r->l->names);
	return good;
}

bool rotation_restore(struct ledger *l, const char *folder, const struct segment *s, int64_t *calls,
                      struct err *err)
{
	struct restoring r = {
		.l = l, .batch = batch_new(ledger_zone(l), true), .paths = intern_new()};
	bool good = segment_settle(folder, s->day, s, err) && transact(&r, folder, s, err);

	if (good)
		segment_remove(folder,
		               s->day); /* no harm if it stays: the ledger knows it no more */
	*calls = r.calls;
	batch_free(&r.batch);
	intern_free(&r.paths);
	free(r.files);
	free(r.file_at);
	return good;
}
