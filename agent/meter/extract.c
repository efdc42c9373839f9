/*
 * The way of one record: tests on its bytes, parse, tests on its values, patterns, fields, tokens,
 * price. Each stop is a verdict with a reason. Nothing is allocated per record once the scratch
 * memory has grown to the largest one.
 */
#include "agent/meter/extract.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/meter/plan.h"
#include "agent/meter/pricer.h"

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
	int64_t now, near;
	struct str record;
	verdict_fn *fn;
	void *arg;
	size_t elements;
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
	struct verdict v = {outcome, reason, {0}, at};

	x->fn(x->arg, &v, NULL);
}

static struct fetch fetch_start(struct extractor *x)
{
	return (struct fetch){x->source, x->key, x->slots, &x->scratch,
	                      x->match,  x->now, NULL,     false};
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
static uint64_t dedupe_key(struct extractor *x)
{
	const struct source *s = x->source;
	struct fetch f = fetch_start(x);
	uint64_t chain[2] = {0, 0};
	bool any = false;

	for (size_t i = 0; i < s->dedupe_n; i++) {
		struct str text = {0};

		any |= fetch_one(&f, &s->dedupe[i], &text);
		chain[1] = hash64(x->key, text);
		chain[0] = hash64(x->key, (struct str){(const char *)chain, sizeof(chain)});
	}
	return any ? chain[0] | 1 : 0;
}

/* Nothing known. (A loop would have to set what is copied at once here.) */
static const struct call empty_call = {
	.time = INT64_MIN,
	.count = {ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT,
                  ABSENT, ABSENT, ABSENT},
	.latency = ABSENT,
	.ttft = ABSENT,
};
static_assert(COUNTS == 13, "every count begins as absent");

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

static void finish(struct extractor *x)
{
	const struct source *s = x->source;
	struct timestamp_context times = {s->zone, x->near};
	struct fetch fetch = fetch_start(x);
	struct call c = empty_call;
	struct verdict v = {OUTCOME_CALL, "", {0}, 0};
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
	if (!fill.is_call) {
		give(x, OUTCOME_SKIPPED, "neither a model nor usage", 0);
		return;
	}
	if (c.time == INT64_MIN) {
		give(x, OUTCOME_REJECTED, "no time", 0);
		return;
	}
	complete(&c);
	if (!has_usage(&c))
		c.flags |= CALL_UNKNOWN_USAGE;
	normalise_tokens(s->config, &c);
	if (s->dedupe_n)
		c.dedupe_key = dedupe_key(x);
	if (!pricer_price(x->pricer, s->config->cost, &c)) {
		give(x, OUTCOME_REJECTED, "cost beyond a million dollars", 0);
		return;
	}
	x->fn(x->arg, &v, &c);
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

static enum stop test_record(struct extractor *x, const struct record_test *t)
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

/* True when all tests of a kind are passed; else the verdict has been given. */
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

static void read_element(struct extractor *x)
{
	if (passes(x, test_value) && match_patterns(x))
		finish(x);
}

static bool on_element(void *arg, struct str element, struct str name)
{
	struct extractor *x = arg;
	const struct source *s = x->source;

	x->elements++;
	memset(x->slots, 0, s->element_n * sizeof(*x->slots));
	x->slots[source_key_slot(s)] = (struct value){name, VALUE_STRING, false};
	if (s->element_paths == NULL || parse(x, s->element_paths, element, x->slots))
		read_element(x);
	return true;
}

static void read_elements(struct extractor *x)
{
	const struct source *s = x->source;
	struct fault fault = {.what = ""};

	/* The whole record is checked before the first element counts: never half of a broken one.
	 */
	if (!parse(x, s->root_paths, x->record, x->slots + s->element_n))
		return;
	x->elements = 0;
	if (!json_walk(s->walk, x->record, &x->scratch, on_element, x, &fault)) {
		give(x, OUTCOME_REJECTED, broken_reason(s, &fault), fault.at);
		return;
	}
	if (x->elements == 0)
		give(x, OUTCOME_SKIPPED, "nothing at `each`", 0);
}

void extract_record(struct extractor *x, struct str record, int64_t now, int64_t near,
                    verdict_fn *fn, void *arg)
{
	const struct source *s = x->source;

	x->record = record;
	x->now = now;
	x->near = near;
	x->fn = fn;
	x->arg = arg;
	arena_reset(&x->scratch, SCRATCH_KEEP);
	if (!passes(x, test_record))
		return;
	memset(x->slots, 0, source_slots(s) * sizeof(*x->slots));
	if (s->walk)
		read_elements(x);
	else if (s->element_paths == NULL || parse(x, s->element_paths, record, x->slots))
		read_element(x);
}
