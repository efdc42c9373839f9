/*
 * Every record read ends as exactly one of call, duplicate, skipped, rejected, and this is where
 * they are counted. Coverage of a commit is a few hundred rows at most: gathered in one list, for
 * what dedupe moves belongs to the same rows as what the batches bring, then written.
 */
#include "agent/ledger/cover.h"

#include "agent/base/hash.h"
#include "agent/base/mem.h"

static const char COVERAGE_ADD[] = "INSERT INTO coverage VALUES (?, ?, ?, ?, ?) "
				   "ON CONFLICT DO UPDATE SET records = records + excluded.records";
static const char COVERAGE_CLEAN[] = "DELETE FROM coverage WHERE source = ? AND day = ? AND "
				     "outcome = ? AND reason = ? AND records = 0";
static const char REJECT_ADD[] =
	"INSERT INTO rejects (source, reason, file, offset, at, value) VALUES (?, ?, ?, ?, ?, ?)";
static const char REJECT_TRIM[] =
	"DELETE FROM rejects WHERE source = ?1 AND reason = ?2 AND id <= "
	"(SELECT id FROM rejects WHERE source = ?1 AND reason = ?2 ORDER BY id DESC "
	"LIMIT 1 OFFSET ?3)";

enum { DAY_UNKNOWN_STORED = -1 };

int64_t cover_day(const struct ledger *l, int64_t time)
{
	return zone_day_start(l->zone, time) / TIME_SEC;
}

void cover_start(struct ledger *l)
{
	l->coverage.n = 0;
	table_clear(&l->coverage.index);
}

static bool same_coverage(const void *items, uint32_t position, const void *key)
{
	const struct coverage *c = (const struct coverage *)items + position, *wanted = key;

	return c->day == wanted->day && c->source == wanted->source &&
	       c->reason == wanted->reason && c->outcome == wanted->outcome;
}

static void add(struct coverage_list *list, const struct coverage *c)
{
	uint64_t hash = hash_mix((uint64_t)c->day, (uint64_t)c->source << 32 | c->reason);
	bool is_new;
	uint32_t at = table_position(&list->index, hash_mix(hash, c->outcome), same_coverage,
	                             list->v, c, &is_new);

	if (!is_new) {
		list->v[at].records += c->records;
		return;
	}
	list->v = array_room(list->v, list->n, &list->room, sizeof(*list->v));
	list->v[list->n++] = *c;
}

void cover_add(struct ledger *l, const struct coverage *c, const struct ids *ids)
{
	struct coverage own = *c;

	own.source = (uint32_t)ids->label[c->source];
	own.reason = (uint32_t)ids->label[c->reason];
	add(&l->coverage, &own);
}

void cover_record(struct ledger *l, int64_t time, int64_t source, enum outcome outcome,
                  int64_t reason, int sign)
{
	add(&l->coverage, &(struct coverage){cover_day(l, time), (uint32_t)source, (uint32_t)reason,
	                                     outcome, sign});
}

static bool run_ints(struct ledger *l, const char *text, const int64_t *values, int n,
                     struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, text, err);

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, values, n);
	return sql_done(&l->sql, st, err);
}

static bool write_row(struct ledger *l, const struct coverage *c, struct err *err)
{
	const int64_t row[] = {c->source, c->day == DAY_UNKNOWN ? DAY_UNKNOWN_STORED : c->day,
	                       (int64_t)c->outcome, c->reason, c->records};

	if (c->records == 0)
		return true;
	return run_ints(l, COVERAGE_ADD, row, 5, err) &&
	       (c->records > 0 || run_ints(l, COVERAGE_CLEAN, row, 4, err));
}

bool cover_write(struct commit *c, struct err *err)
{
	const struct coverage_list *all = &c->l->coverage;

	for (size_t b = 0; b < c->batches_n; b++)
		for (size_t i = 0; i < c->batches[b]->coverage_n; i++)
			cover_add(c->l, &c->batches[b]->coverage[i], &c->ids[b]);
	for (size_t i = 0; i < all->n; i++) {
		c->sums.records[all->v[i].outcome] += all->v[i].records;
		if (!write_row(c->l, &all->v[i], err))
			return false;
	}
	return true;
}

static bool write_reject(const struct commit *c, const struct reject *r, const struct ids *ids,
                         struct err *err)
{
	struct ledger *l = c->l;
	sqlite3_stmt *st = sql_statement(&l->sql, REJECT_ADD, err);
	const int64_t trim[] = {ids->label[r->source], ids->label[r->reason], REJECTS_KEPT};

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1,
	              (const int64_t[]){trim[0], trim[1], c->files[c->file_at[r->file]].id,
	                                r->offset, r->at},
	              5);
	sql_bind_text(st, 6, r->value);
	return sql_done(&l->sql, st, err) && run_ints(l, REJECT_TRIM, trim, 3, err);
}

bool rejects_write(struct commit *c, struct err *err)
{
	for (size_t b = 0; b < c->batches_n; b++)
		for (size_t i = 0; i < c->batches[b]->rejects_n; i++)
			if (!write_reject(c, &c->batches[b]->rejects[i], &c->ids[b], err))
				return false;
	return true;
}
