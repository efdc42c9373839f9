/* Records out of their envelopes: their text, time and place, what was taken off and joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/meter/records.h"
#include "parsers/format.h"
#include "tests/unit/reading.h"

#define SOURCE(more)                                                                       \
	"sources:\n  - name: s\n    paths: x\n    timezone: UTC\n    fields: {model: m}\n" \
	"    format: json\n" more

/* A line for each record of a text: its place, parts, envelopes, time and text. */
static void expect_records(const char *yaml, const char *log, bool all, const char *wanted)
{
	struct reading r = reading_of_yaml(yaml);
	struct records *records = records_new();
	struct buf text = {0}, got = {0};
	struct wrapping w = records_wrapping(r.source, str_of(log));
	struct record record;
	uint64_t passed;

	buf_puts(&text, log);
	for (int i = 0; i < RECORD_PAD; i++)
		buf_char(&text, '\0');
	if (all)
		records_give_all(records);
	records_start(records, r.source, &w, (struct str){text.p, text.n - RECORD_PAD}, true);
	while (records_next(records, &record, &passed)) {
		buf_printf(&got, "%zu-%zu", record.at, record.end);
		if (record.parts != 1)
			buf_printf(&got, " of %zu", record.parts);
		for (size_t i = 0; i < record.envelopes_n; i++)
			buf_printf(&got, " %s", envelope_name(record.envelopes[i]));
		if (record.time.n)
			buf_printf(&got, " @%.*s", STR_ARG(record.time));
		buf_printf(&got, " %.*s\n", STR_ARG(record.text));
	}
	assert_string_equal(got.p, wanted);
	buf_free(&got);
	buf_free(&text);
	records_free(&records);
	reading_free(&r);
}

static void test_a_line_is_a_record_at_its_place(void **state)
{
	(void)state;
	expect_records(SOURCE(""), "{\"m\":1}\n\n  {\"m\":2}\r\n{\"m\":3}", false,
	               "0-7 {\"m\":1}\n9-18 {\"m\":2}\n20-27 {\"m\":3}\n");
}

static void test_what_stands_before_a_record_is_taken_off(void **state)
{
	(void)state;
	expect_records(SOURCE(""), "app: {\"m\":1}\n<13>Mar  7 04:28:03 host app: {\"m\":2}\n",
	               false,
	               "0-12 prefix {\"m\":1}\n"
	               "13-50 syslog @Mar  7 04:28:03 {\"m\":2}\n");
	expect_records(SOURCE("    unwrap: none\n"), "app: {\"m\":1}\n", false,
	               "0-12 app: {\"m\":1}\n");
}

static void test_parts_are_joined_and_both_places_known(void **state)
{
	(void)state;
	/* Of two streams: what ends first is there first. */
	expect_records(SOURCE(""),
	               "2026-03-01T10:00:00.1Z stdout P {\"m\":\n"
	               "2026-03-01T10:00:00.2Z stderr F {\"m\":2}\n"
	               "2026-03-01T10:00:00.3Z stdout P 1\n"
	               "2026-03-01T10:00:00.4Z stdout F 0}\n",
	               false,
	               "38-77 cri @2026-03-01T10:00:00.2Z {\"m\":2}\n"
	               "0-146 of 3 cri @2026-03-01T10:00:00.4Z {\"m\":10}\n");
	/* The last part never comes. */
	expect_records(SOURCE(""), "2026-03-01T10:00:00.1Z stdout P {\"m\":\n", false,
	               "0-37 cri @2026-03-01T10:00:00.1Z {\"m\":\n");
}

static void test_envelopes_in_each_other_are_named_outermost_first(void **state)
{
	static const char line[] =
		"{\"log\":\"Mar  7 04:28:03 host app[7]: {\\\"m\\\":1}\\n\",\"stream\":\"stdout\","
		"\"time\":\"2026-03-01T10:00:00Z\"}\n";

	(void)state;
	expect_records(SOURCE(""), line, false, "0-98 docker syslog @Mar  7 04:28:03 {\"m\":1}\n");
	/* A line that is not in the envelope is taken as it is. */
	expect_records(SOURCE("    unwrap: [docker]\n"), "{\"m\":1}\n", false, "0-7 {\"m\":1}\n");
}

static void test_a_value_ends_where_it_closes(void **state)
{
	(void)state;
	expect_records(SOURCE("    frame: json\n"), "[{\"m\":1},\n {\n\"m\":2} ]\n {\"m\":3}",
	               false, "1-8 {\"m\":1}\n11-19 {\n\"m\":2}\n23-30 {\"m\":3}\n");
	/* In lines of an envelope. */
	expect_records(SOURCE("    frame: json\n"),
	               "2026-03-01T10:00:00.1Z stdout F {\n"
	               "2026-03-01T10:00:00.2Z stdout F \"m\":1}\n",
	               false, "0-72 cri @2026-03-01T10:00:00.1Z {\n\"m\":1}\n");
}

static void test_all_records_are_given_to_who_asks_for_them(void **state)
{
	static const char only[] = SOURCE("    only: [{pattern: llm}]\n");
	static const char log[] = "{\"m\":1}\n{\"m\":\"llm\"}\n{\"m\":2}\n";

	(void)state;
	expect_records(only, log, false, "8-19 {\"m\":\"llm\"}\n");
	expect_records(only, log, true, "0-7 {\"m\":1}\n8-19 {\"m\":\"llm\"}\n20-27 {\"m\":2}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_a_record_at_its_place),
		cmocka_unit_test(test_what_stands_before_a_record_is_taken_off),
		cmocka_unit_test(test_parts_are_joined_and_both_places_known),
		cmocka_unit_test(test_envelopes_in_each_other_are_named_outermost_first),
		cmocka_unit_test(test_a_value_ends_where_it_closes),
		cmocka_unit_test(test_all_records_are_given_to_who_asks_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
