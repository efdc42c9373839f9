/* Records that belong together: carried fields, joined parts, growing counters, sums and elements
 * within elements. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/base/netstring.h"
#include "agent/base/zone.h"
#include "tests/unit/reading.h"

#define HEAD "sources:\n  - name: s\n    paths: x\n    timezone: UTC\n"

static void step(struct reading *r, const char *record, const char *wanted)
{
	assert_string_equal(reading_record(r, record), wanted);
}

/* ---- carry ---- */

#define CARRY_SOURCE                                                                         \
	HEAD "    only: {path: output_tokens, exists: true}\n"                               \
	     "    carry: [model, time, _run]\n"                                              \
	     "    fields:\n      time: [{path: at, format: '%d.%m.%Y %H:%M'}, ms]\n"         \
	     "      model: m\n      _run: run\n      session: _run\n      input_tokens: i\n" \
	     "      output_tokens: o\n"

static void test_a_field_keeps_its_last_value(void **state)
{
	struct reading r = reading_of_yaml(CARRY_SOURCE);

	(void)state;
	step(&r, "{\"at\":\"01.05.2026 10:00\",\"m\":\"gpt-4o\",\"run\":\"r1\"}",
	     "skipped: only: output_tokens exists: true\n");
	step(&r, "{\"i\":1000,\"o\":100}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=1000 "
	     "output_tokens=100 session=r1 price=openai/gpt-4o cost=0.0035\n");
	reading_restart(&r);
	step(&r, "{\"i\":1000,\"o\":200,\"run\":\"r2\"}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=1000 "
	     "output_tokens=200 session=r2 price=openai/gpt-4o cost=0.0045\n");
	step(&r, "{\"m\":\"gpt-4o-mini\"}", "skipped: only: output_tokens exists: true\n");
	step(&r, "{\"o\":0,\"i\":1000}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o-mini input_tokens=1000 "
	     "output_tokens=0 session=r2 price=openai/gpt-4o-mini cost=0.00015\n");
	reading_free(&r);
}

static void test_a_carried_value_makes_no_call(void **state)
{
	struct reading r = reading_of_yaml(HEAD "    carry: model\n    fields: {time: t, model: m, "
	                                        "output_tokens: o}\n");

	(void)state;
	step(&r, "{\"t\":1777629600,\"m\":\"gpt-4o\",\"o\":1}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o output_tokens=1 "
	     "price=openai/gpt-4o cost=0.00001\n");
	step(&r, "{\"t\":1777629600}", "skipped: neither a model nor usage\n");
	reading_free(&r);
}

static void test_a_field_made_of_a_name_is_carried_and_read_as_it_says(void **state)
{
	struct reading r = reading_of_yaml(
		"sources:\n  - name: s\n    paths: x\n    format: json\n    timezone: UTC\n"
		"    carry: [model]\n"
		"    fields: { _m: m, _took: took, time: t, model: [none, _m], input_tokens: i,\n"
		"              latency: { path: _took, unit: s }, ttft: _took }\n");

	(void)state;
	(void)reading_record(&r, "{\"t\":\"2026-03-01T10:00:00Z\",\"m\":\"gpt-4o\",\"i\":1}");
	assert_string_equal(
		reading_record(&r, "{\"t\":\"2026-03-01T10:00:01Z\",\"i\":100,\"took\":2}"),
		"call 2026-03-01T10:00:01Z provider=openai model=gpt-4o input_tokens=100 "
		"latency=2000000us ttft=2000us price=openai/gpt-4o cost=0.00025\n");
	reading_free(&r);
}

static void test_text_is_carried_from_lines_that_only_skips(void **state)
{
	struct reading r = reading_of_yaml(
		HEAD
		"    only: {pattern: '^> Tokens'}\n    carry: [time, model]\n    patterns:\n"
		"      - '^# started at (?<time>\\S+ \\S+)'\n"
		"      - '^> Model: (?<model>\\S+)'\n"
		"      - '^> Tokens: (?<input_tokens>\\S+) sent, (?<output_tokens>\\S+) got'\n");

	(void)state;
	step(&r, "# started at 2026-05-01 10:00:00", "skipped: only: pattern '^> Tokens'\n");
	step(&r, "> Model: gpt-4o with diff", "skipped: only: pattern '^> Tokens'\n");
	step(&r, "something else", "skipped: no pattern matches\n");
	step(&r, "> Tokens: 4.7k sent, 100 got",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=4700 "
	     "output_tokens=100 price=openai/gpt-4o cost=0.01275\n");
	reading_free(&r);
}

/* ---- join ---- */

#define JOIN_SOURCE                                                                    \
	HEAD "    join: {by: id, until: [input_tokens, output_tokens], within: 10m}\n" \
	     "    fields: {time: t, model: m, user: u, input_tokens: i, output_tokens: o}\n"

#define PART "duplicate: a part of a joined call\n"

static void test_parts_become_one_call(void **state)
{
	struct reading r = reading_of_yaml(JOIN_SOURCE);

	(void)state;
	step(&r, "{\"id\":1,\"t\":1777629600,\"m\":\"gpt-4o\",\"u\":\"ada\"}", PART);
	step(&r, "{\"id\":2,\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":5}", PART);
	reading_restart(&r);
	step(&r, "{\"id\":1,\"i\":1000,\"u\":\"eve\"}", PART);
	step(&r, "{\"id\":1,\"t\":1777629601,\"o\":100}",
	     "call 2026-05-01T10:00:01Z provider=openai model=gpt-4o user=eve input_tokens=1000 "
	     "output_tokens=100 price=openai/gpt-4o cost=0.0035\n");
	step(&r, "{\"id\":2,\"t\":1777629601,\"o\":0}",
	     "call 2026-05-01T10:00:01Z provider=openai model=gpt-4o input_tokens=5 "
	     "output_tokens=0 price=openai/gpt-4o cost=0.0000125\n");
	reading_free(&r);
}

static void test_a_call_that_waits_too_long_counts_as_it_is(void **state)
{
	struct reading r = reading_of_yaml(JOIN_SOURCE);

	(void)state;
	step(&r, "{\"id\":1,\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1000}", PART);
	step(&r, "{\"id\":1,\"t\":1777630200,\"i\":2000}", PART); /* ten minutes are not over */
	step(&r, "{\"id\":1,\"t\":1777630801,\"i\":10}",
	     "waited, call 2026-05-01T10:10:00Z provider=openai model=gpt-4o input_tokens=2000 "
	     "price=openai/gpt-4o cost=0.005 INCOMPLETE\n" PART);
	step(&r, "{\"id\":2,\"t\":1777630801,\"u\":\"ada\"}", PART);
	assert_string_equal(reading_waiting(&r, INT64_C(1777630801) * TIME_SEC), "");
	assert_string_equal(reading_waiting(&r, INT64_C(1777630802) * TIME_SEC),
	                    "waited, call 2026-05-01T10:20:01Z input_tokens=10 price= cost=0 "
	                    "UNPRICED INCOMPLETE\n"
	                    "waited, skipped: neither a model nor usage\n");
	assert_string_equal(reading_waiting(&r, INT64_MAX), "");
	reading_free(&r);
}

static void test_a_record_without_the_key_is_no_part(void **state)
{
	struct reading r = reading_of_yaml(JOIN_SOURCE);

	(void)state;
	step(&r, "{\"t\":1777629600,\"m\":\"gpt-4o\",\"i\":1000}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=1000 "
	     "price=openai/gpt-4o cost=0.0025\n");
	reading_free(&r);
}

/* One more than 65536, and an eighth of them count as they are. */
static void check_bounded(int records_a_second)
{
	struct reading r = reading_of_yaml(JOIN_SOURCE);
	char record[80];

	for (int i = 0; i < 70000; i++) {
		(void)snprintf(record, sizeof(record),
		               "{\"id\":%d,\"t\":%d,\"m\":\"gpt-4o\",\"i\":%d}", i,
		               1777629600 + i / records_a_second, i);
		(void)reading_record(&r, record);
	}
	assert_int_equal(r.n[OUTCOME_CALL], 8192);
	assert_int_equal(r.last.count[COUNT_INPUT], 8191);
	assert_int_equal(r.n[OUTCOME_DUPLICATE], 70000);
	(void)reading_waiting(&r, INT64_MAX);
	assert_int_equal(r.n[OUTCOME_CALL], 70000);
	reading_free(&r);
}

static void test_what_waits_is_bounded(void **state)
{
	(void)state;
	check_bounded(1000);
	check_bounded(INT_MAX); /* all at once: none is older */
}

/* ---- cumulative ---- */

#define CUMULATIVE_SOURCE                                                                          \
	HEAD "    cumulative: {by: session, fields: [input_tokens, output_tokens, logged_cost]}\n" \
	     "    fields: {time: t, model: m, session: s, input_tokens: i, output_tokens: o, "     \
	     "logged_cost: c}\n"
#define SESSION "\"t\":1777629600,\"m\":\"gpt-4o\",\"s\":\"a\""
#define GREW    "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o "

static void test_the_increase_of_a_counter_counts(void **state)
{
	struct reading r = reading_of_yaml(CUMULATIVE_SOURCE);

	(void)state;
	step(&r, "{" SESSION ",\"i\":1000,\"o\":10,\"c\":0.5}",
	     GREW "input_tokens=1000 output_tokens=10 session=a logged_cost=0.5 "
	          "price=openai/gpt-4o cost=0.0026\n");
	step(&r, "{" SESSION ",\"i\":1000,\"o\":10,\"c\":0.5}",
	     "duplicate: an unchanged counter\n");
	reading_restart(&r);
	step(&r, "{" SESSION ",\"i\":1100,\"o\":10}",
	     GREW "input_tokens=100 output_tokens=0 session=a price=openai/gpt-4o cost=0.00025\n");
	step(&r, "{" SESSION ",\"i\":1100,\"o\":30,\"c\":0.75}",
	     GREW "input_tokens=0 output_tokens=20 session=a logged_cost=0.25 price=openai/gpt-4o "
	          "cost=0.0002\n");
	reading_free(&r);
}

static void test_a_counter_that_begins_anew_counts_in_full(void **state)
{
	struct reading r = reading_of_yaml(CUMULATIVE_SOURCE);

	(void)state;
	step(&r, "{" SESSION ",\"i\":1000,\"o\":10}",
	     GREW "input_tokens=1000 output_tokens=10 session=a price=openai/gpt-4o cost=0.0026\n");
	step(&r, "{" SESSION ",\"i\":400,\"o\":20}",
	     GREW "input_tokens=400 output_tokens=20 session=a price=openai/gpt-4o cost=0.0012\n");
	step(&r, "{\"t\":1777629600,\"m\":\"gpt-4o\",\"s\":\"b\",\"i\":400,\"o\":20}",
	     GREW "input_tokens=400 output_tokens=20 session=b price=openai/gpt-4o cost=0.0012\n");
	step(&r, "{\"t\":1777629600,\"s\":\"a\"}", "skipped: neither a model nor usage\n");
	reading_free(&r);
}

/* ---- sums, fields in tests, elements around elements ---- */

static void test_numbers_at_several_places_are_added_up(void **state)
{
	struct reading r = reading_of_yaml(
		HEAD
		"    fields: {time: t, model: m, input_tokens: {sum: [a, b.c]}, "
		"output_tokens: [{sum: [x, y]}, z], logged_cost: {sum: [p, q], scale: 0.01}}\n");

	(void)state;
	step(&r,
	     "{\"t\":1777629600,\"m\":\"gpt-4o\",\"a\":1000,\"b\":{\"c\":\"1500.0\"},\"z\":7,\"p\":"
	     "12.5,\"q\":0.25}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o input_tokens=2500 "
	     "output_tokens=7 logged_cost=0.1275 price=openai/gpt-4o cost=0.00632\n");
	step(&r, "{\"t\":1777629600,\"a\":null,\"b\":{\"c\":3},\"x\":2}",
	     "call 2026-05-01T10:00:00Z input_tokens=3 output_tokens=2 price= cost=0 UNPRICED\n");
	step(&r, "{\"t\":1777629600,\"a\":1,\"b\":{\"c\":\"many\"}}",
	     "rejected: bad number in input_tokens (many)\n");
	step(&r, "{\"t\":1777629600,\"a\":0.5,\"b\":{\"c\":1}}",
	     "rejected: bad number in input_tokens (1.500000000)\n");
	reading_free(&r);
}

static void test_a_path_may_start_at_an_element_further_out(void **state)
{
	struct reading r = reading_of_yaml(
		HEAD "    each: 'r[*].s[*].p[*]'\n"
		     "    fields: {time: t, model: m, output_tokens: o, service: ^^.name, "
		     "agent: '^.tags[k=agent].v', team: $.team}\n");

	(void)state;
	step(&r,
	     "{\"team\":\"x\",\"r\":["
	     "{\"name\":\"shop\",\"s\":[{\"tags\":[{\"k\":\"agent\",\"v\":\"a1\"}],\"p\":["
	     "{\"t\":1777629600,\"m\":\"gpt-4o\",\"o\":1},{\"t\":1777629600,\"m\":\"gpt-4o\",\"o\":"
	     "2}]}]},"
	     "{\"name\":\"desk\",\"s\":[{\"p\":[{\"t\":1777629600,\"m\":\"gpt-4o\",\"o\":3}]}]}]}",
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o agent=a1 service=shop team=x "
	     "output_tokens=1 price=openai/gpt-4o cost=0.00001\n"
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o agent=a1 service=shop team=x "
	     "output_tokens=2 price=openai/gpt-4o cost=0.00002\n"
	     "call 2026-05-01T10:00:00Z provider=openai model=gpt-4o service=desk team=x "
	     "output_tokens=3 price=openai/gpt-4o cost=0.00003\n");
	reading_free(&r);
}

static void test_a_name_may_be_made_of_names_before_it(void **state)
{
	struct reading r = reading_of_yaml(
		HEAD "    fields: {_id: [a, b], _short: {path: _id, pattern: '^(\\w+)-'}, "
		     "_any: [_short, _id], time: t, model: m, session: _any}\n");

	(void)state;
	step(&r, "{\"t\":1777629600,\"m\":\"gpt-99\",\"b\":\"ab-cd\"}",
	     "call 2026-05-01T10:00:00Z model=gpt-99 session=ab price= cost=0 UNPRICED "
	     "UNKNOWN_USAGE\n");
	step(&r, "{\"t\":1777629600,\"m\":\"gpt-99\",\"a\":\"x\",\"b\":\"ab-cd\"}",
	     "call 2026-05-01T10:00:00Z model=gpt-99 session=x price= cost=0 UNPRICED "
	     "UNKNOWN_USAGE\n");
	reading_free(&r);
}

static void refuse(const char *yaml, const char *wanted)
{
	struct err err = {0};
	struct config *c = config_parse(str_of(yaml), "t.yaml", &err);
	struct book *book = book_open(c, &err);

	assert_null(source_new(&c->sources[0], book, &err));
	assert_string_equal(err.text, wanted);
	book_free(&book);
	config_free(&c);
}

static void test_mistakes_name_their_place(void **state)
{
	(void)state;
	refuse(HEAD "    each: 'r[*]'\n    fields: {time: t, service: ^.name}\n",
	       "t.yaml:6: service: no element of `each` lies so far out; one ^ for each [*] or .* "
	       "before the last");
	refuse(HEAD "    carry: speed\n    fields: {time: t}\n",
	       "t.yaml:2: carry: a field (not prompt) or a name with _ that this source reads was "
	       "expected");
	refuse(HEAD "    carry: prompt\n    fields: {time: t, prompt: p}\n",
	       "t.yaml:2: carry: a field (not prompt) or a name with _ that this source reads was "
	       "expected");
	refuse(HEAD "    join: {by: id, until: tokens}\n    fields: {time: t}\n",
	       "t.yaml:2: join.until: a field that this source sets was expected");
	refuse(HEAD "    fields: {time: t, _a: _b, _b: x}\n",
	       "t.yaml:5: _a: may only be made of names with _ that stand before it");
	refuse(HEAD "    fields: {time: t, _a: _a}\n",
	       "t.yaml:5: _a: may only be made of names with _ that stand before it");
	refuse(HEAD "    cumulative: {by: id, fields: model}\n    fields: {time: t, model: m}\n",
	       "t.yaml:2: cumulative.fields: only counts and logged_cost can grow");
}

/* ---- netstrings ---- */

static void test_netstrings_hold_any_byte(void **state)
{
	struct buf text = {0};
	struct str rest, part;

	(void)state;
	netstring_add(&text, STR("a,b:\n"));
	netstring_add(&text, STR(""));
	assert_string_equal(text.p, "5:a,b:\n,0:,");
	rest = buf_view(&text);
	assert_true(netstring_next(&rest, &part));
	assert_true(str_eq(part, STR("a,b:\n")));
	assert_true(netstring_next(&rest, &part));
	assert_int_equal(part.n, 0);
	assert_false(netstring_next(&rest, &part));
	buf_free(&text);
}

static void test_broken_netstrings_end_the_text(void **state)
{
	static const char *const broken[] = {"",     "5",   "5:",    ":a,",           "5:abcd,",
	                                     "1:ab", "1:a", "-1:a,", "9999999999:a,", "2:a,"};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct str text = str_of(broken[i]), part;

		assert_false(netstring_next(&text, &part));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_field_keeps_its_last_value),
		cmocka_unit_test(test_a_carried_value_makes_no_call),
		cmocka_unit_test(test_a_field_made_of_a_name_is_carried_and_read_as_it_says),
		cmocka_unit_test(test_text_is_carried_from_lines_that_only_skips),
		cmocka_unit_test(test_parts_become_one_call),
		cmocka_unit_test(test_a_call_that_waits_too_long_counts_as_it_is),
		cmocka_unit_test(test_a_record_without_the_key_is_no_part),
		cmocka_unit_test(test_what_waits_is_bounded),
		cmocka_unit_test(test_the_increase_of_a_counter_counts),
		cmocka_unit_test(test_a_counter_that_begins_anew_counts_in_full),
		cmocka_unit_test(test_numbers_at_several_places_are_added_up),
		cmocka_unit_test(test_a_path_may_start_at_an_element_further_out),
		cmocka_unit_test(test_a_name_may_be_made_of_names_before_it),
		cmocka_unit_test(test_mistakes_name_their_place),
		cmocka_unit_test(test_netstrings_hold_any_byte),
		cmocka_unit_test(test_broken_netstrings_end_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
