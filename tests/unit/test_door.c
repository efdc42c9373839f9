/* The agent's socket, with clients of every kind. Time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/local.h"
#include "agent/base/mem.h"
#include "agent/base/zone.h"
#include "agent/control/ask.h"
#include "agent/control/door.h"

enum { MANY = 100 };

struct scene {
	char folder[64], database[100], path[120];
	struct door *door;
	int64_t now;
	int made;       /* answers to status */
	size_t padding; /* bytes of each */
};

static void tell_status(void *arg, struct buf *out)
{
	struct scene *c = arg;

	c->made++;
	tell_agent(out, &(struct told_agent){.pid = 7, .dropped = door_dropped(c->door)});
	for (size_t i = 0; i < c->padding; i += 100)
		tell_file(out, &(struct told_file){.path = STR("a"), .offset = (int64_t)i});
	tell_end(out);
}

static int set_up(void **state)
{
	struct scene *c = calloc(1, sizeof(*c));
	const struct door_options options = {.status = tell_status, .arg = c};
	struct err err = {0};

	if (c == NULL)
		return -1;
	strcpy(c->folder, "/tmp/tokentail-door.XXXXXX");
	if (mkdtemp(c->folder) == NULL)
		return -1;
	(void)snprintf(c->database, sizeof(c->database), "%s/t.db", c->folder);
	(void)snprintf(c->path, sizeof(c->path), "%s.sock", c->database);
	c->now = TIME_SEC;
	c->door = door_open(c->database, &options, &err);
	*state = c;
	return c->door ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *c = *state;
	char command[100];

	door_close(&c->door);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", c->folder);
	free(c);
	return system(command);
}

static int knock(const struct scene *c)
{
	int fd = local_connect(c->path);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *text, size_t n)
{
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

static void turns(struct scene *c, int n)
{
	while (n-- > 0)
		door_turn(c->door, c->now);
}

/* What has come so far; true: the other side has closed. */
static bool hear(int fd, struct buf *got)
{
	char piece[65536];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		buf_bytes(got, piece, (size_t)n);
	return n == 0 || errno == ECONNRESET;
}

/* Takes the whole answer, which has to be one. */
static void expect_answer(struct scene *c, int fd, struct told *told, struct buf *text)
{
	struct err err = {0};

	for (int i = 0; i < 10000 && !hear(fd, text); i++)
		turns(c, 1);
	assert_true(told_read(buf_view(text), told, &err));
	(void)close(fd);
}

static void expect_status(struct scene *c, int fd)
{
	struct told told;
	struct buf text = {0};

	expect_answer(c, fd, &told, &text);
	assert_int_equal(told.agent.pid, 7);
	told_free(&told);
	buf_free(&text);
}

static void expect_dropped(int fd)
{
	struct buf got = {0};

	assert_true(hear(fd, &got));
	assert_int_equal(got.n, 0);
	buf_free(&got);
	(void)close(fd);
}

static void test_a_question_is_answered(void **state)
{
	struct scene *c = *state;
	int fd = knock(c);

	say(fd, "6:sta", 5);
	turns(c, 3);
	say(fd, "tus,", 4);
	expect_status(c, fd);
	assert_int_equal(door_dropped(c->door), 0);
	assert_int_equal(door_deadline(c->door), INT64_MAX);
}

static void test_the_socket_is_for_one_user(void **state)
{
	struct scene *c = *state;
	struct stat st;

	assert_int_equal(stat(c->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(S_ISSOCK(st.st_mode));
	door_close(&c->door);
	assert_int_equal(stat(c->path, &st), -1);
}

static void test_garbage_is_dropped_and_counted(void **state)
{
	static const char *const garbage[] = {"GET / HTTP/1.0\r\n\r\n", "6:stopit,",
	                                      "999999999:", "\n"};
	struct scene *c = *state;

	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		int fd = knock(c);

		say(fd, garbage[i], strlen(garbage[i]));
		turns(c, 2);
		expect_dropped(fd);
		assert_int_equal(door_dropped(c->door), i + 1);
	}
	assert_int_equal(c->made, 0);
}

static void test_who_leaves_in_the_middle_is_counted(void **state)
{
	struct scene *c = *state;
	int fd = knock(c);

	say(fd, "6:st", 4);
	turns(c, 1);
	(void)close(fd);
	turns(c, 1);
	assert_int_equal(door_dropped(c->door), 1);
}

static void test_silence_ends_at_the_deadline(void **state)
{
	struct scene *c = *state;
	int fd = knock(c);
	struct buf got = {0};

	turns(c, 1);
	assert_int_equal(door_deadline(c->door), c->now + DOOR_DEADLINE_MS * TIME_MS);
	c->now += DOOR_DEADLINE_MS * TIME_MS - 1;
	turns(c, 1);
	assert_false(hear(fd, &got));
	c->now++;
	turns(c, 1);
	expect_dropped(fd);
	assert_int_equal(door_dropped(c->door), 1);
}

static void test_a_question_finds_a_place_among_the_silent(void **state)
{
	struct scene *c = *state;
	int silent[MANY];
	struct pollfd fds[DOOR_FDS];

	for (int i = 0; i < MANY; i++) {
		silent[i] = knock(c);
		turns(c, 1);
		assert_true(door_poll(c->door, fds) <= DOOR_FDS);
	}
	assert_int_equal(door_dropped(c->door), MANY - DOOR_CLIENTS);
	for (int i = 0; i < 3; i++) {
		int fd = knock(c);

		say(fd, request_text(REQUEST_STATUS), REQUEST_BYTES);
		expect_status(c, fd);
	}
	assert_int_equal(door_dropped(c->door), MANY - DOOR_CLIENTS + 1);
	for (int i = 0; i < MANY; i++)
		(void)close(silent[i]);
}

/* Nobody takes what is sent to them: a socket's buffer holds some 200 KB. */
static void test_the_slow_cost_nothing_and_are_dropped(void **state)
{
	struct scene *c = *state;
	int slow[DOOR_CLIENTS], late;

	c->padding = 4 << 20;
	for (int i = 0; i < DOOR_CLIENTS; i++) {
		slow[i] = knock(c);
		say(slow[i], request_text(REQUEST_STATUS), REQUEST_BYTES);
		turns(c, 1);
	}
	turns(c, 100);
	assert_int_equal(c->made, 1); /* one answer for all */
	late = knock(c);
	turns(c, 2);
	expect_dropped(late); /* all places are taken by answers under way */
	assert_int_equal(door_dropped(c->door), 1);
	c->now += DOOR_DEADLINE_MS * TIME_MS;
	turns(c, 1);
	assert_int_equal(door_dropped(c->door), 1 + DOOR_CLIENTS);
	for (int i = 0; i < DOOR_CLIENTS; i++)
		(void)close(slow[i]);
	late = knock(c);
	say(late, request_text(REQUEST_STATUS), REQUEST_BYTES);
	expect_status(c, late);
	assert_int_equal(c->made, 2);
}

static void test_a_long_answer_goes_out_in_pieces(void **state)
{
	struct scene *c = *state;
	int fd = knock(c);
	struct told told;
	struct buf text = {0};

	c->padding = 1 << 20;
	say(fd, request_text(REQUEST_STATUS), REQUEST_BYTES);
	turns(c, 1);
	(void)hear(fd, &text);
	assert_in_range(text.n, 1, DOOR_PIECE);
	expect_answer(c, fd, &told, &text);
	assert_int_equal(told.files_n, (c->padding + 99) / 100);
	told_free(&told);
	buf_free(&text);
}

static void test_an_answer_grows_old(void **state)
{
	struct scene *c = *state;

	for (int i = 0; i < 3; i++) {
		int fd = knock(c);

		say(fd, request_text(REQUEST_STATUS), REQUEST_BYTES);
		expect_status(c, fd);
	}
	assert_int_equal(c->made, 1);
	c->now += DOOR_FRESH_MS * TIME_MS;
	for (int i = 0; i < 2; i++) {
		int fd = knock(c);

		say(fd, request_text(REQUEST_STATUS), REQUEST_BYTES);
		expect_status(c, fd);
	}
	assert_int_equal(c->made, 2);
}

static void test_all_who_wait_for_a_reload_are_told(void **state)
{
	struct scene *c = *state;
	int fd[2] = {knock(c), knock(c)};
	struct buf answer = {0};

	assert_false(door_wants_reload(c->door));
	for (int i = 0; i < 2; i++)
		say(fd[i], request_text(REQUEST_RELOAD), REQUEST_BYTES);
	turns(c, 1);
	assert_true(door_wants_reload(c->door));
	c->now += 10 * TIME_SEC; /* it took its time */
	tell_reload(&answer, &(struct told_reload){STR("no"), 1});
	tell_end(&answer);
	door_reloaded(c->door, buf_view(&answer));
	assert_false(door_wants_reload(c->door));
	for (int i = 0; i < 2; i++) {
		struct told told;
		struct buf text = {0};

		expect_answer(c, fd[i], &told, &text);
		assert_true(str_eq(told.reload.error, STR("no")));
		told_free(&told);
		buf_free(&text);
	}
	assert_int_equal(door_dropped(c->door), 0);
	buf_free(&answer);
}

static void test_without_descriptors_it_is_deaf_for_a_moment(void **state)
{
	struct scene *c = *state;
	int fd = knock(c), lowest = dup(fd);
	struct rlimit before, none;
	struct pollfd fds[DOOR_FDS];

	(void)close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	turns(c, 1);
	assert_int_equal(door_poll(c->door, fds), 0); /* or the loop would never sleep */
	assert_true(door_deadline(c->door) > c->now && door_deadline(c->door) < INT64_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	say(fd, request_text(REQUEST_STATUS), REQUEST_BYTES);
	c->now = door_deadline(c->door);
	expect_status(c, fd);
}

static void test_no_door_is_one_at_which_nobody_knocks(void **state)
{
	struct pollfd fds[DOOR_FDS];
	struct door *none = NULL;

	(void)state;
	assert_int_equal(door_poll(none, fds), 0);
	door_turn(none, 1);
	assert_int_equal(door_deadline(none), INT64_MAX);
	assert_false(door_wants_reload(none));
	door_reloaded(none, STR("x"));
	assert_int_equal(door_dropped(none), 0);
	door_close(&none);
}

static void test_a_socket_that_was_left_is_replaced_and_nothing_else(void **state)
{
	struct scene *c = *state;
	const struct door_options options = {.status = tell_status, .arg = c};
	struct err err = {0};
	struct door *second = door_open(c->database, &options, &err);
	int fd;

	assert_non_null(second);
	fd = knock(c);
	say(fd, request_text(REQUEST_STATUS), REQUEST_BYTES);
	door_turn(second, c->now);
	assert_int_equal(c->made, 1);
	(void)close(fd);
	door_close(&second);
	fd = open(c->path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_null(door_open(c->database, &options, &err));
	assert_non_null(strstr(err.text, "is no socket"));
	assert_int_equal(access(c->path, F_OK), 0);
}

/* Appends folders until the path is longer than an address. */
static void make_deep(const struct scene *c, struct buf *database)
{
	buf_puts(database, c->folder);
	for (int i = 0; i < 3; i++) {
		buf_puts(database, "/a-folder-with-a-name-that-is-rather-long-for-a-folder");
		assert_int_equal(mkdir(database->p, 0700), 0);
	}
	buf_puts(database, "/t.db");
	assert_true(database->n > 108);
}

static void test_a_path_may_be_longer_than_an_address(void **state)
{
	struct scene *c = *state;
	const struct door_options options = {.status = tell_status, .arg = c};
	struct buf database = {0}, path = {0};
	struct err err = {0};
	struct door *deep;
	int fd;

	make_deep(c, &database);
	deep = door_open(database.p, &options, &err);
	assert_string_equal(err.text, "");
	assert_non_null(deep);
	door_path(&path, database.p);
	fd = local_connect(path.p);
	assert_true(fd >= 0);
	(void)close(fd);
	door_close(&deep);
	assert_int_equal(access(path.p, F_OK), -1);
	buf_free(&database);
	buf_free(&path);
}

static void test_a_name_that_no_address_can_hold_is_said(void **state)
{
	struct scene *c = *state;
	const struct door_options options = {.status = tell_status, .arg = c};
	struct buf database = {0};
	struct err err = {0};

	buf_printf(&database, "%s/", c->folder);
	for (int i = 0; i < 120; i++)
		buf_char(&database, 'x');
	assert_null(door_open(database.p, &options, &err));
	assert_non_null(strstr(err.text, "File name too long"));
	buf_free(&database);
}

/* ---- who asks ---- */

struct serving {
	struct scene *c;
	atomic_bool over;
};

static void *serve(void *arg)
{
	struct serving *s = arg;
	struct pollfd fds[DOOR_FDS];

	while (!atomic_load(&s->over)) {
		(void)poll(fds, door_poll(s->c->door, fds), 1);
		door_turn(s->c->door, s->c->now);
	}
	return NULL;
}

static void test_the_one_who_asks_is_answered(void **state)
{
	struct scene *c = *state;
	struct serving s = {.c = c};
	struct buf answer = {0};
	struct told told;
	struct err err = {0};
	pthread_t thread;

	c->padding = 1 << 20;
	assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
	assert_int_equal(ask_agent(c->database, REQUEST_STATUS, 60000, &answer), ASKED_ANSWERED);
	atomic_store(&s.over, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(told_read(buf_view(&answer), &told, &err));
	assert_int_equal(told.files_n, (c->padding + 99) / 100);
	told_free(&told);
	buf_free(&answer);
}

static void test_the_one_who_asks_does_not_wait_for_ever(void **state)
{
	struct scene *c = *state;
	struct buf answer = {0};
	int waiting[MANY], n = 0;

	/* Nobody turns: the agent hangs. First its queue has room, then it has none. */
	assert_int_equal(ask_agent(c->database, REQUEST_STATUS, 50, &answer), ASKED_SILENT);
	while (n < MANY && (waiting[n] = local_connect(c->path)) >= 0)
		n++;
	assert_in_range(n, 1, MANY - 1);
	assert_int_equal(ask_agent(c->database, REQUEST_STATUS, 50, &answer), ASKED_SILENT);
	while (n > 0)
		(void)close(waiting[--n]);
	buf_free(&answer);
}

static void test_nobody_is_there(void **state)
{
	struct scene *c = *state;
	struct buf answer = {0};
	int fd;

	door_close(&c->door);
	assert_int_equal(ask_agent(c->database, REQUEST_STATUS, 50, &answer), ASKED_NOBODY);
	/* The socket of an agent that was killed. */
	fd = local_listen(c->path, 1, &(struct err){0});
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(ask_agent(c->database, REQUEST_STATUS, 50, &answer), ASKED_NOBODY);
	buf_free(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_question_is_answered),
		TEST(test_the_socket_is_for_one_user),
		TEST(test_garbage_is_dropped_and_counted),
		TEST(test_who_leaves_in_the_middle_is_counted),
		TEST(test_silence_ends_at_the_deadline),
		TEST(test_a_question_finds_a_place_among_the_silent),
		TEST(test_the_slow_cost_nothing_and_are_dropped),
		TEST(test_a_long_answer_goes_out_in_pieces),
		TEST(test_an_answer_grows_old),
		TEST(test_all_who_wait_for_a_reload_are_told),
		TEST(test_without_descriptors_it_is_deaf_for_a_moment),
		TEST(test_no_door_is_one_at_which_nobody_knocks),
		TEST(test_a_socket_that_was_left_is_replaced_and_nothing_else),
		TEST(test_a_path_may_be_longer_than_an_address),
		TEST(test_a_name_that_no_address_can_hold_is_said),
		TEST(test_the_one_who_asks_is_answered),
		TEST(test_the_one_who_asks_does_not_wait_for_ever),
		TEST(test_nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
