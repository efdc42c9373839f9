/*
 * What becomes of a record's fields: its keys, the parts and counters that are remembered from
 * earlier records, the tokens made what tokentail means by them, the price.
 */
#include "agent/meter/call_text.h"
#include "agent/meter/cumulative.h"
#include "agent/meter/estimate.h"
#include "agent/meter/extractor.h"
#include "agent/meter/join.h"

const char REASON_PART[] = "a part of a joined call";
static const char REASON_UNCHANGED[] = "an unchanged counter";

/* A record whose numbers are in another one's call. */
static void give_duplicate(struct extractor *x, const char *reason, int64_t time)
{
	struct verdict v = {.outcome = OUTCOME_DUPLICATE, .reason = reason, .time = time};

	x->fn(x->arg, &v, NULL);
}

/* What this log means by its numbers, made what tokentail means. */
static void add_parts(const struct source_config *config, struct call *c)
{
	if (!config->input_includes_cache && c->count[COUNT_INPUT] != ABSENT)
		c->count[COUNT_INPUT] +=
			call_count(c, COUNT_CACHE_READ) + call_count(c, COUNT_CACHE_WRITE);
	if (!config->output_includes_reasoning && c->count[COUNT_OUTPUT] != ABSENT)
		c->count[COUNT_OUTPUT] += call_count(c, COUNT_REASONING);
}

static bool has_usage(const struct call *c)
{
	for (int i = 0; i < COUNTS; i++)
		if (c->count[i] != ABSENT)
			return true;
	return false;
}

/* ---- keys ---- */

/* The parts of a key, such as dedupe.by. */
struct key_parts {
	enum trace_key_of of;
	const char *limit_reason;
	const struct getter *getters;
	size_t n;
};

static struct key_parts key_parts(const struct source *s, enum trace_key_of of)
{
	switch (of) {
	case KEY_DEDUPE:
		return (struct key_parts){of, "pattern limit in dedupe.by", s->dedupe, s->dedupe_n};
	case KEY_JOIN:
		return (struct key_parts){of, "pattern limit in join.by", s->join, s->join_n};
	case KEY_CUMULATIVE:
		break;
	}
	return (struct key_parts){of, "pattern limit in cumulative.by", s->cumulative,
	                          s->cumulative_n};
}

/* A hash of the hashes of the parts, so that "a","bc" and "ab","c" differ. *ret is 0 when none is
 * there. False: a pattern gave up, and the verdict has been given. */
static bool key_of(struct extractor *x, enum trace_key_of of, uint64_t *ret)
{
	struct key_parts parts = key_parts(x->source, of);
	struct fetch f = fetch_start(x);
	uint64_t chain[2] = {0, 0};
	bool any = false;

	for (size_t i = 0; i < parts.n && !f.limited; i++) {
		struct trace_key part = {.of = of, .name = parts.getters[i].from};

		part.there = fetch_one(&f, &parts.getters[i], &part.value);
		any |= part.there;
		if (x->tracer)
			trace_give(x->tracer, &(struct trace){.kind = TRACE_KEY, .key = part});
		chain[1] = hash64(x->key, part.value);
		chain[0] = hash64(x->key, (struct str){(const char *)chain, sizeof(chain)});
	}
	*ret = any ? chain[0] | 1 : 0;
	if (f.limited)
		extractor_give(x, OUTCOME_REJECTED, parts.limit_reason, 0);
	return !f.limited;
}

/* ---- one call ---- */

/* The fields that stand for others which the log does not tell. */
static void complete(struct call *c)
{
	if (c->label[LABEL_MODEL].n == 0)
		c->label[LABEL_MODEL] = c->detail[DETAIL_REQUESTED_MODEL];
	if (str_eq(c->detail[DETAIL_REQUESTED_MODEL], c->label[LABEL_MODEL]))
		c->detail[DETAIL_REQUESTED_MODEL] = (struct str){0};
	if (c->label[LABEL_STATUS].n == 0 && c->detail[DETAIL_ERROR].n)
		c->label[LABEL_STATUS] = STR("error");
}

static void normalise(const struct extractor *x, struct call *c)
{
	complete(c);
	estimate_tokens(x->source->config, c);
	if (!has_usage(c))
		c->flags |= CALL_UNKNOWN_USAGE;
	add_parts(x->source->config, c);
	call_clamp(c);
}

/* The same, with what is told of it. */
static void normalise_traced(const struct extractor *x, struct call *c)
{
	struct call read = *c, made;
	struct trace event = {.kind = TRACE_TOKENS, .tokens = {&read, &made, c}};

	normalise(x, c);
	made = read;
	estimate_tokens(x->source->config, &made);
	add_parts(x->source->config, &made);
	trace_give(x->tracer, &event);
	event = (struct trace){.kind = TRACE_PRICE, .call = c};
	trace_give(x->tracer, &event);
}

/* What is known of a call becomes the call, with its price. `v` is the verdict so far. */
static void conclude(struct extractor *x, struct call *c, bool is_call, struct verdict *v)
{
	if (!is_call) {
		v->outcome = OUTCOME_SKIPPED;
		v->reason = "neither a model nor usage";
	} else if (c->time == INT64_MIN) {
		v->outcome = OUTCOME_REJECTED;
		v->reason = "no time";
	} else if (c->time < x->source->start) {
		v->outcome = OUTCOME_SKIPPED;
		v->reason = "before `start` of its source";
	} else {
		(x->tracer ? normalise_traced : normalise)(x, c);
		if (!pricer_price(x->pricer, x->source->config->cost, c)) {
			v->outcome = OUTCOME_REJECTED;
			v->reason = "cost beyond a million dollars";
		}
	}
	x->fn(x->arg, v, v->outcome == OUTCOME_CALL ? c : NULL);
}

/* The rest of its parts did not come: it counts as it is. One of them was no duplicate then. */
static void conclude_waiting(struct extractor *x, struct joined *j)
{
	struct verdict v = {.outcome = OUTCOME_CALL,
	                    .reason = "",
	                    .time = j->time,
	                    .waited = true,
	                    .source = j->source};

	j->call.flags |= CALL_INCOMPLETE;
	conclude(x, &j->call, j->is_call, &v);
}

struct waiting {
	struct extractor *x;
	struct memory *memory;
};

static void on_waiting(void *arg, uint64_t key, struct str text)
{
	struct waiting *w = arg;
	struct joined j;

	if (!join_read(text, &j))
		return; /* what counters are remembered is not for us */
	conclude_waiting(w->x, &j);
	memory_forget(w->memory, key);
}

void extract_waiting(struct extractor *x, struct memory *memory, int64_t time, verdict_fn *fn,
                     void *arg)
{
	struct waiting w = {x, memory};

	x->fn = fn;
	x->arg = arg;
	memory_older(memory, time, on_waiting, &w);
}

/* ---- join ---- */

static void trace_part(const struct extractor *x, const struct call *earlier,
                       const struct joined *j)
{
	if (x->tracer)
		trace_give(x->tracer, &(struct trace){.kind = TRACE_PART,
		                                      .part = {earlier, &j->call,
		                                               join_is_complete(x->source, j)}});
}

static void join_part(struct extractor *x, uint64_t key, const struct call *part, bool is_call)
{
	struct memory *m = x->around->memory;
	struct verdict v = {.outcome = OUTCOME_CALL, .reason = ""};
	struct waiting all = {x, m};
	struct joined j;
	struct call earlier;

	if (join_find(m, key, &j) && join_is_over(x->source, &j, part)) {
		conclude_waiting(x, &j);
		memory_forget(m, key);
		(void)join_find(m, key, &j); /* nothing any more */
	}
	earlier = j.call;
	join_add(&j, part, is_call, x->around->near);
	trace_part(x, &earlier, &j);
	if (join_is_complete(x->source, &j)) {
		conclude(x, &j.call, j.is_call, &v);
		memory_forget(m, key);
		return;
	}
	join_wait(m, x->source, key, &j);
	give_duplicate(x, REASON_PART, j.time);
	if (memory_count(m) > JOIN_WAITING_MAX)
		memory_oldest(m, 8, on_waiting, &all);
}

/* ---- cumulative ---- */

static bool increase(struct extractor *x, uint64_t key, struct call *c, int64_t time)
{
	return cumulative_increase(x->around->memory, x->source, key, c, time);
}

/* The same, with what is told of it. */
static bool increase_traced(struct extractor *x, uint64_t key, struct call *c, int64_t time)
{
	struct call logged = *c, last = call_empty;
	struct trace event = {.kind = TRACE_COUNTERS, .counters = {.logged = &logged, .grown = c}};
	struct str text;

	if (memory_get(x->around->memory, key, &text)) {
		call_unpack(text, &last);
		event.counters.last = &last;
	}
	event.counters.unchanged = !increase(x, key, c, time);
	trace_give(x->tracer, &event);
	return !event.counters.unchanged;
}

/* ---- a record ---- */

/* A record of a source that remembers. False: nothing of it is remembered, and it is a call on its
 * own. */
static bool settle_remembered(struct extractor *x, struct call *c, bool is_call)
{
	const struct source *s = x->source;
	int64_t time = c->time != INT64_MIN ? c->time : x->around->near;
	uint64_t counter = 0, joined = 0;

	if ((s->cumulative_n && !key_of(x, KEY_CUMULATIVE, &counter)) ||
	    (s->join_n && !key_of(x, KEY_JOIN, &joined)))
		return true;
	if (counter && is_call && !(x->tracer ? increase_traced : increase)(x, counter, c, time)) {
		give_duplicate(x, REASON_UNCHANGED, time);
		return true;
	}
	if (joined)
		join_part(x, joined, c, is_call);
	return joined != 0;
}

void settle(struct extractor *x, struct call *c, bool is_call)
{
	struct verdict v = {.outcome = OUTCOME_CALL, .reason = ""};

	if (x->source->dedupe_n && !key_of(x, KEY_DEDUPE, &c->dedupe_key))
		return;
	if (x->around->memory == NULL || !settle_remembered(x, c, is_call))
		conclude(x, c, is_call, &v);
}
