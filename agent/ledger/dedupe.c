/*
 * Some logs write a call several times: a stream's growing usage, a resumed conversation, a retry
 * of the logger. Records with one key are one call, and one of them counts.
 *
 * The records of a commit are sorted by key and, within a key, in the order they were read; what
 * the ledger remembers of the same keys comes in the same order from one statement, so the two are
 * walked side by side. The record that holds a key so far meets the next one, and the better of the
 * two holds it from then on. A holder of an earlier commit that loses is taken back to the last
 * number: the ledger remembers all that it added.
 */
#include "agent/ledger/dedupe.h"

#include <stdlib.h>

#include "agent/ledger/call_id.h"
#include "agent/ledger/cover.h"
#include "agent/ledger/rows.h"
#include "agent/ledger/segments.h"
#include "agent/ledger/totals.h"

static const char DEDUPE_FIND[] =
	"SELECT key, call, time, combination, flags, input, cache_read, cache_write, "
	"cache_write_1h, output, reasoning, cost, latency, logged_cost, k.source, k.model "
	"FROM feed CROSS JOIN dedupe ON key = c0 CROSS JOIN combinations k ON k.id = combination";
static const char DEDUPE_SET[] =
	"REPLACE INTO dedupe (key, call, time, combination, flags, input, cache_read, "
	"cache_write, cache_write_1h, output, reasoning, cost, latency, logged_cost) "
	"SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13 FROM feed";

/* Of FIND and SET. */
enum dedupe_column {
	DEDUPE_KEY,
	DEDUPE_CALL,
	DEDUPE_TIME,
	DEDUPE_COMBINATION,
	DEDUPE_FLAGS,
	DEDUPE_COUNTS,
	DEDUPE_COST = DEDUPE_COUNTS + COUNT_TOKENS,
	DEDUPE_LATENCY,
	DEDUPE_LOGGED_COST,
	DEDUPE_SOURCE, /* of FIND only, as MODEL */
	DEDUPE_MODEL,
};

/* In struct item.key of a winner, where a dedupe key is never 0. */
enum { NOT_REMEMBERED = 0 };

/* A call of an earlier commit, as the ledger remembers it. */
struct past {
	struct call_row row; /* what sums are made of, and the key */
	struct call_rare rare;
	int64_t call, combination, source, model;
};

/* The walk over the records and the past calls, both by key. */
struct walk {
	struct commit *c;
	sqlite3_stmt *find;
	size_t fed;    /* item after the key that `feed` shows */
	bool has_past; /* `past` is the next one that was found */
	struct past past;
	size_t kept; /* winners so far: moved to the front of the list */
	int64_t reason;
};

/* Who holds a key so far. */
struct holder {
	const struct call_row *row; /* NULL: nobody */
	bool is_past;
	struct item item; /* of a record of this commit */
};

/* ---- records in order ---- */

static int by_reading(const void *a, const void *b, void *commit)
{
	const struct item *x = a, *y = b;
	const struct call_row *p = item_row(commit, x), *q = item_row(commit, y);

	if (p->file != q->file)
		return p->file < q->file ? -1 : 1;
	if (p->offset != q->offset)
		return p->offset < q->offset ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at); /* elements of one record */
}

/* The end of the run of equal keys that begins at `begin`. */
static size_t run_end(const struct items *list, size_t begin)
{
	size_t end = begin + 1;

	while (end < list->n && list->v[end].key == list->v[begin].key)
		end++;
	return end;
}

static void gather(struct commit *c, struct items *list)
{
	size_t n = 0, end;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->rows_n;
	items_start(list, n);
	for (uint32_t b = 0; b < c->batches_n; b++) {
		const struct batch *batch = c->batches[b];

		for (uint32_t i = 0; i < batch->rows_n; i++)
			if (batch->rows[i].dedupe_key)
				items_add(list, batch->rows[i].dedupe_key, b, i);
	}
	items_sort(list);
	for (size_t i = 0; i < list->n; i = end) {
		end = run_end(list, i);
		if (end - i > 1)
			qsort_r(list->v + i, end - i, sizeof(*list->v), by_reading, c);
	}
}

/* ---- past calls ---- */

static bool next_key(void *from)
{
	struct walk *w = from;
	const struct items *list = &w->c->l->winners;

	if (w->fed == list->n)
		return false;
	w->fed = run_end(list, w->fed);
	return true;
}

static void key_column(void *from, sqlite3_context *ret, int at)
{
	const struct walk *w = from;

	(void)at;
	sqlite3_result_int64(ret, (int64_t)w->c->l->winners.v[w->fed - 1].key);
}

static int64_t column_or_absent(sqlite3_stmt *st, int at)
{
	return sqlite3_column_type(st, at) == SQLITE_NULL ? ABSENT : sqlite3_column_int64(st, at);
}

static void read_past(sqlite3_stmt *st, struct past *p)
{
	p->row = (struct call_row){
		.dedupe_key = (uint64_t)sqlite3_column_int64(st, DEDUPE_KEY),
		.time = sqlite3_column_int64(st, DEDUPE_TIME),
		.flags = (unsigned)sqlite3_column_int64(st, DEDUPE_FLAGS),
		.cost = sqlite3_column_int64(st, DEDUPE_COST),
		.latency = column_or_absent(st, DEDUPE_LATENCY),
		.rare = &p->rare,
	};
	for (int i = 0; i < COUNT_TOKENS; i++)
		p->row.count[i] = column_or_absent(st, DEDUPE_COUNTS + i);
	p->rare = (struct call_rare){
		.has_logged_cost = sqlite3_column_type(st, DEDUPE_LOGGED_COST) != SQLITE_NULL,
		.logged_cost = sqlite3_column_int64(st, DEDUPE_LOGGED_COST),
	};
	p->call = sqlite3_column_int64(st, DEDUPE_CALL);
	p->combination = sqlite3_column_int64(st, DEDUPE_COMBINATION);
	p->source = sqlite3_column_int64(st, DEDUPE_SOURCE);
	p->model = sqlite3_column_int64(st, DEDUPE_MODEL);
}

static bool find_next(struct walk *w, struct err *err)
{
	if (!sql_next(&w->c->l->sql, w->find, &w->has_past, err))
		return false;
	if (w->has_past)
		read_past(w->find, &w->past);
	return true;
}

static bool take_back(struct walk *w, struct err *err)
{
	const struct past *p = &w->past;
	uint64_t key = p->row.dedupe_key;
	int64_t hour = hour_of(w->c->l, p->row.time);
	int64_t kept = p->call ? call_id_ms(p->call) * TIME_MS : p->row.time; /* DEDUPE_MS */
	struct sums sums;

	sums_of_row(&p->row, &sums);
	cover_record(w->c->l, p->row.time, p->source, OUTCOME_CALL, 0, -1);
	cover_record(w->c->l, p->row.time, p->source, OUTCOME_DUPLICATE, w->reason, 1);
	return totals_take_back(w->c, hour, p->combination, &sums, err) &&
	       (p->row.latency == ABSENT ||
	        latency_take_back(w->c, hour, p->model, p->row.latency, err)) &&
	       (p->call == 0 || rows_remove(w->c, p->call, key, err)) &&
	       superseded_add(&w->c->l->sql, key, kept, err);
}

/* ---- who counts ---- */

static int64_t tokens(const struct call_row *row)
{
	int64_t input = row->count[COUNT_INPUT], output = row->count[COUNT_OUTPUT];

	return (input > 0 ? input : 0) + (output > 0 ? output : 0);
}

/* Tokens that are estimated are worth less than any that the log has counted. */
static bool is_counted(const struct call_row *row)
{
	return (row->flags & CALL_USAGE_ESTIMATED) == 0;
}

/* Whether a record takes the place of one that was read before it. */
static bool is_better(const struct call_row *row, const struct call_row *held)
{
	switch (row->keep) {
	case KEEP_FIRST:
		return row->time < held->time;
	case KEEP_LARGEST:
		if (is_counted(row) != is_counted(held))
			return is_counted(row);
		if (tokens(row) != tokens(held))
			return tokens(row) > tokens(held);
		break;
	case KEEP_LAST:
		break;
	}
	return row->time >= held->time;
}

static bool is_same_call(const struct call_row *row, const struct call_row *held)
{
	int64_t apart = row->time - held->time;

	return (apart < 0 ? -apart : apart) <= row->dedupe_within;
}

static int64_t source_of(const struct commit *c, const struct item *i)
{
	const struct batch *b = c->batches[i->batch];

	return c->ids[i->batch].label[b->combinations[item_row(c, i)->combination].source];
}

static void wins(struct walk *w, const struct item *i)
{
	cover_record(w->c->l, item_row(w->c, i)->time, source_of(w->c, i), OUTCOME_CALL, 0, 1);
	w->c->l->winners.v[w->kept++] = *i;
}

static void loses(struct walk *w, const struct item *i)
{
	cover_record(w->c->l, item_row(w->c, i)->time, source_of(w->c, i), OUTCOME_DUPLICATE,
	             w->reason, 1);
}

/* The holder gives way to a record of the same call. */
static bool replaced(struct walk *w, const struct holder *h, struct err *err)
{
	if (h->is_past)
		return take_back(w, err);
	loses(w, &h->item);
	return true;
}

/* A record meets the holder of its key. */
static bool meet(struct walk *w, struct holder *h, struct item i, struct err *err)
{
	const struct call_row *row = item_row(w->c, &i);
	const struct holder next = {.row = row, .item = i};

	if (h->row && is_same_call(row, h->row)) {
		if (!is_better(row, h->row)) {
			loses(w, &i);
			return true;
		}
		if (!replaced(w, h, err))
			return false;
	} else if (h->row && row->time < h->row->time) {
		i.key = NOT_REMEMBERED; /* another call, but the later one holds the key */
		wins(w, &i);
		return true;
	} else if (h->row && !h->is_past) {
		wins(w, &h->item);
	}
	*h = next;
	return true;
}

/* The records [begin, end) of one key. Winners move to the front, which has been read. */
static bool decide_key(struct walk *w, size_t begin, size_t end, struct err *err)
{
	const struct items *list = &w->c->l->winners;
	uint64_t key = list->v[begin].key;
	bool is_past = w->has_past && w->past.row.dedupe_key == key;
	struct holder h = {.row = is_past ? &w->past.row : NULL, .is_past = is_past};

	fetch_ahead(w->c, begin);
	for (size_t i = begin; i < end; i++)
		if (!meet(w, &h, list->v[i], err))
			return false;
	if (!h.is_past)
		wins(w, &h.item);
	return !is_past || find_next(w, err);
}

static bool walk_keys(struct walk *w, struct err *err)
{
	struct items *list = &w->c->l->winners;
	size_t end;

	if (!find_next(w, err))
		return false;
	for (size_t i = 0; i < list->n; i = end) {
		end = run_end(list, i);
		if (!decide_key(w, i, end, err))
			return false;
	}
	list->n = w->kept;
	return true;
}

bool dedupe_decide(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	struct walk w = {.c = c};

	gather(c, &l->winners);
	if (l->winners.n == 0)
		return true;
	w.find = sql_statement(&l->sql, DEDUPE_FIND, err);
	if (w.find == NULL ||
	    !names_label(&l->names, STR("the same call as another record"), &w.reason, err))
		return false;
	l->feed = (struct feed){&w, next_key, key_column};
	return walk_keys(&w, err);
}

/* ---- remembering ---- */

/* The winners as rows of `feed`. */
struct winners_feed {
	const struct commit *c;
	size_t at; /* winner after the current one */
	const struct call_row *row;
};

static bool next_winner(void *from)
{
	struct winners_feed *f = from;
	const struct items *winners = &f->c->l->winners;

	while (f->at < winners->n && winners->v[f->at].key == NOT_REMEMBERED)
		f->at++;
	if (f->at == winners->n)
		return false;
	fetch_ahead(f->c, f->at);
	f->row = item_row(f->c, &winners->v[f->at++]);
	return true;
}

static void winner_column(void *from, sqlite3_context *ret, int at)
{
	const struct winners_feed *f = from;
	const struct call_row *row = f->row;
	size_t winner = f->at - 1;
	int64_t count;

	switch ((enum dedupe_column)at) {
	case DEDUPE_KEY:
		sqlite3_result_int64(ret, (int64_t)row->dedupe_key);
		break;
	case DEDUPE_CALL:
		sqlite3_result_int64(ret, f->c->l->winner_calls[winner]);
		break;
	case DEDUPE_TIME:
		sqlite3_result_int64(ret, row->time);
		break;
	case DEDUPE_COMBINATION:
		sqlite3_result_int64(
			ret,
			f->c->ids[f->c->l->winners.v[winner].batch].combination[row->combination]);
		break;
	case DEDUPE_FLAGS:
		sqlite3_result_int64(ret, row->flags);
		break;
	case DEDUPE_COST:
		sqlite3_result_int64(ret, row->cost);
		break;
	case DEDUPE_LATENCY:
		if (row->latency != ABSENT)
			sqlite3_result_int64(ret, row->latency);
		break;
	case DEDUPE_LOGGED_COST:
		if (row->rare && row->rare->has_logged_cost)
			sqlite3_result_int64(ret, row->rare->logged_cost);
		break;
	default:
		count = row->count[at - DEDUPE_COUNTS];
		if (count != ABSENT)
			sqlite3_result_int64(ret, count);
	}
}

bool dedupe_write(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	struct winners_feed f = {.c = c};
	sqlite3_stmt *st;

	if (l->winners.n == 0)
		return true;
	st = sql_statement(&l->sql, DEDUPE_SET, err);
	l->feed = (struct feed){&f, next_winner, winner_column};
	return st && sql_done(&l->sql, st, err);
}
