/*
 * A commit: all or nothing. The order of its parts is that in which they need each other: names
 * first, then the files (rows carry their ids), then which records count, then what these add.
 * Batches and marks are only read until the transaction is over, so a commit that failed can be
 * tried again as it was.
 */
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/ledger/cover.h"
#include "agent/ledger/dedupe.h"
#include "agent/ledger/marks.h"
#include "agent/ledger/old.h"
#include "agent/ledger/remember.h"
#include "agent/ledger/rows.h"
#include "agent/ledger/totals.h"

static const char META_SET[] = "INSERT INTO meta VALUES (?, ?) "
			       "ON CONFLICT DO UPDATE SET value = excluded.value";

bool commit_names(struct ledger *l, const struct batch *b, struct ids *ids, struct err *err)
{
	uint32_t n = intern_count(b->labels);

	ids->label = xmalloc(n * sizeof(*ids->label));
	ids->combination = xmalloc(b->combinations_n * sizeof(*ids->combination));
	for (uint32_t i = 0; i < n; i++)
		if (!names_label(&l->names, intern_str(b->labels, i), &ids->label[i], err))
			return false;
	return names_combinations(&l->names, b, ids->label, ids->combination, err);
}

uint32_t commit_combination(struct batch *b, struct str source, const struct call *c)
{
	struct combination key = {.source = intern_id(b->labels, source)};

	for (int i = 0; i < LABELS; i++)
		key.label[i] = intern_id(b->labels, c->label[i]);
	return batch_combination(b, &key);
}

void ids_free(struct ids *ids)
{
	free(ids->label);
	free(ids->combination);
	*ids = (struct ids){0};
}

bool commit_volume(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	sqlite3_stmt *st = sql_statement(&l->sql, META_SET, err);

	if (st == NULL)
		return false;
	buf_clear(&l->text);
	buf_printf(&l->text, "%lld", (long long)c->volume);
	sql_bind_text(st, 1, STR("volume"));
	sql_bind_text(st, 2, buf_view(&l->text));
	return sql_done(&l->sql, st, err);
}

static bool write_all(struct commit *c, struct ids *ids, struct err *err)
{
	for (size_t b = 0; b < c->batches_n; b++)
		if (!commit_names(c->l, c->batches[b], &ids[b], err))
			return false;
	return marks_advance(c, err) && dedupe_decide(c, err) && old_begin(c, err) &&
	       rows_write(c, err) && old_write(c, err) && dedupe_write(c, err) &&
	       totals_write(c, err) && latencies_write(c, err) && cover_write(c, err) &&
	       rejects_write(c, err) && remember_write(c, err) && commit_volume(c, err);
}

/* Runs `write` as one transaction. */
static bool transact(struct commit *c, struct ids *ids, struct err *err)
{
	struct ledger *l = c->l;

	if (!sql_run(&l->sql, "BEGIN IMMEDIATE", err))
		return false;
	if (fold_read(l, err) && write_all(c, ids, err) && sql_run(&l->sql, "COMMIT", err))
		return true;
	sql_roll_back(&l->sql);
	names_forget(&l->names);
	return false;
}

/* Copies the marks that this commit touches. Most of a run's files are not among them. */
static uint32_t *copy_files(struct commit *c, struct mark *const *files, size_t n)
{
	uint32_t *at = xcalloc(n, sizeof(*at));
	size_t room = 0;

	for (size_t i = 0; i < n; i++) {
		if (files[i] == NULL)
			continue;
		c->files = array_room(c->files, c->files_n, &room, sizeof(*c->files));
		at[i] = (uint32_t)c->files_n;
		c->files[c->files_n++] = *files[i];
	}
	return at;
}

static void give_back(const struct commit *c, struct mark *const *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str carried;

		if (files[i] == NULL)
			continue;
		*files[i] = c->files[c->file_at[i]];
		carried = c->carried[c->file_at[i]];
		if (carried.p == NULL)
			continue;
		buf_clear(&files[i]->carried);
		buf_str(&files[i]->carried, carried);
	}
	c->l->volume = c->volume;
}

bool ledger_commit(struct ledger *l, const struct commit_input *input, struct commit_sums *ret,
                   struct err *err)
{
	struct ids *ids = xcalloc(input->batches_n, sizeof(*ids));
	struct commit c = {.l = l,
	                   .batches = input->batches,
	                   .batches_n = input->batches_n,
	                   .ids = ids,
	                   .volume = l->volume};
	uint32_t *file_at = copy_files(&c, input->files, input->files_n);
	bool ok;

	c.file_at = file_at;
	c.carried = xcalloc(c.files_n, sizeof(*c.carried));
	cover_start(l);
	ok = transact(&c, ids, err);
	if (ok) {
		give_back(&c, input->files, input->files_n);
		*ret = c.sums;
	}
	for (size_t b = 0; b < input->batches_n; b++)
		ids_free(&ids[b]);
	free(ids);
	free(file_at);
	free(c.files);
	free(c.carried);
	return ok;
}

bool ledger_save_marks(struct ledger *l, struct mark *const *marks, size_t n, struct err *err)
{
	struct mark *before = xcalloc(n, sizeof(*before));
	bool ok = sql_run(&l->sql, "BEGIN IMMEDIATE", err);

	for (size_t i = 0; i < n; i++)
		before[i] = *marks[i];
	for (size_t i = 0; ok && i < n; i++)
		ok = marks_save(l, marks[i], (struct str){0}, err);
	ok = ok && sql_run(&l->sql, "COMMIT", err);
	if (!ok) {
		sql_roll_back(&l->sql);
		names_forget(&l->names);
		for (size_t i = 0; i < n; i++)
			*marks[i] = before[i];
	}
	free(before);
	return ok;
}
