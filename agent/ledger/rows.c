/*
 * Rows lie in the order of their ids, which is that of time. Nothing but the id has to be unique,
 * and there is no other index: a row is then written at the speed of appending.
 *
 * The low bits of an id come from where the record lies in its file, so that neighbours of one
 * millisecond, in one file, do not meet. Where two calls do meet, the statement stops at the second
 * one, which is given another id of the same second, and goes on.
 */
#include "agent/ledger/rows.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/base/mem.h"
#include "agent/ledger/call_id.h"
#include "agent/ledger/old.h"

enum {
	OFFSET_UNIT = 64, /* records are longer than this, nearly always */
	PREFETCH = 4,
};

static const char ROWS_ADD[] =
	"INSERT OR FAIL INTO call_rows (id, combination, file, offset, input, cache_read, "
	"cache_write, cache_write_1h, output, reasoning, cost, price, flags, latency, ttft, "
	"session, request_id, dedupe_key) SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, "
	"c12, c13, "
	"c14, c15, c16, c17 FROM feed";
static const char RARE_ADD[] =
	"INSERT OR FAIL INTO call_rare (call, input_audio_tokens, output_audio_tokens, "
	"input_image_tokens, output_image_tokens, images, audio_ms, web_searches, "
	"cache_read_audio_tokens, cache_read_image_tokens, input_video_tokens, "
	"output_video_tokens, video_ms, pages, characters, quantity, requested_model, "
	"region, error, logged_cost, prompt_hash) SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, "
	"c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20 FROM feed";
/* A call that has left for the archive has left its id to others: the key tells. */
static const char ROW_REMOVE[] = "DELETE FROM call_rows WHERE id = ?1 AND dedupe_key = ?2";
static const char RARE_REMOVE[] = "DELETE FROM call_rare WHERE call = ?1 AND "
				  "?2 = (SELECT dedupe_key FROM call_rows WHERE id = ?1)";

/* The rows as rows of `feed`. */
struct rows_feed {
	const struct commit *c;
	struct items *items;
	size_t at; /* item after the current one */
	const struct call_row *row;
	const struct ids *ids;
	unsigned attempt; /* of ids for the item at `at` - 1 */
};

/* The item as one of a batch, whichever it is. */
static const struct item *plain(const struct commit *c, const struct item *i)
{
	return i->batch == OF_WINNER ? &c->l->winners.v[i->at] : i;
}

/* 0: it is of no file. */
static int64_t file_id(const struct commit *c, const struct call_row *row)
{
	return row->file == NO_FILE ? 0 : c->files[c->file_at[row->file]].id;
}

/* The id that is tried for a row at an attempt, 0 first. */
static uint64_t row_id(const struct commit *c, const struct call_row *row, unsigned attempt)
{
	int64_t ms = row->time / TIME_MS;
	uint64_t file = (uint64_t)file_id(c, row), offset = (uint64_t)row->offset;
	uint64_t low = hash_mix(file, 0) + offset / OFFSET_UNIT;

	assert(row->time >= 0);
	if (attempt > 0)
		low = hash_mix(hash_mix(file, offset), attempt);
	if (attempt > 1) /* the log's clock is too coarse for the millisecond to mean anything */
		ms += (int64_t)(low >> 32) % 1000 - ms % 1000;
	return (uint64_t)call_id_first(ms) | (low & (CALL_ID_PER_MS - 1));
}

static bool next_row(void *from)
{
	struct rows_feed *f = from;
	const struct item *i;

	if (f->at == f->items->n)
		return false;
	if (f->at + PREFETCH < f->items->n) {
		const char *ahead =
			(const char *)item_row(f->c, plain(f->c, &f->items->v[f->at + PREFETCH]));

		__builtin_prefetch(ahead);
		__builtin_prefetch(ahead + 64);
		__builtin_prefetch(ahead + 128);
	}
	i = plain(f->c, &f->items->v[f->at++]);
	f->row = item_row(f->c, i);
	f->ids = &f->c->ids[i->batch];
	return true;
}

static void count_column(sqlite3_context *ret, int64_t count)
{
	if (count != ABSENT)
		sqlite3_result_int64(ret, count);
}

static void text_column(sqlite3_context *ret, struct str text)
{
	if (text.n)
		sqlite3_result_text64(ret, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}

enum row_column {
	ROW_ID,
	ROW_COMBINATION,
	ROW_FILE,
	ROW_OFFSET,
	ROW_COUNTS,
	ROW_COST = ROW_COUNTS + COUNT_TOKENS,
	ROW_PRICE,
	ROW_FLAGS,
	ROW_LATENCY,
	ROW_TTFT,
	ROW_SESSION,
	ROW_REQUEST_ID,
	ROW_DEDUPE_KEY,
};

static void row_column(void *from, sqlite3_context *ret, int at)
{
	const struct rows_feed *f = from;
	const struct call_row *row = f->row;

	switch ((enum row_column)at) {
	case ROW_ID:
		sqlite3_result_int64(ret, (int64_t)f->items->v[f->at - 1].key);
		break;
	case ROW_COMBINATION:
		sqlite3_result_int64(ret, f->ids->combination[row->combination]);
		break;
	case ROW_FILE:
		if (row->file != NO_FILE)
			sqlite3_result_int64(ret, file_id(f->c, row));
		break;
	case ROW_OFFSET:
		sqlite3_result_int64(ret, row->offset);
		break;
	case ROW_COST:
		sqlite3_result_int64(ret, row->cost);
		break;
	case ROW_PRICE:
		sqlite3_result_int64(ret, f->ids->label[row->price]);
		break;
	case ROW_FLAGS:
		sqlite3_result_int64(ret, row->flags);
		break;
	case ROW_LATENCY:
		count_column(ret, row->latency);
		break;
	case ROW_TTFT:
		count_column(ret, row->ttft);
		break;
	case ROW_SESSION:
		text_column(ret, row->session);
		break;
	case ROW_REQUEST_ID:
		text_column(ret, row->request_id);
		break;
	case ROW_DEDUPE_KEY:
		if (row->dedupe_key)
			sqlite3_result_int64(ret, (int64_t)row->dedupe_key);
		break;
	default:
		count_column(ret, row->count[at - ROW_COUNTS]);
	}
}

/* The rare parts of the rows as rows of `feed`. */
static bool next_rare(void *from)
{
	struct rows_feed *f = from;

	while (next_row(f))
		if (f->row->rare)
			return true;
	return false;
}

enum rare_column {
	RARE_CALL,
	RARE_COUNTS,
	RARE_REQUESTED_MODEL = RARE_COUNTS + COUNTS - COUNT_TOKENS,
	RARE_REGION,
	RARE_ERROR,
	RARE_LOGGED_COST,
	RARE_PROMPT_HASH,
};

static void rare_column(void *from, sqlite3_context *ret, int at)
{
	const struct rows_feed *f = from;
	const struct call_rare *rare = f->row->rare;

	switch ((enum rare_column)at) {
	case RARE_CALL:
		sqlite3_result_int64(ret, (int64_t)f->items->v[f->at - 1].key);
		break;
	case RARE_REQUESTED_MODEL:
		sqlite3_result_int64(ret, f->ids->label[rare->requested_model]);
		break;
	case RARE_REGION:
		sqlite3_result_int64(ret, f->ids->label[rare->region]);
		break;
	case RARE_ERROR:
		sqlite3_result_int64(ret, f->ids->label[rare->error]);
		break;
	case RARE_LOGGED_COST:
		if (rare->has_logged_cost)
			sqlite3_result_int64(ret, rare->logged_cost);
		break;
	case RARE_PROMPT_HASH:
		if (rare->prompt_hash)
			sqlite3_result_int64(ret, (int64_t)rare->prompt_hash);
		break;
	default:
		count_column(ret, rare->count[at - RARE_COUNTS]);
	}
}

static void gather(struct commit *c, struct items *items)
{
	const struct ledger *l = c->l;
	size_t n = l->winners.n;

	for (size_t b = 0; b < c->batches_n; b++)
		n += c->batches[b]->rows_n;
	items_start(items, n);
	for (uint32_t b = 0; b < c->batches_n; b++) {
		const struct batch *batch = c->batches[b];

		for (uint32_t i = 0; batch->keep_rows && i < batch->rows_n; i++)
			if (batch->rows[i].dedupe_key == 0 && !old_is(c, &batch->rows[i]))
				items_add(items, row_id(c, &batch->rows[i], 0), b, i);
	}
	for (uint32_t i = 0; i < l->winners.n; i++)
		if (c->batches[l->winners.v[i].batch]->keep_rows &&
		    !old_is(c, item_row(c, &l->winners.v[i])))
			items_add(items, row_id(c, item_row(c, &l->winners.v[i]), 0), OF_WINNER, i);
	items_sort(items);
}

static bool met_another(const struct sql *s)
{
	int code = sqlite3_extended_errcode(s->db);

	return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID;
}

/* Gives the row that met another one its next id, and feeds it again. */
static void step_aside(struct rows_feed *f)
{
	assert(f->row);
	f->at--;
	f->attempt++;
	f->items->v[f->at].key = row_id(f->c, f->row, f->attempt);
}

static bool write_rows(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	struct rows_feed f = {.c = c, .items = &l->items};
	sqlite3_stmt *st = sql_statement(&l->sql, ROWS_ADD, err);
	size_t stopped = SIZE_MAX;
	int code;

	if (st == NULL)
		return false;
	l->feed = (struct feed){&f, next_row, row_column};
	while ((code = sqlite3_step(st)) == SQLITE_CONSTRAINT && met_another(&l->sql)) {
		(void)sqlite3_reset(st);
		if (f.at != stopped)
			f.attempt = 0;
		stopped = f.at;
		step_aside(&f);
	}
	if (code != SQLITE_DONE)
		(void)sql_failed(&l->sql, err);
	(void)sqlite3_reset(st);
	return code == SQLITE_DONE;
}

static bool write_rare(struct commit *c, struct err *err)
{
	struct ledger *l = c->l;
	struct rows_feed f = {.c = c, .items = &l->items};
	sqlite3_stmt *st = sql_statement(&l->sql, RARE_ADD, err);

	l->feed = (struct feed){&f, next_rare, rare_column};
	return st && sql_done(&l->sql, st, err);
}

static void note_winners(struct ledger *l)
{
	l->winner_calls = xrealloc(l->winner_calls, l->winners.n, sizeof(*l->winner_calls));
	memset(l->winner_calls, 0, l->winners.n * sizeof(*l->winner_calls));
	for (size_t i = 0; i < l->items.n; i++)
		if (l->items.v[i].batch == OF_WINNER)
			l->winner_calls[l->items.v[i].at] = (int64_t)l->items.v[i].key;
}

bool rows_write(struct commit *c, struct err *err)
{
	gather(c, &c->l->items);
	if (c->l->items.n && (!write_rows(c, err) || !write_rare(c, err)))
		return false;
	note_winners(c->l);
	return true;
}

bool rows_remove(struct commit *c, int64_t call, uint64_t key, struct err *err)
{
	static const char *const both[] = {RARE_REMOVE, ROW_REMOVE};

	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *st = sql_statement(&c->l->sql, both[i], err);

		if (st == NULL)
			return false;
		sql_bind_ints(st, 1, (const int64_t[]){call, (int64_t)key}, 2);
		if (!sql_done(&c->l->sql, st, err))
			return false;
	}
	return true;
}
