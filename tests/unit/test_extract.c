/* The way of one record, by the features of a source's configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/base/zone.h"
#include "tests/unit/reading.h"

#define HEAD "sources:\n  - name: s\n    paths: x\n"

/* A JSON source with the least fields, and `more` keys. */
#define JSON_SOURCE(more)                                                          \
	HEAD "    format: json\n    timezone: UTC\n" more                          \
	     "    fields:\n      time: t\n      model: m\n      input_tokens: i\n" \
	     "      output_tokens: o\n"

static void expect_line(const char *yaml, const char *record, const char *wanted)
{
	struct reading r = reading_of_yaml(yaml);
	const char *got = reading_record(&r, record);

	assert_string_equal(got, wanted);
	reading_free(&r);
}

static void test_a_call_is_priced_at_the_rate_of_its_model(void **state)
{
	(void)state;
	expect_line(JSON_SOURCE(""),
	            "{\"t\":\"2026-05-01T10:00:00Z\",\"m\":\"gpt-4o\",\"i\":1000,\"o\":500}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=1000 "
	            "output_tokens=500 price=openai/gpt-4o cost=0.0075\n");
}

static void test_a_record_with_neither_model_nor_usage_is_skipped(void **state)
{
	(void)state;
	expect_line(JSON_SOURCE("    set: { model: gpt-4o, team: a }\n"),
	            "{\"t\":\"2026-05-01T10:00:00Z\"}", "skipped: neither a model nor usage\n");
}

static void test_a_model_without_usage_is_a_call_of_unknown_usage(void **state)
{
	(void)state;
	expect_line(JSON_SOURCE(""),
	            "{\"t\":\"2026-05-01T10:00:00Z\",\"m\":\"gpt-4o\",\"i\":null,\"o\":\"-\"}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o price=openai/gpt-4o "
	            "cost=0 UNKNOWN_USAGE\n");
}

static void test_an_unknown_model_is_unpriced_and_its_tokens_count(void **state)
{
	(void)state;
	expect_line(JSON_SOURCE(""),
	            "{\"t\":\"2026-05-01T10:00:00Z\",\"m\":\"gpt-99\",\"i\":7,\"o\":1}",
	            "call 2026-05-01T10:00:00Z model=gpt-99 input_tokens=7 output_tokens=1 price= "
	            "cost=0 UNPRICED\n");
}

static void test_an_unknown_model_may_be_priced_as_another(void **state)
{
	(void)state;
	expect_line("unknown_model: { price_as: gpt-4o-mini }\n" JSON_SOURCE(""),
	            "{\"t\":\"2026-05-01T10:00:00Z\",\"m\":\"gpt-99\",\"i\":1000000,\"o\":0}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-99 input_tokens=1000000 "
	            "output_tokens=0 price=openai/gpt-4o-mini cost=0.15 ESTIMATED\n");
}

static void test_a_record_without_time_is_rejected(void **state)
{
	(void)state;
	expect_line(JSON_SOURCE(""), "{\"m\":\"gpt-4o\",\"i\":1}", "rejected: no time\n");
	expect_line(JSON_SOURCE(""), "{\"t\":\"soon\",\"m\":\"gpt-4o\",\"i\":1}",
	            "rejected: bad time in time (soon)\n");
	expect_line(JSON_SOURCE(""), "{\"t\":\"10000-01-01T00:00:00Z\",\"m\":\"gpt-4o\",\"i\":1}",
	            "rejected: bad time in time (10000-01-01T00:00:00Z)\n");
}

static void test_bad_counts_reject_the_record_with_the_value(void **state)
{
	(void)state;
	expect_line(JSON_SOURCE(""), "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":-5,\"o\":1}",
	            "rejected: bad number in input_tokens (-5)\n");
	expect_line(JSON_SOURCE(""), "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1,\"o\":1.5}",
	            "rejected: bad number in output_tokens (1.5)\n");
	expect_line(JSON_SOURCE(""), "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1e999,\"o\":1}",
	            "rejected: bad number in input_tokens (1e999)\n");
	expect_line(JSON_SOURCE(""),
	            "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1,\"o\":", "rejected: not JSON\n");
}

static void test_cache_is_added_where_the_log_leaves_it_out(void **state)
{
	static const char yaml[] =
		HEAD "    format: json\n    tokens: { input_includes_cache: false,"
		     " output_includes_reasoning: false }\n"
		     "    fields: { time: t, model: m, input_tokens: i, output_tokens: o,"
		     " cache_read_tokens: r, cache_write_tokens: w, reasoning_tokens: th }\n";
	struct reading r = reading_of_yaml(yaml);

	(void)state;
	(void)reading_record(&r, "{\"t\":1777629600,\"m\":\"claude-3-5-sonnet\",\"i\":1500,"
	                         "\"o\":900,\"r\":500,\"w\":100,\"th\":100}");
	assert_int_equal(r.last.count[COUNT_INPUT], 2100);
	assert_int_equal(r.last.count[COUNT_OUTPUT], 1000);
	/* 1500 x 3 + 500 x 0.3 + 100 x 3.75 + 1000 x 15 per million */
	assert_int_equal(r.last.cost, 20025000);
	assert_int_equal(r.last.flags, 0);
	reading_free(&r);
}

static void test_parts_beyond_their_whole_are_clamped_and_flagged(void **state)
{
	static const char yaml[] =
		HEAD "    format: json\n    fields: { time: t, model: m, input_tokens: i,"
		     " cache_read_tokens: r, output_tokens: o, reasoning_tokens: th }\n";
	struct reading r = reading_of_yaml(yaml);

	(void)state;
	(void)reading_record(&r, "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":100,\"r\":500,"
	                         "\"o\":10,\"th\":11}");
	assert_int_equal(r.last.count[COUNT_CACHE_READ], 100);
	assert_int_equal(r.last.count[COUNT_REASONING], 10);
	assert_int_equal(r.last.flags, CALL_INCONSISTENT);
	reading_free(&r);
}

static void test_tests_skip_with_their_reason(void **state)
{
	static const char only[] = "    only: [{ pattern: llm }, { path: kind, equals: call },"
				   " { path: dbg, exists: false },"
				   " { not: { path: m, pattern: '^test-' } }]\n";
	char yaml[1024];

	(void)state;
	(void)snprintf(yaml, sizeof(yaml), "%s%s%s", HEAD "    format: json\n", only,
	               "    fields: { time: t, model: m, input_tokens: i }\n");
	expect_line(yaml, "{\"x\":1}", "skipped: only: pattern 'llm'\n");
	expect_line(yaml, "{\"x\":\"llm\",\"kind\":\"other\"}", "skipped: only: kind = call\n");
	expect_line(yaml, "{\"x\":\"llm\",\"kind\":\"call\",\"dbg\":1}",
	            "skipped: only: dbg exists: false\n");
	expect_line(yaml, "{\"x\":\"llm\",\"kind\":\"call\",\"dbg\":null,\"m\":\"test-1\"}",
	            "skipped: only: not m ~ '^test-'\n");
	expect_line(yaml,
	            "{\"x\":\"llm\",\"kind\":\"call\",\"m\":\"gpt-4o\",\"i\":0,\"t\":1777629600}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=0 "
	            "price=openai/gpt-4o cost=0\n");
}

static void test_patterns_give_fields_and_a_literal(void **state)
{
	static const char yaml[] =
		HEAD "    timezone: UTC\n"
		     "    patterns: '^(?<time>\\S+) .*model=(?<model>\\S+) in=(?<input_tokens>\\d+)"
		     " took=(?<latency>\\S+)'\n";
	struct reading r = reading_of_yaml(yaml);

	(void)state;
	assert_string_equal(
		reading_record(&r, "2026-05-01T10:00:00 x model=gpt-4o in=10 took=1.5s"),
		"call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=10 "
		"latency=1500000us price=openai/gpt-4o cost=0.000025\n");
	assert_string_equal(reading_record(&r, "noise"), "skipped: no pattern matches\n");
	assert_true(str_eq(source_literal(r.source), STR(" took=")) ||
	            str_eq(source_literal(r.source), STR("model=")));
	reading_free(&r);
}

static void test_fields_are_changed_as_their_origin_says(void **state)
{
	static const char yaml[] =
		HEAD "    format: json\n    timezone: UTC\n    fields:\n"
		     "      time: { path: d, format: '%d.%m.%Y %H:%M' }\n"
		     "      model: [{ path: a.m, pattern: 'name=(\\S+)' }, { path: b }]\n"
		     "      input_tokens: { path: k, scale: 1000 }\n"
		     "      output_tokens: { path: _k, pattern: '^(.+)$', scale: 2000 }\n"
		     "      _k: k\n"
		     "      latency: { path: ms, unit: s }\n"
		     "      logged_cost: { path: cents, scale: 0.01 }\n"
		     "      operation: { path: op, map: { embed: embeddings }, default: chat }\n"
		     "      api_key: { path: key, hash: true }\n"
		     "      prompt: p\n"
		     "      feature: _f\n"
		     "      _f: x.y\n";
	struct reading r = reading_of_yaml(yaml);

	(void)state;
	(void)reading_record(&r, "{\"d\":\"01.05.2026 10:00\",\"a\":{\"m\":\"kind=x name=gpt-4o\"},"
	                         "\"k\":1.5,\"ms\":0.25,\"cents\":\"0.5\",\"op\":\"embed\","
	                         "\"key\":\"sk-secret\",\"p\":\"hello\",\"x\":{\"y\":\"z\"}}");
	assert_string_equal(r.out.n ? "call" : "", "call");
	assert_int_equal(r.n[OUTCOME_CALL], 1);
	assert_int_equal(r.last.time, INT64_C(1777629600) * TIME_SEC);
	assert_int_equal(r.last.count[COUNT_INPUT], 1500);
	assert_int_equal(r.last.count[COUNT_OUTPUT], 3000);
	assert_int_equal(r.last.latency, 250000);
	assert_int_equal(r.last.logged_cost, 5000000);
	assert_true(r.last.prompt_hash != 0);
	assert_null(strstr(r.out.p, "sk-secret"));
	assert_null(strstr(r.out.p, "hello"));
	assert_non_null(strstr(r.out.p, "operation=embeddings"));
	assert_non_null(strstr(r.out.p, "feature=z"));
	(void)reading_record(&r, "{\"d\":\"01.05.2026 10:00\",\"b\":\"gpt-4o\"}");
	assert_non_null(strstr(r.out.p, "operation=chat"));
	reading_free(&r);
}

static void test_each_gives_a_call_for_every_element(void **state)
{
	static const char yaml[] =
		HEAD "    format: json\n    each: calls[*]\n"
		     "    fields: { time: $.t, model: m, input_tokens: i, user: $.u }\n";
	struct reading r = reading_of_yaml(yaml);

	(void)state;
	(void)reading_record(&r,
	                     "{\"calls\":[{\"m\":\"gpt-4o\",\"i\":1},{\"x\":0},"
	                     "{\"m\":\"gpt-4o-mini\",\"i\":2}],\"t\":1777629600,\"u\":\"ada\"}");
	assert_int_equal(r.n[OUTCOME_CALL], 2);
	assert_int_equal(r.n[OUTCOME_SKIPPED], 1);
	assert_non_null(strstr(r.out.p, "user=ada"));
	assert_string_equal(reading_record(&r, "{\"calls\":[],\"t\":1777629600}"),
	                    "skipped: nothing at `each`\n");
	assert_string_equal(reading_record(&r, "{\"calls\":[{\"m\":\"gpt-4o\",\"i\":1}],\"t\":17"),
	                    "rejected: not JSON\n");
	reading_free(&r);
}

static void test_equal_dedupe_values_make_equal_keys(void **state)
{
	struct reading r = reading_of_yaml(JSON_SOURCE("    dedupe: { by: [a, b] }\n"));
	uint64_t first;

	(void)state;
	(void)reading_record(&r, "{\"t\":1777629600,\"m\":\"x\",\"a\":\"1\",\"b\":\"23\"}");
	first = r.last.dedupe_key;
	assert_true(first != 0);
	(void)reading_record(&r, "{\"t\":1777629601,\"m\":\"y\",\"b\":23,\"a\":1}");
	assert_int_equal(r.last.dedupe_key, first);
	(void)reading_record(&r, "{\"t\":1777629601,\"m\":\"y\",\"a\":\"12\",\"b\":\"3\"}");
	assert_int_not_equal(r.last.dedupe_key, first);
	(void)reading_record(&r, "{\"t\":1777629601,\"m\":\"y\"}");
	assert_int_equal(r.last.dedupe_key, 0);
	reading_free(&r);
}

static void test_the_logged_cost_counts_where_the_source_says_so(void **state)
{
	struct reading r = reading_of_yaml(HEAD "    format: json\n    cost: logged-else-computed\n"
	                                        "    fields: { time: t, model: m, input_tokens: i,"
	                                        " logged_cost: c }\n");

	(void)state;
	(void)reading_record(&r, "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1000000,\"c\":0.25}");
	assert_int_equal(r.last.cost, 250000000);
	assert_int_equal(r.last.flags, CALL_COST_LOGGED);
	(void)reading_record(&r, "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1000000}");
	assert_int_equal(r.last.cost, 2500000000);
	reading_free(&r);
}

static void test_labels_are_valid_text_of_bounded_length(void **state)
{
	struct reading r = reading_of_yaml(HEAD "    format: json\n    fields: { time: t, model: m,"
	                                        " user: u, status: s, service_tier: st }\n");
	char record[2048] =
		"{\"t\":1777629600,\"m\":\"gp\xff\\u0000t\",\"s\":429,\"st\":\"default\",\"u\":\"";

	(void)state;
	memset(record + strlen(record), 'a', 1000);
	(void)strcat(record, "\"}");
	(void)reading_record(&r, record);
	assert_int_equal(r.n[OUTCOME_CALL], 1);
	assert_true(r.last.label[LABEL_USER].n <= 256);
	assert_non_null(strstr(r.out.p, "gp\xef\xbf\xbd"));
	assert_non_null(strstr(r.out.p, "status=error"));
	assert_non_null(strstr(r.out.p, "service_tier=standard"));
	reading_free(&r);
}

static void test_a_costly_pattern_rejects_one_record_by_name(void **state)
{
	struct reading r = reading_of_yaml(
		HEAD "    patterns: ['^(?<model>(a+)+)$', '^(?<model>b) (?<input_tokens>\\d+)$']\n"
		     "    fields: { time: { from: received } }\n");

	(void)state;
	assert_string_equal(reading_record(&r, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
	                    "rejected: pattern limit in patterns[0]\n");
	assert_non_null(strstr(reading_record(&r, "b 12"), "input_tokens=12"));
	reading_free(&r);
}

/* ---- estimates ---- */

#define ESTIMATE(more) JSON_SOURCE("    estimate: { input: [q, sys], output: a" more " }\n")

static void test_a_call_without_counts_has_those_of_its_texts(void **state)
{
	(void)state;
	expect_line(ESTIMATE(""),
	            "{\"t\":1777629600,\"m\":\"gpt-4o\",\"q\":[{\"role\":\"user\",\"content\":"
	            "\"how far "
	            "is it?\"}],\"sys\":\"be short\",\"a\":\"far\"}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=7 "
	            "output_tokens=1 price=openai/gpt-4o cost=0.0000275 ESTIMATED_USAGE\n");
	expect_line(ESTIMATE(", chars_per_token: 2.5"),
	            "{\"t\":1777629600,\"m\":\"gpt-4o\",\"q\":\"12345\",\"a\":\"123456\"}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=2 "
	            "output_tokens=3 price=openai/gpt-4o cost=0.000035 ESTIMATED_USAGE\n");
}

static void test_only_what_the_log_does_not_count_is_estimated(void **state)
{
	(void)state;
	expect_line(
		ESTIMATE(""),
		"{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":100,\"q\":\"12345678\",\"a\":\"1234\"}",
		"call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=100 "
		"output_tokens=1 price=openai/gpt-4o cost=0.00026 ESTIMATED_USAGE\n");
	expect_line(
		ESTIMATE(""),
		"{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":0,\"o\":0,\"q\":\"1234\",\"a\":\"1\"}",
		"call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=0 "
		"output_tokens=0 price=openai/gpt-4o cost=0\n");
	expect_line(ESTIMATE(""), "{\"t\":1777629600,\"m\":\"gpt-4o\",\"q\":\"\",\"a\":null}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o price=openai/gpt-4o "
	            "cost=0 UNKNOWN_USAGE\n");
	expect_line(HEAD "    fields: { time: t, model: m, cache_read_tokens: c }\n"
	                 "    estimate: { input: q }\n",
	            "{\"t\":1777629600,\"m\":\"gpt-4o\",\"c\":8,\"q\":\"1234\"}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=8 "
	            "cache_read_tokens=8 price=openai/gpt-4o cost=0.00001\n");
}

static void test_a_text_alone_makes_no_call(void **state)
{
	(void)state;
	expect_line(ESTIMATE(""), "{\"t\":1777629600,\"q\":\"what is\",\"a\":\"this\"}",
	            "skipped: neither a model nor usage\n");
}

static void test_a_length_that_is_logged_is_taken_as_it_is(void **state)
{
	(void)state;
	expect_line(ESTIMATE(""), "{\"t\":1777629600,\"m\":\"gpt-4o\",\"q\":4000,\"a\":\"4000\"}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=1000 "
	            "output_tokens=1 price=openai/gpt-4o cost=0.00251 ESTIMATED_USAGE\n");
	expect_line(ESTIMATE(""), "{\"t\":1777629600,\"m\":\"gpt-4o\",\"q\":-4000,\"a\":1e300}",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o price=openai/gpt-4o "
	            "cost=0 UNKNOWN_USAGE\n");
	expect_line(HEAD "    format: logfmt\n    fields: { time: t, model: m }\n"
	                 "    estimate: { input: chars, output: text }\n",
	            "t=1777629600 m=gpt-4o chars=4000 text=\"a b\\\"c\"",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=1000 "
	            "output_tokens=2 price=openai/gpt-4o cost=0.00252 ESTIMATED_USAGE\n");
}

static void test_patterns_and_names_may_give_the_text_that_is_measured(void **state)
{
	(void)state;
	expect_line(HEAD "    patterns: '^(?<time>\\S+) (?<model>\\S+) Q:(?<q>.*) A:(?<_a>.*)$'\n"
	                 "    estimate: { input: q, output: _a }\n",
	            "2026-05-01T10:00:00Z gpt-4o Q:who are you? A:me",
	            "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=3 "
	            "output_tokens=1 price=openai/gpt-4o cost=0.0000175 ESTIMATED_USAGE\n");
}

/* The question and the answer are records of their own; usage, when it comes, is what counts. */
static void test_texts_of_parts_are_measured_where_they_come(void **state)
{
	static const char yaml[] =
		JSON_SOURCE("    estimate: { input: q, output: a }\n"
	                    "    join: { by: id, until: [status] }\n") "      status: s\n";
	struct reading r = reading_of_yaml(yaml);

	(void)state;
	(void)reading_record(&r, "{\"t\":1777629600,\"id\":1,\"m\":\"gpt-4o\",\"q\":\"12345678\"}");
	reading_restart(&r);
	assert_string_equal(
		reading_record(&r, "{\"t\":1777629601,\"id\":1,\"a\":\"1234\",\"s\":\"ok\"}"),
		"call 2026-05-01T10:00:01Z provider=openai model=gpt-4o status=ok input_tokens=2 "
		"output_tokens=1 price=openai/gpt-4o cost=0.000015 ESTIMATED_USAGE\n");
	(void)reading_record(&r, "{\"t\":1777629600,\"id\":2,\"m\":\"gpt-4o\",\"q\":\"12345678\"}");
	assert_string_equal(
		reading_record(&r, "{\"t\":1777629601,\"id\":2,\"i\":5,\"o\":1,\"s\":\"ok\"}"),
		"call 2026-05-01T10:00:01Z provider=openai model=gpt-4o status=ok input_tokens=5 "
		"output_tokens=1 price=openai/gpt-4o cost=0.0000225\n");
	reading_free(&r);
}

/* ---- resources ---- */

#define RESOURCES(more)                                                              \
	"resources:\n  - {name: a100, kind: gpu, cost: 2.95, per: unit}\n" more HEAD \
	"    format: json\n    fields: {time: t, resource: r, quantity: q, team: team}\n"

static void test_a_resource_costs_its_rate_times_the_quantity(void **state)
{
	(void)state;
	expect_line(RESOURCES(""),
	            "{\"t\":1777629600,\"r\":\"a100\",\"q\":\"0.25\",\"team\":\"ml\"}",
	            "call 2026-05-01T10:00:00Z provider=own model=a100 team=ml kind=gpu "
	            "quantity=250000 price=own/a100 cost=0.7375\n");
	expect_line(RESOURCES(""), "{\"t\":1777629600,\"r\":\"h100\",\"q\":2}",
	            "call 2026-05-01T10:00:00Z model=h100 kind=resource quantity=2000000 price= "
	            "cost=0 UNPRICED\n");
	expect_line(RESOURCES(""), "{\"t\":1777629600,\"r\":\"a100\"}",
	            "call 2026-05-01T10:00:00Z provider=own model=a100 kind=gpu price=own/a100 "
	            "cost=0 UNKNOWN_USAGE\n");
	expect_line(RESOURCES(""), "{\"t\":1777629600,\"r\":\"a100\",\"q\":-1}",
	            "rejected: bad number in quantity (-1)\n");
	expect_line(RESOURCES(""), "{\"t\":1777629600,\"r\":\"a100\",\"q\":1000000001}",
	            "rejected: bad number in quantity (1000000001)\n");
	expect_line(RESOURCES(""), "{\"t\":1777629600,\"team\":\"ml\"}",
	            "skipped: neither a model nor usage\n");
}

/* One name for both is a mistake that must be loud. */
static void test_a_resource_and_a_model_of_one_name_do_not_price_each_other(void **state)
{
	(void)state;
	expect_line(
		"resources: [{name: gpt-4o, cost: 1, per: unit}]\n" JSON_SOURCE(""),
		"{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1000,\"o\":1}",
		"call 2026-05-01T10:00:00Z model=gpt-4o input_tokens=1000 output_tokens=1 price= "
		"cost=0 UNPRICED\n");
	expect_line(RESOURCES(""), "{\"t\":1777629600,\"r\":\"gpt-4o\",\"q\":1}",
	            "call 2026-05-01T10:00:00Z model=gpt-4o kind=resource quantity=1000000 price= "
	            "cost=0 UNPRICED\n");
}

static void test_a_resource_has_the_cost_of_its_day(void **state)
{
	static const char yaml[] = RESOURCES(
		"  - {name: a100, cost: 3, per: unit, from: 2026-05-01, kind: accelerator}\n"
		"  - {name: a100, cost: 9, per: unit, set: {provider: lambda}}\n");

	(void)state;
	expect_line(yaml, "{\"t\":\"2026-04-30T23:59:59Z\",\"r\":\"a100\",\"q\":1}",
	            "call 2026-04-30T23:59:59Z provider=own model=a100 kind=gpu quantity=1000000 "
	            "price=own/a100 cost=2.95\n");
	expect_line(yaml, "{\"t\":\"2026-05-01T00:00:00Z\",\"r\":\"a100\",\"q\":1}",
	            "call 2026-05-01T00:00:00Z provider=own model=a100 kind=accelerator "
	            "quantity=1000000 price=own/a100@2026-05-01 cost=3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_is_priced_at_the_rate_of_its_model),
		cmocka_unit_test(test_a_record_with_neither_model_nor_usage_is_skipped),
		cmocka_unit_test(test_a_model_without_usage_is_a_call_of_unknown_usage),
		cmocka_unit_test(test_an_unknown_model_is_unpriced_and_its_tokens_count),
		cmocka_unit_test(test_an_unknown_model_may_be_priced_as_another),
		cmocka_unit_test(test_a_record_without_time_is_rejected),
		cmocka_unit_test(test_bad_counts_reject_the_record_with_the_value),
		cmocka_unit_test(test_cache_is_added_where_the_log_leaves_it_out),
		cmocka_unit_test(test_parts_beyond_their_whole_are_clamped_and_flagged),
		cmocka_unit_test(test_tests_skip_with_their_reason),
		cmocka_unit_test(test_patterns_give_fields_and_a_literal),
		cmocka_unit_test(test_fields_are_changed_as_their_origin_says),
		cmocka_unit_test(test_each_gives_a_call_for_every_element),
		cmocka_unit_test(test_equal_dedupe_values_make_equal_keys),
		cmocka_unit_test(test_the_logged_cost_counts_where_the_source_says_so),
		cmocka_unit_test(test_labels_are_valid_text_of_bounded_length),
		cmocka_unit_test(test_a_costly_pattern_rejects_one_record_by_name),
		cmocka_unit_test(test_a_call_without_counts_has_those_of_its_texts),
		cmocka_unit_test(test_only_what_the_log_does_not_count_is_estimated),
		cmocka_unit_test(test_a_text_alone_makes_no_call),
		cmocka_unit_test(test_a_length_that_is_logged_is_taken_as_it_is),
		cmocka_unit_test(test_patterns_and_names_may_give_the_text_that_is_measured),
		cmocka_unit_test(test_texts_of_parts_are_measured_where_they_come),
		cmocka_unit_test(test_a_resource_costs_its_rate_times_the_quantity),
		cmocka_unit_test(test_a_resource_has_the_cost_of_its_day),
		cmocka_unit_test(test_a_resource_and_a_model_of_one_name_do_not_price_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
