#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/rate.h"

static const int64_t SECOND = 1000000, START = 1000 * INT64_C(1000000);

static void test_nothing_has_no_rate(void **state)
{
	struct rate r = {0};

	(void)state;
	assert_int_equal(rate_milli(&r, START), 0);
}

static void test_a_rate_that_has_just_begun_is_of_the_time_since(void **state)
{
	struct rate r = {0};

	(void)state;
	rate_add(&r, 10, START);
	assert_int_equal(rate_milli(&r, START), 10000); /* never of less than a second */
	rate_add(&r, 10, START + 5 * SECOND);
	assert_int_equal(rate_milli(&r, START + 10 * SECOND), 2000);
}

static void test_a_steady_rate_stays_what_it_is(void **state)
{
	struct rate r = {0};

	(void)state;
	for (int64_t s = 0; s < 1000; s++) {
		rate_add(&r, 7, START + s * SECOND);
		if (s > 60)
			assert_in_range(rate_milli(&r, START + (s + 1) * SECOND), 6900, 7200);
	}
}

static void test_what_is_older_than_a_minute_is_forgotten(void **state)
{
	struct rate r = {0};

	(void)state;
	rate_add(&r, 600, START);
	assert_in_range(rate_milli(&r, START + 49 * SECOND), 11000, 13000);
	assert_int_equal(rate_milli(&r, START + 61 * SECOND), 0);
	assert_int_equal(rate_milli(&r, START + 100000 * SECOND), 0);
	rate_add(&r, 60, START + 100000 * SECOND);
	assert_in_range(rate_milli(&r, START + 100000 * SECOND), 1000, 1300);
}

static void test_what_is_taken_back_counts(void **state)
{
	struct rate r = {0};

	(void)state;
	rate_add(&r, 10, START);
	rate_add(&r, -4, START + SECOND);
	assert_int_equal(rate_milli(&r, START + 2 * SECOND), 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_has_no_rate),
		cmocka_unit_test(test_a_rate_that_has_just_begun_is_of_the_time_since),
		cmocka_unit_test(test_a_steady_rate_stays_what_it_is),
		cmocka_unit_test(test_what_is_older_than_a_minute_is_forgotten),
		cmocka_unit_test(test_what_is_taken_back_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
