/*
 * The way of one record: tests on its bytes, parse, tests on its values, patterns, fields, tokens,
 * price. Each stop is a verdict with a reason. Nothing is allocated per record once the scratch
 * memory has grown to the largest one.
 */
#include "agent/meter/extract.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/meter/call_text.h"
#include "agent/meter/carried.h"
#include "agent/meter/cumulative.h"
#include "agent/meter/join.h"
#include "agent/meter/plan.h"
#include "agent/meter/pricer.h"

const char REASON_PART[] = "a part of a joined call";
static const char REASON_UNCHANGED[] = "an unchanged counter";

enum {
	SCRATCH_KEEP = 1 << 20,
};

struct extractor {
	const struct source *source;
	struct hash_key key;
	struct value *slots;
	struct arena scratch;
	struct pattern_match *match;
	struct pricer *pricer;
	trace_fn *trace;
	void *trace_arg;
	/* Of the record that is being read. */
	const struct surroundings *around;
	struct str record;
	verdict_fn *fn;
	void *arg;
	size_t elements;
	const char *outer[OUTER_MAX]; /* the elements whose slots are filled */
	bool detecting, detected;
};

struct extractor *extractor_new(const struct source *s, struct hash_key key)
{
	struct extractor *x = xcalloc(1, sizeof(*x));

	x->source = s;
	x->key = key;
	x->slots = xcalloc(source_slots(s), sizeof(*x->slots));
	x->match = pattern_match_new();
	x->pricer = pricer_new(s->book);
	return x;
}

void extractor_free(struct extractor **xp)
{
	struct extractor *x = *xp;

	*xp = NULL;
	if (x == NULL)
		return;
	free(x->slots);
	arena_free(&x->scratch);
	pattern_match_free(&x->match);
	pricer_free(&x->pricer);
	free(x);
}

void extractor_trace(struct extractor *x, trace_fn *fn, void *arg)
{
	x->trace = fn;
	x->trace_arg = arg;
}

static void trace(const struct extractor *x, const char *step, struct str detail)
{
	if (x->trace)
		x->trace(x->trace_arg, step, detail);
}

static void give(struct extractor *x, enum outcome outcome, const char *reason, size_t at)
{
	struct verdict v = {.outcome = outcome, .reason = reason, .at = at};

	x->fn(x->arg, &v, NULL);
}

/* A record whose numbers are in another one's call. */
static void give_duplicate(struct extractor *x, const char *reason, int64_t time)
{
	struct verdict v = {.outcome = OUTCOME_DUPLICATE, .reason = reason, .time = time};

	x->fn(x->arg, &v, NULL);
}

static struct fetch fetch_start(struct extractor *x)
{
	return (struct fetch){.source = x->source,
	                      .key = x->key,
	                      .slots = x->slots,
	                      .scratch = &x->scratch,
	                      .match = x->match,
	                      .around = x->around};
}

/* ---- fields to call ---- */

/* What this log means by its numbers, made what tokentail means. */
static void normalise_tokens(const struct source_config *config, struct call *c)
{
	if (!config->input_includes_cache && c->count[COUNT_INPUT] != ABSENT)
		c->count[COUNT_INPUT] +=
			call_count(c, COUNT_CACHE_READ) + call_count(c, COUNT_CACHE_WRITE);
	if (!config->output_includes_reasoning && c->count[COUNT_OUTPUT] != ABSENT)
		c->count[COUNT_OUTPUT] += call_count(c, COUNT_REASONING);
	call_clamp(c);
}

static bool has_usage(const struct call *c)
{
	for (int i = 0; i < COUNTS; i++)
		if (c->count[i] != ABSENT)
			return true;
	return false;
}

/* A hash of the hashes of the parts, so that "a","bc" and "ab","c" differ. 0: none is there. */
static uint64_t key_of(struct extractor *x, const struct getter *parts, size_t n)
{
	struct fetch f = fetch_start(x);
	uint64_t chain[2] = {0, 0};
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct str text = {0};

		any |= fetch_one(&f, &parts[i], &text);
		chain[1] = hash64(x->key, text);
		chain[0] = hash64(x->key, (struct str){(const char *)chain, sizeof(chain)});
	}
	return any ? chain[0] | 1 : 0;
}

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

/* What is known of a call becomes the call, with its price. `v` is the verdict so far. */
static void conclude(struct extractor *x, struct call *c, bool is_call, struct verdict *v)
{
	const struct source_config *config = x->source->config;

	if (!is_call) {
		v->outcome = OUTCOME_SKIPPED;
		v->reason = "neither a model nor usage";
	} else if (c->time == INT64_MIN) {
		v->outcome = OUTCOME_REJECTED;
		v->reason = "no time";
	} else {
		complete(c);
		if (!has_usage(c))
			c->flags |= CALL_UNKNOWN_USAGE;
		normalise_tokens(config, c);
		if (!pricer_price(x->pricer, config->cost, c)) {
			v->outcome = OUTCOME_REJECTED;
			v->reason = "cost beyond a million dollars";
		}
	}
	x->fn(x->arg, v, v->outcome == OUTCOME_CALL ? c : NULL);
}

/* The rest of its parts did not come: it counts as it is. One of them was no duplicate then. */
static void conclude_waiting(struct extractor *x, struct joined *j)
{
	struct verdict v = {.outcome = OUTCOME_CALL, .reason = "", .time = j->time, .waited = true};

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

	join_read(text, &j);
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

static void join_part(struct extractor *x, uint64_t key, const struct call *part, bool is_call)
{
	struct memory *m = x->around->memory;
	struct verdict v = {.outcome = OUTCOME_CALL, .reason = ""};
	struct joined j;

	if (join_find(m, key, &j) && join_is_over(x->source, &j, part)) {
		conclude_waiting(x, &j);
		memory_forget(m, key);
		(void)join_find(m, key, &j); /* nothing any more */
	}
	join_add(&j, part, is_call, x->around->near);
	if (join_is_complete(x->source, &j)) {
		conclude(x, &j.call, j.is_call, &v);
		memory_forget(m, key);
		return;
	}
	join_wait(m, key, &j);
	give_duplicate(x, REASON_PART, j.time);
	if (memory_count(m) > JOIN_WAITING_MAX)
		extract_waiting(x, m, memory_oldest(m, 8), x->fn, x->arg);
}

/* A record of a source that remembers. False: nothing of it is remembered, and it is a call on its
 * own. */
static bool settle_remembered(struct extractor *x, struct call *c, bool is_call)
{
	const struct source *s = x->source;
	struct memory *m = x->around->memory;
	int64_t time = c->time != INT64_MIN ? c->time : x->around->near;
	uint64_t counter = s->cumulative_n ? key_of(x, s->cumulative, s->cumulative_n) : 0;
	uint64_t joined = s->join_n ? key_of(x, s->join, s->join_n) : 0;

	if (counter && is_call && !cumulative_increase(m, s, counter, c, time)) {
		give_duplicate(x, REASON_UNCHANGED, time);
		return true;
	}
	if (joined)
		join_part(x, joined, c, is_call);
	return joined != 0;
}

/* The call of a record, alone or with what is remembered of earlier ones. */
static void settle(struct extractor *x, struct call *c, bool is_call)
{
	const struct source *s = x->source;
	struct verdict v = {.outcome = OUTCOME_CALL, .reason = ""};

	if (s->dedupe_n)
		c->dedupe_key = key_of(x, s->dedupe, s->dedupe_n);
	if (x->around->memory == NULL || !settle_remembered(x, c, is_call))
		conclude(x, c, is_call, &v);
}

/* The time that the envelope says, behind which there may be more: "2026-03-12 09:00:00 tag: ". */
static bool envelope_time(const struct extractor *x, const struct timestamp_context *times,
                          int64_t *ret)
{
	struct str text = str_trim(x->around->time);

	while (text.n) {
		if (timestamp_parse(text, times, ret))
			return true;
		while (text.n && text.p[text.n - 1] != ' ' && text.p[text.n - 1] != ']')
			text.n--;
		text = str_trim((struct str){text.p, text.n ? text.n - 1 : 0});
	}
	return false;
}

static void finish(struct extractor *x)
{
	struct timestamp_context times = {x->source->zone, x->around->near};
	struct fetch fetch = fetch_start(x);
	struct call c = call_empty;
	struct verdict v = {.reason = ""};
	struct fill fill = {.fetch = &fetch,
	                    .times = &times,
	                    .call = &c,
	                    .verdict = &v,
	                    .trace = x->trace,
	                    .trace_arg = x->trace_arg};

	if (!fill_call(&fill)) {
		x->fn(x->arg, &v, NULL);
		return;
	}
	if (c.time == INT64_MIN && x->around->time.n && envelope_time(x, &times, &c.time))
		trace(x, "time", STR("from the envelope"));
	settle(x, &c, fill.is_call);
}

/* ---- tests and patterns ---- */

enum stop { STOP_NO, STOP_SKIPPED, STOP_REJECTED };

static enum stop test_value(struct extractor *x, const struct record_test *t)
{
	struct fetch f = fetch_start(x);
	struct str text;
	bool there = fetch_one(&f, &t->getter, &text), good = false;

	switch (t->config->kind) {
	case TEST_EXISTS:
		good = there == t->config->exists;
		break;
	case TEST_EQUALS:
		good = there && str_eq(text, str_of(t->config->operand));
		break;
	case TEST_PATH_PATTERN:
		switch (there ? pattern_test(t->pattern, x->match, text) : PATTERN_NO) {
		case PATTERN_LIMIT:
			return STOP_REJECTED;
		case PATTERN_YES:
			good = true;
			break;
		case PATTERN_NO:
			break;
		}
		break;
	case TEST_PATTERN:
		return STOP_NO; /* tried before the parse */
	}
	if (f.limited)
		return STOP_REJECTED;
	return good != t->config->negate ? STOP_NO : STOP_SKIPPED;
}

static enum stop test_bytes(struct extractor *x, const struct record_test *t)
{
	if (t->config->kind != TEST_PATTERN)
		return STOP_NO;
	switch (pattern_test(t->pattern, x->match, x->record)) {
	case PATTERN_YES:
		return t->config->negate ? STOP_SKIPPED : STOP_NO;
	case PATTERN_NO:
		return t->config->negate ? STOP_NO : STOP_SKIPPED;
	case PATTERN_LIMIT:
		return STOP_REJECTED;
	}
	return STOP_NO;
}

/* True when all tests of a kind are passed; else the verdict has been given. The tests of the
 * record's bytes come before the parse, unless something may be carried from it all the same. */
static bool passes(struct extractor *x,
                   enum stop (*test)(struct extractor *, const struct record_test *))
{
	const struct source *s = x->source;

	for (size_t i = 0; i < s->tests_n; i++) {
		switch (test(x, &s->tests[i])) {
		case STOP_NO:
			continue;
		case STOP_SKIPPED:
			give(x, OUTCOME_SKIPPED, s->tests[i].reason, 0);
			return false;
		case STOP_REJECTED:
			give(x, OUTCOME_REJECTED, s->tests[i].limit_reason, 0);
			return false;
		}
	}
	return true;
}

static bool all_hold(struct extractor *x, const struct record_test *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (test_bytes(x, &tests[i]) != STOP_NO || test_value(x, &tests[i]) != STOP_NO)
			return false;
	return true;
}

static bool match_patterns(struct extractor *x)
{
	const struct source *s = x->source;
	struct value groups[PATTERN_GROUPS_MAX];

	for (size_t i = 0; i < s->patterns_n; i++) {
		const struct record_pattern *p = &s->patterns[i];

		switch (pattern_capture(p->pattern, x->match, x->record, groups)) {
		case PATTERN_NO:
			continue;
		case PATTERN_LIMIT:
			give(x, OUTCOME_REJECTED, p->limit_reason, 0);
			return false;
		case PATTERN_YES:
			for (size_t g = 0; g < pattern_groups(p->pattern); g++)
				if (groups[g].type != VALUE_ABSENT)
					x->slots[p->slots[g]] = groups[g];
			trace(x, "pattern", pattern_regex(p->pattern));
			return true;
		}
	}
	if (s->format == &format_text) {
		give(x, OUTCOME_SKIPPED, "no pattern matches", 0);
		return false;
	}
	return true;
}

/* ---- the record ---- */

/* The limit on depth is ours: such a record may well be JSON. */
static const char *broken_reason(const struct source *s, const struct fault *fault)
{
	static const char too_deep[] = "nested too deeply"; /* the scanner's own words */

	if (s->format != &format_json)
		return "broken record";
	return strcmp(fault->what, too_deep) == 0 ? too_deep : "not JSON";
}

static bool parse(struct extractor *x, const struct paths *paths, struct str text,
                  struct value *slots)
{
	const struct source *s = x->source;
	struct fault fault = {.what = ""};

	if (s->format->parse(paths, text, slots, &x->scratch, &fault))
		return true;
	trace(x, "broken", str_of(fault.what));
	give(x, OUTCOME_REJECTED, broken_reason(s, &fault), fault.at);
	return false;
}

static void carry(struct extractor *x)
{
	const struct source *s = x->source;
	struct fetch f = fetch_start(x);

	for (size_t i = 0; i < s->carry_n; i++) {
		struct str text;

		if (fetch_fresh(&f, s->carry[i], &text))
			carried_set(x->around->carried, i, text, (size_t)(f.used - s->carry[i]->v));
	}
}

static void read_element(struct extractor *x)
{
	if (!match_patterns(x))
		return;
	if (x->detecting) {
		x->detected |= all_hold(x, x->source->detect, x->source->detect_n);
		return;
	}
	if (x->around->carried) {
		carry(x);
		if (!passes(x, test_bytes))
			return;
	}
	if (passes(x, test_value))
		finish(x);
}

/* The slots of the elements around this one, which may be those around the last one. False: the
 * verdict has been given. */
static bool parse_outer(struct extractor *x, const struct json_element *element)
{
	const struct source *s = x->source;
	struct value *slots = x->slots + s->element_n;

	for (size_t i = 0; i < OUTER_MAX; slots += s->outer_ns[i++]) {
		if (s->outer_paths[i] == NULL || x->outer[i] == element->outer[i].p)
			continue;
		if (!parse(x, s->outer_paths[i], element->outer[i], slots))
			return false;
		x->outer[i] = element->outer[i].p;
	}
	return true;
}

static bool on_element(void *arg, const struct json_element *element)
{
	struct extractor *x = arg;
	const struct source *s = x->source;

	x->elements++;
	memset(x->slots, 0, s->element_n * sizeof(*x->slots));
	x->slots[source_key_slot(s)] = (struct value){element->name, VALUE_STRING, false};
	if (parse(x, s->element_paths, element->text, x->slots) && parse_outer(x, element))
		read_element(x);
	return true;
}

static void read_elements(struct extractor *x)
{
	const struct source *s = x->source;
	struct fault fault = {.what = ""};

	/* The whole record is checked before the first element counts: never half of a broken one.
	 */
	if (!parse(x, s->root_paths, x->record, x->slots + source_root_slot(s)))
		return;
	x->elements = 0;
	memset((void *)x->outer, 0, sizeof(x->outer));
	if (!json_walk(s->walk, x->record, &x->scratch, on_element, x, &fault)) {
		give(x, OUTCOME_REJECTED, broken_reason(s, &fault), fault.at);
		return;
	}
	if (x->elements == 0)
		give(x, OUTCOME_SKIPPED, "nothing at `each`", 0);
}

void extract_record(struct extractor *x, struct str record, const struct surroundings *around,
                    verdict_fn *fn, void *arg)
{
	const struct source *s = x->source;

	x->record = record;
	x->around = around;
	x->fn = fn;
	x->arg = arg;
	arena_reset(&x->scratch, SCRATCH_KEEP);
	pattern_match_record(x->match, record.n);
	if (around->carried == NULL && !x->detecting && !passes(x, test_bytes))
		return;
	memset(x->slots, 0, source_slots(s) * sizeof(*x->slots));
	if (s->walk)
		read_elements(x);
	else if (s->element_paths == NULL || parse(x, s->element_paths, record, x->slots))
		read_element(x);
}

/* ---- detect ---- */

static void ignore(void *arg, const struct verdict *v, const struct call *c)
{
	(void)arg;
	(void)v;
	(void)c;
}

bool extract_detect(struct extractor *x, struct str record)
{
	static const struct surroundings nothing = {0};

	if (x->source->detect_n == 0)
		return false;
	x->detecting = true;
	x->detected = false;
	extract_record(x, record, &nothing, ignore, NULL);
	x->detecting = false;
	return x->detected;
}
