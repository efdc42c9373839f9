#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/commands/stuck.h"

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

enum { NOW_S = 1773306000 }; /* 2026-03-12T09:00:00Z */

static struct status example(struct status_file files[2])
{
	const int64_t now = NOW_S * TIME_SEC;

	files[0] = (struct status_file){.path = str_of(whole.path),
	                                .source = str_of(whole.source),
	                                .reason = STR(""),
	                                .state = whole.state,
	                                .offset = 1500,
	                                .size = 1600,
	                                .lag = 100,
	                                .written = now - 3 * TIME_SEC,
	                                .rate = -1,
	                                .mark = &whole};
	files[1] = (struct status_file){.path = str_of(damaged.path),
	                                .source = str_of(damaged.source),
	                                .reason = str_of(damaged.reason),
	                                .state = damaged.state,
	                                .offset = 2000000,
	                                .size = 300000,
	                                .lost = 12,
	                                .rate = -1,
	                                .mark = &damaged};
	return (struct status){.database = "t.db",
	                       .sizes = {.database = 139264, .free = -1, .growth = -1},
	                       .now = now,
	                       .sources = sources,
	                       .sources_n = 1,
	                       .reasons = reasons,
	                       .reasons_n = 3,
	                       .rejects = rejects,
	                       .rejects_n = 2,
	                       .files = files,
	                       .files_n = 2};
}

/* An agent that reads the first file and cannot commit. */
static void add_agent(struct status *s)
{
	struct err err = {0};

	s->live = LIVE_AGENT;
	s->pid = 1234;
	s->zone = zone_open("UTC", &err);
	s->agent.agent = (struct told_agent){.version = STR("0.1.0"),
	                                     .pid = 1234,
	                                     .since = s->now - 3600 * TIME_SEC,
	                                     .records_rate = 120499,
	                                     .calls_rate = 450,
	                                     .committed = 20 * TIME_SEC,
	                                     .failing = 19 * TIME_SEC,
	                                     .failure = STR("t.db: disk\x1b[31m full"),
	                                     .archive_failing = 90 * TIME_SEC,
	                                     .archive_failure = STR("t.db.archive: full"),
	                                     .archive_retry = 30 * TIME_SEC,
	                                     .watch = STR("inotify"),
	                                     .watch_reason = STR("2 folders are polled"),
	                                     .dropped = 3};
	s->files[0].rate = 2000;
	s->files[0].waits = 20 * TIME_SEC;
	s->files[1].rate = 0;
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
	stuck_find(&s);
	status_text(&s, &look, &out);
	expect_file("fixtures/report/status.txt", &out);
	free(s.stuck);
	buf_free(&out);
}

static void test_an_agent_that_runs_is_seen(void **state)
{
	const struct look look = {.width = 100, .utf8 = true};
	struct status_file files[2];
	struct status s = example(files);
	struct zone *zone;
	struct buf out = {0};

	(void)state;
	add_agent(&s);
	stuck_find(&s);
	status_text(&s, &look, &out);
	expect_file("fixtures/report/status-agent.txt", &out);
	buf_clear(&out);
	status_json(&s, &out);
	expect_file("fixtures/report/status-agent.json", &out);
	zone = (struct zone *)(uintptr_t)s.zone;
	zone_free(&zone);
	free(s.stuck);
	buf_free(&out);
}

/* How it is said that there is none, or none that answers. */
static void expect_said(enum live live, long pid, const char *in_text, const char *in_json)
{
	const struct look look = {.width = 80};
	struct status s = {.database = "t.db", .live = live, .pid = pid};
	struct buf out = {0};

	stuck_find(&s);
	status_text(&s, &look, &out);
	if (strstr(out.p, in_text) == NULL)
		fail_msg("no '%s' in:\n%s", in_text, out.p);
	buf_clear(&out);
	status_json(&s, &out);
	if (strstr(out.p, in_json) == NULL)
		fail_msg("no '%s' in:\n%s", in_json, out.p);
	free(s.stuck);
	buf_free(&out);
}

static void test_one_that_does_not_answer_is_said(void **state)
{
	(void)state;
	expect_said(LIVE_NOBODY, 0, "No agent runs.\n", "\"agent\":null,");
	expect_said(LIVE_SILENT, 77, "stuck: the agent (pid 77) does not answer within 2 s; ",
	            "\"agent\":{\"pid\":77,\"state\":\"silent\"}");
	expect_said(LIVE_SILENT, 0, "stuck: the agent does not answer within 2 s; ",
	            "\"agent\":{\"pid\":null,\"state\":\"silent\"}");
	expect_said(LIVE_FORBIDDEN, 77, "Agent 77 runs; it answers only its own user and root.\n",
	            "\"agent\":{\"pid\":77,\"state\":\"forbidden\"}");
	expect_said(LIVE_WRITER, 77, "Process 77 writes the database and does not listen: a ",
	            "\"agent\":{\"pid\":77,\"state\":\"not listening\"}");
}

static void test_a_program_sees_the_same(void **state)
{
	struct status_file files[2];
	struct status s = example(files);
	struct buf out = {0};

	(void)state;
	stuck_find(&s);
	status_json(&s, &out);
	expect_file("fixtures/report/status.json", &out);
	free(s.stuck);
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
	struct status s = {.database = "t.db",
	                   .sizes = {.database = 4096, .free = -1, .growth = -1}};
	struct buf out = {0};

	(void)state;
	status_text(&s, &look, &out);
	assert_string_equal(
		out.p, "Database t.db, 4.1 kB\nNo agent runs.\nNothing was read yet: `tokentail "
		       "backfill PATH...` reads logs.\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_person_sees_sums_reasons_rejects_and_files),
		cmocka_unit_test(test_a_program_sees_the_same),
		cmocka_unit_test(test_an_agent_that_runs_is_seen),
		cmocka_unit_test(test_one_that_does_not_answer_is_said),
		cmocka_unit_test(test_sums_that_do_not_agree_are_said),
		cmocka_unit_test(test_nothing_read_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
