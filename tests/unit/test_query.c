#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/ledger/query.h"
#include "tests/unit/fill.h"

#define HOUR (3600 * TIME_SEC)

static int64_t at(int month, int day, int hour, int minute)
{
	return civil_time((struct civil){
		.year = 2026, .month = month, .day = day, .hour = hour, .minute = minute});
}

static struct query everything(const struct fill *f)
{
	return (struct query){
		.since = INT64_MIN, .until = INT64_MAX, .zone = ledger_zone(f->ledger)};
}

static struct query_result *ask(const struct fill *f, const struct query *q)
{
	struct err err = {0};
	struct query_result *r = query_run(f->ledger, q, &err);

	assert_string_equal(err.text, "");
	assert_non_null(r);
	return r;
}

static void expect_row(const struct query_row *row, const char *key, int64_t calls, int64_t cost)
{
	assert_int_equal(row->key[0].n, strlen(key));
	assert_memory_equal(row->key[0].p, key, strlen(key));
	assert_int_equal(row->sums.calls, calls);
	assert_int_equal(row->sums.cost, cost);
}

static int setup(void **state)
{
	struct fill *f = calloc(1, sizeof(*f));

	fill_open(f, "UTC");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fill_close(*state);
	free(*state);
	return 0;
}

static void test_an_empty_ledger_has_no_rows_and_open_ends(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	q.by[q.by_n++] = DIM_MODEL;
	r = ask(*state, &q);
	assert_int_equal(r->n, 0);
	assert_int_equal(r->total.sums.calls, 0);
	assert_false(r->total.has_percentiles);
	assert_true(r->since == INT64_MIN && r->until == INT64_MAX && !r->moved);
	query_result_free(&r);
}

static void three_models(struct fill *f)
{
	fill_total(f, (struct fact){.model = "small",
	                            .user = "ann",
	                            .time = at(3, 12, 9, 0),
	                            .calls = 10,
	                            .input = 1000,
	                            .output = 50,
	                            .cost = 700,
	                            .latency = 2000000});
	fill_total(f, (struct fact){.model = "large",
	                            .user = "ann",
	                            .time = at(3, 12, 9, 0),
	                            .calls = 2,
	                            .input = 300,
	                            .output = 40,
	                            .cost = 900});
	fill_total(f, (struct fact){.model = "small",
	                            .user = "bob",
	                            .status = "error",
	                            .time = at(3, 13, 23, 0),
	                            .calls = 1,
	                            .input = 100,
	                            .cost = 100,
	                            .latency = 8000000});
	fill_total(f, (struct fact){.model = "own",
	                            .user = "bob",
	                            .time = at(3, 14, 0, 0),
	                            .calls = 3,
	                            .input = 1000,
	                            .output = 200,
	                            .unpriced = 3});
}

static void test_rows_come_dearest_first_with_their_sums(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	q.by[q.by_n++] = DIM_MODEL;
	r = ask(*state, &q);
	assert_int_equal(r->n, 3);
	expect_row(&r->rows[0], "large", 2, 900);
	expect_row(&r->rows[1], "small", 11, 800);
	expect_row(&r->rows[2], "own", 3, 0);
	assert_int_equal(r->rows[1].errors, 1);
	assert_int_equal(r->rows[1].sums.count[COUNT_INPUT], 1100);
	assert_int_equal(r->rows[1].sums.count[COUNT_OUTPUT], 50);
	assert_int_equal(r->rows[2].sums.unpriced, 3);
	assert_int_equal(r->total.sums.calls, 16);
	assert_int_equal(r->total.sums.cost, 1700);
	assert_int_equal(r->total.errors, 1);
	assert_true(r->since == at(3, 12, 9, 0) && r->until == at(3, 14, 1, 0) && !r->moved);
	query_result_free(&r);
}

static void test_time_comes_in_its_order_unless_another_is_asked_for(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	q.by[q.by_n++] = DIM_DAY;
	q.by[q.by_n++] = DIM_MODEL;
	r = ask(*state, &q);
	assert_int_equal(r->n, 4);
	expect_row(&r->rows[0], "2026-03-12", 2, 900);
	expect_row(&r->rows[1], "2026-03-12", 10, 700);
	expect_row(&r->rows[2], "2026-03-13", 1, 100);
	expect_row(&r->rows[3], "2026-03-14", 3, 0);
	assert_memory_equal(r->rows[0].key[1].p, "large", 5);
	query_result_free(&r);
	q.sort = SORT_CALLS;
	r = ask(*state, &q);
	expect_row(&r->rows[0], "2026-03-12", 10, 700);
	expect_row(&r->rows[1], "2026-03-14", 3, 0);
	query_result_free(&r);
	q.sort = SORT_TOKENS;
	r = ask(*state, &q);
	expect_row(&r->rows[0], "2026-03-14", 3, 0);
	expect_row(&r->rows[2], "2026-03-12", 2, 900);
	query_result_free(&r);
}

static void add_where(struct query *q, enum dim dim, const char *value)
{
	q->where[q->where_n].dim = dim;
	q->where[q->where_n++].value = str_of(value);
}

static void test_equal_dimensions_are_alternatives_and_others_must_all_hold(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	add_where(&q, DIM_MODEL, "small");
	add_where(&q, DIM_MODEL, "own");
	r = ask(*state, &q);
	assert_int_equal(r->n, 1); /* by nothing: one row, the total */
	assert_int_equal(r->total.sums.calls, 14);
	query_result_free(&r);
	add_where(&q, DIM_USER, "bob");
	r = ask(*state, &q);
	assert_int_equal(r->total.sums.calls, 4);
	query_result_free(&r);
	add_where(&q, DIM_HOUR_OF_DAY, "23");
	r = ask(*state, &q);
	assert_int_equal(r->total.sums.calls, 1);
	query_result_free(&r);
	add_where(&q, DIM_TEAM, "no such team");
	r = ask(*state, &q);
	assert_int_equal(r->n, 0);
	query_result_free(&r);
}

static void test_an_empty_value_finds_what_the_log_does_not_say(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	add_where(&q, DIM_STATUS, "");
	r = ask(*state, &q);
	assert_int_equal(r->total.sums.calls, 15);
	query_result_free(&r);
}

static void test_beyond_the_limit_is_one_row_and_the_total_stays(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	q.by[q.by_n++] = DIM_MODEL;
	q.limit = 1;
	r = ask(*state, &q);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->other_n, 2);
	expect_row(&r->rows[0], "large", 2, 900);
	expect_row(&r->rows[1], "other", 14, 800);
	assert_true(r->rows[1].has_percentiles);
	assert_int_equal(r->rows[1].errors, 1);
	assert_int_equal(r->total.sums.cost, 1700);
	query_result_free(&r);
	q.limit = 3;
	r = ask(*state, &q);
	assert_int_equal(r->n, 3);
	assert_int_equal(r->other_n, 0);
	query_result_free(&r);
}

static void test_ends_within_an_hour_move_outwards(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	q.since = at(3, 12, 9, 30);
	q.until = at(3, 13, 22, 59);
	r = ask(*state, &q);
	assert_int_equal(r->total.sums.calls, 12);
	assert_true(r->moved);
	assert_true(r->since == at(3, 12, 9, 0) && r->until == at(3, 13, 23, 0));
	query_result_free(&r);
	q.until = at(3, 13, 23, 1);
	r = ask(*state, &q);
	assert_int_equal(r->total.sums.calls, 13);
	assert_true(r->until == at(3, 14, 0, 0));
	query_result_free(&r);
	q.since = at(3, 12, 10, 0);
	q.until = at(3, 13, 23, 0);
	r = ask(*state, &q);
	assert_int_equal(r->total.sums.calls, 0);
	assert_false(r->moved);
	query_result_free(&r);
}

/* The value that stands for a latency in a histogram. */
static int64_t standing_for(int64_t latency)
{
	return histogram_value(histogram_bucket(latency));
}

static void test_percentiles_by_model_come_from_the_histograms(void **state)
{
	struct query q = everything(*state);
	struct query_result *r;

	three_models(*state);
	q.by[q.by_n++] = DIM_MODEL;
	r = ask(*state, &q);
	assert_false(r->rows[0].has_percentiles);
	assert_true(r->rows[1].has_percentiles);
	assert_int_equal(r->rows[1].p50, standing_for(2000000));
	assert_int_equal(r->rows[1].p99, standing_for(8000000));
	assert_int_equal(r->total.p50, standing_for(2000000));
	query_result_free(&r);
	q.by[0] = DIM_DAY;
	r = ask(*state, &q);
	assert_int_equal(r->rows[0].p99, standing_for(2000000));
	assert_int_equal(r->rows[1].p50, standing_for(8000000));
	query_result_free(&r);
	add_where(&q, DIM_MODEL, "large");
	r = ask(*state, &q);
	assert_false(r->total.has_percentiles);
	query_result_free(&r);
}

static void test_percentiles_by_anything_else_come_from_kept_calls(void **state)
{
	struct fill *f = *state;
	struct query q = everything(f);
	struct query_result *r;

	three_models(f);
	q.by[q.by_n++] = DIM_USER;
	r = ask(f, &q);
	assert_false(r->rows[0].has_percentiles);
	query_result_free(&r);
	for (int i = 0; i < 10; i++)
		fill_call(f, (struct fact){.model = "small",
		                           .user = "ann",
		                           .time = at(3, 12, 9, 10 + i),
		                           .latency = (i + 1) * TIME_SEC});
	r = ask(f, &q);
	expect_row(&r->rows[0], "ann", 12, 1600);
	assert_true(r->rows[0].has_percentiles);
	assert_int_equal(r->rows[0].p50, standing_for(5 * TIME_SEC));
	assert_int_equal(r->rows[0].p95, standing_for(10 * TIME_SEC));
	assert_false(r->rows[1].has_percentiles);
	query_result_free(&r);
}

static void test_sessions_are_counted_from_kept_calls_to_the_millisecond(void **state)
{
	struct fill *f = *state;
	struct query q = everything(f);
	struct query_result *r;

	three_models(f);
	fill_call(f, (struct fact){.model = "small",
	                           .session = "s1",
	                           .time = at(3, 12, 9, 10),
	                           .input = 10,
	                           .cost = 5,
	                           .latency = TIME_SEC});
	fill_call(f, (struct fact){.model = "small",
	                           .session = "s1",
	                           .status = "error",
	                           .time = at(3, 12, 9, 20),
	                           .cost = 6,
	                           .flags = CALL_UNKNOWN_USAGE});
	fill_call(f,
	          (struct fact){
			  .model = "small", .session = "s2", .time = at(3, 12, 9, 30), .cost = 1});
	fill_call(f, (struct fact){.model = "small", .time = at(3, 12, 9, 40), .cost = 2});
	q.by[q.by_n++] = DIM_SESSION;
	r = ask(f, &q);
	assert_int_equal(r->n, 3);
	expect_row(&r->rows[0], "s1", 2, 11);
	expect_row(&r->rows[1], "", 1, 2);
	expect_row(&r->rows[2], "s2", 1, 1);
	assert_int_equal(r->rows[0].errors, 1);
	assert_int_equal(r->rows[0].sums.unknown_usage, 1);
	assert_int_equal(r->rows[0].p50, standing_for(TIME_SEC));
	query_result_free(&r);
	q.since = at(3, 12, 9, 20);
	q.until = at(3, 12, 9, 30);
	r = ask(f, &q);
	assert_int_equal(r->n, 1);
	expect_row(&r->rows[0], "s1", 1, 6);
	assert_false(r->moved);
	query_result_free(&r);
	q = everything(f);
	q.by[q.by_n++] = DIM_MODEL;
	add_where(&q, DIM_SESSION, "s2");
	r = ask(f, &q);
	expect_row(&r->rows[0], "small", 1, 1);
	query_result_free(&r);
}

static void days_of_berlin(struct fill *f, int month, int day)
{
	struct err err = {0};
	struct zone *berlin = zone_open("Europe/Berlin", &err);
	int64_t start = zone_day_start(berlin, at(month, day, 12, 0));
	int64_t end = zone_day_start(berlin, at(month, day, 12, 0) + TIME_DAY);

	for (int64_t hour = start - HOUR; hour <= end; hour += HOUR)
		fill_total(f, (struct fact){.model = "m", .time = hour, .calls = 1, .cost = 1});
	zone_free(&berlin);
}

static void expect_days(const struct fill *f, const char *zone, const char *day, int64_t hours)
{
	struct err err = {0};
	struct zone *berlin = zone_open(zone, &err);
	struct query q = everything(f);
	struct query_result *r;

	q.zone = berlin;
	q.by[q.by_n++] = DIM_DAY;
	r = ask(f, &q);
	assert_int_equal(r->n, 3);
	expect_row(&r->rows[1], day, hours, hours);
	query_result_free(&r);
	q.by[0] = DIM_HOUR;
	r = ask(f, &q);
	assert_int_equal(r->n, hours + 2); /* no two hours are one, also in autumn */
	query_result_free(&r);
	zone_free(&berlin);
}

static void test_a_day_of_spring_has_23_hours(void **state)
{
	days_of_berlin(*state, 3, 29);
	expect_days(*state, "Europe/Berlin", "2026-03-29", 23);
}

static void test_a_day_of_autumn_has_25_hours(void **state)
{
	days_of_berlin(*state, 10, 25);
	expect_days(*state, "Europe/Berlin", "2026-10-25", 25);
}

static void test_days_of_a_half_hour_zone_are_whole_where_its_ledger_is_cut(void **state)
{
	struct fill f;
	struct query q;
	struct query_result *r;

	(void)state;
	fill_open(&f, "Asia/Kolkata");
	fill_total(&f,
	           (struct fact){
			   .model = "m", .time = at(3, 11, 17, 30), .calls = 1, .latency = HOUR});
	fill_total(&f,
	           (struct fact){
			   .model = "m", .time = at(3, 11, 18, 30), .calls = 2, .latency = HOUR});
	fill_call(&f, (struct fact){.model = "m", .time = at(3, 11, 18, 29), .latency = HOUR});
	q = everything(&f);
	q.since = at(3, 11, 18, 30);
	q.until = at(3, 12, 18, 30);
	q.by[q.by_n++] = DIM_DAY;
	r = ask(&f, &q);
	assert_false(r->moved);
	assert_int_equal(r->n, 1);
	expect_row(&r->rows[0], "2026-03-12", 2, 0);
	query_result_free(&r);
	q.since = at(3, 11, 18, 0);
	r = ask(&f, &q);
	assert_true(r->moved);
	assert_true(r->since == at(3, 11, 17, 30));
	assert_int_equal(r->n, 2);
	query_result_free(&r);
	q.by[q.by_n++] = DIM_SOURCE; /* percentiles from calls: 18:29 is of the hour of 17:30 */
	r = ask(&f, &q);
	assert_int_equal(r->n, 2);
	assert_true(r->rows[0].has_percentiles);
	assert_false(r->rows[1].has_percentiles);
	query_result_free(&r);
	fill_close(&f);
}

static void test_a_sum_beyond_64_bits_is_an_error_and_never_wraps(void **state)
{
	struct fill *f = *state;
	struct query q = everything(f);
	struct err err = {0};

	for (int i = 0; i < 2; i++)
		fill_total(f, (struct fact){.model = i ? "a" : "b",
		                            .time = at(3, 12, 9, 0),
		                            .calls = 1,
		                            .cost = INT64_MAX - 1});
	assert_null(query_run(f->ledger, &q, &err));
	assert_string_equal(err.text, "a sum is beyond 64 bits; ask for a shorter time");
	err.text[0] = '\0';
	q.by[q.by_n++] = DIM_MODEL; /* each row fits, their total does not */
	assert_null(query_run(f->ledger, &q, &err));
	assert_string_equal(err.text, "a sum is beyond 64 bits; ask for a shorter time");
}

static void test_a_total_whose_combination_is_missing_is_damage(void **state)
{
	struct fill *f = *state;
	struct query q = everything(f);
	struct err err = {0};

	three_models(f);
	fill_sql(f, "DELETE FROM combinations WHERE id = 2", NULL, 0);
	assert_null(query_run(f->ledger, &q, &err));
	assert_memory_equal(err.text, "the ledger is damaged", 21);
}

static void test_calls_without_a_price_can_be_asked_for_alone(void **state)
{
	struct fill *f = *state;
	struct query q = everything(f);
	struct query_result *r;

	three_models(f);
	fill_total(f, (struct fact){.model = "half",
	                            .time = at(3, 12, 9, 0),
	                            .calls = 4,
	                            .input = 400,
	                            .unpriced = 1});
	q.by[q.by_n++] = DIM_MODEL;
	q.sort = SORT_CALLS;
	q.unpriced_only = true;
	r = ask(f, &q);
	assert_int_equal(r->n, 2);
	expect_row(&r->rows[0], "own", 3, 0);
	expect_row(&r->rows[1], "half", 1, 0);
	assert_int_equal(r->rows[0].sums.count[COUNT_INPUT], 1000);
	assert_int_equal(r->rows[1].sums.count[COUNT_INPUT], 100);
	query_result_free(&r);
}

static void test_coverage_is_summed_over_days_and_rejects_come_last_first(void **state)
{
	struct fill *f = *state;
	struct coverage_row *coverage = NULL;
	struct reject_row *rejects = NULL;
	struct arena text = {0};
	struct err err = {0};
	size_t n = 0;

	(void)fill_label(f, "app");
	(void)fill_label(f, "no time");
	fill_sql(f,
	         "INSERT INTO coverage VALUES (1, 0, 0, 0, 5), (1, 86400, 0, 0, 6), "
	         "(1, -1, 3, 2, 1)",
	         NULL, 0);
	fill_sql(f, "INSERT INTO rejects VALUES (1, 1, 2, 9, 10, 0, 'a'), (2, 1, 2, 9, 20, 7, 'b')",
	         NULL, 0);
	assert_true(query_coverage(f->ledger, &coverage, &n, &text, &err));
	assert_int_equal(n, 2);
	assert_int_equal(coverage[0].records, 11);
	assert_int_equal(coverage[0].outcome, OUTCOME_CALL);
	assert_int_equal(coverage[1].outcome, OUTCOME_REJECTED);
	assert_memory_equal(coverage[1].reason.p, "no time", 7);
	assert_true(query_rejects(f->ledger, 1, &rejects, &n, &text, &err));
	assert_int_equal(n, 1);
	assert_int_equal(rejects[0].offset, 20);
	assert_int_equal(rejects[0].at, 7);
	assert_memory_equal(rejects[0].value.p, "b", 1);
	free(coverage);
	free(rejects);
	arena_free(&text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_empty_ledger_has_no_rows_and_open_ends),
		TEST(test_rows_come_dearest_first_with_their_sums),
		TEST(test_time_comes_in_its_order_unless_another_is_asked_for),
		TEST(test_equal_dimensions_are_alternatives_and_others_must_all_hold),
		TEST(test_an_empty_value_finds_what_the_log_does_not_say),
		TEST(test_beyond_the_limit_is_one_row_and_the_total_stays),
		TEST(test_ends_within_an_hour_move_outwards),
		TEST(test_percentiles_by_model_come_from_the_histograms),
		TEST(test_percentiles_by_anything_else_come_from_kept_calls),
		TEST(test_sessions_are_counted_from_kept_calls_to_the_millisecond),
		TEST(test_a_day_of_spring_has_23_hours),
		TEST(test_a_day_of_autumn_has_25_hours),
		cmocka_unit_test(test_days_of_a_half_hour_zone_are_whole_where_its_ledger_is_cut),
		TEST(test_a_sum_beyond_64_bits_is_an_error_and_never_wraps),
		TEST(test_a_total_whose_combination_is_missing_is_damage),
		TEST(test_calls_without_a_price_can_be_asked_for_alone),
		TEST(test_coverage_is_summed_over_days_and_rejects_come_last_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
