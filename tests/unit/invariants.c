#include "tests/unit/invariants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/zone.h"
#include "agent/ledger/call_id.h"
#include "agent/meter/histogram.h"

int64_t sql_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t number;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(st) != SQLITE_ROW)
		fail_msg("%s: no row", sql);
	number = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return number;
}

/* SQL functions of the ledger's zone: day_of(hour), hour_of(id of a call), calls_in(histogram). */

static void day_of(sqlite3_context *ret, int n, sqlite3_value **args)
{
	const struct zone *zone = sqlite3_user_data(ret);

	(void)n;
	sqlite3_result_int64(ret, zone_day_start(zone, sqlite3_value_int64(args[0]) * TIME_SEC) /
	                                  TIME_SEC);
}

static void hour_of_call(sqlite3_context *ret, int n, sqlite3_value **args)
{
	const struct zone *zone = sqlite3_user_data(ret);
	int64_t time = call_id_ms(sqlite3_value_int64(args[0])) * TIME_MS;

	(void)n;
	sqlite3_result_int64(ret, zone_hour_start(zone, time) / TIME_SEC);
}

static void calls_in(sqlite3_context *ret, int n, sqlite3_value **args)
{
	struct histogram *h = calloc(1, sizeof(*h));
	struct str packed = {sqlite3_value_blob(args[0]), (size_t)sqlite3_value_bytes(args[0])};

	(void)n;
	assert_non_null(h);
	if (histogram_add(h, packed))
		sqlite3_result_int64(ret, h->total);
	free(h);
}

static struct zone *add_functions(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	struct err err = {0};
	struct zone *zone;

	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'zone'", -1, &st, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	zone = zone_open((const char *)sqlite3_column_text(st, 0), &err);
	assert_string_equal(err.text, "");
	(void)sqlite3_finalize(st);
	(void)sqlite3_create_function(db, "day_of", 1, SQLITE_UTF8, zone, day_of, NULL, NULL);
	(void)sqlite3_create_function(db, "hour_of", 1, SQLITE_UTF8, zone, hour_of_call, NULL,
	                              NULL);
	(void)sqlite3_create_function(db, "calls_in", 1, SQLITE_UTF8, NULL, calls_in, NULL, NULL);
	return zone;
}

/* Each counts what must not be there. */
static const struct {
	const char *what, *count;
} rules[] = {
	{"source and day where totals and coverage differ in calls",
         "SELECT count(*) FROM (SELECT source, day, sum(n) AS n FROM ("
         "  SELECT source, day_of(hour) AS day, calls AS n FROM totals t"
         "    JOIN combinations c ON c.id = t.combination"
         "  UNION ALL SELECT source, day, -records FROM coverage WHERE outcome = 0)"
         " GROUP BY 1, 2) WHERE n <> 0"},
	{"coverage that is empty or negative",
         "SELECT count(*) FROM coverage WHERE typeof(records) <> 'integer' OR records <= 0"},
	{"total without calls", "SELECT count(*) FROM totals WHERE calls <= 0"},
	{"total that is negative",
         "SELECT count(*) FROM totals WHERE min(input, cache_read, cache_write, cache_write_1h, "
         "output, reasoning, unpriced, estimated, estimated_usage, unknown_usage, inconsistent, "
         "latency, "
         "latency_calls, logged_calls) < 0"},
	{"total that is no integer",
         "SELECT count(*) FROM totals WHERE typeof(cost) || typeof(input) || typeof(output) || "
         "typeof(latency) || typeof(logged_cost) <> 'integerintegerintegerintegerinteger'"},
	{"hour and model where histogram and totals differ",
         "SELECT count(*) FROM (SELECT hour, model, sum(n) AS n FROM ("
         "  SELECT hour, model, latency_calls AS n FROM totals t"
         "    JOIN combinations c ON c.id = t.combination"
         "  UNION ALL SELECT hour, model, -calls_in(histogram) FROM latencies)"
         " GROUP BY 1, 2) WHERE n <> 0"},
	{"total of an unknown combination",
         "SELECT count(*) FROM totals WHERE combination NOT IN (SELECT id FROM combinations)"},
	{"call of an unknown combination or file",
         "SELECT count(*) FROM call_rows WHERE combination NOT IN (SELECT id FROM combinations) "
         "OR file NOT IN (SELECT id FROM files)"},
	{"rare part without its call",
         "SELECT count(*) FROM call_rare WHERE call NOT IN (SELECT id FROM call_rows)"},
	{"dedupe entry whose call is gone",
         "SELECT count(*) FROM dedupe WHERE call <> 0 AND call NOT IN (SELECT id FROM call_rows)"},
	{"combination of an unknown label",
         "SELECT count(*) FROM combinations WHERE source NOT IN (SELECT id FROM labels) "
         "OR model NOT IN (SELECT id FROM labels) OR user NOT IN (SELECT id FROM labels)"},
};

static const char ROWS_DIFFER[] =
	"WITH added AS (SELECT hour_of(id) AS hour, combination, count(*) AS calls, "
	"  sum(coalesce(input, 0)) AS input, sum(coalesce(cache_read, 0)) AS cache_read, "
	"  sum(coalesce(cache_write, 0)) AS cache_write, "
	"  sum(coalesce(cache_write_1h, 0)) AS cache_write_1h, "
	"  sum(coalesce(output, 0)) AS output, sum(coalesce(reasoning, 0)) AS reasoning, "
	"  sum(cost) AS cost, sum(flags & 1) AS unpriced, sum(flags & 66 <> 0) AS estimated, "
	"  sum(flags >> 3 & 1) AS unknown_usage, sum(flags >> 2 & 1) AS inconsistent, "
	"  sum(coalesce(latency, 0)) AS latency, count(latency) AS latency_calls, "
	"  sum(coalesce(logged_cost, 0)) AS logged_cost, count(logged_cost) AS logged_calls, "
	"  sum(flags >> 6 & 1) AS estimated_usage "
	"  FROM call_rows LEFT JOIN call_rare ON call = id GROUP BY 1, 2), "
	"stored AS (SELECT hour, combination, calls, input, cache_read, cache_write, "
	"  cache_write_1h, output, reasoning, cost, unpriced, estimated, unknown_usage, "
	"  inconsistent, latency, latency_calls, logged_cost, logged_calls, estimated_usage "
	"  FROM totals) "
	"SELECT (SELECT count(*) FROM (SELECT * FROM added EXCEPT SELECT * FROM stored)) + "
	"(SELECT count(*) FROM (SELECT * FROM stored EXCEPT SELECT * FROM added))";

void assert_ledger_adds_up(sqlite3 *db)
{
	struct zone *zone = add_functions(db);

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int64_t n = sql_number(db, rules[i].count);

		if (n != 0)
			fail_msg("the ledger does not add up: %lld x %s", (long long)n,
			         rules[i].what);
	}
	if (sql_number(db, "SELECT count(*) FROM call_rows") > 0)
		assert_int_equal(sql_number(db, ROWS_DIFFER), 0);
	(void)sqlite3_create_function(db, "day_of", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	(void)sqlite3_create_function(db, "hour_of", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	(void)sqlite3_create_function(db, "calls_in", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	zone_free(&zone);
}

void assert_records(sqlite3 *db, int64_t records)
{
	assert_int_equal(sql_number(db, "SELECT coalesce(sum(records), 0) FROM coverage"), records);
}
