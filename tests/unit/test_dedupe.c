#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/mem.h"
#include "tests/unit/tape.h"

/* 2026-03-01T12:00:00Z */
#define START (INT64_C(1772366400) * TIME_SEC)

/* One record of a key, with `tokens` in and out together, committed at once if `commit`. */
struct record {
	int64_t seconds, tokens;
	bool commit;
};

static struct call keyed(uint64_t key, int64_t seconds, int64_t tokens)
{
	struct call c =
		tape_simple(START + seconds * TIME_SEC, tokens % 2 ? "odd" : "even", tokens, 0);

	c.dedupe_key = key;
	c.latency = tokens * 1000;
	c.has_logged_cost = true;
	c.logged_cost = tokens;
	c.detail[DETAIL_ERROR] = STR("slow");
	c.flags = tokens % 3 ? 0 : CALL_UNPRICED;
	return c;
}

/* Feeds the records; what counts in the end is their sum of tokens and number. */
static void assert_counted(enum keep_rule keep, const struct record *records, size_t n,
                           int64_t calls, int64_t tokens)
{
	for (int keep_rows = 0; keep_rows < 2; keep_rows++) {
		struct tape t;

		tape_open(&t, "UTC", keep_rows);
		t.config.dedupe_keep = keep;
		tape_begin(&t, 0, 0);
		for (size_t i = 0; i < n; i++) {
			struct call c = keyed(5, records[i].seconds, records[i].tokens);

			tape_call(&t, 0, 0, &c);
			if (!records[i].commit)
				continue;
			tape_end(&t, 0, 0);
			tape_commit(&t);
			tape_check(&t);
			tape_begin(&t, 0, 0);
		}
		tape_end(&t, 0, 0);
		tape_commit(&t);
		tape_check(&t);
		assert_int_equal(t.sums.records[OUTCOME_CALL], calls);
		assert_int_equal(t.sums.records[OUTCOME_DUPLICATE], (int64_t)n - calls);
		assert_int_equal(sql_number(tape_db(&t), "SELECT sum(input) FROM totals"), tokens);
		assert_int_equal(sql_number(tape_db(&t), "SELECT sum(logged_cost) FROM totals"),
		                 tokens);
		assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM call_rare"),
		                 keep_rows ? calls : 0);
		tape_close(&t);
	}
}

#define COUNTED(keep, calls, tokens, ...)                                                    \
	assert_counted(keep, (const struct record[]){__VA_ARGS__},                           \
	               sizeof((const struct record[]){__VA_ARGS__}) / sizeof(struct record), \
	               calls, tokens)

static void test_largest_counts_whatever_the_order(void **state)
{
	(void)state;
	COUNTED(KEEP_LARGEST, 1, 30, {0, 10, false}, {1, 30, false}, {2, 20, false});
	COUNTED(KEEP_LARGEST, 1, 30, {0, 10, true}, {1, 30, true}, {2, 20, true});
	COUNTED(KEEP_LARGEST, 1, 30, {2, 30, true}, {1, 20, true}, {0, 10, true});
	COUNTED(KEEP_LARGEST, 1, 30, {0, 10, true}, {1, 20, false}, {2, 30, true});
}

static void test_last_and_first_go_by_time_not_by_size(void **state)
{
	(void)state;
	COUNTED(KEEP_LAST, 1, 10, {0, 30, true}, {2, 10, true}, {1, 20, true});
	COUNTED(KEEP_LAST, 1, 10, {0, 30, false}, {2, 10, false}, {1, 20, false});
	COUNTED(KEEP_LAST, 1, 20, {1, 10, true}, {1, 20, true});
	COUNTED(KEEP_FIRST, 1, 30, {1, 10, true}, {0, 30, true}, {2, 20, true});
	COUNTED(KEEP_FIRST, 1, 30, {1, 10, false}, {0, 30, false}, {2, 20, false});
	COUNTED(KEEP_FIRST, 1, 10, {1, 10, true}, {1, 20, true});
}

static void test_record_beyond_the_window_is_another_call(void **state)
{
	(void)state;
	COUNTED(KEEP_LARGEST, 1, 20, {0, 10, true}, {86400, 20, true});
	COUNTED(KEEP_LARGEST, 2, 30, {0, 10, true}, {86401, 20, true});
	COUNTED(KEEP_LARGEST, 2, 30, {0, 10, false}, {86401, 20, false});
	COUNTED(KEEP_LARGEST, 2, 40, {0, 10, true}, {90000, 20, true}, {90001, 30, true});
}

static void test_older_record_beyond_the_window_does_not_push_the_newer_one_out(void **state)
{
	(void)state;
	COUNTED(KEEP_LARGEST, 2, 30, {90000, 20, true}, {0, 10, true}, {90001, 20, true});
	COUNTED(KEEP_LARGEST, 2, 30, {90000, 20, false}, {0, 10, false}, {90001, 20, false});
}

/* What a log counted holds against any estimate, in whatever order they come. */
static void test_estimated_tokens_are_no_match_for_counted_ones(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		struct tape t;

		tape_open(&t, "UTC", true);
		for (int i = 0; i < 2; i++) {
			bool estimated = i == first;
			struct call c = keyed(5, i, estimated ? 300 : 10);

			c.flags = estimated ? CALL_USAGE_ESTIMATED : 0;
			tape_begin(&t, 0, 0);
			tape_call(&t, 0, 0, &c);
			tape_end(&t, 0, 0);
			tape_commit(&t);
			tape_check(&t);
		}
		assert_int_equal(sql_number(tape_db(&t), "SELECT input FROM totals"), 10);
		assert_int_equal(sql_number(tape_db(&t), "SELECT estimated_usage FROM totals"), 0);
		tape_close(&t);
	}
}

static void test_equal_tokens_count_for_the_later_one(void **state)
{
	struct tape t;
	struct call c;

	(void)state;
	tape_open(&t, "UTC", true);
	for (int i = 0; i < 3; i++) {
		static const int64_t days[] = {0, 1, 0};

		c = keyed(9, days[i] * 40000, 10);
		tape_begin(&t, 0, 0);
		tape_call(&t, 0, 0, &c);
		tape_end(&t, 0, 0);
		tape_commit(&t);
		tape_check(&t);
	}
	/* the second, of 23:06:40, is the call; the other two are duplicates of their own day */
	assert_int_equal(sql_number(tape_db(&t), "SELECT time_ms FROM calls"),
	                 START / TIME_MS + 40000000);
	assert_int_equal(sql_number(tape_db(&t), "SELECT records FROM coverage WHERE outcome = 1"),
	                 2);
	tape_close(&t);
}

static void test_duplicate_is_counted_on_the_day_of_its_own_time(void **state)
{
	struct tape t;
	struct call c = keyed(9, 0, 10);

	(void)state;
	tape_open(&t, "UTC", false);
	for (int i = 0; i < 2; i++) { /* the second, larger one is of the next day */
		tape_begin(&t, 0, 0);
		tape_call(&t, 0, 0, &c);
		tape_end(&t, 0, 0);
		tape_commit(&t);
		c = keyed(9, 43200, 20);
	}
	tape_check(&t);
	assert_int_equal(sql_number(tape_db(&t), "SELECT day FROM coverage WHERE outcome = 1"),
	                 START / TIME_SEC - 43200);
	assert_int_equal(sql_number(tape_db(&t), "SELECT day FROM coverage WHERE outcome = 0"),
	                 START / TIME_SEC + 43200);
	assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM totals"), 1);
	assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM latencies"), 1);
	tape_close(&t);
}

static void test_records_without_a_key_are_never_duplicates(void **state)
{
	struct tape t;
	struct call c = keyed(0, 0, 10);

	(void)state;
	tape_open(&t, "UTC", true);
	tape_begin(&t, 0, 0);
	tape_call(&t, 0, 0, &c);
	tape_call(&t, 0, 0, &c);
	tape_end(&t, 0, 0);
	tape_commit(&t);
	tape_check(&t);
	assert_int_equal(t.sums.records[OUTCOME_CALL], 2);
	tape_close(&t);
}

/* ---- against a model: all records in the order they are committed and read ---- */

enum { KEYS = 40, NAIVE_COMMITS = 30 };

/* The call of each key as the rules say, one record after the other. */
struct naive {
	bool known[KEYS];
	int64_t time[KEYS], tokens[KEYS], offset[KEYS];
	int64_t calls, sum;
};

static void naive_meet(struct naive *n, size_t key, int64_t time, int64_t tokens)
{
	if (!n->known[key]) {
		n->known[key] = true;
		n->calls++;
	} else if (tokens > n->tokens[key] || (tokens == n->tokens[key] && time >= n->time[key])) {
		n->sum -= n->tokens[key];
	} else {
		return;
	}
	n->sum += tokens;
	n->time[key] = time;
	n->tokens[key] = tokens;
}

/* One commit: file 0 by thread 1, then file 1 by thread 0, so that the order of reading (by file)
 * is not that of the batches. */
static void random_commit(struct tape *t, struct naive *n, uint64_t *random)
{
	for (int file = 0; file < 2; file++) {
		tape_begin(t, 1 - file, file);
		for (uint64_t i = tape_random(random) % 30; i > 0; i--) {
			uint64_t r = tape_random(random);
			struct call c = keyed(r % KEYS + 1, (int64_t)(r >> 10 & 4095),
			                      (int64_t)(r >> 30 & 7));

			tape_call(t, 1 - file, file, &c);
			naive_meet(n, r % KEYS, c.time, c.count[COUNT_INPUT]);
		}
		tape_end(t, 1 - file, file);
	}
	tape_commit(t);
}

static void random_dedupe(bool keep_rows)
{
	struct naive n = {0};
	uint64_t random = 12345;
	struct tape t;

	tape_open(&t, "Asia/Kolkata", keep_rows);
	for (int i = 0; i < NAIVE_COMMITS; i++) {
		random_commit(&t, &n, &random);
		tape_check(&t);
		assert_int_equal(t.sums.records[OUTCOME_CALL], n.calls);
		assert_int_equal(sql_number(tape_db(&t), "SELECT sum(input) FROM totals"), n.sum);
	}
	assert_int_equal(n.calls, KEYS);
	assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM dedupe"), KEYS);
	tape_close(&t);
}

static void test_random_duplicates_equal_a_naive_model(void **state)
{
	(void)state;
	random_dedupe(true);
	random_dedupe(false);
}

/* A commit that takes earlier calls back and fails must leave no trace. */
static void test_failed_commit_takes_nothing_back(void **state)
{
	struct tape t;
	struct call c = keyed(7, 0, 10);
	int64_t pages;
	int failures = 0;

	(void)state;
	tape_open(&t, "UTC", true);
	tape_begin(&t, 0, 0);
	tape_call(&t, 0, 0, &c);
	tape_end(&t, 0, 0);
	tape_commit(&t);
	pages = sql_number(tape_db(&t), "PRAGMA page_count");
	tape_begin(&t, 0, 0);
	for (int i = 0; i < 2000; i++) {
		c = keyed(i == 0 ? 7 : (uint64_t)i << 20, i, 11 + i);
		tape_call(&t, 0, 0, &c);
	}
	tape_end(&t, 0, 0);
	t.records -= 2000;
	for (;; pages += 3) {
		char sql[64];

		(void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages);
		assert_int_equal(sql_number(tape_db(&t), sql), pages);
		if (tape_try(&t))
			break;
		assert_non_null(strstr(t.err.text, "disk is full"));
		tape_check(&t);
		assert_int_equal(sql_number(tape_db(&t), "SELECT sum(input) FROM totals"), 10);
		failures++;
	}
	assert_in_range(failures, 5, 200);
	t.records += 2000;
	tape_check(&t);
	assert_int_equal(t.sums.records[OUTCOME_DUPLICATE], 1);
	tape_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest_counts_whatever_the_order),
		cmocka_unit_test(test_last_and_first_go_by_time_not_by_size),
		cmocka_unit_test(test_record_beyond_the_window_is_another_call),
		cmocka_unit_test(
			test_older_record_beyond_the_window_does_not_push_the_newer_one_out),
		cmocka_unit_test(test_estimated_tokens_are_no_match_for_counted_ones),
		cmocka_unit_test(test_equal_tokens_count_for_the_later_one),
		cmocka_unit_test(test_duplicate_is_counted_on_the_day_of_its_own_time),
		cmocka_unit_test(test_records_without_a_key_are_never_duplicates),
		cmocka_unit_test(test_random_duplicates_equal_a_naive_model),
		cmocka_unit_test(test_failed_commit_takes_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
