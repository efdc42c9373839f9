/*
 * What changes while a way is being walked. The kernel's call is replaced by one that lets
 * something happen before or after it, at each place of the walk in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/watching.h"

enum { CALLS_MAX = 40 };

static struct {
	int calls; /* until it happens */
	bool after;
	void (*happens)(void);
} hook;

static void count_down(bool after)
{
	void (*happens)(void) = hook.happens;

	if (happens == NULL || hook.after != after || --hook.calls > 0)
		return;
	hook.happens = NULL;
	happens();
}

/* In the place of the C library's. */
__attribute__((visibility("default"))) int inotify_add_watch(int fd, const char *path,
                                                             uint32_t mask)
{
	int wd;

	count_down(false);
	wd = (int)syscall(SYS_inotify_add_watch, fd, path, mask);
	count_down(true);
	return wd;
}

/* ---- a tree and what may happen to it ---- */

static int held; /* as by somebody who is in the folder */

/* a/link/c/log leads to b/c/log; d/c/log is another, e/f is missing, and u cannot be read. */
static void make_tree(void)
{
	static const char *const folders[] = {"a",   "b",       "b/c", "b/c/log", "d",
	                                      "d/c", "d/c/log", "e",   "u",       "u/log"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		make_folder(folders[i]);
	make_link("../b", "a/link");
	held = open("u/log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(held >= 0);
	assert_int_equal(chmod("u", 0311), 0);
}

static void remove_all(void)
{
	static const char *const folders[] = {"a", "b", "d", "e", "u", "z"};

	(void)close(held);
	assert_int_equal(chmod("u", 0755), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (access(folders[i], F_OK) == 0)
			remove_tree(folders[i]);
}

static void a_link_is_swapped(void)
{
	swap_link("../d", "a/link");
}

static void a_folder_is_made_anew(void)
{
	remove_tree("b/c/log");
	make_folder("b/c/log");
}

static void a_folder_above_is_made_anew(void)
{
	move("b", "z");
	make_folder("b");
	make_folder("b/c");
	make_folder("b/c/log");
}

static void a_folder_above_is_removed_and_comes_back(void)
{
	move("a", "z");
	move("z", "a");
}

static void folders_are_exchanged(void)
{
	assert_int_equal(renameat2(AT_FDCWD, "b/c", AT_FDCWD, "d/c", RENAME_EXCHANGE), 0);
}

static void a_folder_becomes_a_link(void)
{
	move("b/c", "z");
	make_link("../d/c", "b/c");
}

static void what_is_missing_comes(void)
{
	make_folder("e/f");
	make_folder("e/f/log");
}

static void a_folder_that_nothing_tells_of_is_made_anew(void)
{
	assert_int_equal(rmdir("u/log"), 0);
	make_folder("u/log");
}

/* ---- at each place of the walk ---- */

static bool is_heard_of(struct place *t, const char *path)
{
	char file[64], report[64];

	watch_read(t->w, note, t);
	forget_reports(t);
	(void)snprintf(file, sizeof(file), "%s/x.log", path);
	(void)snprintf(report, sizeof(report), "%s:x.log", path);
	append(file);
	watch_read(t->w, note, t);
	return was_reported(t, report);
}

/* True while the walk is long enough for it to happen. */
static bool try_once(struct place *t, const char *path, void (*happens)(void), int call, bool after)
{
	bool happened;

	forget_reports(t);
	make_tree();
	hook.calls = call;
	hook.after = after;
	hook.happens = happens;
	(void)watch_folder(t->w, at(t, path));
	happened = hook.happens == NULL;
	hook.happens = NULL;
	if (happened && !is_heard_of(t, path))
		fail_msg("%s the watch number %d", after ? "after" : "before", call);
	if (happened && watch_blind(t->w, at(t, path)))
		fail_msg("%s: %s", path, watch_blind(t->w, at(t, path)));
	watch_sweep(t->w);
	watch_sweep(t->w);
	assert_int_equal(watch_counts(t->w).watches, 0);
	remove_all();
	watch_read(t->w, note, t);
	forget_reports(t);
	return happened;
}

static void check_everywhere(struct place *t, const char *path, void (*happens)(void))
{
	int call = 1;

	while (try_once(t, path, happens, call, false) && try_once(t, path, happens, call, true))
		assert_true(++call < CALLS_MAX);
	/* /, /tmp, the test's place, and at least one below it. */
	assert_true(call > 4);
}

#define RACE(what, path)                              \
	static void test_##what(void **state)         \
	{                                             \
		check_everywhere(*state, path, what); \
	}

RACE(a_link_is_swapped, "a/link/c/log")
RACE(a_folder_is_made_anew, "a/link/c/log")
RACE(a_folder_above_is_made_anew, "a/link/c/log")
RACE(a_folder_above_is_removed_and_comes_back, "a/link/c/log")
RACE(folders_are_exchanged, "a/link/c/log")
RACE(a_folder_becomes_a_link, "a/link/c/log")
RACE(what_is_missing_comes, "e/f/log")
RACE(a_folder_that_nothing_tells_of_is_made_anew, "u/log")

/* Root may read everything, so it is somebody else. */
static int setup(void **state)
{
	struct place *t;

	(void)watching_setup(state);
	t = *state;
	if (getuid() == 0) {
		assert_int_equal(chown(t->dir, 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	return 0;
}

static int teardown(void **state)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	return watching_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_link_is_swapped),
		TEST(test_a_folder_is_made_anew),
		TEST(test_a_folder_above_is_made_anew),
		TEST(test_a_folder_above_is_removed_and_comes_back),
		TEST(test_folders_are_exchanged),
		TEST(test_a_folder_becomes_a_link),
		TEST(test_what_is_missing_comes),
		TEST(test_a_folder_that_nothing_tells_of_is_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
