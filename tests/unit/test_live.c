#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/ledger/live.h"
#include "tests/unit/fill.h"

#define MINUTE (60 * TIME_SEC)
#define HOUR   (60 * MINUTE)

/* A ledger somebody writes, and somebody who looks. */
struct watched {
	struct fill fill;
	struct live *live;
	struct live_question question;
	const struct live_answer *answer;
	bool news;
};

/* 2026-03-12 10:20:30 and a little later. */
static int64_t clock_at(int minute, int second)
{
	return civil_time((struct civil){.year = 2026,
	                                 .month = 3,
	                                 .day = 12,
	                                 .hour = 10,
	                                 .minute = 20 + minute,
	                                 .second = 30 + second});
}

static int setup(void **state)
{
	struct watched *w = calloc(1, sizeof(*w));

	fill_open(&w->fill, "UTC");
	w->live = live_new(w->fill.path);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct watched *w = *state;

	live_free(&w->live);
	fill_close(&w->fill);
	free(w);
	return 0;
}

static const struct live_answer *look(struct watched *w, int64_t now)
{
	struct err err = {0};

	if (!live_look(w->live, &w->question, now, &w->answer, &w->news, &err))
		fail_msg("%s", err.text);
	assert_non_null(w->answer);
	return w->answer;
}

static void call(struct watched *w, const char *model, int64_t time, int64_t cost)
{
	fill_call(&w->fill, (struct fact){.model = model,
	                                  .user = "ann",
	                                  .time = time,
	                                  .calls = 1,
	                                  .input = 100,
	                                  .output = 10,
	                                  .cost = cost,
	                                  .latency = 500 * TIME_MS});
}

static void total(struct watched *w, const char *model, int64_t hour, int64_t calls, int64_t cost)
{
	fill_total(&w->fill, (struct fact){.model = model,
	                                   .user = "ann",
	                                   .time = hour,
	                                   .calls = calls,
	                                   .input = 100 * calls,
	                                   .cost = cost,
	                                   .latency = 500 * TIME_MS});
}

static void expect_row(const struct query_row *row, const char *key, int64_t calls, int64_t cost)
{
	assert_int_equal(row->key[0].n, strlen(key));
	assert_memory_equal(row->key[0].p, key, strlen(key));
	assert_int_equal(row->sums.calls, calls);
	assert_int_equal(row->sums.cost, cost);
}

static void expect_total(const struct live_answer *a, int64_t calls, int64_t cost)
{
	assert_int_equal(a->result->total.sums.calls, calls);
	assert_int_equal(a->result->total.sums.cost, cost);
}

static void test_an_empty_ledger_has_an_empty_answer(void **state)
{
	const struct live_answer *a = look(*state, clock_at(0, 0));

	assert_int_equal(a->result->n, 0);
	assert_null(a->unpriced);
	assert_int_equal(a->slots, 60);
	assert_int_equal(a->last, -1);
	assert_true(a->calls_are_kept);
}

static void test_calls_are_in_their_minute_and_row(void **state)
{
	const struct live_answer *a;

	call(*state, "small", clock_at(0, 0), 5);
	call(*state, "small", clock_at(0, -31), 7);
	call(*state, "large", clock_at(-59, -30), 100);
	call(*state, "small", clock_at(-59, -31), 1000); /* a millisecond too early, and more */
	call(*state, "small", clock_at(1, 0), 1000);     /* not yet */
	a = look(*state, clock_at(0, 20));
	assert_int_equal(a->result->n, 2);
	expect_row(&a->result->rows[0], "large", 1, 100);
	expect_row(&a->result->rows[1], "small", 2, 12);
	expect_total(a, 3, 112);
	assert_int_equal(a->cost[0], 100);
	assert_int_equal(a->cost[58], 7);
	assert_int_equal(a->cost[59], 5);
	assert_true(a->result->total.has_percentiles);
	assert_in_range(a->result->rows[1].p50, 495 * TIME_MS, 505 * TIME_MS);
	assert_true(a->last == clock_at(1, 0)); /* up to the hour's end */
}

static void test_nothing_new_is_no_news_and_a_call_is(void **state)
{
	struct watched *w = *state;

	call(w, "small", clock_at(0, 0), 5);
	(void)look(w, clock_at(0, 1));
	assert_true(w->news);
	(void)usleep(60000); /* what is younger than the clock of files might be followed by more */
	(void)look(w, clock_at(0, 2));
	(void)look(w, clock_at(0, 3));
	assert_false(w->news);
	call(w, "small", clock_at(0, 3), 6);
	expect_total(look(w, clock_at(0, 4)), 2, 11);
	assert_true(w->news);
}

static void test_another_order_is_news_without_reading(void **state)
{
	struct watched *w = *state;

	call(w, "dear", clock_at(0, 0), 50);
	call(w, "cheap", clock_at(0, 0), 1);
	call(w, "cheap", clock_at(0, 0), 1);
	expect_row(&look(w, clock_at(0, 1))->result->rows[0], "dear", 1, 50);
	(void)usleep(60000);
	(void)look(w, clock_at(0, 2));
	w->question.sort = SORT_CALLS;
	expect_row(&look(w, clock_at(0, 3))->result->rows[0], "cheap", 2, 2);
	assert_true(w->news);
}

static void test_minutes_leave_the_hour(void **state)
{
	struct watched *w = *state;

	call(w, "small", clock_at(-59, 0), 5);
	call(w, "small", clock_at(0, 0), 6);
	expect_total(look(w, clock_at(0, 0)), 2, 11);
	expect_total(look(w, clock_at(0, 29)), 2, 11);
	expect_total(look(w, clock_at(0, 30)), 1, 6);
	assert_int_equal(w->answer->cost[58], 6);
	expect_total(look(w, clock_at(60, 0)), 0, 0);
}

static void test_late_and_replaced_calls_are_seen(void **state)
{
	struct watched *w = *state;

	call(w, "small", clock_at(-30, 0), 5);
	call(w, "small", clock_at(0, 0), 6);
	(void)look(w, clock_at(0, 1));
	call(w, "late", clock_at(-40, 0), 100);
	expect_total(look(w, clock_at(0, 2)), 3, 111);
	fill_sql(&w->fill, "UPDATE call_rows SET cost = 7 WHERE cost = 5", NULL, 0);
	expect_total(look(w, clock_at(0, 3)), 3, 113);
	fill_sql(&w->fill, "DELETE FROM call_rows WHERE cost = 100", NULL, 0);
	expect_total(look(w, clock_at(0, 4)), 2, 13);
}

/* So many calls that the whole is read only from time to time. */
static void many_calls(struct watched *w, int64_t time)
{
	char sql[256];

	call(w, "many", time, 1);
	(void)snprintf(sql, sizeof(sql),
	               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
	               "i < 19999) INSERT INTO call_rows (id, combination, cost, flags) SELECT "
	               "%lld + 1000 + i, combination, 1, 0 FROM n, (SELECT combination FROM "
	               "call_rows LIMIT 1)",
	               (long long)call_id_first(time / TIME_MS));
	fill_sql(&w->fill, sql, NULL, 0);
}

static void test_of_many_calls_the_tail_is_read_at_once_and_the_whole_in_time(void **state)
{
	struct watched *w = *state;

	many_calls(w, clock_at(-30, 0));
	expect_total(look(w, clock_at(0, 0)), 20000, 20000);
	call(w, "late", clock_at(-40, 0), 100);
	call(w, "new", clock_at(0, 0), 7);
	expect_total(look(w, clock_at(0, 0)), 20001, 20007);
	expect_row(&w->answer->result->rows[1], "new", 1, 7);
	/* Once more, and nothing is counted twice. */
	call(w, "new", clock_at(0, 0), 7);
	expect_total(look(w, clock_at(0, 0)), 20002, 20014);
	expect_total(look(w, clock_at(0, 1)), 20003, 20114);
}

static void test_the_tail_settles_as_time_goes_on(void **state)
{
	struct watched *w = *state;

	many_calls(w, clock_at(-30, 0));
	(void)look(w, clock_at(0, 0));
	for (int second = 0; second < 10; second++) {
		/* Each look is too soon after the one that read the whole. */
		call(w, "new", clock_at(0, 29) + second * 100 * TIME_MS, 1);
		expect_total(look(w, clock_at(0, 0) + second * 35 * TIME_MS), 20001 + second,
		             20001 + second);
	}
	assert_int_equal(w->answer->cost[59], 10);
	expect_total(look(w, clock_at(3, 0)), 20010, 20010);
	assert_int_equal(w->answer->cost[56], 10);
}

static void test_days_and_weeks_are_read_from_totals(void **state)
{
	struct watched *w = *state;
	int64_t hour = clock_at(0, 0) - clock_at(0, 0) % HOUR;

	total(w, "small", hour, 3, 30);
	total(w, "small", hour - 23 * HOUR, 2, 20);
	total(w, "large", hour - 24 * HOUR, 1, 500);
	total(w, "large", hour - 168 * HOUR, 1, 9000);
	w->question.span = LIVE_DAY;
	expect_total(look(w, clock_at(0, 0)), 5, 50);
	assert_int_equal(w->answer->slots, 24);
	assert_int_equal(w->answer->cost[0], 20);
	assert_int_equal(w->answer->cost[23], 30);
	assert_in_range(w->answer->result->rows[0].p95, 495 * TIME_MS, 505 * TIME_MS);
	w->question.span = LIVE_WEEK;
	expect_total(look(w, clock_at(0, 1)), 6, 550);
	assert_int_equal(w->answer->slots, 168);
	w->question.dim = DIM_USER;
	look(w, clock_at(0, 2));
	expect_row(&w->answer->result->rows[0], "ann", 6, 550);
	assert_false(w->answer->result->total.has_percentiles);
}

static void test_where_calls_are_not_kept_the_hour_is_answered_by_the_day(void **state)
{
	struct watched *w = *state;
	int64_t hour = clock_at(0, 0) - clock_at(0, 0) % HOUR;

	total(w, "small", hour - HOUR, 3, 30);
	expect_total(look(w, clock_at(0, 0)), 3, 30);
	assert_false(w->answer->calls_are_kept);
	assert_int_equal(w->answer->span, LIVE_DAY);
	assert_true(w->answer->last == hour - HOUR);
	call(w, "small", hour - 20 * MINUTE, 10);
	expect_total(look(w, clock_at(0, 0)), 1, 10);
	assert_int_equal(w->answer->span, LIVE_HOUR);
}

static void test_what_has_no_price_is_told_by_model(void **state)
{
	struct watched *w = *state;

	w->question.dim = DIM_USER;
	fill_call(&w->fill, (struct fact){.model = "own",
	                                  .user = "ann",
	                                  .time = clock_at(0, 0),
	                                  .input = 300,
	                                  .flags = CALL_UNPRICED});
	call(w, "small", clock_at(0, 0), 5);
	look(w, clock_at(0, 1));
	assert_non_null(w->answer->unpriced);
	assert_int_equal(w->answer->unpriced->n, 1);
	expect_row(&w->answer->unpriced->rows[0], "own", 1, 0);
	assert_int_equal(w->answer->unpriced->total.sums.count[COUNT_INPUT], 300);
	assert_int_equal(w->answer->result->total.sums.unpriced, 1);
}

static void many_users(struct watched *w, int n)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
	               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
	               "i < %d) INSERT INTO labels (id, text) SELECT 1000 + i, 'user' || i FROM n",
	               n);
	fill_sql(&w->fill, sql, NULL, 0);
	fill_sql(&w->fill,
	         "INSERT INTO combinations SELECT id, 0, 0, 0, 0, id, 0, 0, 0, 0, 0, 0, 0, 0, 0 "
	         "FROM "
	         "labels WHERE id > 1000",
	         NULL, 0);
	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO call_rows (id, combination, cost, flags) SELECT %lld + id, id, "
	               "1, 0 FROM combinations",
	               (long long)call_id_first(clock_at(-10, 0) / TIME_MS));
	fill_sql(&w->fill, sql, NULL, 0);
}

static void test_more_labels_than_there_is_room_for_are_others(void **state)
{
	struct watched *w = *state;
	const struct query_result *r;

	many_users(w, LIVE_LABELS_MAX + 10);
	w->question.dim = DIM_USER;
	r = look(w, clock_at(0, 0))->result;
	assert_int_equal(r->n, LIVE_ROWS_MAX + 1);
	assert_true(w->answer->crowded);
	expect_total(w->answer, LIVE_LABELS_MAX + 10, LIVE_LABELS_MAX + 10);
	assert_int_equal(r->rows[LIVE_ROWS_MAX].sums.calls, LIVE_LABELS_MAX + 10 - LIVE_ROWS_MAX);
	w->question.dim = DIM_MODEL;
	assert_int_equal(look(w, clock_at(0, 1))->result->n, 1);
	assert_false(w->answer->crowded);
}

static void test_another_ledger_in_its_place_is_read_anew(void **state)
{
	struct watched *w = *state;
	struct fill other;

	call(w, "small", clock_at(0, 0), 5);
	(void)look(w, clock_at(0, 1));
	fill_open(&other, "Asia/Kolkata");
	fill_call(&other, (struct fact){.model = "else", .time = clock_at(0, 0), .cost = 9});
	ledger_close(&other.ledger);
	ledger_close(&w->fill.ledger);
	assert_int_equal(rename(other.path, w->fill.path), 0);
	expect_row(&look(w, clock_at(0, 2))->result->rows[0], "else", 1, 9);
	assert_string_equal(zone_name(w->answer->query.zone), "Asia/Kolkata");
	fill_close(&other);
}

static void test_a_failed_look_keeps_what_was_known(void **state)
{
	struct watched *w = *state;
	struct err err = {0};

	call(w, "small", clock_at(0, 0), 5);
	(void)look(w, clock_at(0, 1));
	fill_sql(&w->fill, "DELETE FROM combinations", NULL, 0);
	call(w, "small", clock_at(0, 2), 5);
	fill_sql(&w->fill, "UPDATE call_rows SET combination = 77", NULL, 0);
	assert_false(live_look(w->live, &w->question, clock_at(0, 3), &w->answer, &w->news, &err));
	assert_non_null(strstr(err.text, "damaged"));
	assert_non_null(w->answer);
	expect_row(&w->answer->result->rows[0], "small", 1, 5);
	fill_sql(&w->fill, "DELETE FROM call_rows", NULL, 0);
	expect_total(look(w, clock_at(0, 4)), 0, 0);
}

static void test_no_ledger_is_an_error_without_an_answer(void **state)
{
	struct watched *w = *state;
	struct live *live = live_new("/nonexistent/t.db");
	struct err err = {0};

	assert_false(live_look(live, &w->question, clock_at(0, 0), &w->answer, &w->news, &err));
	assert_null(w->answer);
	assert_non_null(strstr(err.text, "no database yet"));
	live_free(&live);
}

/* No lock, no snapshot: the log can be written back and the writer end between two looks. */
static void test_nothing_is_held_between_looks(void **state)
{
	struct watched *w = *state;
	char wal[128];

	call(w, "small", clock_at(0, 0), 5);
	(void)look(w, clock_at(0, 1));
	assert_int_equal(fill_number(&w->fill, "PRAGMA wal_checkpoint(TRUNCATE)", NULL), 0);
	ledger_close(&w->fill.ledger);
	(void)snprintf(wal, sizeof(wal), "%s-wal", w->fill.path);
	assert_int_not_equal(access(wal, F_OK), 0);
	expect_total(look(w, clock_at(1, 1)), 1, 5);
	assert_int_not_equal(access(wal, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_empty_ledger_has_an_empty_answer, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_calls_are_in_their_minute_and_row, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_nothing_new_is_no_news_and_a_call_is, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_another_order_is_news_without_reading, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_minutes_leave_the_hour, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late_and_replaced_calls_are_seen, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(
			test_of_many_calls_the_tail_is_read_at_once_and_the_whole_in_time, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_the_tail_settles_as_time_goes_on, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_days_and_weeks_are_read_from_totals, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(
			test_where_calls_are_not_kept_the_hour_is_answered_by_the_day, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_what_has_no_price_is_told_by_model, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_more_labels_than_there_is_room_for_are_others,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_ledger_in_its_place_is_read_anew,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_failed_look_keeps_what_was_known, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_no_ledger_is_an_error_without_an_answer, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_held_between_looks, setup,
	                                        teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
