#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/notify.h"

/* A service manager: a socket of its own in a folder of its own. */
struct manager {
	struct notify n;
	int fd;
	char folder[64], path[100], got[4096];
};

static int bound(const struct sockaddr_un *to, size_t name_n)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)to,
	                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_n)),
	                 0);
	return fd;
}

static int listen_at(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	return bound(&to, strlen(path) + 1);
}

static int set_up(void **state)
{
	struct manager *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -1;
	strcpy(m->folder, "/tmp/tokentail-notify.XXXXXX");
	if (mkdtemp(m->folder) == NULL)
		return -1;
	(void)snprintf(m->path, sizeof(m->path), "%s/socket", m->folder);
	m->fd = listen_at(m->path);
	(void)setenv("NOTIFY_SOCKET", m->path, 1);
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct manager *m = *state;

	notify_close(&m->n);
	(void)close(m->fd);
	(void)unlink(m->path);
	(void)rmdir(m->folder);
	free(m);
	return 0;
}

static void open_notify(struct manager *m)
{
	struct err err = {0};

	assert_true(notify_open(&m->n, &err));
	assert_string_equal(err.text, "");
}

/* The next datagram; "" when there is none. */
static const char *received(struct manager *m)
{
	ssize_t n = recv(m->fd, m->got, sizeof(m->got) - 1, 0);

	m->got[n > 0 ? n : 0] = '\0';
	return m->got;
}

static void tell_all(struct manager *m)
{
	struct err err = {0};

	assert_true(notify_ready(&m->n, "follows 3 files", &err));
	assert_true(notify_status(&m->n, "12 calls", &err));
	assert_true(notify_alive(&m->n, &err));
	assert_true(notify_stopping(&m->n, NULL, &err));
	assert_string_equal(err.text, "");
}

static void expect_all(struct manager *m)
{
	assert_string_equal(received(m), "READY=1\nSTATUS=follows 3 files\n");
	assert_string_equal(received(m), "STATUS=12 calls\n");
	assert_string_equal(received(m), "WATCHDOG=1\n");
	assert_string_equal(received(m), "STOPPING=1\n");
	assert_string_equal(received(m), "");
}

static void test_a_socket_with_a_path_gets_each_message(void **state)
{
	struct manager *m = *state;

	open_notify(m);
	assert_true(fcntl(m->n.fd, F_GETFD) & FD_CLOEXEC);
	tell_all(m);
	expect_all(m);
}

static void test_an_abstract_socket_gets_each_message(void **state)
{
	struct manager *m = *state;
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char name[80];

	(void)snprintf(name, sizeof(name), "@tokentail-%ld", (long)getpid());
	memcpy(to.sun_path, name, strlen(name));
	to.sun_path[0] = '\0';
	(void)close(m->fd);
	m->fd = bound(&to, strlen(name));
	(void)setenv("NOTIFY_SOCKET", name, 1);
	open_notify(m);
	tell_all(m);
	expect_all(m);
}

static void test_without_a_manager_nothing_happens(void **state)
{
	struct manager *m = *state;

	(void)unsetenv("NOTIFY_SOCKET");
	(void)setenv("WATCHDOG_USEC", "1000000", 1);
	open_notify(m);
	assert_int_equal(m->n.fd, -1);
	assert_int_equal(notify_period(&m->n), 0);
	tell_all(m);
	(void)setenv("NOTIFY_SOCKET", "", 1);
	open_notify(m);
	tell_all(m);
	assert_string_equal(received(m), "");
}

static void test_a_reload_has_its_time(void **state)
{
	struct manager *m = *state;
	struct err err = {0};
	struct timespec before, after;
	long long usec = 0;
	char rest[40] = "";

	open_notify(m);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	assert_true(notify_reloading(&m->n, "reads", &err));
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	assert_int_equal(
		sscanf(received(m), "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=%39s\n", &usec, rest),
		2);
	assert_string_equal(rest, "reads");
	assert_in_range(usec, before.tv_sec * 1000000LL + before.tv_nsec / 1000,
	                after.tv_sec * 1000000LL + after.tv_nsec / 1000);
}

static void test_a_status_cannot_say_anything_else(void **state)
{
	struct manager *m = *state;
	struct err err = {0};
	char flood[2000];

	open_notify(m);
	assert_true(notify_status(&m->n, "a\nMAINPID=1\xff", &err));
	assert_string_equal(received(m), "STATUS=a\\x0aMAINPID=1\xef\xbf\xbd\n");
	memset(flood, 'x', sizeof(flood) - 1);
	flood[sizeof(flood) - 1] = '\0';
	assert_true(notify_status(&m->n, flood, &err));
	assert_int_equal(strlen(received(m)), strlen("STATUS=\n") + NOTIFY_STATUS_MAX);
}

static int64_t period(struct manager *m, const char *usec, const char *pid)
{
	int64_t value;

	(void)setenv("WATCHDOG_USEC", usec, 1);
	if (pid)
		(void)setenv("WATCHDOG_PID", pid, 1);
	else
		(void)unsetenv("WATCHDOG_PID");
	open_notify(m);
	value = notify_period(&m->n);
	notify_close(&m->n);
	return value;
}

static void test_signs_of_life_are_due_after_half_the_time(void **state)
{
	struct manager *m = *state;
	char own[24], other[24];

	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	(void)snprintf(other, sizeof(other), "%ld", (long)getpid() + 1);
	assert_int_equal(period(m, "60000000", NULL), 30000000);
	assert_int_equal(period(m, "60000000", own), 30000000);
	assert_int_equal(period(m, "60000000", other), 0);
	assert_int_equal(period(m, "60000000", "x"), 0);
	assert_int_equal(period(m, "0", NULL), 0);
	assert_int_equal(period(m, "-5", NULL), 0);
	assert_int_equal(period(m, "5s", NULL), 0);
	assert_int_equal(period(m, "99999999999999999999", NULL), 0);
	assert_int_equal(period(m, "", NULL), 0);
}

static void test_a_manager_that_starts_anew_is_found_again(void **state)
{
	struct manager *m = *state;
	struct err err = {0};

	open_notify(m);
	(void)close(m->fd);
	(void)unlink(m->path);
	assert_false(notify_alive(&m->n, &err));
	assert_non_null(strstr(err.text, "NOTIFY_SOCKET"));
	m->fd = listen_at(m->path);
	tell_all(m);
	expect_all(m);
}

static void expect_refused(struct manager *m, const char *name, const char *words)
{
	struct err err = {0};

	(void)setenv("NOTIFY_SOCKET", name, 1);
	assert_false(notify_open(&m->n, &err));
	assert_non_null(strstr(err.text, words));
	tell_all(m); /* nobody listens, and nothing fails */
}

static void test_a_socket_that_cannot_be_used_is_said(void **state)
{
	struct manager *m = *state;
	char longest[300];

	expect_refused(m, "/nonexistent/socket", "No such file");
	expect_refused(m, "relative", "expected a path or a name with @, found 'relative'");
	expect_refused(m, "vsock:2:1234", "expected a path or a name with @");
	expect_refused(m, "@", "is no name of a socket");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	expect_refused(m, longest, "is no name of a socket");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_socket_with_a_path_gets_each_message),
		TEST(test_an_abstract_socket_gets_each_message),
		TEST(test_without_a_manager_nothing_happens),
		TEST(test_a_reload_has_its_time),
		TEST(test_a_status_cannot_say_anything_else),
		TEST(test_signs_of_life_are_due_after_half_the_time),
		TEST(test_a_manager_that_starts_anew_is_found_again),
		TEST(test_a_socket_that_cannot_be_used_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
