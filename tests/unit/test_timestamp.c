#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parsers/timestamp.h"
#include "tests/unit/columns.h"

#define NEAR      (INT64_C(1767312000) * TIME_SEC) /* 2026-01-02T00:00:00Z */
#define MARCH_12  (INT64_C(1773306000) * TIME_SEC) /* 2026-03-12T09:00:00Z */
#define UNTOUCHED INT64_C(-4711)

static int setup(void **state)
{
	static struct timestamp_context context;
	struct err err = {0};

	context = (struct timestamp_context){zone_open("Europe/Berlin", &err), NEAR};
	*state = &context;
	return context.zone == NULL;
}

static int teardown(void **state)
{
	struct timestamp_context *context = *state;
	struct zone *zone = (struct zone *)(uintptr_t)context->zone;

	zone_free(&zone);
	return 0;
}

static void expect(struct columns *c, struct str want, bool good, int64_t time)
{
	char got[TIMESTAMP_TEXT] = "-";

	if (good)
		timestamp_print(time, got);
	else
		assert_int_equal(time, UNTOUCHED);
	columns_expect(c, want, got);
}

static void test_forms_understood_without_being_told(void **state)
{
	struct columns c;

	assert_true(columns_open(&c, "fixtures/timestamp/parse.case"));
	while (columns_next(&c)) {
		int64_t time = UNTOUCHED;
		bool good = timestamp_parse(c.column[0], *state, &time);

		expect(&c, c.column[1], good, time);
	}
	assert_int_equal(c.failed, 0);
}

static void test_forms_described_by_a_format(void **state)
{
	struct columns c;

	assert_true(columns_open(&c, "fixtures/timestamp/format.case"));
	while (columns_next(&c)) {
		int64_t time = UNTOUCHED;
		char *format = str_dup(c.column[0]);
		bool good = timestamp_format(c.column[1], format, *state, &time);

		assert_true(timestamp_format_valid(format));
		expect(&c, c.column[2], good, time);
		free(format);
	}
	assert_int_equal(c.failed, 0);
}

static void test_a_format_with_an_unknown_conversion_is_not_valid(void **state)
{
	int64_t time;

	assert_true(timestamp_format_valid(""));
	assert_true(timestamp_format_valid("%Y %m %d %e %H %I %p %M %S %y %b %B %h %a %A %j %z %Z "
	                                   "%s %T %D %F %R %f %n %t %%"));
	assert_false(timestamp_format_valid("%Q"));
	assert_false(timestamp_format_valid("%F %"));
	assert_false(timestamp_format_valid("%-d"));
	assert_false(timestamp_format(STR("2026"), "%Q", *state, &time));
	assert_false(timestamp_format(STR("2026"), "%", *state, &time));
}

/* Every length of every form, at the very end of its memory: a sanitizer sees a byte too far. */
static void test_no_byte_behind_the_text_is_read(void **state)
{
	struct columns c;

	assert_true(columns_open(&c, "fixtures/timestamp/parse.case"));
	while (columns_next(&c)) {
		for (size_t n = 0; n <= c.column[0].n; n++) {
			char *copy = malloc(n ? n : 1);
			int64_t time;

			memcpy(copy, c.column[0].p, n);
			(void)timestamp_parse((struct str){copy, n}, *state, &time);
			free(copy);
		}
	}
}

/* The quick way and the general one agree. */
static void test_each_day_of_the_calendar_is_read_back_as_it_was_printed(void **state)
{
	for (int64_t day = 0; day <= TIME_MAX / TIME_DAY; day += day < 50000 ? 1 : 97) {
		int64_t want = day * TIME_DAY + day * 977 % 86400 * TIME_SEC, got = UNTOUCHED;
		char text[TIMESTAMP_TEXT];

		timestamp_print(want, text);
		assert_true(timestamp_parse(str_of(text), *state, &got));
		assert_int_equal(got, want);
		text[10] = 't'; /* not the quick way */
		assert_true(timestamp_parse(str_of(text), *state, &got));
		assert_int_equal(got, want);
	}
}

static void test_printing_has_the_fraction_that_is_needed(void **state)
{
	static const struct {
		int64_t time;
		const char *text;
	} cases[] = {
		{MARCH_12, "2026-03-12T09:00:00Z"},
		{MARCH_12 + 500000, "2026-03-12T09:00:00.500Z"},
		{MARCH_12 + 1000, "2026-03-12T09:00:00.001Z"},
		{MARCH_12 + 1, "2026-03-12T09:00:00.000001Z"},
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59.999999Z"},
		{TIME_MIN, "0001-01-01T00:00:00Z"},
		{TIME_MAX, "9999-12-31T23:59:59.999999Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[TIMESTAMP_TEXT];

		timestamp_print(cases[i].time, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms_understood_without_being_told),
		cmocka_unit_test(test_forms_described_by_a_format),
		cmocka_unit_test(test_a_format_with_an_unknown_conversion_is_not_valid),
		cmocka_unit_test(test_no_byte_behind_the_text_is_read),
		cmocka_unit_test(test_each_day_of_the_calendar_is_read_back_as_it_was_printed),
		cmocka_unit_test(test_printing_has_the_fraction_that_is_needed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
