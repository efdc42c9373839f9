#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>

#include "agent/base/mem.h"
#include "agent/ledger/call_id.h"
#include "tests/unit/tape.h"

/* 2026-03-01T00:00:00Z */
#define START (INT64_C(1772323200) * TIME_SEC)

/* ---- totals against a model that knows nothing of batches ---- */

enum { HOURS = 30, MODELS = 3, USERS = 4, NAIVE_CELLS = HOURS * MODELS * USERS };

static const char *const model_names[MODELS] = {"small", "large", "embed"};
static const char *const user_names[USERS] = {"", "ann", "bob", "c\xc3\xa9line"};

struct naive {
	struct sums cells[NAIVE_CELLS]; /* hour, model, user */
	uint64_t random;
};

static struct call random_call(struct naive *n)
{
	uint64_t r = tape_random(&n->random);
	size_t hour = r % HOURS, model = r / HOURS % MODELS, user = r / 1000 % USERS;
	int64_t within = (int64_t)(tape_random(&n->random) % 3600000);
	struct call c = tape_simple(START + (int64_t)hour * 3600 * TIME_SEC + within * TIME_MS,
	                            model_names[model], (int64_t)(r >> 20 & 4095),
	                            (int64_t)(r >> 32 & 1023));
	struct call_rare rare = {.has_logged_cost = (r >> 43 & 7) == 0, .logged_cost = 77};
	struct call_row row;
	struct sums sums;

	c.label[LABEL_USER] = str_of(user_names[user]);
	c.flags = (unsigned)(r >> 50 & 15);
	if (r >> 55 & 1)
		c.count[COUNT_CACHE_READ] = c.count[COUNT_INPUT] / 2;
	if (r >> 56 & 1)
		c.latency = (int64_t)(r >> 30 & 0xffffff);
	c.has_logged_cost = rare.has_logged_cost;
	c.logged_cost = rare.logged_cost;
	row = (struct call_row){.flags = c.flags, .cost = c.cost, .latency = c.latency};
	memcpy(row.count, c.count, sizeof(row.count));
	row.rare = &rare;
	sums_of_row(&row, &sums);
	sums_add(&n->cells[(hour * MODELS + model) * USERS + user], &sums, 1);
	return c;
}

static int64_t stored(sqlite3 *db, const char *column, size_t cell)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
	               "SELECT coalesce(sum(%s), 0) FROM totals t JOIN combination_names n "
	               "ON n.id = t.combination WHERE hour = %lld AND model = '%s' AND user = '%s'",
	               column,
	               (long long)(START / TIME_SEC + (int64_t)(cell / MODELS / USERS) * 3600),
	               model_names[cell / USERS % MODELS], user_names[cell % USERS]);
	return sql_number(db, sql);
}

static void assert_equal_to_naive(sqlite3 *db, const struct naive *n)
{
	for (size_t i = 0; i < NAIVE_CELLS; i++) {
		const struct sums *s = &n->cells[i];

		assert_int_equal(stored(db, "calls", i), s->calls);
		assert_int_equal(stored(db, "input", i), s->count[COUNT_INPUT]);
		assert_int_equal(stored(db, "cache_read", i), s->count[COUNT_CACHE_READ]);
		assert_int_equal(stored(db, "output", i), s->count[COUNT_OUTPUT]);
		assert_int_equal(stored(db, "cost", i), s->cost);
		assert_int_equal(stored(db, "unpriced", i), s->unpriced);
		assert_int_equal(stored(db, "estimated", i), s->estimated);
		assert_int_equal(stored(db, "unknown_usage", i), s->unknown_usage);
		assert_int_equal(stored(db, "inconsistent", i), s->inconsistent);
		assert_int_equal(stored(db, "latency", i), s->latency);
		assert_int_equal(stored(db, "latency_calls", i), s->latency_calls);
		assert_int_equal(stored(db, "logged_cost", i), s->logged_cost);
		assert_int_equal(stored(db, "logged_calls", i), s->logged_calls);
	}
}

/* Pieces of random length of random files by both threads, a commit now and then. */
static void random_piece(struct tape *t, struct naive *n, int batch, int file)
{
	tape_begin(t, batch, file);
	for (uint64_t i = tape_random(&n->random) % 40; i > 0; i--) {
		uint64_t kind = tape_random(&n->random) % 10;
		struct call c;

		if (kind == 0) {
			tape_other(t, batch, file, OUTCOME_SKIPPED, "no pattern matches");
		} else if (kind == 1) {
			tape_other(t, batch, file, OUTCOME_REJECTED, "no time");
		} else {
			c = random_call(n);
			tape_call(t, batch, file, &c);
		}
	}
	tape_end(t, batch, file);
}

static void random_ledger(bool keep_rows)
{
	struct naive n = {.random = 4711};
	struct tape t;

	tape_open(&t, "UTC", keep_rows);
	for (int commit = 0; commit < 25; commit++) {
		for (int piece = 0; piece < commit % 4 * 3; piece++)
			random_piece(&t, &n, (int)(tape_random(&n.random) % TAPE_BATCHES),
			             (int)(tape_random(&n.random) % TAPE_FILES));
		tape_commit(&t);
		tape_check(&t);
	}
	assert_equal_to_naive(tape_db(&t), &n);
	assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM call_rows"),
	                 keep_rows ? t.sums.records[OUTCOME_CALL] : 0);
	tape_close(&t);
}

static void test_totals_equal_a_naive_model_with_rows(void **state)
{
	(void)state;
	random_ledger(true);
}

static void test_totals_equal_a_naive_model_without_rows(void **state)
{
	(void)state;
	random_ledger(false);
}

/* ---- failures ---- */

static void fill_some(struct tape *t, int calls)
{
	uint64_t random = 99;

	tape_begin(t, 0, 0);
	tape_other(t, 0, 0, OUTCOME_SKIPPED, "no model and no usage");
	for (int i = 0; i < calls; i++) {
		struct call c = tape_simple(START + i * TIME_SEC, "small",
		                            (int64_t)(tape_random(&random) % 1000), 5);
		char user[24];

		(void)snprintf(user, sizeof(user), "user-%d", i);
		c.label[LABEL_USER] = str_of(user);
		c.latency = 1000 * i;
		c.dedupe_key = i % 3 == 0 ? (uint64_t)(i + 1) : 0;
		tape_call(t, 0, 0, &c);
	}
	tape_end(t, 0, 0);
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static void assert_untouched(struct tape *t)
{
	assert_int_equal(t->marks[0].id, 0);
	assert_int_equal(t->marks[0].offset, 0);
	assert_int_equal(t->marks[0].last_time, 0);
	assert_int_equal(sql_number(tape_db(t), "SELECT count(*) FROM totals"), 0);
	assert_int_equal(sql_number(tape_db(t), "SELECT count(*) FROM labels"), 1);
}

static void test_locked_database_fails_the_commit_and_the_same_batches_go_in_later(void **state)
{
	struct tape t;
	sqlite3 *other = NULL;
	char expected[256];

	(void)state;
	tape_open(&t, "UTC", true);
	assert_int_equal(sqlite3_open(t.path, &other), SQLITE_OK);
	run(other, "BEGIN EXCLUSIVE");
	(void)sqlite3_busy_timeout(tape_db(&t), 20);
	fill_some(&t, 60);
	assert_false(tape_try(&t));
	(void)snprintf(expected, sizeof(expected),
	               "%s is locked by another program; try again when it is done", t.path);
	assert_string_equal(t.err.text, expected);
	run(other, "ROLLBACK");
	assert_untouched(&t);
	tape_commit(&t);
	assert_int_equal(t.sums.records[OUTCOME_CALL], 60);
	assert_int_equal(t.marks[0].offset, 61 * TAPE_RECORD);
	tape_check(&t);
	(void)sqlite3_close(other);
	tape_close(&t);
}

/* Every page that may not be had is tried: each commit fails elsewhere, the last one goes in. */
static void test_full_disk_fails_the_commit_wherever_it_strikes(void **state)
{
	struct tape t;
	char sql[64], expected[256];
	int64_t pages;
	int failures = 0;

	(void)state;
	tape_open(&t, "UTC", true);
	fill_some(&t, 900);
	(void)snprintf(expected, sizeof(expected),
	               "%s: disk is full; free space and run again, nothing is lost", t.path);
	for (pages = sql_number(tape_db(&t), "PRAGMA page_count");; pages++) {
		(void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages);
		run(tape_db(&t), sql);
		if (tape_try(&t))
			break;
		assert_string_equal(t.err.text, expected);
		assert_untouched(&t);
		failures++;
	}
	assert_in_range(failures, 10, 1000);
	assert_int_equal(t.sums.records[OUTCOME_CALL], 900);
	tape_check(&t);
	tape_close(&t);
}

static void test_sum_beyond_64_bits_fails_the_commit(void **state)
{
	struct tape t;
	struct call c = tape_simple(START, "small", 1, 1);

	(void)state;
	tape_open(&t, "UTC", false);
	c.count[COUNT_INPUT] = INT64_MAX / 2;
	for (int i = 0; i < 2; i++) {
		tape_begin(&t, 0, 0);
		tape_call(&t, 0, 0, &c);
		tape_end(&t, 0, 0);
		tape_commit(&t);
	}
	tape_check(&t);
	tape_begin(&t, 0, 0);
	tape_call(&t, 0, 0, &c);
	tape_end(&t, 0, 0);
	assert_false(tape_try(&t));
	assert_non_null(strstr(t.err.text, "a sum would grow beyond 64 bits"));
	t.records--;
	tape_check(&t);
	tape_close(&t);
}

static void test_file_counted_by_somebody_else_in_the_meantime_is_an_error(void **state)
{
	struct tape t;

	(void)state;
	tape_open(&t, "UTC", false);
	fill_some(&t, 3);
	tape_commit(&t);
	run(tape_db(&t), "UPDATE files SET offset = offset + 1 WHERE id = 1");
	tape_begin(&t, 0, 0);
	tape_end(&t, 0, 0);
	assert_false(tape_try(&t));
	assert_non_null(strstr(t.err.text, "another program has counted /logs/app.0.log in the "
	                                   "meantime; run again"));
	tape_close(&t);
}

/* ---- files and days ---- */

static void test_steps_of_two_threads_join_in_the_order_of_the_file(void **state)
{
	struct tape t;
	struct call c = tape_simple(START, "small", 1, 1);

	(void)state;
	tape_open(&t, "UTC", true);
	tape_begin(&t, 1, 2);
	tape_call(&t, 1, 2, &c);
	tape_end(&t, 1, 2);
	tape_begin(&t, 0, 2);
	tape_call(&t, 0, 2, &c);
	tape_call(&t, 0, 2, &c);
	tape_end(&t, 0, 2);
	tape_commit(&t);
	assert_int_equal(t.marks[2].offset, 3 * TAPE_RECORD);
	assert_int_equal(t.marks[2].content_size, 3 * TAPE_RECORD);
	assert_int_equal(t.marks[2].frontier.lo, 3 * TAPE_RECORD);
	assert_int_equal(t.marks[2].head_n, 300);
	assert_int_equal(t.marks[2].last_time, START);
	tape_check(&t);
	tape_close(&t);
}

static void skipped_piece(struct tape *t, int file, int records)
{
	tape_begin(t, 0, file);
	for (int i = 0; i < records; i++)
		tape_other(t, 0, file, OUTCOME_SKIPPED, "no pattern matches");
	tape_end(t, 0, file);
}

static void test_untimed_record_belongs_to_the_day_of_the_last_call_before_it(void **state)
{
	struct tape t;
	struct call c = tape_simple(START + 20 * 3600 * TIME_SEC, "small", 1, 1);
	const char *in_days = "SELECT group_concat(day || ' ' || records) = "
			      "'-1 2,1772389800 7' FROM coverage WHERE outcome = 2";

	(void)state;
	tape_open(&t, "Asia/Kolkata", false); /* 20:00 UTC is 01:30 of the next day there */
	skipped_piece(&t, 0, 2);
	tape_commit(&t);
	tape_begin(&t, 1, 0);
	tape_call(&t, 1, 0, &c);
	tape_end(&t, 1, 0);
	skipped_piece(&t, 0, 3);
	tape_commit(&t);
	skipped_piece(&t, 0, 4);
	tape_commit(&t);
	assert_int_equal(sql_number(tape_db(&t), in_days), 1);
	tape_check(&t);
	tape_close(&t);
}

static void test_marks_come_back_as_they_were_written(void **state)
{
	struct tape t;
	struct mark *marks = NULL;
	size_t n = 0;

	(void)state;
	tape_open(&t, "UTC", false);
	t.marks[1].gzip = true;
	t.marks[1].device = 2049;
	t.marks[1].inode = INT64_MAX;
	t.marks[1].size = 10;
	t.marks[1].mtime_ns = 11;
	t.marks[1].ctime_ns = 12;
	t.marks[1].lost = 13;
	t.marks[1].state = FILE_CORRUPT;
	(void)snprintf(t.marks[1].reason, sizeof(t.marks[1].reason), "bad checksum at 5");
	assert_true(ledger_save_marks(t.ledger, t.files, TAPE_FILES, &t.err));
	assert_true(ledger_marks(t.ledger, &marks, &n, &t.err));
	assert_int_equal(n, TAPE_FILES);
	assert_int_equal(marks[1].id, t.marks[1].id);
	assert_string_equal(marks[1].path, "/logs/app.1.log");
	assert_string_equal(marks[1].source, "gateway");
	assert_true(marks[1].gzip);
	assert_int_equal(marks[1].device, 2049);
	assert_int_equal(marks[1].inode, INT64_MAX);
	assert_int_equal(marks[1].size, 10);
	assert_int_equal(marks[1].mtime_ns, 11);
	assert_int_equal(marks[1].ctime_ns, 12);
	assert_int_equal(marks[1].lost, 13);
	assert_int_equal(marks[1].state, FILE_CORRUPT);
	assert_string_equal(marks[1].reason, "bad checksum at 5");
	while (n)
		mark_free(&marks[--n]);
	free(marks);
	fill_some(&t, 5);
	tape_commit(&t);
	assert_true(ledger_marks(t.ledger, &marks, &n, &t.err));
	assert_int_equal(marks[0].offset, 6 * TAPE_RECORD);
	assert_int_equal(marks[0].last_time, START + 4 * TIME_SEC);
	assert_true(hash128_eq(marks[0].head, t.marks[0].head));
	assert_true(hash128_eq(marks[0].frontier, t.marks[0].frontier));
	while (n)
		mark_free(&marks[--n]);
	free(marks);
	tape_close(&t);
}

static void test_last_twenty_rejects_of_each_reason_are_kept(void **state)
{
	struct tape t;

	(void)state;
	tape_open(&t, "UTC", false);
	for (int i = 0; i < 30; i++) {
		tape_begin(&t, 0, 0);
		tape_other(&t, 0, 0, OUTCOME_REJECTED, "no time");
		if (i % 10 == 0)
			tape_other(&t, 0, 0, OUTCOME_REJECTED, "bad number in output_tokens");
		tape_end(&t, 0, 0);
		tape_commit(&t);
	}
	assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM rejects"), 23);
	assert_int_equal(
		sql_number(tape_db(&t),
	                   "SELECT min(offset) FROM rejects JOIN labels l ON l.id = reason "
	                   "WHERE l.text = 'no time' AND value = '12.5' AND at = 7"),
		11 * TAPE_RECORD);
	tape_check(&t);
	tape_close(&t);
}

/* ---- ids ---- */

static void test_calls_of_one_record_and_moment_get_ids_of_their_own(void **state)
{
	struct tape t;
	struct call c = tape_simple(START + 999 * TIME_MS, "small", 1, 1);
	const struct verdict v = {.outcome = OUTCOME_CALL, .reason = ""};

	(void)state;
	tape_open(&t, "UTC", true);
	c.detail[DETAIL_ERROR] = STR("timeout"); /* a rare part follows its call */
	for (int commit = 0; commit < 2; commit++) {
		tape_begin(&t, 0, 0);
		for (int i = 0; i < 500; i++, t.records++)
			batch_verdict(t.batches[0], &v, &c, 0);
		t.end[0] += TAPE_RECORD;
		tape_end(&t, 0, 0);
		tape_commit(&t);
	}
	tape_check(&t);
	assert_int_equal(sql_number(tape_db(&t), "SELECT count(*) FROM calls WHERE time_ms / 1000 "
	                                         "= 1772323200 AND error = 'timeout'"),
	                 1000);
	tape_close(&t);
}

static void test_ids_hold_the_millisecond_up_to_the_year_9999(void **state)
{
	const int64_t last = TIME_MAX / TIME_MS;

	(void)state;
	assert_int_equal(call_id_ms(call_id_first(last)), last);
	assert_int_equal(call_id_ms(call_id_first(1772323200999)), 1772323200999);
	assert_true(call_id_first(1772323200999) + CALL_ID_PER_MS - 1 <
	            call_id_first(1772323201000));
	assert_true(call_id_first(last) > 0);
}

/* ---- opening ---- */

static void test_second_writer_is_told_who_writes(void **state)
{
	struct tape t;
	struct err err = {0};
	char expected[256];

	(void)state;
	tape_open(&t, "UTC", false);
	assert_null(ledger_open(t.path, "UTC", &err));
	(void)snprintf(expected, sizeof(expected),
	               "%s is being written by another tokentail (pid %ld); wait for it or stop it",
	               t.path, (long)getpid());
	assert_string_equal(err.text, expected);
	tape_close(&t);
}

static void test_database_keeps_its_zone_and_key(void **state)
{
	struct tape t;
	struct hash_key key;

	(void)state;
	tape_open(&t, "Asia/Kolkata", false);
	key = ledger_key(t.ledger);
	assert_true(key.k0 != 0 && key.k1 != 0 && key.k0 != key.k1);
	ledger_close(&t.ledger);
	t.ledger = ledger_open(t.path, "UTC", &t.err);
	assert_non_null(t.ledger);
	assert_string_equal(zone_name(ledger_zone(t.ledger)), "Asia/Kolkata");
	assert_int_equal(ledger_key(t.ledger).k0, key.k0);
	assert_int_equal(ledger_key(t.ledger).k1, key.k1);
	tape_close(&t);
}

static int files_in(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void test_reading_makes_no_files_and_stops_no_writer_for_long(void **state)
{
	struct tape t;
	struct ledger *reader;
	char folder[80];
	int before;

	(void)state;
	tape_open(&t, "UTC", false);
	fill_some(&t, 10);
	tape_commit(&t);
	ledger_close(&t.ledger);
	(void)snprintf(folder, sizeof(folder), "%s/ledger", t.folder);
	before = files_in(folder);
	reader = ledger_open_read(t.path, &t.err);
	assert_string_equal(t.err.text, "");
	assert_int_equal(sql_number(ledger_db(reader), "SELECT sum(calls) FROM totals"), 10);
	assert_int_equal(files_in(folder), before);
	assert_int_not_equal(
		sqlite3_exec(ledger_db(reader), "DELETE FROM totals", NULL, NULL, NULL), SQLITE_OK);
	ledger_close(&reader);
	assert_int_equal(files_in(folder), before);
	t.ledger = ledger_open(t.path, "UTC", &t.err);
	assert_non_null(t.ledger);
	tape_close(&t);
}

static void test_reader_beside_a_writer_sees_what_is_committed(void **state)
{
	struct tape t;
	struct ledger *reader;

	(void)state;
	tape_open(&t, "UTC", false);
	fill_some(&t, 10);
	tape_commit(&t);
	reader = ledger_open_read(t.path, &t.err);
	assert_string_equal(t.err.text, "");
	assert_int_equal(sql_number(ledger_db(reader), "SELECT sum(calls) FROM totals"), 10);
	fill_some(&t, 10); /* every third has a key that is known */
	tape_commit(&t);
	assert_int_equal(sql_number(ledger_db(reader), "SELECT sum(calls) FROM totals"), 16);
	ledger_close(&reader);
	tape_check(&t);
	tape_close(&t);
}

static void assert_unreadable(const char *path, const char *expected)
{
	struct err err = {0};

	assert_null(ledger_open_read(path, &err));
	assert_non_null(strstr(err.text, expected));
}

static void test_what_is_no_database_is_said_in_words(void **state)
{
	struct tape t;
	struct err err = {0};
	FILE *f;

	(void)state;
	tape_open(&t, "UTC", false);
	run(tape_db(&t), "PRAGMA user_version = 70");
	ledger_close(&t.ledger);
	assert_unreadable(t.path, "written by a newer tokentail (version 70, this one reads ");
	assert_null(ledger_open(t.path, "UTC", &err));
	assert_non_null(strstr(err.text, "written by a newer tokentail"));

	assert_unreadable("/nonexistent/t.db",
	                  "/nonexistent/t.db: no database yet; `tokentail backfill` makes one");
	f = fopen(t.path, "w");
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		(void)fputs("a line of a log\n", f);
	(void)fclose(f);
	err = (struct err){0};
	assert_unreadable(t.path, "no SQLite database; give another --db FILE");
	assert_null(ledger_open(t.path, "UTC", &err));
	assert_non_null(strstr(err.text, "no SQLite database; give another --db FILE"));
	t.ledger = NULL;
	tape_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals_equal_a_naive_model_with_rows),
		cmocka_unit_test(test_totals_equal_a_naive_model_without_rows),
		cmocka_unit_test(
			test_locked_database_fails_the_commit_and_the_same_batches_go_in_later),
		cmocka_unit_test(test_full_disk_fails_the_commit_wherever_it_strikes),
		cmocka_unit_test(test_sum_beyond_64_bits_fails_the_commit),
		cmocka_unit_test(test_file_counted_by_somebody_else_in_the_meantime_is_an_error),
		cmocka_unit_test(test_steps_of_two_threads_join_in_the_order_of_the_file),
		cmocka_unit_test(test_untimed_record_belongs_to_the_day_of_the_last_call_before_it),
		cmocka_unit_test(test_marks_come_back_as_they_were_written),
		cmocka_unit_test(test_last_twenty_rejects_of_each_reason_are_kept),
		cmocka_unit_test(test_calls_of_one_record_and_moment_get_ids_of_their_own),
		cmocka_unit_test(test_ids_hold_the_millisecond_up_to_the_year_9999),
		cmocka_unit_test(test_second_writer_is_told_who_writes),
		cmocka_unit_test(test_database_keeps_its_zone_and_key),
		cmocka_unit_test(test_reading_makes_no_files_and_stops_no_writer_for_long),
		cmocka_unit_test(test_reader_beside_a_writer_sees_what_is_committed),
		cmocka_unit_test(test_what_is_no_database_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
