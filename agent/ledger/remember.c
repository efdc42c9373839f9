/*
 * What is remembered is written in the transaction that counts the records it comes from, so that
 * after a kill it agrees with the offsets. Two threads may have remembered under one key; the later
 * one holds.
 */
#include "agent/ledger/remember.h"

#include <stdlib.h>

#include "agent/base/mem.h"

static const char MEMORY_SET[] =
	"REPLACE INTO memory (source, key, time, value) VALUES (?, ?, ?, ?)";
static const char MEMORY_FORGET[] = "DELETE FROM memory WHERE source = ? AND key = ?";
/* Of a source that is no longer configured: it may have another name now. Its own come last. */
static const char MEMORY_OF[] =
	"SELECT key, time, value, source, text, text = ?1 AS own FROM memory "
	"JOIN labels ON labels.id = source ORDER BY own, source, key";

struct entry {
	const struct remembered *r;
	int64_t source; /* label of the ledger */
};

static int by_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->r->item.order > y->r->item.order) - (x->r->item.order < y->r->item.order);
}

static bool forget(struct ledger *l, int64_t source, uint64_t key, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, MEMORY_FORGET, err);

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, (const int64_t[]){source, (int64_t)key}, 2);
	return sql_done(&l->sql, st, err);
}

static bool write_one(struct ledger *l, const struct entry *e, struct err *err)
{
	const struct memory_item *item = &e->r->item;
	sqlite3_stmt *st;

	if (item->from && !forget(l, item->from, item->key, err))
		return false;
	if (item->text.p == NULL)
		return forget(l, e->source, item->key, err);
	st = sql_statement(&l->sql, MEMORY_SET, err);
	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, (const int64_t[]){e->source, (int64_t)item->key, item->time}, 3);
	(void)sqlite3_bind_blob64(st, 4, item->text.p, item->text.n, SQLITE_STATIC);
	return sql_done(&l->sql, st, err);
}

bool remember_write(struct commit *c, struct err *err)
{
	struct entry *entries;
	size_t n = 0;
	bool ok = true;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->remembered_n;
	entries = xcalloc(n, sizeof(*entries));
	n = 0;
	for (size_t b = 0; b < c->batches_n; b++)
		for (size_t i = 0; i < c->batches[b]->remembered_n; i++, n++) {
			entries[n].r = &c->batches[b]->remembered[i];
			entries[n].source = c->ids[b].label[entries[n].r->source];
		}
	qsort(entries, n, sizeof(*entries), by_order);
	for (size_t i = 0; ok && i < n; i++)
		ok = write_one(c->l, &entries[i], err);
	free(entries);
	return ok;
}

bool ledger_remembered(struct ledger *l, const char *source,
                       bool (*is_source)(void *arg, struct str name), struct memory *m, void *arg,
                       struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, MEMORY_OF, err);
	bool row, ok = st != NULL;

	if (ok)
		sql_bind_text(st, 1, str_of(source));
	while (ok && (ok = sql_next(&l->sql, st, &row, err)) && row) {
		bool own = sqlite3_column_int(st, 5) != 0;
		const struct memory_item item = {
			.key = (uint64_t)sqlite3_column_int64(st, 0),
			.time = sqlite3_column_int64(st, 1),
			.text = sql_column_text(st, 2),
			.from = own ? 0 : sqlite3_column_int64(st, 3),
		};

		if (own || !is_source(arg, sql_column_text(st, 4)))
			memory_load(m, &item);
	}
	return ok;
}
