/*
 * Gathering, for one thread. A call costs a few hash look-ups in tables that fit the cache: its
 * labels to numbers, the numbers to a combination, hour and combination to a total. Nothing is
 * allocated per call once the arrays have grown, but the text of kept calls, which is copied into
 * the batch's arena.
 */
#include "agent/meter/batch.h"

#include "agent/base/hash.h"
#include "agent/meter/batch_index.h"

enum { TEXT_KEEP = 8 << 20 };

struct batch *batch_new(const struct zone *zone, bool keep_rows)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->index = xcalloc(1, sizeof(*b->index));
	b->labels = intern_new();
	b->rejects = xcalloc(REJECTS_PER_BATCH, sizeof(*b->rejects));
	b->zone = zone;
	b->keep_rows = keep_rows;
	batch_clear(b);
	return b;
}

void batch_free(struct batch **bp)
{
	struct batch *b = *bp;

	*bp = NULL;
	if (b == NULL)
		return;
	table_free(&b->index->combinations);
	table_free(&b->index->totals);
	table_free(&b->index->latencies);
	table_free(&b->index->coverage);
	free(b->index->leading);
	free(b->index);
	intern_free(&b->labels);
	free(b->combinations);
	free(b->totals);
	free(b->latencies);
	free(b->rows);
	free(b->coverage);
	free(b->steps);
	free(b->rejects);
	free(b->remembered);
	arena_free(&b->text);
	free(b);
}

void batch_clear(struct batch *b)
{
	struct batch_index *x = b->index;

	intern_clear(b->labels);
	(void)intern_id(b->labels, STR("")); /* label 0 */
	table_clear(&x->combinations);
	table_clear(&x->totals);
	table_clear(&x->latencies);
	table_clear(&x->coverage);
	b->combinations_n = b->totals_n = b->latencies_n = 0;
	b->rows_n = b->coverage_n = b->steps_n = b->rejects_n = b->remembered_n = 0;
	arena_reset(&b->text, TEXT_KEEP);
	x->half_minute = INT64_MIN;
	memset(x->memo, 0, sizeof(x->memo));
	memset(x->covered, 0, sizeof(x->covered));
}

size_t batch_bytes(const struct batch *b)
{
	const struct batch_index *x = b->index;

	return intern_bytes(b->labels) + b->combinations_n * sizeof(*b->combinations) +
	       b->totals_n * sizeof(*b->totals) + b->latencies_n * sizeof(*b->latencies) +
	       b->rows_n * sizeof(*b->rows) + b->coverage_n * sizeof(*b->coverage) +
	       b->steps_n * sizeof(*b->steps) + b->remembered_n * sizeof(*b->remembered) +
	       b->text.total + table_bytes(&x->combinations) + table_bytes(&x->totals) +
	       table_bytes(&x->latencies);
}

/* ---- coverage ---- */

static bool coverage_equal(const void *items, uint32_t position, const void *key)
{
	const struct coverage *c = items, *wanted = key;

	return c[position].day == wanted->day && c[position].source == wanted->source &&
	       c[position].reason == wanted->reason && c[position].outcome == wanted->outcome;
}

static size_t coverage_at(struct batch *b, const struct coverage *key)
{
	struct batch_index *x = b->index;
	uint64_t hash = hash_mix((uint64_t)key->day, (uint64_t)key->source << 32 | key->reason);
	bool is_new;
	uint32_t position = table_position(&x->coverage, hash_mix(hash, key->outcome),
	                                   coverage_equal, b->coverage, key, &is_new);

	if (is_new) {
		b->coverage =
			array_room(b->coverage, b->coverage_n, &x->coverage_room, sizeof(*key));
		b->coverage[b->coverage_n] = *key;
		b->coverage[b->coverage_n++].records = 0;
	}
	return position;
}

/* ---- the step that is open ---- */

void batch_step_begin(struct batch *b, uint32_t file, struct str source,
                      const struct source_config *config)
{
	struct batch_index *x = b->index;

	x->file = file;
	x->source = intern_id(b->labels, source);
	x->config = config;
	x->step_day = DAY_UNKNOWN;
	x->last_time = 0;
	x->leading_n = 0;
	memset(x->covered, 0, sizeof(x->covered));
}

/* A record before the first call of the step: its day is for the ledger to say. */
static void cover_leading(struct batch *b, enum outcome outcome, uint32_t reason, int64_t records)
{
	struct batch_index *x = b->index;

	for (size_t i = 0; i < x->leading_n; i++) {
		if (x->leading[i].outcome == outcome && x->leading[i].reason == reason) {
			x->leading[i].records += records;
			return;
		}
	}
	x->leading = array_room(x->leading, x->leading_n, &x->leading_room, sizeof(*x->leading));
	x->leading[x->leading_n++] =
		(struct coverage){DAY_UNKNOWN, x->source, reason, outcome, records};
}

static void cover(struct batch *b, enum outcome outcome, const char *reason, int64_t records)
{
	struct batch_index *x = b->index;
	struct cover_memo *memo = &x->covered[outcome];

	if (x->step_day == DAY_UNKNOWN) {
		cover_leading(b, outcome, intern_id(b->labels, str_of(reason)), records);
		return;
	}
	if (memo->reason != reason || memo->day != x->step_day) {
		struct coverage key = {x->step_day, x->source, intern_id(b->labels, str_of(reason)),
		                       outcome, 0};

		*memo = (struct cover_memo){reason, x->step_day, coverage_at(b, &key)};
	}
	b->coverage[memo->position].records += records;
}

/* Under a time of its own, whatever the records around it are. */
static void cover_at_time(struct batch *b, uint32_t source, int64_t time, enum outcome outcome,
                          const char *reason, int64_t records)
{
	struct coverage key = {.source = source, .outcome = outcome};
	size_t at;

	batch_look_at_time(b, time);
	key.day = b->index->day;
	key.reason = intern_id(b->labels, str_of(reason));
	at = coverage_at(b, &key); /* which may move the array */
	b->coverage[at].records += records;
}

void batch_passed(struct batch *b, uint64_t records, const char *reason)
{
	if (records)
		cover(b, OUTCOME_SKIPPED, reason, (int64_t)records);
}

static struct str keep_text(struct batch *b, struct str s, size_t max)
{
	char *copy;

	if (s.n > max)
		s.n = max;
	if (s.n == 0)
		return (struct str){0};
	copy = arena_bytes(&b->text, s.n);
	memcpy(copy, s.p, s.n);
	return (struct str){copy, s.n};
}

static uint32_t label_id(struct batch *b, int label, struct str text)
{
	struct label_memo *memo = &b->index->memo[label];

	if (text.n == 0)
		return 0;
	if (!str_eq(memo->text, text)) {
		memo->id = intern_id(b->labels, text);
		memo->text = intern_str(b->labels, memo->id);
	}
	return memo->id;
}

static uint32_t combination_of(struct batch *b, const struct call *c)
{
	struct combination key = {.source = b->index->source};

	for (int i = 0; i < LABELS; i++)
		key.label[i] = label_id(b, i, c->label[i]);
	return batch_combination(b, &key);
}

static bool has_rare(const struct call *c)
{
	bool any = c->has_logged_cost || c->prompt_hash || c->detail[DETAIL_REQUESTED_MODEL].n ||
	           c->detail[DETAIL_REGION].n || c->detail[DETAIL_ERROR].n;

	for (int i = COUNT_TOKENS; i < COUNTS; i++)
		any |= c->count[i] != ABSENT;
	return any;
}

static struct call_rare *rare_of(struct batch *b, const struct call *c)
{
	struct call_rare *rare;

	if (!has_rare(c))
		return NULL;
	rare = arena_alloc(&b->text, sizeof(*rare));
	*rare = (struct call_rare){
		.requested_model = intern_id(b->labels, c->detail[DETAIL_REQUESTED_MODEL]),
		.region = intern_id(b->labels, c->detail[DETAIL_REGION]),
		.error = intern_id(b->labels, c->detail[DETAIL_ERROR]),
		.has_logged_cost = c->has_logged_cost,
		.logged_cost = c->logged_cost,
		.prompt_hash = c->prompt_hash,
	};
	memcpy(rare->count, c->count + COUNT_TOKENS, sizeof(rare->count));
	return rare;
}

struct call_row *batch_add_row(struct batch *b, const struct call *c, uint32_t combination,
                               uint32_t file, int64_t offset)
{
	struct call_row *row;

	b->rows = array_room(b->rows, b->rows_n, &b->index->rows_room, sizeof(*row));
	row = &b->rows[b->rows_n++];
	*row = (struct call_row){
		.time = c->time,
		.offset = offset,
		.dedupe_key = c->dedupe_key,
		.combination = combination,
		.price = intern_id(b->labels, c->price),
		.file = file,
		.flags = c->flags,
		.cost = c->cost,
		.latency = c->latency,
		.ttft = c->ttft,
		.session = keep_text(b, c->detail[DETAIL_SESSION], SIZE_MAX),
		.request_id = keep_text(b, c->detail[DETAIL_REQUEST_ID], SIZE_MAX),
		.rare = rare_of(b, c),
	};
	memcpy(row->count, c->count, sizeof(row->count));
	return row;
}

static void keep_row(struct batch *b, const struct call *c, uint32_t combination, int64_t offset)
{
	const struct batch_index *x = b->index;
	struct call_row *row = batch_add_row(b, c, combination, x->file, offset);

	row->keep = x->config->dedupe_keep;
	row->dedupe_within = x->config->dedupe_within;
}

static void count_call(struct batch *b, const struct call *c, int64_t offset)
{
	struct batch_index *x = b->index;
	uint32_t combination = combination_of(b, c);

	batch_look_at_time(b, c->time);
	x->last_time = c->time;
	x->step_day = x->day;
	if (c->dedupe_key == 0) {
		struct numbers n = {c->flags,   c->count,           c->cost,
		                    c->latency, c->has_logged_cost, c->logged_cost};

		batch_count_numbers(b, combination, &n, 1);
		cover(b, OUTCOME_CALL, "", 1);
	}
	if (b->keep_rows || c->dedupe_key)
		keep_row(b, c, combination, offset);
}

static void keep_reject(struct batch *b, const struct verdict *v, int64_t offset)
{
	const struct batch_index *x = b->index;

	if (b->rejects_n == REJECTS_PER_BATCH)
		return;
	b->rejects[b->rejects_n++] = (struct reject){
		.source = x->source,
		.reason = intern_id(b->labels, str_of(v->reason)),
		.file = x->file,
		.offset = offset,
		.value = keep_text(b, v->value, REJECT_VALUE_MAX),
		.at = (int64_t)v->at,
	};
}

void batch_verdict(struct batch *b, const struct verdict *v, const struct call *c, int64_t offset)
{
	if (v->waited) /* it is one of its parts, which is no duplicate then */
		cover_at_time(b, intern_id(b->labels, v->source), v->time, OUTCOME_DUPLICATE,
		              REASON_PART, -1);
	if (v->outcome == OUTCOME_CALL) {
		count_call(b, c, offset);
		return;
	}
	if (v->waited || v->outcome == OUTCOME_DUPLICATE)
		cover_at_time(b, b->index->source, v->time, v->outcome, v->reason, 1);
	else
		cover(b, v->outcome, v->reason, 1);
	if (v->outcome == OUTCOME_REJECTED && b->index->file != NO_FILE)
		keep_reject(b, v, offset);
}

void batch_remember(struct batch *b, const struct memory_item *item)
{
	struct remembered *kept;

	b->remembered = array_room(b->remembered, b->remembered_n, &b->index->remembered_room,
	                           sizeof(*kept));
	kept = &b->remembered[b->remembered_n++];
	*kept = (struct remembered){b->index->source, *item};
	if (item->text.p)
		kept->item.text = keep_text(b, item->text, SIZE_MAX);
}

void batch_step_end(struct batch *b, const struct step *step)
{
	struct batch_index *x = b->index;
	struct step *kept;

	b->steps = array_room(b->steps, b->steps_n, &x->steps_room, sizeof(*step));
	kept = &b->steps[b->steps_n++];
	*kept = *step;
	kept->file = x->file;
	if (step->carried.p)
		kept->carried = keep_text(b, step->carried, SIZE_MAX);
	kept->last_time = x->last_time;
	kept->leading_n = x->leading_n;
	kept->leading = arena_alloc(&b->text, x->leading_n * sizeof(*x->leading));
	if (x->leading_n)
		memcpy(kept->leading, x->leading, x->leading_n * sizeof(*x->leading));
}
