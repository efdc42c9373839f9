/*
 * The hot part of a commit that keeps no calls. With many labels nearly every call has a total of
 * its own, so a total must cost little more than the row it becomes: the batches' totals are sorted
 * by key, equal ones are added on the way, and one statement writes them all in the order they lie
 * on disk.
 *
 * The table has no checks, they would cost as much as the rest. What keeps a sum from growing
 * beyond 64 bits (SQLite would make it a floating number) is the volume: the largest sum that any
 * total, or all of them together, can have reached.
 */
#include "agent/ledger/totals.h"

#include "agent/meter/histogram.h"

enum { SUMS_N = sizeof(struct sums) / sizeof(int64_t), PREFETCH = 8 };

#define SUM_COLUMNS                                                                               \
	"calls, input, cache_read, cache_write, cache_write_1h, output, reasoning, cost, "        \
	"unpriced, estimated, unknown_usage, inconsistent, latency, latency_calls, logged_cost, " \
	"logged_calls, estimated_usage"

/* Where the columns stand in struct sums. */
#define AT(member) (offsetof(struct sums, member) / sizeof(int64_t))
static const unsigned char member[SUMS_N] = {
	AT(calls),
	AT(count[COUNT_INPUT]),
	AT(count[COUNT_CACHE_READ]),
	AT(count[COUNT_CACHE_WRITE]),
	AT(count[COUNT_CACHE_WRITE_1H]),
	AT(count[COUNT_OUTPUT]),
	AT(count[COUNT_REASONING]),
	AT(cost),
	AT(unpriced),
	AT(estimated),
	AT(unknown_usage),
	AT(inconsistent),
	AT(latency),
	AT(latency_calls),
	AT(logged_cost),
	AT(logged_calls),
	AT(estimated_usage),
};

#define ADD(column) #column " = " #column " + excluded." #column
static const char TOTALS_ADD[] =
	"INSERT INTO total_rows (id, " SUM_COLUMNS ") SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8, "
	"c9, c10, c11, c12, c13, c14, c15, c16, c17 FROM feed WHERE true ON CONFLICT DO UPDATE "
	"SET " ADD(calls) ", " ADD(input) ", " ADD(cache_read) ", " ADD(cache_write) ", " ADD(cache_write_1h) ", " ADD(output) ", " ADD(reasoning) ", " ADD(cost) ", " ADD(
		unpriced) ", " ADD(estimated) ", " ADD(unknown_usage) ", " ADD(inconsistent) ","
											     " " ADD(latency) ", " ADD(latency_calls) ", " ADD(
												     logged_cost) ", " ADD(logged_calls) ", " ADD(estimated_usage);
static const char TOTALS_CLEAN[] = "DELETE FROM total_rows WHERE id = ? AND calls = 0";
static const char LATENCY_FIND[] = "SELECT histogram FROM latencies WHERE hour = ? AND model = ?";
static const char LATENCY_SET[] = "INSERT INTO latencies VALUES (?, ?, ?) "
				  "ON CONFLICT DO UPDATE SET histogram = excluded.histogram";
static const char LATENCY_DROP[] = "DELETE FROM latencies WHERE hour = ? AND model = ?";

/* ---- totals ---- */

union numbers {
	struct sums sums;
	int64_t n[SUMS_N];
};

/* The totals as rows of `feed`. */
struct totals_feed {
	const struct commit *c;
	const struct items *items;
	size_t at; /* item after the current row */
	uint64_t key;
	const int64_t *current; /* numbers of the row: a batch's own, or `merged` */
	union numbers merged;
	union numbers all; /* over all rows */
	bool beyond;       /* a sum left 64 bits */
};

/* The numbers of an item; made in *room when they are a winner's. */
static const int64_t *numbers_of(const struct totals_feed *f, const struct item *i,
                                 union numbers *room)
{
	const struct commit *c = f->c;

	if (i->batch != OF_WINNER)
		return (const int64_t *)&c->batches[i->batch]->totals[i->at].sums;
	sums_of_row(item_row(c, &c->l->winners.v[i->at]), &room->sums);
	return room->n;
}

static void add_numbers(struct totals_feed *f, union numbers *to, const int64_t *add)
{
	bool beyond = false;

	for (size_t i = 0; i < SUMS_N; i++)
		beyond |= __builtin_add_overflow(to->n[i], add[i], &to->n[i]);
	f->beyond |= beyond;
}

/* What the total that will be needed soon is read or made from. */
static const char *ahead_of(const struct totals_feed *f)
{
	const struct item *i = &f->items->v[f->at];

	if (f->items->n - f->at > PREFETCH)
		i += PREFETCH;
	if (i->batch == OF_WINNER)
		return (const char *)item_row(f->c, &f->c->l->winners.v[i->at]);
	return (const char *)&f->c->batches[i->batch]->totals[i->at];
}

static bool next_total(void *from)
{
	struct totals_feed *f = from;
	const struct item *items = f->items->v;
	const char *ahead;
	union numbers room;

	if (f->at == f->items->n)
		return false;
	ahead = ahead_of(f);
	__builtin_prefetch(ahead);
	__builtin_prefetch(ahead + 64);
	__builtin_prefetch(ahead + 128);
	f->key = items[f->at].key;
	f->current = numbers_of(f, &items[f->at++], &f->merged);
	while (f->at < f->items->n && items[f->at].key == f->key) {
		if (f->current != f->merged.n)
			memcpy(f->merged.n, f->current, sizeof(f->merged));
		f->current = f->merged.n;
		add_numbers(f, &f->merged, numbers_of(f, &items[f->at++], &room));
	}
	add_numbers(f, &f->all, f->current);
	return true;
}

static void total_column(void *from, sqlite3_context *ret, int at)
{
	const struct totals_feed *f = from;

	sqlite3_result_int64(ret, at == 0 ? (int64_t)f->key : f->current[member[at - 1]]);
}

static void gather_totals(struct commit *c, struct items *items)
{
	size_t n = c->l->winners.n;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->totals_n;
	items_start(items, n);
	for (uint32_t b = 0; b < c->batches_n; b++) {
		const struct batch *batch = c->batches[b];

		for (uint32_t i = 0; i < batch->totals_n; i++) {
			const struct total *t = &batch->totals[i];

			items_add(items,
			          total_id(hour_as_kept(c->l, t->hour),
			                   c->ids[b].combination[t->combination]),
			          b, i);
		}
	}
	for (uint32_t i = 0; i < c->l->winners.n; i++) {
		const struct item *winner = &c->l->winners.v[i];
		const struct call_row *row = item_row(c, winner);

		fetch_ahead(c, i);
		items_add(items,
		          total_id(hour_of(c->l, row->time),
		                   c->ids[winner->batch].combination[row->combination]),
		          OF_WINNER, i);
	}
	items_sort(items);
}

/* Everything added is positive: the sum over all totals bounds each of them. */
static bool raise_volume(struct commit *c, const struct totals_feed *f, struct err *err)
{
	int64_t largest = 0;

	for (size_t i = 0; i < SUMS_N; i++)
		if (largest < f->all.n[i])
			largest = f->all.n[i];
	if (f->beyond || __builtin_add_overflow(c->volume, largest, &c->volume))
		return err_set(err,
		               "%s: a sum would grow beyond 64 bits; a log has numbers that cannot "
		               "be right, `tokentail explain` shows how they are read",
		               c->l->sql.path);
	return true;
}

bool totals_write(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	struct totals_feed f = {.c = c, .items = &l->items};
	sqlite3_stmt *st = sql_statement(&l->sql, TOTALS_ADD, err);

	if (st == NULL)
		return false;
	gather_totals(c, &l->items);
	l->feed = (struct feed){&f, next_total, total_column};
	if (!sql_done(&l->sql, st, err) || !raise_volume(c, &f, err))
		return false;
	c->sums.unpriced += f.all.sums.unpriced;
	c->sums.cost += f.all.sums.cost;
	return true;
}

/* One total as rows of `feed`. */
struct one_total {
	const int64_t *numbers;
	uint64_t id;
	bool given;
};

static bool next_one(void *from)
{
	struct one_total *f = from;
	bool is_first = !f->given;

	f->given = true;
	return is_first;
}

static void one_column(void *from, sqlite3_context *ret, int at)
{
	const struct one_total *f = from;

	sqlite3_result_int64(ret, at == 0 ? (int64_t)f->id : -f->numbers[member[at - 1]]);
}

bool totals_take_back(struct commit *c, int64_t hour, int64_t combination, const struct sums *call,
                      struct err *err)
{
	struct ledger *l = c->l;
	struct one_total f = {(const int64_t *)call, total_id(hour, combination), false};
	sqlite3_stmt *add = sql_statement(&l->sql, TOTALS_ADD, err);
	sqlite3_stmt *clean = sql_statement(&l->sql, TOTALS_CLEAN, err);

	if (add == NULL || clean == NULL)
		return false;
	l->feed = (struct feed){&f, next_one, one_column};
	(void)sqlite3_bind_int64(clean, 1, (int64_t)f.id);
	c->sums.unpriced -= call->unpriced;
	c->sums.cost -= call->cost;
	return sql_done(&l->sql, add, err) && sql_done(&l->sql, clean, err);
}

/* ---- latencies ---- */

static bool read_histogram(struct ledger *l, uint64_t key, struct histogram *h, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, LATENCY_FIND, err);
	bool row, whole = true;

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, (const int64_t[]){total_id_hour(key), total_id_low(key)}, 2);
	if (!sql_next(&l->sql, st, &row, err))
		return false;
	if (row) {
		const void *bytes = sqlite3_column_blob(st, 0);

		whole = histogram_add(h, (struct str){bytes, (size_t)sqlite3_column_bytes(st, 0)});
	}
	(void)sqlite3_reset(st);
	return whole || err_set(err, "%s is damaged: a histogram of latencies", l->sql.path);
}

static bool write_histogram(struct ledger *l, uint64_t key, const struct histogram *h,
                            struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, h->total ? LATENCY_SET : LATENCY_DROP, err);

	if (st == NULL)
		return false;
	sql_bind_ints(st, 1, (const int64_t[]){total_id_hour(key), total_id_low(key)}, 2);
	if (h->total) {
		buf_clear(&l->text);
		histogram_pack(h, &l->text);
		(void)sqlite3_bind_blob64(st, 3, l->text.p, l->text.n, SQLITE_STATIC);
	}
	return sql_done(&l->sql, st, err);
}

static void count_in_bucket(struct histogram *h, uint32_t bucket, int64_t n)
{
	h->n[bucket] += n;
	h->total += n;
}

static int64_t model_of(const struct commit *c, uint32_t batch, const struct call_row *row)
{
	uint32_t model = c->batches[batch]->combinations[row->combination].label[LABEL_MODEL];

	return c->ids[batch].label[model];
}

static void gather_latencies(struct commit *c, struct items *items)
{
	size_t n = c->l->winners.n;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->latencies_n;
	items_start(items, n);
	for (uint32_t b = 0; b < c->batches_n; b++) {
		const struct batch *batch = c->batches[b];

		for (uint32_t i = 0; i < batch->latencies_n; i++)
			items_add(items,
			          total_id(hour_as_kept(c->l, batch->latencies[i].hour),
			                   c->ids[b].label[batch->latencies[i].model]),
			          b, i);
	}
	for (uint32_t i = 0; i < c->l->winners.n; i++) {
		const struct item *winner = &c->l->winners.v[i];
		const struct call_row *row = item_row(c, winner);

		fetch_ahead(c, i);
		if (row->latency != ABSENT)
			items_add(
				items,
				total_id(hour_of(c->l, row->time), model_of(c, winner->batch, row)),
				OF_WINNER, i);
	}
	items_sort(items);
}

static void count_item(const struct commit *c, const struct item *i, struct histogram *h)
{
	if (i->batch == OF_WINNER) {
		const struct call_row *row = item_row(c, &c->l->winners.v[i->at]);

		count_in_bucket(h, histogram_bucket(row->latency), 1);
	} else {
		const struct latency_count *l = &c->batches[i->batch]->latencies[i->at];

		count_in_bucket(h, l->bucket, l->n);
	}
}

bool latencies_write(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	size_t i = 0;

	gather_latencies(c, &l->items);
	while (i < l->items.n) {
		struct histogram h = {0};
		uint64_t key = l->items.v[i].key;

		if (!read_histogram(l, key, &h, err))
			return false;
		for (; i < l->items.n && l->items.v[i].key == key; i++)
			count_item(c, &l->items.v[i], &h);
		if (!write_histogram(l, key, &h, err))
			return false;
	}
	return true;
}

bool latency_take_back(struct commit *c, int64_t hour, int64_t model, int64_t latency,
                       struct err *err)
{
	uint64_t key = total_id(hour, model);
	struct histogram h = {0};

	if (!read_histogram(c->l, key, &h, err))
		return false;
	count_in_bucket(&h, histogram_bucket(latency), -1);
	return write_histogram(c->l, key, &h, err);
}
