#include "agent/ledger/find_call.h"

#include "agent/ledger/inner.h"

static const char IDS[] = "SELECT id FROM call_rows WHERE id = ?1 "
			  "UNION ALL SELECT id FROM call_rows WHERE request_id = ?2 LIMIT ?3";
static const char PLACE[] =
	"SELECT f.path, c.offset FROM call_rows c JOIN files f ON f.id = c.file WHERE c.id = ?";

/* -1, which no call has, when it is no number. */
static int64_t number_of(struct str name)
{
	int64_t id = 0;

	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < '0' || name.p[i] > '9' || __builtin_mul_overflow(id, 10, &id) ||
		    __builtin_add_overflow(id, name.p[i] - '0', &id))
			return -1;
	return name.n ? id : -1;
}

bool find_call_ids(struct ledger *l, struct str name, int64_t *ids, size_t room, size_t *n,
                   struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, IDS, err);
	bool more = true, good = st != NULL;

	*n = 0;
	if (!good)
		return false;
	(void)sqlite3_bind_int64(st, 1, number_of(name));
	sql_bind_text(st, 2, name);
	(void)sqlite3_bind_int64(st, 3, (int64_t)room);
	while (good && (good = sql_next(&l->sql, st, &more, err)) && more)
		ids[(*n)++] = sqlite3_column_int64(st, 0);
	return good;
}

static bool read_place(struct ledger *l, int64_t id, struct found_call *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, PLACE, err);
	bool found = false;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, id);
	if (!sql_next(&l->sql, st, &found, err))
		return false;
	if (found) {
		ret->path = query_keep(&ret->text, sql_column_text(st, 0));
		ret->offset = sqlite3_column_int64(st, 1);
		(void)sqlite3_reset(st);
	}
	return true;
}

/* Its texts are views of the reader's. */
static void keep_texts(struct found_call *f)
{
	struct call *c = &f->kept.call;

	f->kept.source = query_keep(&f->text, f->kept.source);
	c->price = query_keep(&f->text, c->price);
	for (int i = 0; i < LABELS; i++)
		c->label[i] = query_keep(&f->text, c->label[i]);
	for (int i = 0; i < DETAILS; i++)
		c->detail[i] = query_keep(&f->text, c->detail[i]);
}

static bool read_call(struct ledger *l, int64_t id, struct found_call *ret, struct err *err)
{
	const struct query all = {.zone = ledger_zone(l)};
	struct grouping grouping;
	struct kept_reader *r;
	bool more = false;
	bool good = grouping_open(&grouping, &l->sql, &all, err);

	if (good) {
		r = kept_open(&l->sql, &grouping, INT64_MIN, INT64_MAX);
		kept_only(r, id);
		good = kept_next(r, &ret->kept, &more, err);
		if (good && more)
			keep_texts(ret);
		kept_close(&r);
	}
	grouping_close(&grouping);
	return good &&
	       (more || err_set(err, "%s: there is no call %lld", l->sql.path, (long long)id));
}

bool find_call(struct ledger *l, int64_t id, struct found_call *ret, struct err *err)
{
	*ret = (struct found_call){0};
	if (read_call(l, id, ret, err) && read_place(l, id, ret, err))
		return true;
	found_call_free(ret);
	return false;
}

void found_call_free(struct found_call *f)
{
	arena_free(&f->text);
}
