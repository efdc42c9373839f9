/* The events on the way of a record, as text: one a line, in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/reading.h"

#define HEAD "sources:\n  - name: s\n    paths: x\n    timezone: UTC\n"

static void put_value(struct buf *out, const struct trace_value *v)
{
	static const char *const from[] = {"path",  "group", "sum",      "default",
	                                   "clock", "set",   "envelope", "earlier"};

	buf_printf(out, " %.*s %s", STR_ARG(v->name), from[v->from]);
	if (v->path)
		buf_printf(out, " %s", v->path);
	if (v->of > 1)
		buf_printf(out, " %zu/%zu", v->number, v->of);
	if (v->raw.p)
		buf_printf(out, " <%.*s>", STR_ARG(v->raw));
	if (v->text.p)
		buf_printf(out, " = %.*s", STR_ARG(v->text));
	buf_printf(out, "%s%s", v->mapped ? " mapped" : "", v->good || !v->text.p ? "" : " BAD");
}

static void put_count(struct buf *out, const char *name, const struct call *c)
{
	buf_printf(out, " %s", name);
	if (c == NULL)
		buf_puts(out, " none");
	else
		buf_printf(out, " %" PRId64 "/%" PRId64, c->count[COUNT_INPUT],
		           c->count[COUNT_OUTPUT]);
}

static void put_rest(struct buf *out, const struct trace *e)
{
	switch (e->kind) {
	case TRACE_KEY:
		buf_printf(out, "key %d %s %.*s", (int)e->key.of, e->key.name,
		           STR_ARG(e->key.value));
		break;
	case TRACE_COUNTERS:
		buf_puts(out, "counters");
		put_count(out, "logged", e->counters.logged);
		put_count(out, "last", e->counters.last);
		put_count(out, "grown", e->counters.grown);
		break;
	case TRACE_PART:
		buf_puts(out, e->part.complete ? "last part" : "part");
		put_count(out, "earlier", e->part.earlier);
		put_count(out, "all", e->part.all);
		break;
	case TRACE_TOKENS:
		buf_puts(out, "tokens");
		put_count(out, "read", e->tokens.read);
		put_count(out, "made", e->tokens.made);
		put_count(out, "cut", e->tokens.cut);
		break;
	case TRACE_PRICE:
		buf_printf(out, "price of %.*s", STR_ARG(e->call->label[LABEL_MODEL]));
		break;
	default:
		fail();
	}
}

static void on_event(void *arg, const struct trace *e)
{
	struct buf *out = arg;

	switch (e->kind) {
	case TRACE_ELEMENT:
		buf_printf(out, "element %zu %.*s", e->element.number, STR_ARG(e->element.name));
		break;
	case TRACE_TEST:
		buf_printf(out, "test %s %s%s%.*s", e->test.passed ? "passed" : "failed",
		           e->test.limited ? "limit"
		           : e->test.there ? "saw "
		                           : "saw nothing",
		           "", STR_ARG(e->test.value));
		break;
	case TRACE_PATTERN:
		buf_printf(out, "pattern %zu %d", e->pattern.number, (int)e->pattern.result);
		break;
	case TRACE_BROKEN:
		buf_printf(out, "broken %s at %zu of %zu", e->broken.what, e->broken.at,
		           e->broken.text.n);
		break;
	case TRACE_VALUE:
	case TRACE_MISSED:
	case TRACE_NOTHING:
		buf_puts(out, e->kind == TRACE_VALUE    ? "value"
		              : e->kind == TRACE_MISSED ? "missed"
		                                        : "nothing");
		if (e->kind == TRACE_NOTHING)
			buf_printf(out, " %.*s", STR_ARG(e->value.name));
		else
			put_value(out, &e->value);
		break;
	case TRACE_CARRY:
		buf_printf(out, "carry %s %.*s", e->carry.name, STR_ARG(e->carry.value));
		break;
	default:
		put_rest(out, e);
	}
	buf_char(out, '\n');
}

/* The events of the last of two records, or of one. */
static void expect_events(const char *yaml, const char *before, const char *record,
                          const char *wanted)
{
	struct reading r = reading_of_yaml(yaml);
	struct buf got = {0};

	if (before)
		(void)reading_record(&r, before);
	extractor_trace(r.extractor, on_event, &got);
	(void)reading_record(&r, record);
	assert_string_equal(got.p ? got.p : "", wanted);
	extractor_trace(r.extractor, NULL, NULL);
	buf_clear(&got);
	(void)reading_record(&r, record);
	assert_int_equal(got.n, 0);
	buf_free(&got);
	reading_free(&r);
}

static void test_tests_say_what_they_saw(void **state)
{
	static const char yaml[] =
		HEAD "    format: json\n    only: [{pattern: '1'}, {path: k, equals: call},"
		     " {not: {path: m, pattern: '^x'}}, {path: z, exists: true}]\n"
		     "    fields: {time: t, model: m}\n";

	(void)state;
	expect_events(yaml, NULL, "{\"k\":2}", "test failed saw nothing\n");
	expect_events(yaml, NULL, "{\"k\":\"1\",\"m\":\"y\"}",
	              "test passed saw nothing\ntest failed saw 1\n");
	expect_events(yaml, NULL, "{\"k\":\"call\",\"m\":\"y1\"}",
	              "test passed saw nothing\ntest passed saw call\ntest passed saw y1\n"
	              "test failed saw nothing\n");
}

static void test_a_value_says_which_way_it_came(void **state)
{
	(void)state;
	expect_events(HEAD "    format: json\n    set: {team: a}\n    fields:\n"
	                   "      _n: {path: deep.n, pattern: '(\\d+)'}\n"
	                   "      time: {from: received}\n"
	                   "      model: [x, {path: m, pattern: '^(b)'}, {path: m, map: {a: c}}]\n"
	                   "      user: {path: u, default: nobody}\n"
	                   "      input_tokens: _n\n"
	                   "      output_tokens: {sum: [a, b]}\n"
	                   "      latency: l\n",
	              NULL, "{\"m\":\"a\",\"deep\":{\"n\":\"n=12\"},\"a\":1,\"b\":2}",
	              "value _n path deep.n <n=12> = 12\n"
	              "value time clock = received\n"
	              "missed model path m 2/3 <a>\n"
	              "value model path m 3/3 <a> = c mapped\n"
	              "value user default u = nobody\n"
	              "value team set = a\n"
	              "value input_tokens path _n <12> = 12\n"
	              "value output_tokens sum <3.000000000> = 3.000000000\n"
	              "nothing latency\n"
	              "tokens read 12/3 made 12/3 cut 12/3\n"
	              "price of c\n");
}

static void test_patterns_and_bad_values(void **state)
{
	static const char yaml[] =
		HEAD "    format: text\n    patterns: ['^a=(?<model>\\w+) b=(?<input_tokens>\\S+)',"
		     " 'm=(?<model>\\w+) i=(?<input_tokens>\\S+)']\n    set: {time: 2026-03-01}\n";

	(void)state;
	expect_events(yaml, NULL, "m=x i=-5",
	              "pattern 0 0\npattern 1 1\n"
	              "value time set = 2026-03-01\n"
	              "value model group model <x> = x\n"
	              "value input_tokens group input_tokens <-5> = -5 BAD\n");
	expect_events(yaml, NULL, "nothing", "pattern 0 0\npattern 1 0\n");
	expect_events(HEAD "    format: json\n    fields: {model: m}\n", NULL,
	              "{\"m\":", "broken unexpected end at 5 of 5\n");
}

static void test_what_leaves_the_parts_out_is_made_whole_and_cut(void **state)
{
	static const char yaml[] = HEAD
		"    format: json\n    tokens: {input_includes_cache: false}\n    fields: {time: t,"
		" model: m, input_tokens: i, cache_read_tokens: c, output_tokens: o,"
		" reasoning_tokens: r}\n    dedupe: {by: [id]}\n";

	(void)state;
	expect_events(yaml, NULL,
	              "{\"t\":1772359200,\"m\":\"x\",\"i\":1,\"c\":9,\"o\":3,\"r\":5,\"id\":7}",
	              "value time path t <1772359200> = 1772359200\nvalue model path m <x> = x\n"
	              "value input_tokens path i <1> = 1\nvalue cache_read_tokens path c <9> = 9\n"
	              "value output_tokens path o <3> = 3\nvalue reasoning_tokens path r <5> = 5\n"
	              "key 0 id 7\ntokens read 1/3 made 10/3 cut 10/3\nprice of x\n");
}

static void test_what_is_remembered_is_told(void **state)
{
	static const char counters[] =
		HEAD "    format: json\n    carry: [model]\n    fields: {time: t, model: m,"
		     " input_tokens: i}\n    cumulative: {by: [s], fields: [input_tokens]}\n";
	static const char parts[] =
		HEAD "    format: json\n    fields: {time: t, model: m, input_tokens: i,"
		     " output_tokens: o}\n    join: {by: [s], until: [output_tokens]}\n";
	static const char first[] = "{\"t\":1772359200,\"m\":\"x\",\"i\":5,\"s\":1}";

	(void)state;
	expect_events(counters, NULL, first,
	              "carry model x\n"
	              "value time path t <1772359200> = 1772359200\nvalue model path m <x> = x\n"
	              "value input_tokens path i <5> = 5\nkey 2 s 1\n"
	              "counters logged 5/-1 last none grown 5/-1\n"
	              "tokens read 5/-1 made 5/-1 cut 5/-1\nprice of x\n");
	expect_events(counters, first, "{\"t\":1772359201,\"i\":8,\"s\":1}",
	              "value time path t <1772359201> = 1772359201\nvalue model earlier m = x\n"
	              "value input_tokens path i <8> = 8\nkey 2 s 1\n"
	              "counters logged 8/-1 last 5/-1 grown 3/-1\n"
	              "tokens read 3/-1 made 3/-1 cut 3/-1\nprice of x\n");
	expect_events(parts, first, "{\"t\":1772359201,\"o\":8,\"s\":1}",
	              "value time path t <1772359201> = 1772359201\nnothing model\n"
	              "nothing input_tokens\nvalue output_tokens path o <8> = 8\nkey 1 s 1\n"
	              "last part earlier 5/-1 all 5/8\n"
	              "tokens read 5/8 made 5/8 cut 5/8\nprice of x\n");
}

static void test_elements_are_numbered(void **state)
{
	(void)state;
	expect_events(HEAD "    format: json\n    each: v.*\n"
	                   "    fields: {time: $.t, model: '@key', input_tokens: i}\n",
	              NULL, "{\"t\":\"x\",\"v\":{\"a\":{},\"b\":{\"i\":1}}}",
	              "element 1 a\nvalue time path $.t <x> = x BAD\n"
	              "element 2 b\nvalue time path $.t <x> = x BAD\n");
}

/* What is looked at again for the events is not at the cost of the record. */
static void test_a_listener_changes_no_verdict(void **state)
{
	static const char yaml[] =
		HEAD "    format: json\n    fields:\n      time: {from: received}\n"
		     "      model: {path: m, pattern: '^((?:a+)+b|a)'}\n      input_tokens: i\n"
		     "      user: {path: m, pattern: '((?:a|aa){12}c|a)'}\n";
	struct reading r = reading_of_yaml(yaml);
	struct buf events = {0}, record = {0};
	char *untraced;

	(void)state;
	buf_puts(&record, "{\"i\":1,\"m\":\"");
	for (int i = 0; i < 5000; i++)
		buf_puts(&record, i % 20 ? "a" : "-");
	buf_puts(&record, "bc\"}");
	untraced = str_dup(str_of(reading_record(&r, record.p)));
	extractor_trace(r.extractor, on_event, &events);
	assert_string_equal(reading_record(&r, record.p), untraced);
	assert_true(events.n > 0);
	free(untraced);
	buf_free(&record);
	buf_free(&events);
	reading_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tests_say_what_they_saw),
		cmocka_unit_test(test_a_value_says_which_way_it_came),
		cmocka_unit_test(test_patterns_and_bad_values),
		cmocka_unit_test(test_what_leaves_the_parts_out_is_made_whole_and_cut),
		cmocka_unit_test(test_what_is_remembered_is_told),
		cmocka_unit_test(test_elements_are_numbered),
		cmocka_unit_test(test_a_listener_changes_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
