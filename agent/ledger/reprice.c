/*
 * One pass over the calls of the database in the order of time, and one over those of the archive
 * (reprice_archive.c), in constant memory: each is priced, and where that gives another cost, price
 * or flag the call is changed and its total with it. A call that gets a price may get its provider
 * or kind, and with that another combination: it leaves one total and enters another, like a call
 * that was never there and a new one. Changes are written in rounds, all in one transaction.
 */
#include "agent/ledger/reprice.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "agent/ledger/dedupe.h"
#include "agent/ledger/kept.h"
#include "agent/ledger/reprice_inner.h"
#include "agent/ledger/totals.h"

static const char CALL_SET[] = "UPDATE call_rows SET combination = ?, cost = ?, price = ?, "
			       "flags = ? WHERE id = ?";
/* What a call put into the totals is remembered with its dedupe key, so that it can be taken back.
 */
static const char KEY_SET[] =
	"UPDATE dedupe SET combination = ?, cost = ?, flags = ? WHERE key = ? AND " DEDUPE_MS
	" = ?";
static const char TOTALS_CLEAN[] = "DELETE FROM total_rows WHERE calls = 0 AND id >= ? AND id < ?";
static const char AUDIT_ADD[] =
	"INSERT INTO reprice_rows (time, since, until, calls, changed, cost_before, cost_after, "
	"unpriced_before, unpriced_after, filter, prices) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/* ---- one call ---- */

static bool same(const struct call *a, const struct call *b)
{
	return a->cost == b->cost && a->flags == b->flags && str_eq(a->price, b->price) &&
	       str_eq(a->label[LABEL_PROVIDER], b->label[LABEL_PROVIDER]) &&
	       str_eq(a->label[LABEL_KIND], b->label[LABEL_KIND]);
}

static void sum_up(struct reprice_sums *s, const struct call *before, const struct call *after,
                   bool changed)
{
	s->calls++;
	s->changed += changed;
	s->cost_before += before->cost;
	s->cost_after += after->cost;
	s->unpriced_before += (before->flags & CALL_UNPRICED) != 0;
	s->unpriced_after += (after->flags & CALL_UNPRICED) != 0;
}

static struct reprice_sums *sums_of_group(struct repricing *r, uint32_t group)
{
	while (r->sums_n <= group) {
		r->sums = array_room(r->sums, r->sums_n, &r->sums_room, sizeof(*r->sums));
		r->sums[r->sums_n++] = (struct reprice_sums){0};
	}
	return &r->sums[group];
}

bool reprice_call(struct repricing *r, uint32_t group, struct str source, const struct call *before,
                  struct call *after)
{
	const struct reprice *o = r->options;
	bool changed;

	*after = *before;
	if (!pricer_again(o->pricer, o->rule(o->arg, source, before->flags), after)) {
		*after = *before;
		r->result->beyond++;
	}
	changed = !same(before, after);
	sum_up(sums_of_group(r, group), before, after, changed);
	sum_up(&r->result->total, before, after, changed);
	return changed;
}

/* ---- what a change does to the database ---- */

static uint32_t count(struct batch *b, struct str source, const struct call *c, int sign)
{
	struct call_rare rare = {.has_logged_cost = c->has_logged_cost,
	                         .logged_cost = c->logged_cost};
	struct call_row row = {.time = c->time,
	                       .combination = commit_combination(b, source, c),
	                       .flags = c->flags,
	                       .cost = c->cost,
	                       .latency = c->latency,
	                       .rare = &rare};

	memcpy(row.count, c->count, sizeof(row.count));
	batch_count_row(b, &row, sign);
	return row.combination;
}

void reprice_add(struct repricing *r, struct str source, const struct call *before, int64_t id,
                 const struct call *after)
{
	struct batch *b = r->batch;

	(void)count(b, source, before, -1);
	r->changes[r->changes_n++] = (struct change){
		.id = id,
		.key = before->dedupe_key,
		.ms = before->time / TIME_MS,
		.cost = after->cost,
		.combination = count(b, source, after, 1),
		.price = intern_id(b->labels, after->price),
		.flags = after->flags,
	};
}

static bool write_row(struct repricing *r, const struct change *c, const struct ids *ids,
                      struct err *err)
{
	sqlite3_stmt *st = sql_statement(&r->l->sql, CALL_SET, err);
	const int64_t values[] = {ids->combination[c->combination], c->cost, ids->label[c->price],
	                          (int64_t)c->flags, c->id};

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, values, 5);
	return sql_done(&r->l->sql, st, err);
}

static bool write_key(struct repricing *r, const struct change *c, const struct ids *ids,
                      struct err *err)
{
	sqlite3_stmt *st = sql_statement(&r->l->sql, KEY_SET, err);
	const int64_t values[] = {ids->combination[c->combination], c->cost, (int64_t)c->flags,
	                          (int64_t)c->key, c->ms};

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, values, 5);
	return sql_done(&r->l->sql, st, err);
}

static int by_key(const void *a, const void *b)
{
	int64_t x = (int64_t)((const struct change *)a)->key;
	int64_t y = (int64_t)((const struct change *)b)->key;

	return (x > y) - (x < y);
}

/* Rows in the order they lie on disk, then keys in theirs. */
static bool write_calls(struct repricing *r, const struct ids *ids, struct err *err)
{
	bool good = true;

	for (size_t i = 0; good && i < r->changes_n; i++)
		good = r->changes[i].id == 0 || write_row(r, &r->changes[i], ids, err);
	qsort(r->changes, r->changes_n, sizeof(*r->changes), by_key);
	for (size_t i = 0; good && i < r->changes_n; i++)
		good = r->changes[i].key == 0 || write_key(r, &r->changes[i], ids, err);
	return good;
}

bool reprice_write(struct repricing *r, struct err *err)
{
	struct ids ids = {0};
	struct commit c = {
		.l = r->l, .batches = &r->batch, .batches_n = 1, .ids = &ids, .volume = r->volume};
	bool good;

	if (r->changes_n == 0)
		return true;
	items_start(&r->l->winners, 0);
	good = commit_names(r->l, r->batch, &ids, err) && write_calls(r, &ids, err) &&
	       totals_write(&c, err) && commit_volume(&c, err);
	r->volume = c.volume;
	r->added += c.sums.cost;
	ids_free(&ids);
	batch_clear(r->batch);
	r->changes_n = 0;
	return good;
}

/* ---- all of them ---- */

/* A call of the database. */
static bool take(struct repricing *r, const struct kept_call *kept, struct kept_reader *calls,
                 struct err *err)
{
	struct call after;

	if (!reprice_call(r, kept->group, kept->source, &kept->call, &after) || r->options->dry)
		return true;
	reprice_add(r, kept->source, &kept->call, kept->id, &after);
	if (r->changes_n < REPRICE_ROUND)
		return true;
	kept_pause(calls);
	return reprice_write(r, err);
}

static bool take_all(struct repricing *r, struct err *err)
{
	struct kept_reader *calls =
		kept_open(&r->l->sql, &r->grouping, r->result->since, r->result->until);
	struct kept_call kept;
	bool more = true, good = true;

	if (!query_of_sessions(&r->options->query))
		kept_as_totals(calls, &r->totals);
	while (good && (good = kept_next(calls, &kept, &more, err)) && more)
		good = take(r, &kept, calls, err);
	kept_close(&calls);
	return good && reprice_write(r, err);
}

/* Calls and totals are two accounts of the same: a ledger in which they differ is not made worse.
 * Totals know no sessions; what they have grown by is known all the same. */
static bool agrees(struct repricing *r, const struct query_result *totals, struct err *err)
{
	const struct reprice_sums *s = &r->result->total;
	int64_t missing = totals->total.sums.calls - s->calls;
	bool good = r->options->dry || r->added == s->cost_after - s->cost_before;

	if (!query_of_sessions(&r->options->query)) {
		good &= missing > 0 || (missing == 0 && totals->total.sums.cost == s->cost_before);
		r->result->not_kept = missing;
	}
	return good || err_set(err,
	                       "%s is damaged: its calls, those of its archive among them, and "
	                       "its totals do not agree; nothing was changed",
	                       r->l->sql.path);
}

/* Totals that calls have left for those of another combination. */
static bool clean_totals(struct repricing *r, struct err *err)
{
	const struct reprice_result *t = r->result;
	sqlite3_stmt *st = sql_statement(&r->l->sql, TOTALS_CLEAN, err);
	const int64_t hours[] = {total_id_first(t->since / TIME_SEC),
	                         total_id_first(t->until / TIME_SEC)};

	if (t->total.changed == 0)
		return true;
	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, hours, 2);
	return sql_done(&r->l->sql, st, err);
}

static bool audit(struct repricing *r, struct err *err)
{
	const struct reprice_result *t = r->result;
	const struct reprice_sums *s = &t->total;
	sqlite3_stmt *st = sql_statement(&r->l->sql, AUDIT_ADD, err);
	struct timespec now;

	if (st == NULL)
		return false;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	sql_bind_ints(st, 1,
	              (const int64_t[]){now.tv_sec * TIME_SEC + now.tv_nsec / 1000, t->since,
	                                t->until, s->calls, s->changed, s->cost_before,
	                                s->cost_after, s->unpriced_before, s->unpriced_after},
	              9);
	sql_bind_text(st, 10, r->options->filter);
	sql_bind_text(st, 11, r->options->prices);
	return sql_done(&r->l->sql, st, err);
}

/* ---- the result ---- */

static bool model_text(struct repricing *r, uint32_t group, struct str *ret, struct err *err)
{
	uint32_t labels = r->grouping.groups[group].labels;

	return grouping_label(&r->grouping, DIM_MODEL, r->grouping.labels.v[labels].v[0],
	                      &r->result->text, ret, err);
}

static int by_difference(const void *a, const void *b)
{
	const struct reprice_row *x = a, *y = b;
	int64_t dx = llabs(x->sums.cost_after - x->sums.cost_before);
	int64_t dy = llabs(y->sums.cost_after - y->sums.cost_before);

	if (dx != dy)
		return dx < dy ? 1 : -1;
	if (x->sums.changed != y->sums.changed)
		return x->sums.changed < y->sums.changed ? 1 : -1;
	return str_cmp(x->model, y->model);
}

static bool make_rows(struct repricing *r, struct err *err)
{
	struct reprice_result *t = r->result;

	t->rows = xcalloc(r->sums_n, sizeof(*t->rows));
	for (uint32_t i = 0; i < r->sums_n; i++) {
		t->rows[t->n].sums = r->sums[i];
		if (!model_text(r, i, &t->rows[t->n++].model, err))
			return false;
	}
	if (t->n)
		qsort(t->rows, t->n, sizeof(*t->rows), by_difference);
	return true;
}

static bool run(struct repricing *r, struct err *err)
{
	struct query_result *totals = query_run(r->l, &r->options->query, err);
	bool good = totals != NULL;

	if (good) {
		r->totals =
			(struct scan){.zone = ledger_zone(r->l), .days_before = r->l->days_before};
		r->result->since = totals->since;
		r->result->until = totals->until;
		good = take_all(r, err) && reprice_archive(r, err) && agrees(r, totals, err) &&
		       make_rows(r, err);
	}
	if (good && !r->options->dry)
		good = clean_totals(r, err) && audit(r, err) && reprice_publish(r, err);
	query_result_free(&totals);
	return good;
}

static bool show(struct repricing *r, struct err *err)
{
	bool good = sql_run(&r->l->sql, "BEGIN", err) && fold_read(r->l, err) && run(r, err);

	sql_roll_back(&r->l->sql);
	return good;
}

static bool transact(struct repricing *r, struct err *err)
{
	struct sql *sql = &r->l->sql;
	bool good = sql_begin_durable(sql, err) && fold_read(r->l, err) && run(r, err) &&
	            sql_run(sql, "COMMIT", err);

	sql_end_durable(sql);
	reprice_settle(r, good);
	if (good)
		r->l->volume = r->volume;
	else
		names_forget(&r->l->names);
	return good;
}

struct reprice_result *ledger_reprice(struct ledger *l, const struct reprice *r, struct err *err)
{
	struct repricing *x = xcalloc(1, sizeof(*x));
	struct reprice_result *result = xcalloc(1, sizeof(*result));

	assert(r->query.by_n == 1 && r->query.by[0] == DIM_MODEL);
	x->l = l;
	x->options = r;
	x->result = result;
	x->volume = l->volume;
	x->batch = batch_new(ledger_zone(l), true);
	if (!grouping_open(&x->grouping, &l->sql, &r->query, err) ||
	    !(r->dry ? show : transact)(x, err))
		reprice_result_free(&result);
	grouping_close(&x->grouping);
	batch_free(&x->batch);
	free(x->sums);
	free(x->rewritten);
	free(x);
	return result;
}

void reprice_result_free(struct reprice_result **rp)
{
	struct reprice_result *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	free(r->rows);
	arena_free(&r->text);
	free(r);
}
