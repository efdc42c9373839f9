/*
 * Whether a call was counted before, from a file that began as this one does. A copy has its calls
 * at the same places, so the place counts; the file does not, as a copy of a copy was counted
 * partly from each.
 */
#include "agent/ledger/call_id.h"
#include "agent/ledger/inner.h"

/* A call may have any id of its second. */
static const char FIND[] =
	"SELECT 1 FROM call_rows WHERE id >= ? AND id < ? AND offset = ? AND input IS ? AND "
	"output IS ? AND request_id IS ? AND session IS ? LIMIT 1";

static const char UNARCHIVED[] = "SELECT coalesce(max(day) + 1, 0) FROM segments";

static void bind_count(sqlite3_stmt *st, int at, int64_t count)
{
	if (count != ABSENT)
		sql_bind_ints(st, at, &count, 1);
}

static void bind_detail(sqlite3_stmt *st, int at, struct str text)
{
	if (text.n)
		sql_bind_text(st, at, text);
}

bool ledger_has_call(struct ledger *l, const struct call *c, int64_t offset)
{
	int64_t second = c->time / TIME_SEC * 1000;
	struct err err = {0}; /* a commit will say it */
	sqlite3_stmt *st = sql_statement(&l->sql, FIND, &err);
	bool row;

	if (st == NULL)
		return false;
	(void)sqlite3_clear_bindings(st);
	sql_bind_ints(
		st, 1,
		(const int64_t[]){call_id_first(second), call_id_first(second + 1000), offset}, 3);
	bind_count(st, 4, c->count[COUNT_INPUT]);
	bind_count(st, 5, c->count[COUNT_OUTPUT]);
	bind_detail(st, 6, c->detail[DETAIL_REQUEST_ID]);
	bind_detail(st, 7, c->detail[DETAIL_SESSION]);
	if (!sql_next(&l->sql, st, &row, &err))
		return false;
	(void)sqlite3_reset(st);
	return row;
}

int64_t ledger_unarchived(struct ledger *l)
{
	struct err err = {0}; /* a commit will say it */
	int64_t days = 0;

	if (!sql_ask(&l->sql, UNARCHIVED, &days, &err))
		return TIME_MAX;
	return days * TIME_DAY;
}
