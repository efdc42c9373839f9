/* The tests of a source and its patterns, on one record. */
#include "agent/meter/extractor.h"

enum stop { STOP_NO, STOP_SKIPPED, STOP_REJECTED };

typedef enum stop test_fn(struct extractor *x, const struct record_test *t);

/* What it means that the test's condition holds, or does not, or that a pattern gave up on it. */
static enum stop judge(const struct extractor *x, const struct record_test *t,
                       enum pattern_result result, const struct str *value)
{
	bool passed = (result == PATTERN_YES) != t->config->negate;

	if (x->tracer)
		trace_give(x->tracer,
		           &(struct trace){.kind = TRACE_TEST,
		                           .test = {.test = t->config,
		                                    .passed = passed && result != PATTERN_LIMIT,
		                                    .limited = result == PATTERN_LIMIT,
		                                    .there = value != NULL,
		                                    .value = value ? *value : (struct str){0}}});
	if (result == PATTERN_LIMIT)
		return STOP_REJECTED;
	return passed ? STOP_NO : STOP_SKIPPED;
}

static enum pattern_result yes_if(bool yes)
{
	return yes ? PATTERN_YES : PATTERN_NO;
}

static enum pattern_result holds(struct extractor *x, const struct record_test *t,
                                 const struct str *value)
{
	switch (t->config->kind) {
	case TEST_EXISTS:
		return yes_if((value != NULL) == t->config->exists);
	case TEST_EQUALS:
		return yes_if(value && str_eq(*value, str_of(t->config->operand)));
	case TEST_PATH_PATTERN:
		return value ? pattern_test(t->pattern, x->match, *value) : PATTERN_NO;
	case TEST_PATTERN:
		break;
	}
	return PATTERN_NO;
}

static enum stop test_value(struct extractor *x, const struct record_test *t)
{
	struct fetch f;
	struct str text;
	const struct str *value;

	if (t->config->kind == TEST_PATTERN)
		return STOP_NO; /* tried before the parse */
	f = fetch_start(x);
	value = fetch_one(&f, &t->getter, &text) ? &text : NULL;
	return judge(x, t, f.limited ? PATTERN_LIMIT : holds(x, t, value), value);
}

static enum stop test_bytes(struct extractor *x, const struct record_test *t)
{
	if (t->config->kind != TEST_PATTERN)
		return STOP_NO;
	return judge(x, t, pattern_test(t->pattern, x->match, x->record), NULL);
}

/* The tests of the record's bytes come before the parse, unless something may be carried from it
 * all the same. */
static bool passes(struct extractor *x, test_fn *test)
{
	const struct source *s = x->source;

	for (size_t i = 0; i < s->tests_n; i++) {
		switch (test(x, &s->tests[i])) {
		case STOP_NO:
			continue;
		case STOP_SKIPPED:
			extractor_give(x, OUTCOME_SKIPPED, s->tests[i].reason, 0);
			return false;
		case STOP_REJECTED:
			extractor_give(x, OUTCOME_REJECTED, s->tests[i].limit_reason, 0);
			return false;
		}
	}
	return true;
}

bool passes_bytes(struct extractor *x)
{
	return passes(x, test_bytes);
}

bool passes_values(struct extractor *x)
{
	return passes(x, test_value);
}

bool passes_detect(struct extractor *x)
{
	const struct source *s = x->source;

	for (size_t i = 0; i < s->detect_n; i++)
		if (test_bytes(x, &s->detect[i]) != STOP_NO ||
		    test_value(x, &s->detect[i]) != STOP_NO)
			return false;
	return true;
}

static void trace_pattern(const struct extractor *x, size_t number, enum pattern_result result)
{
	struct str regex = pattern_regex(x->source->patterns[number].pattern);

	trace_give(x->tracer, &(struct trace){.kind = TRACE_PATTERN,
	                                      .pattern = {number, regex, x->record, result}});
}

bool match_patterns(struct extractor *x)
{
	const struct source *s = x->source;
	struct value groups[PATTERN_GROUPS_MAX];

	for (size_t i = 0; i < s->patterns_n; i++) {
		const struct record_pattern *p = &s->patterns[i];
		enum pattern_result result =
			pattern_capture(p->pattern, x->match, x->record, groups);

		if (x->tracer)
			trace_pattern(x, i, result);
		switch (result) {
		case PATTERN_NO:
			continue;
		case PATTERN_LIMIT:
			extractor_give(x, OUTCOME_REJECTED, p->limit_reason, 0);
			return false;
		case PATTERN_YES:
			for (size_t g = 0; g < pattern_groups(p->pattern); g++)
				if (groups[g].type != VALUE_ABSENT)
					x->slots[p->slots[g]] = groups[g];
			return true;
		}
	}
	if (s->format == &format_text) {
		extractor_give(x, OUTCOME_SKIPPED, "no pattern matches", 0);
		return false;
	}
	return true;
}
