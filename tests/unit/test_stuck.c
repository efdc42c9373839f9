#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/commands/stuck.h"

/* One file and an agent that runs: what is stuck? "" or the names, in order. */
static void expect_stuck(const struct status *given, const char *want)
{
	struct status s = *given;
	struct buf got = {0};

	stuck_find(&s);
	buf_puts(&got, "");
	for (size_t i = 0; i < s.stuck_n; i++)
		buf_printf(&got, "%s%s", i ? " " : "", stuck_name(s.stuck[i].kind));
	assert_string_equal(got.p, want);
	free(s.stuck);
	buf_free(&got);
}

static struct status with(struct status_file *f)
{
	return (struct status){.live = LIVE_AGENT, .pid = 9, .files = f, .files_n = 1};
}

static void test_what_is_well_is_not_stuck(void **state)
{
	struct status_file f = {.path = STR("a"), .state = FILE_READ};
	struct status s = with(&f);

	(void)state;
	expect_stuck(&s, "");
	f.lag = 1 << 20; /* it has just been written */
	expect_stuck(&s, "");
	for (enum live live = LIVE_NOBODY; live <= LIVE_WRITER; live++) {
		s.live = live;
		expect_stuck(&s, live == LIVE_SILENT ? "silent" : "");
	}
}

static void test_a_file_is_behind_after_a_minute_without_progress(void **state)
{
	struct status_file f = {.path = STR("a"),
	                        .state = FILE_READ,
	                        .lag = 1,
	                        .waits = STUCK_BEHIND_SECONDS * TIME_SEC - 1};
	struct status s = with(&f);

	(void)state;
	expect_stuck(&s, "");
	f.waits++;
	expect_stuck(&s, "behind");
	f.lag = 0; /* it has been read while we asked */
	expect_stuck(&s, "");
	f.lag = 1;
	f.state = FILE_PARTIAL; /* reading fails */
	expect_stuck(&s, "behind");
	s.live = LIVE_NOBODY;
	expect_stuck(&s, "");
	/* An unfinished line: there is nothing to read, however long it has stood there. */
	f.waits = 0;
	s.live = LIVE_AGENT;
	expect_stuck(&s, "");
}

static void test_commits_may_fail_for_a_moment(void **state)
{
	struct status_file f = {
		.path = STR("a"), .state = FILE_READ, .lag = 1, .waits = 1000 * TIME_SEC};
	struct status s = with(&f);

	(void)state;
	s.agent.agent.failing = STUCK_COMMITS_SECONDS * TIME_SEC - 1;
	expect_stuck(&s, "");
	s.agent.agent.failing++;
	expect_stuck(&s, "commits"); /* and not each file that waits for them */
	f.state = FILE_CORRUPT;
	expect_stuck(&s, "commits corrupt");
}

static void test_a_rotation_that_failed_is_stuck_until_it_succeeds(void **state)
{
	struct status s = {.live = LIVE_AGENT};

	(void)state;
	s.agent.agent.archive_failing = 1;
	expect_stuck(&s, "archive");
	s.agent.agent.failing = STUCK_COMMITS_SECONDS * TIME_SEC;
	expect_stuck(&s, "commits archive");
	s.live = LIVE_NOBODY; /* what it said is of the past */
	expect_stuck(&s, "");
}

static void test_a_file_that_cannot_be_read_is_stuck_without_an_agent_too(void **state)
{
	struct status_file f = {.path = STR("a"), .state = FILE_LEFT_OUT};
	struct status s = with(&f);

	(void)state;
	expect_stuck(&s, ""); /* a folder, a FIFO: nobody wants to read it */
	f.blocked = true;
	expect_stuck(&s, "blocked");
	s.live = LIVE_NOBODY;
	expect_stuck(&s, "blocked");
	f = (struct status_file){.path = STR("a"), .state = FILE_CORRUPT};
	expect_stuck(&s, "corrupt");
	s.live = LIVE_SILENT;
	expect_stuck(&s, "silent corrupt");
}

static void expect_words(const struct status *s, const struct stuck *stuck, const char *reason,
                         const char *advice)
{
	struct buf got = {0};

	stuck_reason(s, stuck, &got);
	assert_string_equal(got.p, reason);
	buf_clear(&got);
	stuck_advice(s, stuck, &got);
	if (strstr(got.p, advice) == NULL)
		fail_msg("no '%s' in '%s'", advice, got.p);
	buf_free(&got);
}

static void test_each_is_said_in_words(void **state)
{
	struct status_file f = {.path = STR("/log/a"),
	                        .reason = STR("/log/a: Permission denied"),
	                        .lag = 1234,
	                        .waits = 75 * TIME_SEC};
	struct status s = with(&f);

	(void)state;
	s.agent.agent.failing = 12 * 60 * TIME_SEC;
	s.agent.agent.failure = STR("t.db: the disk is full");
	expect_words(&s, &(struct stuck){STUCK_SILENT, NULL},
	             "the agent (pid 9) does not answer within 2 s", "kill -9 9");
	expect_words(&s, &(struct stuck){STUCK_COMMITS, NULL},
	             "commits have been failing for 12m: t.db: the disk is full",
	             "nothing is lost");
	expect_words(&s, &(struct stuck){STUCK_BLOCKED, &f}, "Permission denied",
	             "let the agent's user read it");
	expect_words(&s, &(struct stuck){STUCK_BEHIND, &f},
	             "1,234 bytes not counted, no progress for 75s", "log");
	f.reason = STR("gzip: crc does not match");
	expect_words(&s, &(struct stuck){STUCK_CORRUPT, &f}, "gzip: crc does not match",
	             "a whole copy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_well_is_not_stuck),
		cmocka_unit_test(test_a_file_is_behind_after_a_minute_without_progress),
		cmocka_unit_test(test_commits_may_fail_for_a_moment),
		cmocka_unit_test(test_a_rotation_that_failed_is_stuck_until_it_succeeds),
		cmocka_unit_test(test_a_file_that_cannot_be_read_is_stuck_without_an_agent_too),
		cmocka_unit_test(test_each_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
