/*
 * When to read, and how much. The files tell whether anything was written (stamp.h); then the tail
 * of the span is read, and the whole of it only as often as that costs little: a short span each
 * time, a long one when reading it is a small part of the time that has passed. So what an agent
 * adds is seen at once, and what changes behind the tail a little later.
 */
#include <stdlib.h>

#include "agent/ledger/call_id.h"
#include "agent/ledger/live_inner.h"
#include "agent/ledger/stamp.h"

enum {
	WHOLE_ALWAYS = 10000,     /* rows: so many are read each time */
	WHOLE_PER_SECOND = 50000, /* rows: a hundredth of the time of one core */
	FILES_ALWAYS = 1000,
};

#define MINUTE (60 * TIME_SEC)
#define HOUR   (60 * MINUTE)

static const struct {
	int64_t slot;
	size_t slots;
} spans[LIVE_SPANS] = {
	[LIVE_HOUR] = {MINUTE, 60},
	[LIVE_DAY] = {HOUR, 24},
	[LIVE_WEEK] = {HOUR, LIVE_SLOTS_MAX},
};

struct live {
	char *database;
	struct live_question question; /* that was answered last */
	struct live_answer answer;
	bool has_answer;
	struct live_tally tally;
	bool is_read;    /* the tally holds a whole span */
	bool owes;       /* something was written since the whole was read */
	int64_t read_at; /* when the whole was read; how many rows that was */
	int64_t read_rows;
	int64_t now; /* of the look before */
	struct stamp stamp;
	struct hash_key key; /* of the ledger, which says which one it is */
	struct zone *zone;   /* the ledger's, which is closed between looks */
	struct file_row *files;
	size_t files_n;
	struct arena files_text;
};

struct live *live_new(const char *database)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->database = xstrdup(database);
	l->stamp.is_fresh = true; /* like no other */
	return l;
}

static void free_answer(struct live_answer *a)
{
	query_result_free(&a->result);
	query_result_free(&a->unpriced);
}

static void tally_forget(struct live_tally *t)
{
	live_groups_clear(&t->by);
	live_groups_clear(&t->unpriced);
	for (size_t part = 0; part < LIVE_PARTS; part++)
		latencies_free(&t->latencies[part]);
	memset(t->cost, 0, sizeof(t->cost));
	t->too_many_latencies = false;
}

static void tally_forget_tail(struct live_tally *t)
{
	live_groups_clear_tail(&t->by);
	live_groups_clear_tail(&t->unpriced);
	table_clear(&t->latencies[LIVE_TAIL].index);
	memset(t->cost[LIVE_TAIL], 0, sizeof(t->cost[LIVE_TAIL]));
}

static void forget_ledger(struct live *l)
{
	l->is_read = false;
	l->files_n = 0;
	zone_free(&l->zone);
	if (l->tally.combinations)
		memset(l->tally.combinations, 0,
		       LIVE_COMBINATIONS * sizeof(*l->tally.combinations));
}

void live_free(struct live **lp)
{
	struct live *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	free_answer(&l->answer);
	tally_forget(&l->tally);
	live_groups_free(&l->tally.by);
	live_groups_free(&l->tally.unpriced);
	free(l->tally.combinations);
	zone_free(&l->zone);
	free(l->files);
	arena_free(&l->files_text);
	free(l->database);
	free(l);
}

/* ---- time ---- */

static int64_t slot_start(const struct zone *zone, int64_t slot, int64_t time)
{
	return slot == HOUR ? zone_hour_start(zone, time) : time - time % MINUTE;
}

/* Where a reading at `now` of a span begins, what of it settles, and where it ends. */
struct bounds {
	int64_t base, settled, until;
};

static struct bounds bounds_of(const struct zone *zone, enum live_span span, int64_t now)
{
	int64_t slot = spans[span].slot;
	int64_t last = slot_start(zone, slot, now);

	return (struct bounds){
		.base = slot_start(zone, slot, last - (int64_t)(spans[span].slots - 1) * slot),
		.settled = slot_start(zone, slot, last - 1),
		.until = last + slot,
	};
}

/* Whether the whole may be read again by now. */
static bool is_due(const struct live *l, int64_t now)
{
	return l->read_rows <= WHOLE_ALWAYS || now < l->read_at ||
	       (now - l->read_at) / TIME_MS >= l->read_rows * 1000 / WHOLE_PER_SECOND;
}

/* Whether what was read can be gone on with. */
static bool goes_on(const struct live *l, const struct bounds *b)
{
	const struct live_tally *t = &l->tally;

	return l->is_read && b->settled >= t->settled &&
	       (b->until - t->base) / t->slot <= LIVE_SLOTS_ROOM;
}

/* ---- reading ---- */

/* When the last call and the last total up to a time were, microseconds; -1: there is none. */
static bool find_last(struct sql *sql, int64_t until, int64_t *call, int64_t *total,
                      struct err *err)
{
	const int64_t ends[2] = {call_id_first(until / TIME_MS), total_id_first(until / TIME_SEC)};
	sqlite3_stmt *st = sql_statement(sql,
	                                 "SELECT (SELECT max(id) FROM call_rows WHERE id < ?), "
	                                 "(SELECT hour FROM totals WHERE id < ? "
	                                 "ORDER BY id DESC LIMIT 1)",
	                                 err);
	bool row = false;

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, ends, 2);
	if (!sql_next(sql, st, &row, err))
		return false;
	*call = *total = -1;
	if (row && sqlite3_column_type(st, 0) != SQLITE_NULL)
		*call = call_id_ms(sqlite3_column_int64(st, 0)) * TIME_MS;
	if (row && sqlite3_column_type(st, 1) != SQLITE_NULL)
		*total = sqlite3_column_int64(st, 1) * TIME_SEC;
	(void)sqlite3_reset(st);
	return true;
}

/* Calls are not kept when hours have totals after the last one that is. */
static bool find_kept(struct live *l, struct ledger *ledger, int64_t now, struct live_answer *a,
                      struct err *err)
{
	int64_t until = bounds_of(l->zone, LIVE_DAY, now).until;
	int64_t call, total;

	if (!find_last(&ledger->sql, until, &call, &total, err))
		return false;
	a->calls_are_kept = total < 0 || (call >= 0 && zone_hour_start(l->zone, call) >= total);
	a->last = a->calls_are_kept ? call : total;
	return true;
}

static bool read_files(struct live *l, struct ledger *ledger, struct err *err)
{
	struct file_row *files = NULL;
	size_t n = 0;
	struct arena text = {0};

	if (!query_files(ledger, LIVE_FILES_MAX, &files, &n, &text, err)) {
		arena_free(&text);
		return false;
	}
	free(l->files);
	arena_free(&l->files_text);
	l->files = files;
	l->files_n = n;
	l->files_text = text;
	return true;
}

static bool scan(struct live_tally *t, struct ledger *ledger, int64_t from, struct err *err)
{
	return t->slot == HOUR ? live_scan_totals(t, &ledger->sql, from, err)
	                       : live_scan_calls(t, &ledger->sql, from, err);
}

static bool read_whole(struct live *l, struct ledger *ledger, const struct bounds *b, int64_t now,
                       struct err *err)
{
	struct live_tally *t = &l->tally;

	l->is_read = false;
	tally_forget(t);
	t->rows = 0;
	t->base = b->base;
	t->settled = b->settled;
	t->until = b->until;
	if (!read_files(l, ledger, err) || !scan(t, ledger, t->base, err))
		return false;
	l->is_read = true;
	l->owes = false;
	l->read_at = now;
	l->read_rows = t->rows + (int64_t)l->files_n;
	return true;
}

/* What was the tail is read again, and settles as far as time has gone on. */
static bool read_tail(struct live *l, struct ledger *ledger, const struct bounds *b,
                      struct err *err)
{
	struct live_tally *t = &l->tally;
	int64_t from = t->settled;

	l->is_read = false;
	tally_forget_tail(t);
	t->settled = b->settled;
	t->until = b->until;
	if ((l->files_n <= FILES_ALWAYS && !read_files(l, ledger, err)) ||
	    !scan(t, ledger, from, err))
		return false;
	l->is_read = true;
	l->owes = true;
	return true;
}

static bool prepare(struct live *l, struct ledger *ledger, const struct live_question *q,
                    enum live_span span, struct err *err)
{
	struct live_tally *t = &l->tally;

	if (t->dim != q->dim || t->span != span)
		l->is_read = false;
	if (t->combinations == NULL || t->dim != q->dim) {
		free(t->combinations);
		t->combinations = xcalloc(LIVE_COMBINATIONS, sizeof(*t->combinations));
	}
	t->dim = q->dim;
	t->span = span;
	t->slot = spans[span].slot;
	return query_find_label(&ledger->sql, STR("error"), &t->error_label, err);
}

static bool read_span(struct live *l, struct ledger *ledger, const struct live_question *q,
                      int64_t now, struct live_answer *a, struct err *err)
{
	struct bounds b;

	if (!find_kept(l, ledger, now, a, err) || !query_outcomes(ledger, a->records, err))
		return false;
	a->span = q->span == LIVE_HOUR && !a->calls_are_kept ? LIVE_DAY : q->span;
	if (!prepare(l, ledger, q, a->span, err))
		return false;
	b = bounds_of(l->zone, a->span, now);
	if (!goes_on(l, &b) || is_due(l, now))
		return read_whole(l, ledger, &b, now, err);
	return read_tail(l, ledger, &b, err);
}

/* ---- answering ---- */

/* From the tally, whether it is new or only asked for in another order. */
static bool answer(struct live *l, const struct live_question *q, struct live_answer *a,
                   struct err *err)
{
	a->query = (struct query){.by = {q->dim},
	                          .by_n = 1,
	                          .zone = l->zone,
	                          .sort = q->sort,
	                          .limit = LIVE_ROWS_MAX};
	a->slot = spans[a->span].slot;
	if (!live_tally_answer(&l->tally, spans[a->span].slots, a, err))
		return false;
	free_answer(&l->answer);
	l->answer = *a;
	l->has_answer = true;
	l->question = *q;
	return true;
}

/* Another database in the place of the one before has other numbers for the same labels. */
static bool know_ledger(struct live *l, struct ledger *ledger, struct err *err)
{
	struct hash_key key = ledger_key(ledger);

	if (l->zone && key.k0 == l->key.k0 && key.k1 == l->key.k1)
		return true;
	forget_ledger(l);
	l->has_answer = false; /* its zone is gone */
	free_answer(&l->answer);
	l->key = key;
	l->zone = zone_open(zone_name(ledger_zone(ledger)), err);
	return l->zone != NULL;
}

static bool read_ledger(struct live *l, const struct live_question *q, int64_t now, struct err *err)
{
	struct ledger *ledger = ledger_open_read(l->database, err);
	struct live_answer a = {0};
	struct err ignored = {0};
	bool ok = ledger && know_ledger(l, ledger, err) &&
	          sql_run(&ledger->sql, "BEGIN", err); /* one snapshot */

	if (ok) {
		ok = read_span(l, ledger, q, now, &a, err);
		(void)sql_run(&ledger->sql, "COMMIT", &ignored); /* nothing was written */
	}
	ledger_close(&ledger);
	return ok && answer(l, q, &a, err);
}

/* Whether time alone makes another answer. */
static bool is_over(const struct live *l, int64_t now)
{
	return now < l->now || now >= l->tally.until;
}

bool live_look(struct live *l, const struct live_question *q, int64_t now,
               const struct live_answer **ret, bool *news, struct err *err)
{
	struct stamp stamp = stamp_take(l->database);
	bool same_span = l->question.dim == q->dim && l->question.span == q->span;
	bool ok = true;

	*news = true;
	if (l->has_answer && l->is_read && same_span && stamp_same(&l->stamp, &stamp) &&
	    !is_over(l, now) && !(l->owes && is_due(l, now))) {
		struct live_answer a = l->answer;

		a.result = a.unpriced = NULL;
		*news = l->question.sort != q->sort;
		if (*news)
			ok = answer(l, q, &a, err);
	} else {
		ok = read_ledger(l, q, now, err);
		l->stamp = stamp;
		l->stamp.is_fresh |= !ok;
	}
	l->now = now;
	l->answer.files = l->files;
	l->answer.files_n = l->files_n;
	*ret = l->has_answer ? &l->answer : NULL;
	return ok;
}
