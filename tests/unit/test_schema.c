#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/config/embedded.h"
#include "agent/ledger/schema.h"
#include "tests/unit/tape.h"

static sqlite3 *memory(void)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_empty_database_has_version_0_and_gets_the_current_one(void **state)
{
	sqlite3 *db = memory();
	struct err err = {0};

	(void)state;
	assert_int_equal(schema_version(db, &err), 0);
	assert_true(schema_migrate(db, &err));
	assert_int_equal(schema_version(db, &err), SCHEMA_VERSION);
	assert_int_equal(sql_number(db, "PRAGMA application_id"), 0x746f6b74);
	assert_int_equal(sql_number(db, "SELECT id FROM labels WHERE text = ''"), 0);
	assert_string_equal(err.text, "");
	(void)sqlite3_close(db);
}

static void test_migrating_the_current_version_changes_nothing(void **state)
{
	sqlite3 *db = memory();
	struct err err = {0};
	int changes;

	(void)state;
	assert_true(schema_migrate(db, &err));
	changes = sqlite3_total_changes(db);
	assert_true(schema_migrate(db, &err));
	assert_int_equal(sqlite3_total_changes(db), changes);
	(void)sqlite3_close(db);
}

static void run_embedded(sqlite3 *db, const char *name)
{
	const struct embedded *e = embedded_files;
	struct buf sql = {0};

	while (strcmp(e->name, name) != 0)
		e++;
	buf_bytes(&sql, e->begin, (size_t)(e->end - e->begin));
	run(db, sql.p);
	buf_free(&sql);
}

static void assert_row(sqlite3 *db, const char *sql, const char *expected)
{
	sqlite3_stmt *st = NULL;
	struct buf row = {0};

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		const unsigned char *text = sqlite3_column_text(st, i);

		buf_printf(&row, "%s%s", i ? "|" : "", text ? (const char *)text : "-");
	}
	assert_string_equal(row.p, expected);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	(void)sqlite3_finalize(st);
	buf_free(&row);
}

static void test_version_1_becomes_the_current_one_with_all_it_has(void **state)
{
	sqlite3 *db = memory();
	struct err err = {0};

	(void)state;
	run_embedded(db, "schema.sql");
	run(db,
	    "PRAGMA application_id = 0x746f6b74; PRAGMA user_version = 1;"
	    "INSERT INTO files VALUES (5, 'a.log', 0, 0, 1, 2, 3, 4, 5, 6, 7, 0, x'', 0, x'', 0, "
	    "0, 1, '');"
	    "INSERT INTO combinations VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);"
	    "INSERT INTO call_rows (id, combination, flags, cost) VALUES (9, 1, 32, 7);"
	    "INSERT INTO call_rare VALUES (9, 1, 2, 3, 4, 5, 6500, 7, 0, 0, 0, 8, 9);"
	    "INSERT INTO total_rows (id, calls, estimated) VALUES (1, 3, 2)");
	assert_int_equal(schema_version(db, &err), 1);
	assert_true(schema_migrate(db, &err));
	assert_int_equal(schema_version(db, &err), SCHEMA_VERSION);
	assert_int_equal(sql_number(db, "SELECT carried IS NULL FROM files WHERE id = 5"), 1);
	assert_int_equal(sql_number(db, "SELECT incomplete FROM calls WHERE cost_nano = 7"), 1);
	assert_int_equal(sql_number(db, "SELECT count(*) FROM memory"), 0);
	assert_row(db, "SELECT calls, estimated, estimated_usage FROM totals", "3|2|0");
	assert_row(db,
	           "SELECT input_audio_tokens, output_image_tokens, input_video_tokens, "
	           "cache_read_audio_tokens, images, audio_seconds, video_seconds, pages, "
	           "characters, web_searches, logged_cost_nano, prompt_hash FROM calls",
	           "1|4|-|-|5|6.5|-|-|-|7|8|9");
	(void)sqlite3_close(db);
}

static void test_newer_version_is_refused_with_both_numbers(void **state)
{
	sqlite3 *db = memory();
	struct err err = {0};
	char expected[120];

	(void)state;
	(void)snprintf(expected, sizeof(expected),
	               ": written by a newer tokentail (version 70, this one knows %d); install "
	               "the newer one",
	               SCHEMA_VERSION);
	assert_true(schema_migrate(db, &err));
	run(db, "PRAGMA user_version = 70");
	assert_false(schema_migrate(db, &err));
	assert_string_equal(err.text, expected);
	(void)sqlite3_close(db);
}

static void test_database_of_another_program_is_refused(void **state)
{
	sqlite3 *db = memory();
	struct err err = {0};

	(void)state;
	run(db, "CREATE TABLE bookmarks (url)");
	assert_int_equal(schema_version(db, &err), -1);
	assert_string_equal(err.text, ": a database of another program; give another --db FILE");
	assert_false(schema_migrate(db, &err));
	assert_int_equal(sql_number(db, "SELECT count(*) FROM sqlite_schema"), 1);
	(void)sqlite3_close(db);
}

/* 2026-03-04T05:06:07.089Z */
#define MOMENT ((INT64_C(1772600767) * 1000 + 89) * TIME_MS)

static void test_views_show_a_call_with_names_and_exact_money(void **state)
{
	struct tape t;
	struct call c = tape_simple(MOMENT, "small-1", 300, 40);

	(void)state;
	tape_open(&t, "Asia/Kolkata", true);
	c.label[LABEL_PROVIDER] = STR("maker");
	c.label[LABEL_TIER] = STR("batch");
	c.detail[DETAIL_SESSION] = STR("s-1");
	c.detail[DETAIL_REQUEST_ID] = STR("r-9");
	c.detail[DETAIL_REQUESTED_MODEL] = STR("small");
	c.count[COUNT_AUDIO_MS] = 2500;
	c.count[COUNT_INPUT_AUDIO] = 120;
	c.count[COUNT_CACHE_READ_AUDIO] = 100;
	c.count[COUNT_CACHE_READ_IMAGE] = 11;
	c.count[COUNT_INPUT_VIDEO] = 12;
	c.count[COUNT_OUTPUT_VIDEO] = 13;
	c.count[COUNT_VIDEO_MS] = 4200;
	c.count[COUNT_PAGES] = 14;
	c.count[COUNT_CHARACTERS] = 15;
	c.cost = 1000000925;
	c.latency = 1234567;
	c.flags = CALL_ESTIMATED | CALL_USAGE_ESTIMATED;
	tape_begin(&t, 0, 1);
	tape_other(&t, 0, 1, OUTCOME_SKIPPED, "no pattern matches");
	tape_call(&t, 0, 1, &c);
	tape_end(&t, 0, 1);
	tape_commit(&t);
	assert_row(
		tape_db(&t),
		"SELECT time, time_ms, source, provider, model, requested_model, service_tier, "
		"user, session, request_id, input_tokens, cache_read_tokens, output_tokens, "
		"audio_seconds, cost_usd, cost_nano, price, estimated, estimated_usage, unpriced, "
		"latency_ms, ttft_ms, file, offset FROM calls",
		"2026-03-04T05:06:07.089Z|1772600767089|gateway|maker|small-1|small|batch||s-1|"
		"r-9|300|-|40|2.5|1.000000925|1000000925|maker/price@2026-01-01|1|1|0|1234.567|-|"
		"/logs/app.1.log|100");
	assert_row(tape_db(&t),
	           "SELECT input_audio_tokens, cache_read_audio_tokens, cache_read_image_tokens, "
	           "input_video_tokens, output_video_tokens, audio_seconds, video_seconds, pages, "
	           "characters, web_searches FROM calls",
	           "120|100|11|12|13|2.5|4.2|14|15|-");
	assert_row(tape_db(&t),
	           "SELECT hour, model, calls, input_tokens, cost_usd, estimated_calls, "
	           "estimated_usage_calls, latency_ms_sum FROM usage_hourly",
	           "2026-03-04T04:30:00Z|small-1|1|300|1.000000925|1|1|1234.567");
	assert_row(tape_db(&t), "SELECT * FROM coverage_daily WHERE outcome = 'call'",
	           "2026-03-03T18:30:00Z|gateway|call||1");
	assert_row(tape_db(&t), "SELECT * FROM coverage_daily WHERE outcome = 'skipped'",
	           "-|gateway|skipped|no pattern matches|1");
	tape_check(&t);
	tape_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_database_has_version_0_and_gets_the_current_one),
		cmocka_unit_test(test_migrating_the_current_version_changes_nothing),
		cmocka_unit_test(test_version_1_becomes_the_current_one_with_all_it_has),
		cmocka_unit_test(test_newer_version_is_refused_with_both_numbers),
		cmocka_unit_test(test_database_of_another_program_is_refused),
		cmocka_unit_test(test_views_show_a_call_with_names_and_exact_money),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
