#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parsers/number.h"
#include "tests/unit/columns.h"

enum { UNTOUCHED = 4711 };

static void expect(struct columns *c, struct str want, bool good, int64_t value)
{
	char got[32] = "-";

	if (good)
		(void)snprintf(got, sizeof(got), "%" PRId64, value);
	else
		assert_int_equal(value, UNTOUCHED);
	columns_expect(c, want, got);
}

static void test_counts_are_as_the_cases_say(void **state)
{
	struct columns c;

	(void)state;
	assert_true(columns_open(&c, "fixtures/number/count.case"));
	while (columns_next(&c)) {
		int64_t value = UNTOUCHED;
		bool good = number_count(c.column[0], &value);

		expect(&c, c.column[1], good, value);
	}
	assert_int_equal(c.failed, 0);
}

static void test_decimals_are_as_the_cases_say(void **state)
{
	struct columns c;

	(void)state;
	assert_true(columns_open(&c, "fixtures/number/decimal.case"));
	while (columns_next(&c)) {
		int64_t value = UNTOUCHED;
		bool good = number_decimal(c.column[0], atoi(c.column[1].p), &value);

		expect(&c, c.column[2], good, value);
	}
	assert_int_equal(c.failed, 0);
}

static void test_durations_are_as_the_cases_say(void **state)
{
	struct columns c;

	(void)state;
	assert_true(columns_open(&c, "fixtures/number/duration.case"));
	while (columns_next(&c)) {
		int64_t value = UNTOUCHED;
		bool good = number_duration(c.column[0], atoll(c.column[1].p), &value);

		expect(&c, c.column[2], good, value);
	}
	assert_int_equal(c.failed, 0);
}

static void test_nothing_and_white_space_are_no_numbers(void **state)
{
	const struct str none[] = {{NULL, 0}, STR(""), STR("   "), STR("\0001")};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		assert_false(number_count(none[i], &value));
		assert_false(number_decimal(none[i], 3, &value));
		assert_false(number_duration(none[i], 1000000, &value));
	}
}

/* A view need not end in a NUL: what stands behind it is not looked at. */
static void test_bytes_behind_the_view_do_not_count(void **state)
{
	int64_t value;

	(void)state;
	assert_true(number_count((struct str){"1234", 2}, &value));
	assert_int_equal(value, 12);
	assert_true(number_count((struct str){"12e3", 2}, &value));
	assert_int_equal(value, 12);
	assert_true(number_duration((struct str){"12ms", 3}, 1, &value));
	assert_int_equal(value, 12 * INT64_C(60000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_are_as_the_cases_say),
		cmocka_unit_test(test_decimals_are_as_the_cases_say),
		cmocka_unit_test(test_durations_are_as_the_cases_say),
		cmocka_unit_test(test_nothing_and_white_space_are_no_numbers),
		cmocka_unit_test(test_bytes_behind_the_view_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
