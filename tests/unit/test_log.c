#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/log.h"

/* 2026-03-12T09:00:00Z */
#define START (INT64_C(1773306000) * TIME_SEC)

/* A log into a pipe, under a clock of its own. */
struct fixture {
	struct log *log;
	int read_fd, write_fd;
	int64_t now;
	char got[1 << 16];
};

static int64_t clock_of(void *arg)
{
	return ((struct fixture *)arg)->now;
}

static void open_log(struct fixture *f, enum log_level level, enum log_format format)
{
	struct log_options options = {
		.fd = f->write_fd, .level = level, .format = format, .now = clock_of, .arg = f};

	f->log = log_new(&options);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int ends[2];

	if (f == NULL || pipe(ends) < 0)
		return -1;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("JOURNAL_STREAM");
	f->read_fd = ends[0];
	f->write_fd = ends[1];
	f->now = START;
	(void)fcntl(f->read_fd, F_SETFL, O_NONBLOCK);
	open_log(f, LEVEL_INFO, LOG_LINES);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	log_free(&f->log);
	(void)close(f->read_fd);
	(void)close(f->write_fd);
	free(f);
	return 0;
}

/* All that was written since the last call. */
static const char *said(struct fixture *f)
{
	ssize_t n = read(f->read_fd, f->got, sizeof(f->got) - 1);

	f->got[n > 0 ? n : 0] = '\0';
	return f->got;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void pass(struct fixture *f, int64_t seconds)
{
	f->now += seconds * TIME_SEC;
	log_tick(f->log);
}

/* ---- what a line is ---- */

static void test_a_line_has_time_level_source_path_and_text(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_WARNING, "gateway", "/var/log/x.log", "is a %s", "FIFO");
	assert_string_equal(said(f),
	                    "2026-03-12T09:00:00Z warning gateway: /var/log/x.log: is a FIFO\n");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "follows %d files", 12);
	assert_string_equal(said(f), "2026-03-12T09:00:00Z info follows 12 files\n");
	f->now += 86399 * TIME_SEC;
	log_say(f->log, LEVEL_ERROR, "", "/a", "gone");
	assert_string_equal(said(f), "2026-03-13T08:59:59Z error /a: gone\n");
}

static void test_a_json_line_has_the_same_as_members(void **state)
{
	struct fixture *f = *state;

	log_set(f->log, LEVEL_DEBUG, LOG_JSON);
	log_say(f->log, LEVEL_DEBUG, "gateway", "/var/log/x.log", "is \"new\"");
	assert_string_equal(said(f), "{\"time\":\"2026-03-12T09:00:00Z\",\"level\":\"debug\","
	                             "\"source\":\"gateway\",\"path\":\"/var/log/x.log\","
	                             "\"message\":\"is \\\"new\\\"\"}\n");
	log_say(f->log, LEVEL_ERROR, NULL, NULL, "stops");
	assert_string_equal(said(f), "{\"time\":\"2026-03-12T09:00:00Z\",\"level\":\"error\","
	                             "\"message\":\"stops\"}\n");
}

static void test_hostile_text_stays_on_its_line(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_ERROR, "a\nb", "/x\x1b[2J", "%s", "one\r\ntwo\xff");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z error a\\x0ab: /x\\x1b[2J: "
	                             "one\\x0d\\x0atwo\\xff\n");
	log_set(f->log, LEVEL_INFO, LOG_JSON);
	log_say(f->log, LEVEL_ERROR, "a\nb", NULL, "%s", "one\ntwo\xff");
	assert_string_equal(said(f), "{\"time\":\"2026-03-12T09:00:00Z\",\"level\":\"error\","
	                             "\"source\":\"a\\nb\",\"message\":\"one\\ntwo\xef\xbf\xbd\"}"
	                             "\n");
}

static void test_a_message_that_names_its_path_is_not_given_it_twice(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_ERROR, NULL, "/a", "/a: Permission denied");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z error /a: Permission denied\n");
	log_say(f->log, LEVEL_ERROR, NULL, "/a", "/ab: Permission denied");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z error /a: /ab: Permission denied\n");
	log_say(f->log, LEVEL_ERROR, NULL, "/a", "/a");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z error /a: /a\n");
}

static void test_the_journal_gets_a_priority_and_no_time(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char stream[64];

	assert_int_equal(fstat(f->write_fd, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	               (uintmax_t)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	log_free(&f->log);
	open_log(f, LEVEL_DEBUG, LOG_LINES);
	log_say(f->log, LEVEL_ERROR, "gateway", NULL, "a");
	log_say(f->log, LEVEL_WARNING, NULL, NULL, "b");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "c");
	log_say(f->log, LEVEL_DEBUG, NULL, NULL, "d");
	assert_string_equal(said(f), "<3>gateway: a\n<4>b\n<6>c\n<7>d\n");
	log_set(f->log, LEVEL_INFO, LOG_JSON);
	log_say(f->log, LEVEL_INFO, NULL, NULL, "e");
	assert_string_equal(said(f), "<6>{\"time\":\"2026-03-12T09:00:00Z\",\"level\":\"info\","
	                             "\"message\":\"e\"}\n");

	/* stderr leads elsewhere than the journal. */
	(void)setenv("JOURNAL_STREAM", "1:1", 1);
	log_free(&f->log);
	open_log(f, LEVEL_INFO, LOG_LINES);
	log_say(f->log, LEVEL_INFO, NULL, NULL, "f");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z info f\n");
	(void)unsetenv("JOURNAL_STREAM");
}

static void test_what_is_less_urgent_than_the_level_is_not_said(void **state)
{
	struct fixture *f = *state;
	enum log_level level = LEVELS;

	log_say(f->log, LEVEL_DEBUG, NULL, NULL, "no");
	assert_false(log_wants(f->log, LEVEL_DEBUG));
	assert_true(log_wants(f->log, LEVEL_INFO));
	log_set(f->log, LEVEL_ERROR, LOG_LINES);
	log_say(f->log, LEVEL_WARNING, NULL, NULL, "no");
	assert_string_equal(said(f), "");
	assert_true(log_level_of(STR("warning"), &level));
	assert_int_equal(level, LEVEL_WARNING);
	assert_false(log_level_of(STR("warn"), &level));
	assert_false(log_level_of(STR(""), &level));
	assert_string_equal(log_level_name(LEVEL_DEBUG), "debug");
}

static void test_a_long_line_is_cut_to_one_piece(void **state)
{
	struct fixture *f = *state;
	char path[6000], text[3000];
	size_t n;

	memset(path, '\x01', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i + 1 < sizeof(text); i++) /* two bytes each, so a cut can go wrong */
		text[i] = "\xc3\xbc"[i & 1];
	text[sizeof(text) - 1] = '\0';
	for (int json = 0; json < 2; json++) {
		log_set(f->log, LEVEL_INFO, json ? LOG_JSON : LOG_LINES);
		log_say(f->log, LEVEL_WARNING, path, path, "%d%s", json, text);
		n = strlen(said(f));
		assert_in_range(n, 2500, LOG_LINE_MAX);
		assert_int_equal(lines(f->got), 1);
		assert_null(strstr(f->got, "\\xc3"));
		assert_null(strstr(f->got, "\xef\xbf\xbd"));
		assert_string_equal(f->got + n - (json ? 6 : 4), json ? "...\"}\n" : "...\n");
	}
}

/* ---- repeats ---- */

static void test_a_repeated_message_is_said_once_with_its_number(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 8; i++)
		log_say(f->log, LEVEL_WARNING, "gateway", "/a", "no JSON");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z warning gateway: /a: no JSON\n");
	assert_int_equal(log_deadline(f->log), START + 60 * TIME_SEC);
	pass(f, 59);
	assert_string_equal(said(f), "");
	pass(f, 1);
	assert_string_equal(said(f), "2026-03-12T09:01:00Z warning gateway: /a: no JSON (7 times "
	                             "in the last minute)\n");

	/* It goes on: nothing at once, a line at the end of the next minute. */
	log_say(f->log, LEVEL_WARNING, "gateway", "/a", "no JSON");
	assert_string_equal(said(f), "");
	pass(f, 60);
	assert_string_equal(said(f), "2026-03-12T09:02:00Z warning gateway: /a: no JSON (1 time "
	                             "in the last minute)\n");

	/* A quiet minute, and it is new again. */
	pass(f, 60);
	assert_string_equal(said(f), "");
	assert_int_equal(log_deadline(f->log), TIME_MAX);
	log_say(f->log, LEVEL_WARNING, "gateway", "/a", "no JSON");
	assert_string_equal(said(f), "2026-03-12T09:03:00Z warning gateway: /a: no JSON\n");
}

static void test_the_number_is_a_member_in_json(void **state)
{
	struct fixture *f = *state;

	log_set(f->log, LEVEL_INFO, LOG_JSON);
	log_say(f->log, LEVEL_INFO, NULL, NULL, "again");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "again");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "again");
	(void)said(f);
	pass(f, 60);
	assert_string_equal(said(f), "{\"time\":\"2026-03-12T09:01:00Z\",\"level\":\"info\","
	                             "\"message\":\"again\",\"times\":2}\n");
}

static void test_a_minute_ends_with_the_next_message_too(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_INFO, NULL, NULL, "a");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "a");
	(void)said(f);
	f->now += 61 * TIME_SEC;
	log_say(f->log, LEVEL_INFO, NULL, NULL, "b");
	assert_string_equal(said(f), "2026-03-12T09:01:01Z info a (1 time in the last minute)\n"
	                             "2026-03-12T09:01:01Z info b\n");
}

static void test_messages_that_differ_anywhere_are_not_the_same(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_INFO, "s", "p", "t");
	log_say(f->log, LEVEL_WARNING, "s", "p", "t");
	log_say(f->log, LEVEL_INFO, "r", "p", "t");
	log_say(f->log, LEVEL_INFO, "s", "q", "t");
	log_say(f->log, LEVEL_INFO, "s", "p", "u");
	log_say(f->log, LEVEL_INFO, "sp", "", "t");
	assert_int_equal(lines(said(f)), 6);
}

static void test_a_clock_that_is_set_back_ends_the_minute(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_INFO, NULL, NULL, "a");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "a");
	(void)said(f);
	pass(f, -3600);
	assert_string_equal(said(f), "2026-03-12T08:00:00Z info a (1 time in the last minute)\n");
}

static void test_the_end_says_what_was_only_counted(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_INFO, NULL, NULL, "a");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "a");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "b");
	(void)said(f);
	log_free(&f->log);
	assert_null(f->log);
	assert_string_equal(said(f), "2026-03-12T09:00:00Z info a (1 time in the last minute)\n");
}

/* One that makes room for others is said with its number first. */
static void test_only_so_many_messages_are_remembered(void **state)
{
	struct fixture *f = *state;

	log_say(f->log, LEVEL_INFO, NULL, NULL, "first");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "first");
	f->now += TIME_SEC;
	for (int i = 1; i < LOG_FOLD_MAX; i++)
		log_say(f->log, LEVEL_INFO, NULL, NULL, "message %d", i);
	assert_int_equal(lines(said(f)), LOG_FOLD_MAX);
	f->now += TIME_SEC;
	log_say(f->log, LEVEL_INFO, NULL, NULL, "one more");
	assert_string_equal(said(f), "2026-03-12T09:00:02Z info first (1 time in the last minute)\n"
	                             "2026-03-12T09:00:02Z info one more\n");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "and one more");
	assert_int_equal(lines(said(f)), 1);
	log_say(f->log, LEVEL_INFO, NULL, NULL, "one more"); /* not the oldest: still known */
	assert_string_equal(said(f), "");
	log_say(f->log, LEVEL_INFO, NULL, NULL, "message %d", 5);
	assert_string_equal(said(f), "");
}

/* ---- floods ---- */

static void flood(struct fixture *f, enum log_level level, int n)
{
	for (int i = 0; i < n; i++)
		log_say(f->log, level, NULL, NULL, "record %d", i);
}

/* Reads on the way: a pipe holds less. */
static size_t flood_lines(struct fixture *f, enum log_level level, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++) {
		log_say(f->log, level, NULL, NULL, "record %d", i);
		sum += lines(said(f));
	}
	return sum;
}

static void test_a_level_has_its_share_of_a_minute(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(flood_lines(f, LEVEL_WARNING, LOG_PER_MINUTE + 7), LOG_PER_MINUTE);
	log_say(f->log, LEVEL_ERROR, NULL, NULL, "heard");
	assert_string_equal(said(f), "2026-03-12T09:00:00Z error heard\n");
	assert_int_equal(log_deadline(f->log), START + 60 * TIME_SEC);
	pass(f, 60);
	assert_string_equal(said(f), "2026-03-12T09:01:00Z warning left out in the last minute: "
	                             "7 messages\n");
	log_say(f->log, LEVEL_WARNING, NULL, NULL, "a new minute");
	assert_string_equal(said(f), "2026-03-12T09:01:00Z warning a new minute\n");
	log_set(f->log, LEVEL_DEBUG, LOG_LINES);
	assert_int_equal(flood_lines(f, LEVEL_DEBUG, LOG_PER_MINUTE + 7), LOG_PER_MINUTE + 7);
}

/* Would the log wait for room, this test did not end. */
static void test_a_full_pipe_loses_lines_and_says_how_many(void **state)
{
	struct fixture *f = *state;
	uint64_t lost;
	char want[128];

	flood(f, LEVEL_INFO, LOG_PER_MINUTE);
	flood(f, LEVEL_WARNING, LOG_PER_MINUTE);
	lost = log_lost(f->log);
	assert_int_equal(lines(said(f)), 2 * LOG_PER_MINUTE - (int)lost);
	assert_in_range(lost, 1, 2 * LOG_PER_MINUTE - 1);
	assert_int_equal(log_deadline(f->log), START + TIME_SEC);
	pass(f, 1);
	(void)snprintf(want, sizeof(want),
	               "2026-03-12T09:00:01Z warning lost because stderr had no room: %ju "
	               "messages\n",
	               (uintmax_t)lost);
	assert_string_equal(said(f), want);
	assert_int_equal(log_deadline(f->log), TIME_MAX);
	log_say(f->log, LEVEL_ERROR, NULL, NULL, "goes on");
	assert_string_equal(said(f), "2026-03-12T09:00:01Z error goes on\n");
	assert_int_equal(log_lost(f->log), lost);
}

static void test_the_next_line_says_what_was_lost_as_well(void **state)
{
	struct fixture *f = *state;

	flood(f, LEVEL_INFO, LOG_PER_MINUTE);
	flood(f, LEVEL_WARNING, LOG_PER_MINUTE);
	(void)said(f);
	log_say(f->log, LEVEL_ERROR, NULL, NULL, "a");
	assert_non_null(strstr(said(f), "lost because stderr had no room"));
	assert_int_equal(lines(f->got), 2);
}

static void test_a_socket_that_is_full_is_not_waited_for(void **state)
{
	struct fixture *f = *state;
	int ends[2];
	int before = f->write_fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	log_free(&f->log);
	f->write_fd = ends[1];
	open_log(f, LEVEL_DEBUG, LOG_LINES);
	flood(f, LEVEL_DEBUG, 20000);
	assert_in_range(log_lost(f->log), 1, 19999);
	log_free(&f->log);
	f->write_fd = before;
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_nobody_listens_any_more(void **state)
{
	struct fixture *f = *state;

	(void)close(f->read_fd);
	f->read_fd = open("/dev/null", O_RDONLY);
	log_say(f->log, LEVEL_ERROR, NULL, NULL, "a");
	pass(f, 1);
	assert_int_equal(log_lost(f->log), 1);
}

static void *say_many(void *arg)
{
	struct fixture *f = arg;

	for (int i = 0; i < 100; i++)
		log_say(f->log, LEVEL_INFO, NULL, NULL, "line %d of a thread", i % 10);
	return NULL;
}

static void test_threads_do_not_mix_their_lines(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, say_many, f), 0);
	for (int i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(lines(said(f)), 10);
	pass(f, 60);
	assert_int_equal(lines(said(f)), 10);
	assert_non_null(strstr(f->got, "line 3 of a thread (39 times in the last minute)\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_line_has_time_level_source_path_and_text),
		TEST(test_a_json_line_has_the_same_as_members),
		TEST(test_hostile_text_stays_on_its_line),
		TEST(test_a_message_that_names_its_path_is_not_given_it_twice),
		TEST(test_the_journal_gets_a_priority_and_no_time),
		TEST(test_what_is_less_urgent_than_the_level_is_not_said),
		TEST(test_a_long_line_is_cut_to_one_piece),
		TEST(test_a_repeated_message_is_said_once_with_its_number),
		TEST(test_the_number_is_a_member_in_json),
		TEST(test_a_minute_ends_with_the_next_message_too),
		TEST(test_messages_that_differ_anywhere_are_not_the_same),
		TEST(test_a_clock_that_is_set_back_ends_the_minute),
		TEST(test_the_end_says_what_was_only_counted),
		TEST(test_only_so_many_messages_are_remembered),
		TEST(test_a_level_has_its_share_of_a_minute),
		TEST(test_a_full_pipe_loses_lines_and_says_how_many),
		TEST(test_the_next_line_says_what_was_lost_as_well),
		TEST(test_a_socket_that_is_full_is_not_waited_for),
		TEST(test_nobody_listens_any_more),
		TEST(test_threads_do_not_mix_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
