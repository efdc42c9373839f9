#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/commands/status.h"

/* A str in a static table, where a compound literal may not stand. */
#define LITERAL(text)                    \
	{                                \
		(text), sizeof(text) - 1 \
	}

static struct mark whole = {.id = 1,
                            .path = (char[]){"logs/app.log"},
                            .source = (char[]){"app"},
                            .offset = 1500,
                            .state = FILE_READ};
static struct mark damaged = {.id = 2,
                              .path = (char[]){"logs/app.log.1.gz"},
                              .source = (char[]){"app"},
                              .gzip = true,
                              .offset = 2000000,
                              .lost = 12,
                              .state = FILE_CORRUPT,
                              .reason = "gzip: crc does not match"};

static struct status_source sources[] = {
	{.name = LITERAL("app"), .records = {5, 1, 2, 3}, .counted = 5},
};
static struct coverage_row reasons[] = {
	{.source = LITERAL("app"), .outcome = OUTCOME_CALL, .records = 5},
	{.source = LITERAL("app"),
         .reason = LITERAL("only"),
         .outcome = OUTCOME_SKIPPED,
         .records = 2},
	{.source = LITERAL("app"),
         .reason = LITERAL("no time"),
         .outcome = OUTCOME_REJECTED,
         .records = 3},
};
static struct reject_row rejects[] = {
	{.source = LITERAL("app"),
         .path = LITERAL("logs/app.log"),
         .reason = LITERAL("bad number in output_tokens"),
         .value = LITERAL("\x1b[31m-5"),
         .offset = 70},
	{.source = LITERAL("app"),
         .path = LITERAL("logs/app.log"),
         .reason = LITERAL("not JSON"),
         .offset = 30,
         .at = 17},
};

static struct status example(struct status_file files[2])
{
	files[0] = (struct status_file){&whole, 1600, 100};
	files[1] = (struct status_file){&damaged, 300000, 0};
	return (struct status){.database = "t.db",
	                       .bytes = 139264,
	                       .sources = sources,
	                       .sources_n = 1,
	                       .reasons = reasons,
	                       .reasons_n = 3,
	                       .rejects = rejects,
	                       .rejects_n = 2,
	                       .files = files,
	                       .files_n = 2};
}

static void expect_file(const char *path, const struct buf *got)
{
	char want[8192];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(want, 1, sizeof(want), f) : 0;

	if (f)
		(void)fclose(f);
	if (n != got->n || memcmp(want, got->p, n) != 0)
		fail_msg("%s: not as expected:\n%s", path, got->p);
}

static void test_a_person_sees_sums_reasons_rejects_and_files(void **state)
{
	const struct look look = {.width = 80, .utf8 = true};
	struct status_file files[2];
	struct status s = example(files);
	struct buf out = {0};

	(void)state;
	status_text(&s, &look, &out);
	expect_file("fixtures/report/status.txt", &out);
	buf_free(&out);
}

static void test_a_program_sees_the_same(void **state)
{
	struct status_file files[2];
	struct status s = example(files);
	struct buf out = {0};

	(void)state;
	status_json(&s, &out);
	expect_file("fixtures/report/status.json", &out);
	buf_free(&out);
}

static void test_sums_that_do_not_agree_are_said(void **state)
{
	const struct look look = {.width = 80};
	struct status_source broken = {.name = STR("app"), .records = {5}, .counted = 4};
	struct status s = {.database = "t.db", .sources = &broken, .sources_n = 1};
	struct buf out = {0};

	(void)state;
	assert_true(status_adds_up(&sources[0]));
	assert_int_equal(status_records(&sources[0]), 11);
	assert_false(status_adds_up(&broken));
	status_text(&s, &look, &out);
	assert_non_null(strstr(out.p, "The sums of app do not agree: 5 calls were read, the "
	                              "totals have 4 calls.\n"));
	buf_free(&out);
}

static void test_nothing_read_says_what_to_do(void **state)
{
	const struct look look = {.width = 80};
	struct status s = {.database = "t.db", .bytes = 4096};
	struct buf out = {0};

	(void)state;
	status_text(&s, &look, &out);
	assert_string_equal(out.p, "Database t.db, 4.1 kB\nNothing was read yet: `tokentail "
	                           "backfill PATH...` reads logs.\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_person_sees_sums_reasons_rejects_and_files),
		cmocka_unit_test(test_a_program_sees_the_same),
		cmocka_unit_test(test_sums_that_do_not_agree_are_said),
		cmocka_unit_test(test_nothing_read_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
