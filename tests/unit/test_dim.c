#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/ledger/dim.h"

static int64_t at(int32_t year, int month, int day, int hour, int minute)
{
	return civil_time((struct civil){
		.year = year, .month = month, .day = day, .hour = hour, .minute = minute});
}

static void expect(enum dim dim, const char *name, int64_t time, const char *want)
{
	struct err err = {0};
	struct zone *zone = zone_open(name, &err);
	struct buf text = {0};

	assert_string_equal(err.text, "");
	dim_text(dim, zone, dim_value(dim, zone, time), &text);
	assert_string_equal(text.p, want);
	buf_free(&text);
	zone_free(&zone);
}

static void test_every_name_finds_its_dimension(void **state)
{
	enum dim dim;

	(void)state;
	for (size_t i = 0; i < DIMS; i++) {
		assert_true(dim_find(str_of(dim_name((enum dim)i)), &dim));
		assert_int_equal(dim, i);
	}
	assert_true(dim_find(STR("service_tier"), &dim));
	assert_int_equal(dim, DIM_TIER);
	assert_false(dim_find(STR("Model"), &dim));
	assert_false(dim_find(STR(""), &dim));
}

static void test_times_read_as_people_write_them(void **state)
{
	int64_t time = at(2026, 3, 12, 9, 59);

	(void)state;
	expect(DIM_HOUR, "UTC", time, "2026-03-12 09:00");
	expect(DIM_DAY, "UTC", time, "2026-03-12");
	expect(DIM_WEEK, "UTC", time, "2026-W11");
	expect(DIM_MONTH, "UTC", time, "2026-03");
	expect(DIM_HOUR_OF_DAY, "UTC", time, "09");
	expect(DIM_HOUR_OF_DAY, "Asia/Tokyo", time, "18");
	expect(DIM_DAY, "Asia/Tokyo", at(2026, 3, 12, 15, 0), "2026-03-13");
}

static void test_iso_weeks_belong_to_the_year_of_their_thursday(void **state)
{
	(void)state;
	expect(DIM_WEEK, "UTC", at(2027, 1, 1, 0, 0), "2026-W53");
	expect(DIM_WEEK, "UTC", at(2027, 1, 3, 23, 59), "2026-W53");
	expect(DIM_WEEK, "UTC", at(2027, 1, 4, 0, 0), "2027-W01");
	expect(DIM_WEEK, "UTC", at(2024, 12, 29, 23, 59), "2024-W52");
	expect(DIM_WEEK, "UTC", at(2024, 12, 30, 0, 0), "2025-W01");
	expect(DIM_WEEK, "UTC", at(2026, 1, 1, 0, 0), "2026-W01");
	expect(DIM_WEEK, "America/New_York", at(2027, 1, 4, 4, 59), "2026-W53");
}

static void test_the_hour_that_a_clock_shows_twice_says_its_offset_the_second_time(void **state)
{
	(void)state;
	expect(DIM_HOUR, "Europe/Berlin", at(2026, 10, 25, 0, 10), "2026-10-25 02:00");
	expect(DIM_HOUR, "Europe/Berlin", at(2026, 10, 25, 1, 10), "2026-10-25 02:00+01:00");
	expect(DIM_HOUR, "America/New_York", at(2026, 11, 1, 6, 10), "2026-11-01 01:00-05:00");
	expect(DIM_HOUR_OF_DAY, "Europe/Berlin", at(2026, 10, 25, 1, 10), "02");
	expect(DIM_HOUR, "Europe/Berlin", at(2026, 3, 29, 1, 10), "2026-03-29 03:00");
}

static void test_a_zone_with_half_hours_has_its_own_hours(void **state)
{
	(void)state;
	expect(DIM_HOUR, "Asia/Kolkata", at(2026, 3, 12, 9, 29), "2026-03-12 14:00");
	expect(DIM_HOUR, "Asia/Kolkata", at(2026, 3, 12, 9, 30), "2026-03-12 15:00");
	expect(DIM_DAY, "Asia/Kolkata", at(2026, 3, 12, 18, 29), "2026-03-12");
	expect(DIM_DAY, "Asia/Kolkata", at(2026, 3, 12, 18, 30), "2026-03-13");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_name_finds_its_dimension),
		cmocka_unit_test(test_times_read_as_people_write_them),
		cmocka_unit_test(test_iso_weeks_belong_to_the_year_of_their_thursday),
		cmocka_unit_test(
			test_the_hour_that_a_clock_shows_twice_says_its_offset_the_second_time),
		cmocka_unit_test(test_a_zone_with_half_hours_has_its_own_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
