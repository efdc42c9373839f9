/*
 * The old calls of a commit, sorted by time, are appended to the files of their days before the
 * transaction is committed. If it is not, what was appended is behind the bytes that the ledger
 * counts, and is cut off by who appends next.
 *
 * A call that takes the place of one in the archive with the same key and time must not be taken
 * for that one: it goes the long way, through the database.
 */
#include "agent/ledger/old.h"

#include "agent/base/mem.h"
#include "agent/ledger/segments.h"

static const char ANY_SUPERSEDED[] = "SELECT EXISTS (SELECT 1 FROM superseded)";

bool old_begin(struct commit *c, struct err *err)
{
	int64_t any = 0;

	if (c->l->old.folder == NULL)
		return true;
	if (!sql_ask(&c->l->sql, ANY_SUPERSEDED, &any, err))
		return false;
	c->any_superseded = any != 0;
	return true;
}

bool old_is(const struct commit *c, const struct call_row *row)
{
	const struct old_calls *old = &c->l->old;

	return old->folder && row->time < old->before && !(c->any_superseded && row->dedupe_key);
}

/* ---- a row as a call ---- */

static void add_rare(const struct batch *b, const struct call_rare *rare, struct call *ret)
{
	for (int i = COUNT_TOKENS; i < COUNTS; i++)
		ret->count[i] = rare->count[i - COUNT_TOKENS];
	ret->detail[DETAIL_REQUESTED_MODEL] = intern_str(b->labels, rare->requested_model);
	ret->detail[DETAIL_REGION] = intern_str(b->labels, rare->region);
	ret->detail[DETAIL_ERROR] = intern_str(b->labels, rare->error);
	ret->has_logged_cost = rare->has_logged_cost;
	ret->logged_cost = rare->logged_cost;
	ret->prompt_hash = rare->prompt_hash;
}

static void call_of(const struct commit *c, const struct item *i, struct archived *ret)
{
	const struct call_row *row = item_row(c, i);
	const struct batch *b = c->batches[i->batch];
	const struct combination *names = &b->combinations[row->combination];
	struct call *call = &ret->call;

	ret->source = intern_str(b->labels, names->source);
	ret->offset = row->offset;
	ret->file = row->file == NO_FILE ? STR("") : str_of(c->files[c->file_at[row->file]].path);
	*call = (struct call){.time = row->time,
	                      .latency = row->latency,
	                      .ttft = row->ttft,
	                      .dedupe_key = row->dedupe_key,
	                      .flags = row->flags,
	                      .cost = row->cost,
	                      .price = intern_str(b->labels, row->price)};
	for (int k = 0; k < LABELS; k++)
		call->label[k] = intern_str(b->labels, names->label[k]);
	for (int k = 0; k < COUNTS; k++)
		call->count[k] = k < COUNT_TOKENS ? row->count[k] : ABSENT;
	call->detail[DETAIL_SESSION] = row->session;
	call->detail[DETAIL_REQUEST_ID] = row->request_id;
	if (row->rare)
		add_rare(b, row->rare, call);
}

/* ---- writing ---- */

static void gather(struct commit *c, struct items *items)
{
	const struct items *winners = &c->l->winners;
	size_t n = winners->n;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->rows_n;
	items_start(items, n);
	for (uint32_t b = 0; b < c->batches_n; b++) {
		const struct batch *batch = c->batches[b];

		for (uint32_t i = 0; batch->keep_rows && i < batch->rows_n; i++)
			if (batch->rows[i].dedupe_key == 0 && old_is(c, &batch->rows[i]))
				items_add(items, (uint64_t)batch->rows[i].time, b, i);
	}
	for (uint32_t i = 0; i < winners->n; i++) {
		const struct call_row *row = item_row(c, &winners->v[i]);

		if (c->batches[winners->v[i].batch]->keep_rows && old_is(c, row))
			items_add(items, (uint64_t)row->time, winners->v[i].batch,
			          winners->v[i].at);
	}
	items_sort(items);
}

/* A new member of the day's file, or the first of a new one. */
static struct segment_writer *open_day(struct commit *c, int64_t day, bool *is_known,
                                       struct err *err)
{
	const struct old_calls *old = &c->l->old;
	struct segment known;

	if (!segments_find(&c->l->sql, day, &known, is_known, err) ||
	    !segment_settle(old->folder, day, *is_known ? &known : NULL, err))
		return NULL;
	return *is_known ? segment_append(old->folder, &known, err)
	                 : segment_create(old->folder, day, old->prices, err);
}

/* The calls [begin, *end) of one day. */
static bool write_day(struct commit *c, size_t begin, size_t *end, struct err *err)
{
	const struct items *items = &c->l->items;
	int64_t day = segment_day((int64_t)items->v[begin].key);
	bool is_known = false, good;
	struct segment_writer *w = open_day(c, day, &is_known, err);
	struct segment new;
	size_t i = begin;

	good = w != NULL;
	for (; i < items->n && segment_day((int64_t)items->v[i].key) == day; i++) {
		struct archived a;

		call_of(c, &items->v[i], &a);
		good = good && segment_put(w, &a, err);
	}
	*end = i;
	good = good && segment_finish(w, &new, err) &&
	       (is_known || (segment_publish(c->l->old.folder, day, err) &&
	                     segment_settle(c->l->old.folder, day, NULL, err))) &&
	       segments_set(&c->l->sql, &new, err);
	segment_writer_free(&w);
	return good;
}

bool old_write(struct commit *c, struct err *err)
{
	bool good = true;

	if (c->l->old.folder == NULL)
		return true;
	gather(c, &c->l->items);
	for (size_t i = 0; good && i < c->l->items.n;)
		good = write_day(c, i, &i, err);
	c->sums.archived += (int64_t)c->l->items.n;
	return good;
}
