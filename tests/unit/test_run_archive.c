/* The agent's daily rotation when it fails. The loop's clock is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/commands/run.h" /* before cmocka.h, which makes a macro of `fail` */

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/mem.h"

struct scene {
	struct agent a;
	char folder[64], config[100], archive[100], year[120], new[200], log[100];
	int log_fd;
	int64_t now;
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void expect_good(bool good, const struct err *err)
{
	if (!good)
		fail_msg("%s", err->text);
}

static void make_files(struct scene *c)
{
	struct buf text = {0}, path = {0};

	strcpy(c->folder, "/tmp/tokentail-rotating.XXXXXX");
	assert_non_null(mkdtemp(c->folder));
	(void)snprintf(c->config, sizeof(c->config), "%s/t.yaml", c->folder);
	(void)snprintf(c->archive, sizeof(c->archive), "%s/t.db.archive", c->folder);
	(void)snprintf(c->year, sizeof(c->year), "%s/2026", c->archive);
	(void)snprintf(c->new, sizeof(c->new), "%s/calls-2026-01-01.jsonl.gz.new", c->year);
	(void)snprintf(c->log, sizeof(c->log), "%s/said", c->folder);
	buf_printf(&text,
	           "database: %s/t.db\nsources: [{name: a, paths: %s/app.log, preset: json}]\n",
	           c->folder, c->folder);
	write_file(c->config, text.p);
	buf_printf(&path, "%s/app.log", c->folder);
	write_file(path.p, "{\"time\":\"2026-01-01T00:00:00Z\",\"model\":\"gpt-4o\","
	                   "\"input_tokens\":1,\"output_tokens\":1}\n");
	buf_free(&text);
	buf_free(&path);
}

/* An agent as `run` makes it, that has read a call from long ago. */
static int set_up(void **state)
{
	struct scene *c = xcalloc(1, sizeof(*c));
	struct agent *a = &c->a;
	struct follower_sums sums = {0};
	struct err err = {0};

	*state = c;
	make_files(c);
	a->common.config_file = c->config;
	a->config = config_load(c->config, &err);
	expect_good(a->config != NULL, &err);
	c->log_fd = open(c->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	a->log = log_new(&(struct log_options){.fd = c->log_fd, .level = LEVEL_INFO});
	expect_good(run_open_sources(a, &err), &err);
	a->ledger = ledger_open(a->config->database, a->config->timezone, &err);
	expect_good(a->ledger != NULL && run_follow(a, &err), &err);
	for (int i = 0; i < 10000 && sums.commit.records[OUTCOME_CALL] == 0; i++) {
		c->now += TIME_SEC;
		(void)follower_turn(a->follower, c->now);
		follower_sums(a->follower, &sums);
	}
	assert_int_equal(sums.commit.records[OUTCOME_CALL], 1);
	return 0;
}

static int tear_down(void **state)
{
	struct scene *c = *state;
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", c->folder);
	run_archive_stop(&c->a);
	run_close_sources(&c->a);
	ledger_close(&c->a.ledger);
	log_free(&c->a.log);
	(void)close(c->log_fd);
	free(c);
	return system(command);
}

/* Turns of the loop at this moment, until no rotation is under way. */
static void turn(struct scene *c)
{
	const struct rotating *r = &c->a.rotating;

	do {
		(void)run_archive_turn(&c->a, c->now);
		if (r->under_way)
			(void)usleep(1000);
	} while (r->under_way);
}

/* How often the log has these words. */
static int said(const struct scene *c, const char *words)
{
	char line[2000];
	FILE *f = fopen(c->log, "r");
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, words) != NULL;
	(void)fclose(f);
	return n;
}

static void test_a_rotation_that_fails_is_tried_again_with_growing_pauses(void **state)
{
	static const int64_t pauses[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
	struct scene *c = *state;
	const struct rotating *r = &c->a.rotating;
	int64_t first = c->now;

	write_file(c->archive, "in the way");
	turn(c);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
		assert_true(r->failing_since == first && r->done_day == 0);
		assert_non_null(strstr(r->failure, c->archive));
		assert_int_equal(run_archive_turn(&c->a, c->now), c->now + pauses[i] * TIME_SEC);
		c->now += pauses[i] * TIME_SEC - 1;
		(void)run_archive_turn(&c->a, c->now);
		assert_null(r->under_way); /* too early */
		c->now++;
		turn(c);
	}
	assert_int_equal(said(c, "error archive: "), 1);
}

static void test_each_different_failure_is_said_and_then_that_it_is_over(void **state)
{
	struct scene *c = *state;
	const struct rotating *r = &c->a.rotating;
	struct follower_sums sums;

	write_file(c->archive, "in the way");
	turn(c);
	assert_int_equal(unlink(c->archive), 0);
	assert_int_equal(mkdir(c->archive, 0700), 0);
	assert_int_equal(mkdir(c->year, 0700), 0);
	assert_int_equal(mkdir(c->new, 0700), 0);
	c->now = r->look_at;
	turn(c);
	assert_int_equal(said(c, "error archive: "), 2);
	assert_non_null(strstr(r->failure, c->new));
	assert_int_equal(rmdir(c->new), 0);
	c->now = r->look_at;
	turn(c);
	assert_int_equal(said(c, "1 days of 1 calls moved to the archive"), 1);
	assert_int_equal(said(c, "archive: the rotation succeeds again"), 1);
	assert_int_equal(said(c, "archive: "), 3);
	assert_true(r->failing_since == 0 && r->pause == 0 && r->done_day > 0);
	assert_string_equal(r->failure, "");
	follower_sums(c->a.follower, &sums);
	assert_int_equal(sums.commit.records[OUTCOME_CALL], 1);
}

static void test_it_can_be_tried_at_once(void **state)
{
	struct scene *c = *state;

	write_file(c->archive, "in the way");
	turn(c);
	assert_true(c->a.rotating.failing_since > 0);
	assert_int_equal(unlink(c->archive), 0);
	turn(c);
	assert_true(c->a.rotating.failing_since > 0); /* it waits */
	run_archive_retry(&c->a);
	turn(c);
	assert_int_equal(c->a.rotating.failing_since, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_a_rotation_that_fails_is_tried_again_with_growing_pauses, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_each_different_failure_is_said_and_then_that_it_is_over, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_it_can_be_tried_at_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
