#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/follow/discover.h"

/* Each test has a directory of its own, and works in it. */
struct place {
	char dir[64], before[4096];
	struct found_list list;
	struct err err;
};

static int setup(void **state)
{
	struct place *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	assert_non_null(getcwd(t->before, sizeof(t->before)));
	(void)snprintf(t->dir, sizeof(t->dir), "/tmp/test-discover-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(chdir(t->dir), 0);
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *t = *state;

	found_free(&t->list);
	assert_int_equal(chdir(t->before), 0);
	assert_int_equal(nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(t);
	return 0;
}

/* A file with its directories. */
static void make(const char *path)
{
	char dir[256];
	int fd;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = dir; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		(void)mkdir(dir, 0777);
	}
	fd = open(path, O_WRONLY | O_CREAT, 0666);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void make_all(const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		make(paths[i]);
}

/* The list as "path path:reason ...". */
static void check_list(const struct found_list *list, const char *expected)
{
	char text[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct found *f = &list->items[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s%s", i ? " " : "", f->path,
		                      f->left_out ? ":" : "", f->left_out ? f->left_out : "");
	}
	assert_string_equal(text, expected);
}

static void check(struct place *t, const char *glob, const char *expected)
{
	assert_true(discover(glob, false, &t->list, &t->err));
	assert_string_equal(t->err.text, "");
	check_list(&t->list, expected);
	found_free(&t->list);
}

#define MAKE(...)                                    \
	make_all((const char *const[]){__VA_ARGS__}, \
	         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void test_wildcards_match_within_a_name(void **state)
{
	MAKE("a.log", "b.log", "ab.log", "c.txt", "sub/a.log", "z[1].log", "d1", "d2", "d12");
	check(*state, "*.log", "a.log ab.log b.log z[1].log");
	check(*state, "?.log", "a.log b.log");
	check(*state, "[b-c].*", "b.log c.txt");
	check(*state, "[!b-c].log", "a.log");
	check(*state, "d[0-9]", "d1 d2");
	check(*state, "*/a.log", "sub/a.log");
	check(*state, "s*/*", "sub/a.log");
	check(*state, "\\a.log", "a.log");
	check(*state, "*.gz", "");
}

static void test_a_plain_path_is_found_or_not(void **state)
{
	MAKE("a.log", "sub/b.log");
	check(*state, "a.log", "a.log");
	check(*state, "./sub//b.log", "sub/b.log");
	check(*state, "sub/../a.log", "sub/../a.log");
	check(*state, "nothing.log", "");
	check(*state, "nowhere/b.log", "");
	check(*state, "a.log/b.log", "");
	check(*state, "a.log/*", "");
	check(*state, "", "");
}

static void test_an_absolute_glob_gives_absolute_paths(void **state)
{
	struct place *t = *state;
	char glob[128], expected[128];

	MAKE("x/a.log");
	(void)snprintf(glob, sizeof(glob), "%s/**/*.log", t->dir);
	(void)snprintf(expected, sizeof(expected), "%s/x/a.log", t->dir);
	check(t, glob, expected);
}

static void test_a_name_that_looks_like_a_pattern_is_found(void **state)
{
	MAKE("z[1].log", "z1.log", "q*", "q2");
	check(*state, "z[1].log", "z1.log z[1].log");
	check(*state, "q*", "q* q2");
	check(*state, "q\\*", "q*");
}

static void test_two_stars_stand_for_any_directories(void **state)
{
	MAKE("l/a.log", "l/x/b.log", "l/x/y/c.log", "l/x/y/c.txt", "m/a.log");
	check(*state, "l/**/*.log", "l/a.log l/x/b.log l/x/y/c.log");
	check(*state, "l/**", "l/a.log l/x/b.log l/x/y/c.log l/x/y/c.txt");
	check(*state, "**/y/*", "l/x/y/c.log l/x/y/c.txt");
	check(*state, "**/**/a.log", "l/a.log m/a.log");
	check(*state, "l/**/x/**/c.*", "l/x/y/c.log l/x/y/c.txt");
	check(*state, "l/x**", "");
	check(*state, "l/x/**/y/c.log", "l/x/y/c.log");
}

static void test_names_that_begin_with_a_dot_must_be_named_so(void **state)
{
	MAKE("l/.a.log", "l/a.log", "l/.x/a.log");
	check(*state, "l/*", "l/a.log");
	check(*state, "l/?a.log", "");
	check(*state, "l/[.]a.log", "");
	check(*state, "l/.*", "l/.a.log");
	check(*state, "l/**/*.log", "l/a.log");
	check(*state, "l/.x/*.log", "l/.x/a.log");
	check(*state, "l/.*/*.log", "l/.x/a.log");
}

static void test_directories_are_left_out_only_when_named(void **state)
{
	MAKE("l/x/a.log", "l/b.log");
	check(*state, "l/*", "l/b.log");
	check(*state, "l/x", "l/x:a directory");
	check(*state, "l/x/", "l/x:a directory");
	check(*state, "*/x", "l/x:a directory");
	check(*state, ".", ".:a directory");
	check(*state, "/", "/:a directory");
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

static void test_what_is_no_file_is_left_out_with_its_reason(void **state)
{
	MAKE("l/a.log");
	assert_int_equal(mkfifo("l/fifo", 0666), 0);
	make_socket("l/socket");
	assert_int_equal(symlink("nowhere", "l/gone"), 0);
	assert_int_equal(symlink("turn", "l/turn"), 0);
	check(*state, "l/*",
	      "l/a.log l/fifo:a FIFO l/gone:a dangling symbolic link l/socket:a socket "
	      "l/turn:Too many levels of symbolic links");
	check(*state, "/dev/null", "/dev/null:a device");
}

static void test_links_are_followed_in_the_last_place_only_if_told(void **state)
{
	struct place *t = *state;

	MAKE("l/a.log", "m/b.log");
	assert_int_equal(symlink("../m/b.log", "l/link.log"), 0);
	assert_int_equal(symlink("../m", "l/dir"), 0);
	check(t, "l/*.log", "l/a.log l/link.log:a symbolic link; follow_symlinks: true reads it");
	check(t, "l/**/b.log", "");
	check(t, "l/dir/*.log", "l/dir/b.log");
	check(t, "l/d*/*.log", "l/dir/b.log");
	assert_true(discover("l/*", true, &t->list, &t->err));
	check_list(&t->list, "l/a.log l/link.log");
}

static void test_a_file_is_listed_once(void **state)
{
	struct place *t = *state;

	MAKE("l/a.log", "l/b.log");
	assert_int_equal(symlink("a.log", "l/c.log"), 0);
	assert_true(discover("l/b.*", false, &t->list, &t->err));
	assert_true(discover("l/*.log", false, &t->list, &t->err));
	assert_true(discover("./l//*.log", true, &t->list, &t->err));
	check_list(&t->list, "l/a.log l/b.log l/c.log");
}

/* Root may read everything, so it is somebody else for a while. */
static void test_what_may_not_be_read_is_said(void **state)
{
	struct place *t = *state;
	bool root = geteuid() == 0;

	MAKE("l/a.log", "l/shut/b.log", "l/open/c.log");
	assert_int_equal(chmod("l/a.log", 0), 0);
	assert_int_equal(chmod("l/shut", 0), 0);
	assert_int_equal(chmod(t->dir, 0755), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_false(discover("l/**/*.log", false, &t->list, &t->err));
	assert_string_equal(t->err.text, "l/shut: Permission denied");
	check_list(&t->list, "l/a.log:Permission denied l/open/c.log");
	found_free(&t->list);
	check_list(&t->list, "");
	t->err.text[0] = '\0';
	check(t, "l/shut/b.log", "l/shut/b.log:Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("l/shut", 0755), 0);
}

static void test_a_tree_too_deep_is_an_error_and_the_rest_is_found(void **state)
{
	struct place *t = *state;
	char path[256] = "l";
	size_t n = 1;

	for (int i = 0; i <= DISCOVER_DEPTH; i++)
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/d");
	(void)snprintf(path + n, sizeof(path) - n, "/deep.log");
	make(path);
	MAKE("l/a.log", "l/d/b.log");
	assert_false(discover("l/**/*.log", false, &t->list, &t->err));
	assert_true(strstr(t->err.text, "/d: deeper than ** goes") != NULL);
	check_list(&t->list, "l/a.log l/d/b.log");
	found_free(&t->list);
	t->err.text[0] = '\0';
	path[strlen("l/d")] = '\0';
	(void)snprintf(path, sizeof(path), "l/d/**/*.log");
	assert_true(discover(path, false, &t->list, &t->err));
	assert_int_equal(t->list.n, 2);
}

static void test_size_and_time_are_those_of_the_file(void **state)
{
	struct place *t = *state;
	struct timespec times[2] = {{0, 0}, {1700000000, 123456789}};

	make("a.log");
	assert_int_equal(truncate("a.log", 4321), 0);
	assert_int_equal(utimensat(AT_FDCWD, "a.log", times, 0), 0);
	assert_true(discover("a.log", false, &t->list, &t->err));
	assert_int_equal(t->list.items[0].size, 4321);
	assert_int_equal(t->list.items[0].mtime_ns, 1700000000123456789);
}

static void test_older_files_come_first_and_names_decide_between_equals(void **state)
{
	static const char *const names[] = {
		"app.log",    "app.log.1",  "app.log.2.gz", "app.log.10",     "app.log.0",
		"b-10.log",   "b-9.log",    "b-009.log",    "c-20260101.log", "c-20260102.log.gz",
		"d.20260102", "d.20260101", "zz.log",       "e.log.gz",       "e.log",
	};
	struct place *t = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct timespec times[2] = {{1700000000, 0}, {1700000000, 0}};

		make(names[i]);
		if (strcmp(names[i], "zz.log") == 0)
			times[1].tv_sec--;
		assert_int_equal(utimensat(AT_FDCWD, names[i], times, 0), 0);
	}
	assert_true(discover("*", false, &t->list, &t->err));
	found_sort(&t->list);
	check_list(
		&t->list,
		"zz.log app.log.10 app.log.2.gz app.log.1 app.log.0 app.log b-009.log b-9.log "
		"b-10.log c-20260101.log c-20260102.log.gz d.20260101 d.20260102 e.log.gz e.log");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_wildcards_match_within_a_name),
		TEST(test_a_plain_path_is_found_or_not),
		TEST(test_an_absolute_glob_gives_absolute_paths),
		TEST(test_a_name_that_looks_like_a_pattern_is_found),
		TEST(test_two_stars_stand_for_any_directories),
		TEST(test_names_that_begin_with_a_dot_must_be_named_so),
		TEST(test_directories_are_left_out_only_when_named),
		TEST(test_what_is_no_file_is_left_out_with_its_reason),
		TEST(test_links_are_followed_in_the_last_place_only_if_told),
		TEST(test_a_file_is_listed_once),
		TEST(test_what_may_not_be_read_is_said),
		TEST(test_a_tree_too_deep_is_an_error_and_the_rest_is_found),
		TEST(test_size_and_time_are_those_of_the_file),
		TEST(test_older_files_come_first_and_names_decide_between_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
