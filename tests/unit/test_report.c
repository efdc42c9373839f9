#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/commands/report.h"
#include "agent/commands/when.h"
#include "tests/unit/fill.h"

/* What is asked, how it is shown, and the file that has the exact text. */
struct page {
	const char *file;
	report_fn *format;
	struct query query;
	struct look look;
	bool quiet;
};

static const struct look terminal = {.width = 80, .utf8 = true};

static void read_file(const char *path, struct buf *out)
{
	char bytes[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		fail_msg("%s is not there", path);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_bytes(out, bytes, n);
	(void)fclose(f);
}

static void expect_page(const struct fill *f, const struct page *page)
{
	struct err err = {0};
	struct query q = page->query;
	struct query_result *result;
	struct query_result *unpriced;
	struct query asked;
	struct buf want = {0};
	struct buf got = {0};
	struct report report = {.query = &q, .look = page->look, .quiet = page->quiet};
	char path[128];

	q.zone = ledger_zone(f->ledger);
	if (q.since == 0 && q.until == 0) {
		q.since = INT64_MIN;
		q.until = INT64_MAX;
	}
	asked = q;
	result = query_run(f->ledger, &q, &err);
	assert_string_equal(err.text, "");
	report.result = result;
	q.unpriced_only = true;
	q.by[0] = DIM_MODEL;
	q.by_n = 1;
	q.limit = 0;
	unpriced = query_run(f->ledger, &q, &err);
	assert_non_null(unpriced);
	q = asked;
	report.unpriced = unpriced;
	page->format(&report, &got);
	(void)snprintf(path, sizeof(path), "fixtures/report/%s", page->file);
	read_file(path, &want);
	if (!str_eq(buf_view(&got), buf_view(&want)))
		fail_msg("%s: not as expected:\n%s", path, got.p);
	query_result_free(&result);
	query_result_free(&unpriced);
	buf_free(&got);
	buf_free(&want);
}

static int64_t at(int month, int day, int hour)
{
	return civil_time((struct civil){.year = 2026, .month = month, .day = day, .hour = hour});
}

static void a_week(struct fill *f)
{
	const struct fact facts[] = {
		{.model = "claude-sonnet-4-5-20250929",
	         .provider = "anthropic",
	         .user = "ann",
	         .time = at(3, 9, 8),
	         .calls = 1204,
	         .input = 48211377,
	         .cache_read = 31000123,
	         .output = 1920554,
	         .cost = INT64_C(88412093110),
	         .latency = 4321000},
		{.model = "gpt-4o",
	         .provider = "openai",
	         .user = "bob",
	         .time = at(3, 10, 9),
	         .calls = 311,
	         .input = 2011455,
	         .output = 88120,
	         .cost = INT64_C(5909837500),
	         .latency = 800000},
		{.model = "gpt-4o",
	         .provider = "openai",
	         .user = "bob",
	         .status = "error",
	         .time = at(3, 11, 9),
	         .calls = 7,
	         .latency = 30000000},
		{.model = "text-embedding-3-small",
	         .provider = "openai",
	         .user = "ann",
	         .time = at(3, 11, 10),
	         .calls = 2,
	         .input = 46250,
	         .cost = 925000},
		{.model = "house-llm",
	         .user = "bob",
	         .time = at(3, 11, 11),
	         .calls = 3,
	         .input = 1000,
	         .output = 200,
	         .unpriced = 3},
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		fill_total(f, facts[i]);
}

static const struct query by_model = {.by = {DIM_MODEL}, .by_n = 1};
static const struct query of_nobody = {
	.by = {DIM_MODEL}, .by_n = 1, .where = {{.dim = DIM_USER}}, .where_n = 1};
static const struct query by_day_and_user = {.by = {DIM_DAY, DIM_USER}, .by_n = 2};

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

static void test_every_format_says_exactly_this(void **state)
{
	const struct page pages[] = {
		{"models.table", report_table, by_model, terminal, false},
		{"models.ascii", report_table, by_model, {.width = 80}, false},
		{"models.narrow", report_table, by_model, {.width = 60, .utf8 = true}, false},
		{"models.quiet",
	         report_table,
	         by_model,
	         {.width = 120, .utf8 = true, .colour = true},
	         true},
		{"models.json", report_json, by_model, terminal, false},
		{"models.csv", report_csv, by_model, terminal, false},
		{"models.md", report_markdown, by_model, terminal, false},
		{"days.table", report_table, by_day_and_user, terminal, false},
		{"days.json", report_json, by_day_and_user, terminal, false},
	};

	a_week(*state);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		expect_page(*state, &pages[i]);
}

static void test_estimated_tokens_are_marked_and_told_apart(void **state)
{
	static const struct page pages[] = {
		{.file = "estimated.table",
	         .format = report_table,
	         .query = by_model,
	         .look = terminal},
		{.file = "estimated.md", .format = report_markdown, .query = by_model},
		{.file = "estimated.json", .format = report_json, .query = of_nobody},
		{.file = "estimated.csv", .format = report_csv, .query = of_nobody},
	};
	const struct fact estimated = {.model = "gpt-4o",
	                               .time = at(3, 11, 11),
	                               .calls = 5,
	                               .input = 700,
	                               .cost = 1750000,
	                               .estimated_usage = 4};
	struct fill *f = *state;

	a_week(f);
	fill_total(f, estimated);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		expect_page(f, &pages[i]);
}

static void test_rows_beyond_the_limit_are_said_to_be_others(void **state)
{
	struct page page = {"limit.table", report_table, by_model, terminal, false};

	a_week(*state);
	page.query.limit = 1;
	page.query.sort = SORT_TOKENS;
	expect_page(*state, &page);
}

static void test_an_empty_ledger_says_what_to_do_next(void **state)
{
	const struct page pages[] = {
		{"empty.table", report_table, by_model, terminal, false},
		{"empty.json", report_json, by_model, terminal, false},
		{"empty.csv", report_csv, by_model, terminal, false},
	};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		expect_page(*state, &pages[i]);
}

static void test_names_from_a_log_do_no_harm_in_any_format(void **state)
{
	const struct page pages[] = {
		{"hostile.table", report_table, by_model, terminal, false},
		{"hostile.ascii", report_table, by_model, {.width = 80}, false},
		{"hostile.json", report_json, by_model, terminal, false},
		{"hostile.csv", report_csv, by_model, terminal, false},
		{"hostile.md", report_markdown, by_model, terminal, false},
	};
	static const char *const names[] = {
		"\x1b[2J\x1b]0;owned\x07",
		"=cmd|'/c calc'!A1",
		"a|b <script>",
		"\xe2\x80\xaetpg",
		"モデル名がとても長いのでまんなかで切られるはずのもの",
		"",
		"cut \xff\n here",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fill_total(*state, (struct fact){.model = names[i],
		                                 .time = at(3, 9, 8),
		                                 .calls = 1,
		                                 .cost = (int64_t)(10 - i)});
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		expect_page(*state, &pages[i]);
}

static void expect_when(const char *text, const char *zone, int64_t want)
{
	struct err err = {0};
	struct zone *z = zone_open(zone, &err);
	int64_t now = at(3, 12, 23) + 30 * 60 * TIME_SEC;
	int64_t got = -1;

	assert_non_null(z);
	if (!when_parse(str_of(text), z, now, &got) || got != want)
		fail_msg("%s in %s: %lld, not %lld", text, zone, (long long)got, (long long)want);
	zone_free(&z);
}

static void test_times_are_understood_in_the_zone(void **state)
{
	const int64_t half = 30 * 60 * TIME_SEC;

	(void)state;
	expect_when("2026-03-12", "UTC", at(3, 12, 0));
	expect_when("2026-03-12", "Europe/Berlin", at(3, 11, 23));
	expect_when("2026-03-12", "Asia/Kolkata", at(3, 11, 18) + half);
	expect_when("2026-03-12T10:30:00Z", "Europe/Berlin", at(3, 12, 10) + half);
	expect_when("2026-03-12T10:00:00+02:00", "UTC", at(3, 12, 8));
	expect_when("today", "UTC", at(3, 12, 0));
	expect_when("today", "Europe/Berlin", at(3, 12, 23));
	expect_when("yesterday", "Europe/Berlin", at(3, 11, 23));
	expect_when("month", "UTC", at(3, 1, 0));
	expect_when("7d", "UTC", at(3, 5, 23) + half);
	expect_when("24h", "UTC", at(3, 11, 23) + half);
	/* A day that begins at one o'clock. */
	expect_when("2026-09-06", "America/Santiago", at(9, 6, 4));
}

static void test_what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "2026", "7", "-7d", "0d", "Monday", "2026-13-01", "2026-02-30", "2026-03-12x"};
	struct err err = {0};
	struct zone *utc = zone_open("UTC", &err);
	int64_t got = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (when_parse(str_of(texts[i]), utc, at(3, 12, 0), &got))
			fail_msg("`%s` was taken for a time", texts[i]);
	assert_int_equal(got, 42);
	zone_free(&utc);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_format_says_exactly_this),
		TEST(test_estimated_tokens_are_marked_and_told_apart),
		TEST(test_rows_beyond_the_limit_are_said_to_be_others),
		TEST(test_an_empty_ledger_says_what_to_do_next),
		TEST(test_names_from_a_log_do_no_harm_in_any_format),
		cmocka_unit_test(test_times_are_understood_in_the_zone),
		cmocka_unit_test(test_what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
