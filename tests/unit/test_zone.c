#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "agent/base/zone.h"

static struct zone *open_zone(const char *name)
{
	struct err err = {0};
	struct zone *z = zone_open(name, &err);

	assert_string_equal(err.text, "");
	assert_non_null(z);
	return z;
}

static int64_t at(int year, int month, int day, int hour, int minute)
{
	return civil_time((struct civil){year, month, day, hour, minute, 0, 0});
}

static void test_offsets_are_those_of_the_c_library_for_130_years(void **state)
{
	static const char *const names[] = {
		"Europe/Berlin",  "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
		"Asia/Kathmandu", "Pacific/Apia",     "America/Caracas",     "Africa/Monrovia",
		"Asia/Gaza",      "America/St_Johns", "Antarctica/Troll",    "America/Boa_Vista",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct zone *z = open_zone(names[i]);

		assert_string_equal(zone_name(z), names[i]);
		(void)setenv("TZ", names[i], 1);
		tzset();
		for (time_t t = 0; t < 4102444800; t += 7200) {
			struct tm tm;

			(void)localtime_r(&t, &tm);
			if (zone_offset(z, t * TIME_SEC) != tm.tm_gmtoff)
				fail_msg("%s at %lld", names[i], (long long)t);
		}
		(void)unsetenv("TZ");
		zone_free(&z);
		assert_null(z);
	}
}

static void test_a_change_takes_effect_at_its_microsecond(void **state)
{
	struct zone *z = open_zone("Europe/Berlin");
	int64_t spring = at(2026, 3, 29, 1, 0), autumn = at(2026, 10, 25, 1, 0);

	(void)state;
	assert_int_equal(zone_offset(z, spring - 1), 3600);
	assert_int_equal(zone_offset(z, spring), 7200);
	assert_int_equal(zone_offset(z, autumn - 1), 7200);
	assert_int_equal(zone_offset(z, autumn), 3600);
	zone_free(&z);
}

static void test_times_outside_the_table_have_the_nearest_offset(void **state)
{
	struct zone *z = open_zone("Asia/Tokyo");

	(void)state;
	assert_int_equal(zone_offset(z, TIME_MIN), 32400);
	assert_int_equal(zone_offset(z, -1), 32400);
	assert_int_equal(zone_offset(z, TIME_MAX), 32400);
	zone_free(&z);
}

static void test_tz_is_left_as_it_was(void **state)
{
	struct zone *z;
	time_t t = 0;
	struct tm tm;

	(void)state;
	(void)setenv("TZ", "Asia/Tokyo", 1);
	z = open_zone("Europe/Berlin");
	assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	(void)localtime_r(&t, &tm);
	assert_int_equal(tm.tm_gmtoff, 32400);
	zone_free(&z);
	z = open_zone("local");
	assert_int_equal(zone_offset(z, 0), 32400);
	zone_free(&z);
	(void)unsetenv("TZ");
	z = open_zone("Europe/Berlin");
	assert_null(getenv("TZ"));
	zone_free(&z);
}

static void test_utc_needs_no_zone_data(void **state)
{
	struct zone *z = open_zone("UTC");
	int64_t t = at(2026, 3, 12, 9, 0);

	(void)state;
	assert_int_equal(zone_offset(z, t), 0);
	assert_int_equal(zone_to_utc(z, t), t);
	zone_free(&z);
}

static void test_names_that_are_no_zones_are_refused(void **state)
{
	static const char *const names[] = {
		"",
		"Europe/Berlim",
		"europe/berlin/",
		"/usr/share/zoneinfo/UTC",
		"../zoneinfo/Europe/Berlin",
		"Europe/../Europe/Berlin",
		"./Europe/Berlin",
		"Europe//Berlin",
		"Europe",
		"zone.tab",
		"EST5EDT4",
		":Europe/Berlin",
		"Europe/Berlin\n",
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct err err = {0};

		assert_null(zone_open(names[i], &err));
		assert_non_null(strstr(err.text, "IANA name"));
	}
}

static void test_wall_clock_readings_that_are_skipped_or_come_twice(void **state)
{
	struct zone *z = open_zone("America/New_York");

	(void)state;
	assert_int_equal(zone_to_utc(z, at(2026, 3, 8, 1, 59)), at(2026, 3, 8, 6, 59));
	assert_int_equal(zone_to_utc(z, at(2026, 3, 8, 2, 30)), at(2026, 3, 8, 7, 30));
	assert_int_equal(zone_to_utc(z, at(2026, 3, 8, 3, 0)), at(2026, 3, 8, 7, 0));
	assert_int_equal(zone_to_utc(z, at(2026, 11, 1, 0, 59)), at(2026, 11, 1, 4, 59));
	assert_int_equal(zone_to_utc(z, at(2026, 11, 1, 1, 30)), at(2026, 11, 1, 5, 30));
	assert_int_equal(zone_to_utc(z, at(2026, 11, 1, 2, 0)), at(2026, 11, 1, 7, 0));
	zone_free(&z);
}

static void test_days_of_23_and_25_hours(void **state)
{
	struct zone *z = open_zone("Europe/Berlin");

	(void)state;
	assert_int_equal(zone_day_start(z, at(2026, 3, 29, 12, 0)), at(2026, 3, 28, 23, 0));
	assert_int_equal(zone_day_start(z, at(2026, 3, 30, 12, 0)), at(2026, 3, 29, 22, 0));
	assert_int_equal(zone_day_start(z, at(2026, 10, 25, 22, 59)), at(2026, 10, 24, 22, 0));
	assert_int_equal(zone_day_start(z, at(2026, 10, 25, 23, 0)), at(2026, 10, 25, 23, 0));
	zone_free(&z);
}

static void test_a_day_whose_midnight_is_skipped_begins_with_the_change(void **state)
{
	struct zone *z = open_zone("America/Sao_Paulo");

	(void)state; /* 2018-11-04: 0:00 became 1:00 */
	assert_int_equal(zone_day_start(z, at(2018, 11, 4, 12, 0)), at(2018, 11, 4, 3, 0));
	zone_free(&z);
	z = open_zone("Pacific/Apia"); /* had no 2011-12-30 */
	assert_int_equal(zone_day_start(z, at(2011, 12, 30, 12, 0)), at(2011, 12, 30, 10, 0));
	assert_int_equal(zone_day_start(z, at(2011, 12, 30, 9, 59)), at(2011, 12, 29, 10, 0));
	zone_free(&z);
}

static void test_hours_of_zones_with_half_hours(void **state)
{
	struct zone *z = open_zone("Asia/Kolkata");
	int64_t change = at(2026, 4, 4, 15, 0); /* Lord Howe: 2:00 becomes 1:30 */

	(void)state;
	assert_int_equal(zone_hour_start(z, at(2026, 3, 12, 9, 0)), at(2026, 3, 12, 8, 30));
	assert_int_equal(zone_hour_start(z, at(2026, 3, 12, 9, 30)), at(2026, 3, 12, 9, 30));
	zone_free(&z);
	z = open_zone("Australia/Lord_Howe");
	assert_int_equal(zone_hour_start(z, change - 1), change - 3600 * TIME_SEC);
	assert_int_equal(zone_hour_start(z, change + 60 * TIME_SEC), change);
	assert_int_equal(zone_hour_start(z, change + 1800 * TIME_SEC), change + 1800 * TIME_SEC);
	zone_free(&z);
}

static void check_parts(const struct zone *z, int64_t time)
{
	int64_t hour = zone_hour_start(z, time), day = zone_day_start(z, time);
	int64_t week = zone_week_start(z, time), month = zone_month_start(z, time);

	assert_true(hour <= time && time < hour + 3600 * TIME_SEC);
	assert_int_equal(zone_hour_start(z, hour), hour);
	assert_int_equal(zone_day_start(z, hour), day);
	assert_int_equal(zone_day_start(z, day), day);
	assert_int_equal(zone_week_start(z, day), week);
	assert_int_equal(zone_month_start(z, day), month);
	assert_int_equal(civil_weekday(week + zone_offset(z, week) * TIME_SEC), 0);
	assert_int_equal(civil_of(month + zone_offset(z, month) * TIME_SEC).day, 1);
	assert_true(week <= day && month <= day && day <= time);
}

static void test_every_hour_is_of_one_day_and_every_day_of_one_week_and_month(void **state)
{
	static const char *const names[] = {
		"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct zone *z = open_zone(names[i]);

		for (int64_t t = at(2017, 1, 1, 0, 0); t < at(2020, 1, 1, 0, 0);
		     t += 607 * TIME_SEC)
			check_parts(z, t);
		zone_free(&z);
	}
}

static void test_weeks_begin_on_monday_and_months_on_the_first(void **state)
{
	struct zone *z = open_zone("UTC");

	(void)state;
	assert_int_equal(zone_week_start(z, at(2026, 3, 15, 23, 59)), at(2026, 3, 9, 0, 0));
	assert_int_equal(zone_week_start(z, at(2026, 3, 16, 0, 0)), at(2026, 3, 16, 0, 0));
	assert_int_equal(zone_week_start(z, at(2027, 1, 1, 0, 0)), at(2026, 12, 28, 0, 0));
	assert_int_equal(zone_month_start(z, at(2024, 2, 29, 12, 0)), at(2024, 2, 1, 0, 0));
	zone_free(&z);
}

static void test_calendar_there_and_back(void **state)
{
	struct civil c = civil_of(at(2026, 3, 12, 9, 5) + 7 * TIME_SEC + 123456);

	(void)state;
	assert_int_equal(c.year, 2026);
	assert_int_equal(c.month, 3);
	assert_int_equal(c.day, 12);
	assert_int_equal(c.hour, 9);
	assert_int_equal(c.minute, 5);
	assert_int_equal(c.second, 7);
	assert_int_equal(c.micro, 123456);
	assert_int_equal(at(1970, 1, 1, 0, 0), 0);
	assert_int_equal(at(1, 1, 1, 0, 0), TIME_MIN);
	assert_int_equal(at(10000, 1, 1, 0, 0) - 1, TIME_MAX);
	for (int64_t t = TIME_MIN; t <= TIME_MAX - TIME_DAY; t += 12345678901 * TIME_MS) {
		assert_int_equal(civil_time(civil_of(t)), t);
		assert_true(civil_valid(civil_of(t)));
	}
}

static void test_fields_out_of_range_carry_over(void **state)
{
	(void)state;
	assert_int_equal(at(2026, 13, 1, 0, 0), at(2027, 1, 1, 0, 0));
	assert_int_equal(at(2026, 0, 1, 0, 0), at(2025, 12, 1, 0, 0));
	assert_int_equal(at(2026, -11, 1, 0, 0), at(2025, 1, 1, 0, 0));
	assert_int_equal(at(2024, 2, 30, 0, 0), at(2024, 3, 1, 0, 0));
	assert_int_equal(at(2026, 3, 0, 25, -60), at(2026, 3, 1, 0, 0));
}

static void test_weekdays(void **state)
{
	(void)state;
	assert_int_equal(civil_weekday(0), 3);
	assert_int_equal(civil_weekday(-1), 2);
	assert_int_equal(civil_weekday(at(2026, 11, 23, 1, 0)), 0);
	assert_int_equal(civil_weekday(at(2026, 11, 22, 23, 59)), 6);
}

static void test_dates_that_are_not(void **state)
{
	static const struct civil bad[] = {
		{2026, 2, 29, 0, 0, 0, 0}, {1900, 2, 29, 0, 0, 0, 0},
		{2026, 4, 31, 0, 0, 0, 0}, {2026, 0, 1, 0, 0, 0, 0},
		{2026, 13, 1, 0, 0, 0, 0}, {2026, 1, 0, 0, 0, 0, 0},
		{2026, 1, 32, 0, 0, 0, 0}, {2026, 1, 1, 24, 0, 0, 0},
		{2026, 1, 1, 0, 60, 0, 0}, {2026, 1, 1, 0, 0, 60, 0},
		{2026, 1, 1, 0, 0, -1, 0}, {0, 1, 1, 0, 0, 0, 0},
		{10000, 1, 1, 0, 0, 0, 0}, {2026, 1, 1, 0, 0, 0, -1},
		{2026, 1, 1, -1, 0, 0, 0}, {2026, 1, 1, 0, 0, 0, 1000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(civil_valid(bad[i]));
	assert_true(civil_valid((struct civil){2000, 2, 29, 23, 59, 59, 999999}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets_are_those_of_the_c_library_for_130_years),
		cmocka_unit_test(test_a_change_takes_effect_at_its_microsecond),
		cmocka_unit_test(test_times_outside_the_table_have_the_nearest_offset),
		cmocka_unit_test(test_tz_is_left_as_it_was),
		cmocka_unit_test(test_utc_needs_no_zone_data),
		cmocka_unit_test(test_names_that_are_no_zones_are_refused),
		cmocka_unit_test(test_wall_clock_readings_that_are_skipped_or_come_twice),
		cmocka_unit_test(test_days_of_23_and_25_hours),
		cmocka_unit_test(test_a_day_whose_midnight_is_skipped_begins_with_the_change),
		cmocka_unit_test(test_hours_of_zones_with_half_hours),
		cmocka_unit_test(test_every_hour_is_of_one_day_and_every_day_of_one_week_and_month),
		cmocka_unit_test(test_weeks_begin_on_monday_and_months_on_the_first),
		cmocka_unit_test(test_calendar_there_and_back),
		cmocka_unit_test(test_fields_out_of_range_carry_over),
		cmocka_unit_test(test_weekdays),
		cmocka_unit_test(test_dates_that_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
