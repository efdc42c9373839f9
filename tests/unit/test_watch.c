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
#include <sys/stat.h>
#include <unistd.h>

#include "agent/follow/watch_inner.h"
#include "tests/unit/watching.h"

/* ---- entries ---- */

static void test_what_happens_to_entries_is_reported_by_name(void **state)
{
	struct place *t = *state;

	make_folder("a");
	append("a/old.log");
	add(t, "a");
	assert_false(is_readable(t->w));
	expect(t, "");
	append("a/new.log");
	assert_true(is_readable(t->w));
	expect(t, "a:new.log");
	assert_false(is_readable(t->w));
	append("a/old.log");
	expect(t, "a:old.log");
	move("a/old.log", "a/old.log.1");
	expect(t, "a:old.log a:old.log.1");
	assert_int_equal(truncate("a/new.log", 0), 0);
	expect(t, "a:new.log");
	assert_int_equal(chmod("a/new.log", 0), 0);
	expect(t, "a:new.log");
	move("a/old.log.1", "outside.log");
	expect(t, "a:old.log.1");
	move("outside.log", "a/inside.log");
	expect(t, "a:inside.log");
	assert_int_equal(unlink("a/inside.log"), 0);
	expect(t, "a:inside.log");
	make_link("new.log", "a/link.log");
	expect(t, "a:link.log");
}

static void test_a_file_written_often_is_reported_once(void **state)
{
	struct place *t = *state;
	int one, other;

	make_folder("a");
	add(t, "a");
	one = open("a/one.log", O_WRONLY | O_CREAT, 0666);
	other = open("a/other.log", O_WRONLY | O_CREAT, 0666);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(write(one, "1\n", 2), 2);
		assert_int_equal(write(other, "2\n", 2), 2);
	}
	expect(t, "a:one.log a:other.log");
	assert_true(watch_counts(t->w).events >= 1000);
	assert_int_equal(write(one, "1\n", 2), 2);
	expect(t, "a:one.log");
	(void)close(one);
	expect(t, "a:one.log");
	(void)close(other);
}

static void test_a_folder_in_a_folder_makes_it_one_to_be_looked_at(void **state)
{
	struct place *t = *state;

	make_folder("a");
	add(t, "a");
	make_folder("a/sub");
	expect(t, "a:");
	append("a/sub/x.log");
	expect(t, "");
	remove_tree("a/sub");
	expect(t, "a:");
}

static void test_a_folder_on_the_way_to_another_is_seen_as_before(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("a/b");
	append("a/x.log");
	add(t, "a");
	add(t, "a/b");
	append("a/x.log");
	expect(t, "a:x.log");
	append("a/b/x.log");
	append("a/x.log");
	expect(t, "a/b:x.log a:x.log");
}

static void test_names_may_hold_any_bytes(void **state)
{
	struct place *t = *state;
	char name[WATCH_NAME_MAX + 1], path[WATCH_NAME_MAX + 3], expected[WATCH_NAME_MAX + 3];

	make_folder("a");
	add(t, "a");
	append("a/\n\033[2J \xff:*");
	expect(t, "a:\n\033[2J \xff:*");
	memset(name, 'n', WATCH_NAME_MAX);
	name[WATCH_NAME_MAX] = '\0';
	(void)snprintf(path, sizeof(path), "a/%s", name);
	(void)snprintf(expected, sizeof(expected), "a:%s", name);
	append(path);
	expect(t, expected);
}

static void test_two_spellings_of_a_folder_are_both_reported(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_link("a", "link");
	add(t, "a");
	add(t, "link");
	add(t, "a/../a");
	add(t, ".//a/./");
	append("a/x.log");
	expect(t, ".//a/./:x.log a/../a:x.log a:x.log link:x.log");
	/* One watch each for /, /tmp, the test's place and a. */
	assert_int_equal(watch_counts(t->w).watches, 4);
	assert_int_equal(watch_counts(t->w).folders, 4);
}

static void test_a_relative_folder_is_that_of_the_working_directory(void **state)
{
	struct place *t = *state;

	make_folder("a");
	assert_true(watch_folder(t->w, "a"));
	assert_true(watch_folder(t->w, ""));
	append("a/x.log");
	append("y.log");
	expect(t, ":y.log a:x.log");
	remove_tree("a");
	expect(t, ": a: a:x.log");
	assert_false(watch_folder(t->w, "a"));
	make_folder("a");
	expect(t, ": a:");
}

/* ---- the folder itself ---- */

static void test_a_folder_replaced_is_watched_anew(void **state)
{
	struct place *t = *state;

	make_folder("a");
	add(t, "a");
	move("a", "a.old");
	expect(t, "a:");
	append("a.old/late.log");
	expect(t, "");
	make_folder("a");
	append("a/early.log");
	expect(t, "a:");
	append("a/x.log");
	append("a.old/x.log");
	expect(t, "a:x.log");
	assert_false(watch_folder(t->w, at(t, "a")));
}

static void test_a_folder_exchanged_for_another_is_watched_anew(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("b");
	add(t, "a");
	assert_int_equal(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE), 0);
	expect(t, "a:");
	append("b/x.log");
	expect(t, "");
	append("a/x.log");
	expect(t, "a:x.log");
}

/* The kernel says that a directory is gone when the last who uses it has left. */
static void test_a_removed_folder_that_somebody_is_in_is_watched_anew(void **state)
{
	struct place *t = *state;
	int fd;

	make_folder("a");
	fd = open("a", O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	add(t, "a");
	assert_int_equal(rmdir("a"), 0);
	make_folder("a");
	expect(t, "a:");
	append("a/x.log");
	expect(t, "a:x.log");
	(void)close(fd);
	expect(t, "");
}

/* Between two reads all of it happens, and the inode is likely to be the same. */
static void test_a_folder_removed_and_made_again_is_watched_anew(void **state)
{
	struct place *t = *state;

	make_folder("a");
	add(t, "a");
	for (int i = 0; i < 50; i++) {
		assert_int_equal(rmdir("a"), 0);
		make_folder("a");
		expect(t, "a:");
		append("a/x.log");
		expect(t, "a:x.log");
		assert_int_equal(unlink("a/x.log"), 0);
		expect(t, "a:x.log");
	}
	assert_int_equal(watch_counts(t->w).watches, 4);
}

static void test_a_folder_that_comes_later_is_noticed_at_any_depth(void **state)
{
	struct place *t = *state;

	assert_true(watch_folder(t->w, at(t, "a/b/c")));
	assert_null(watch_blind(t->w, at(t, "a/b/c")));
	assert_false(watch_folder(t->w, at(t, "a/b/c")));
	make_folder("a");
	expect(t, "");
	make_folder("a/other");
	append("a/x.log");
	make_folder("a/b");
	expect(t, "");
	make_folder("a/b/c");
	expect(t, "a/b/c:");
	append("a/b/c/x.log");
	expect(t, "a/b/c:x.log");
	remove_tree("a");
	expect(t, "a/b/c: a/b/c:x.log");
	/* All at once, before anybody looks. */
	make_folder("a");
	make_folder("a/b");
	make_folder("a/b/c");
	append("a/b/c/x.log");
	expect(t, "a/b/c:");
	append("a/b/c/x.log");
	expect(t, "a/b/c:x.log");
}

static void test_a_file_in_the_place_of_a_folder_is_none(void **state)
{
	struct place *t = *state;

	append("a");
	assert_true(watch_folder(t->w, at(t, "a")));
	assert_true(watch_folder(t->w, at(t, "a/b")));
	assert_null(watch_blind(t->w, at(t, "a")));
	assert_int_equal(unlink("a"), 0);
	expect(t, "");
	make_folder("a");
	make_folder("a/b");
	expect(t, "a/b: a:");
}

static void test_a_directory_above_that_moves_takes_its_folders_along(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("a/b");
	make_folder("a/b/c");
	add(t, "a/b/c");
	add(t, "a/b");
	move("a", "z");
	expect(t, "a/b/c: a/b:");
	append("z/b/c/x.log");
	expect(t, "");
	make_folder("a");
	make_folder("a/b");
	expect(t, "a/b:");
	remove_tree("a");
	expect(t, "a/b:");
	move("z", "a");
	expect(t, "a/b/c: a/b:");
	append("a/b/c/x.log");
	expect(t, "a/b/c:x.log");
	/* There and back: what was written meanwhile is reported as ever. */
	move("a", "z");
	append("z/b/c/x.log");
	move("z", "a");
	expect(t, "a/b/c:x.log");
}

/* ---- links ---- */

static void test_a_link_that_is_swapped_leads_to_another_folder(void **state)
{
	struct place *t = *state;

	make_folder("releases");
	make_folder("releases/1");
	make_folder("releases/1/log");
	make_folder("releases/2");
	make_folder("releases/2/log");
	make_link("releases/1", "current");
	add(t, "current/log");
	append("releases/1/log/x.log");
	expect(t, "current/log:x.log");
	swap_link("releases/2", "current");
	expect(t, "current/log:");
	append("releases/1/log/x.log");
	expect(t, "");
	append("releases/2/log/x.log");
	expect(t, "current/log:x.log");
	/* What the link leads to is replaced, and the link is not touched. */
	move("releases/2", "releases/3");
	expect(t, "current/log:");
	make_folder("releases/2");
	expect(t, "");
	make_folder("releases/2/log");
	expect(t, "current/log:");
	/* Removed and made in two steps. */
	assert_int_equal(unlink("current"), 0);
	make_link(at(t, "releases/1"), "current");
	expect(t, "current/log:");
	append("releases/1/log/y.log");
	expect(t, "current/log:y.log");
}

static void test_a_link_may_lead_to_the_root(void **state)
{
	struct place *t = *state;

	make_link("/", "root");
	add(t, "root");
	assert_int_equal(watch_counts(t->w).watches, 3);
}

static void test_links_lead_on_to_links(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("a/deep");
	make_folder("b");
	make_link("../one", "a/two");
	make_link(at(t, "a/deep/.."), "one");
	make_link("./a/two//deep", "b/three");
	assert_true(watch_folder(t->w, at(t, "b/three")));
	expect(t, "");
	assert_int_equal(unlink("b/three"), 0);
	make_link(".././a/two//deep/", "b/three");
	expect(t, "b/three:");
	append("a/deep/x.log");
	expect(t, "b/three:x.log");
	swap_link("b", "one"); /* b/deep is not there */
	expect(t, "b/three:");
	make_folder("b/deep");
	expect(t, "b/three:");
	append("b/deep/x.log");
	append("a/deep/x.log");
	expect(t, "b/three:x.log");
}

static void test_links_that_lead_nowhere_may_lead_somewhere_later(void **state)
{
	struct place *t = *state;

	make_link("nowhere/at/all", "dangling");
	make_link("turn", "round");
	make_link("round", "turn");
	assert_true(watch_folder(t->w, at(t, "dangling")));
	assert_true(watch_folder(t->w, at(t, "turn/log")));
	assert_null(watch_blind(t->w, at(t, "dangling")));
	make_folder("nowhere");
	make_folder("nowhere/at");
	expect(t, "");
	make_folder("nowhere/at/all");
	expect(t, "dangling:");
	append("nowhere/at/all/x.log");
	expect(t, "dangling:x.log");
	make_folder("log");
	expect(t, "");
	swap_link(".", "round");
	expect(t, "turn/log:");
	append("log/x.log");
	expect(t, "turn/log:x.log");
}

static void test_a_way_of_too_many_links_is_not_followed(void **state)
{
	struct place *t = *state;
	char path[32], target[32];

	make_folder("link0");
	for (int i = 1; i <= WATCH_LINKS_MAX + 1; i++) {
		(void)snprintf(path, sizeof(path), "link%d", i);
		(void)snprintf(target, sizeof(target), "link%d", i - 1);
		make_link(target, path);
	}
	(void)snprintf(path, sizeof(path), "link%d", WATCH_LINKS_MAX);
	add(t, path);
	(void)snprintf(path, sizeof(path), "link%d", WATCH_LINKS_MAX + 1);
	assert_true(watch_folder(t->w, at(t, path)));
	append("link0/x.log");
	(void)snprintf(path, sizeof(path), "link%d:x.log", WATCH_LINKS_MAX);
	expect(t, path);
}

/* /proc's links are no paths: what they say cannot be walked, so it is not believed. */
static void test_a_link_that_is_no_path_makes_the_folder_blind(void **state)
{
	struct place *t = *state;
	char path[64];
	int fd;

	make_folder("a");
	fd = open("a", O_RDONLY | O_DIRECTORY);
	assert_int_equal(rmdir("a"), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_true(watch_folder(t->w, path));
	assert_string_equal(watch_blind(t->w, path), "where it leads cannot be followed");
	assert_int_equal(watch_counts(t->w).blind, 1);
	(void)close(fd);
}

/* ---- anything may happen ---- */

/* Small numbers of a fixed sequence. */
static unsigned pick(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % below;
}

#define BELOW(path)       path, path "/p", path "/q", path "/l"
#define BELOW_BELOW(path) path, BELOW(path "/p"), BELOW(path "/q"), BELOW(path "/l")

enum { PATHS_OF_ONE = 13, PATHS = 3 * PATHS_OF_ONE };

/* All of up to three names; any of them may be a folder or a link. */
static const char *const paths[PATHS] = {BELOW_BELOW("p"), BELOW_BELOW("q"), BELOW_BELOW("l")};

static const char *random_path(uint64_t *seed)
{
	unsigned path = pick(seed, 3) * PATHS_OF_ONE;

	switch (pick(seed, 3)) {
	case 0:
		return paths[path];
	case 1:
		return paths[path + 1 + 4 * pick(seed, 3)];
	default:
		return paths[path + pick(seed, PATHS_OF_ONE)];
	}
}

static int remove_quietly(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

/* One change of the tree, which may fail. */
static void change_something(uint64_t *seed)
{
	const char *one = random_path(seed), *other = random_path(seed);
	char up[32];
	int done = 0;

	switch (pick(seed, 8)) {
	case 0:
	case 1:
	case 2:
		done = mkdir(one, 0777);
		break;
	case 3:
		done = nftw(one, remove_quietly, 16, FTW_DEPTH | FTW_PHYS);
		break;
	case 4:
		done = rename(one, other);
		break;
	case 5:
		done = renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
		break;
	case 6:
		(void)snprintf(up, sizeof(up), "../%s", other);
		done = symlink(pick(seed, 2) ? other : up, one);
		break;
	default:
		if (symlink(other, "swap.new") == 0 && rename("swap.new", one) < 0)
			(void)unlink("swap.new");
		break;
	}
	(void)done; /* of many nothing comes */
}

static bool is_told(const struct place *t, const char *folder, const char *name)
{
	char report[64];

	(void)snprintf(report, sizeof(report), "%s:%s", folder, name);
	return was_reported(t, report);
}

/* Whatever has become of the tree, a file that is written in a folder is heard of. */
static void check_every_folder_hears(struct place *t, uint64_t round)
{
	for (size_t i = 0; i < PATHS; i++) {
		char file[32];
		int fd;

		(void)snprintf(file, sizeof(file), "%s/x.log", paths[i]);
		fd = open(file, O_WRONLY | O_CREAT, 0666);
		if (fd < 0)
			continue;
		(void)close(fd);
		watch_read(t->w, note, t);
		if (!is_told(t, paths[i], "x.log"))
			fail_msg("round %llu: %s is not heard of", (unsigned long long)round, file);
		forget_reports(t);
		(void)unlink(file);
		watch_read(t->w, note, t);
		forget_reports(t);
	}
}

/* A path that leads to another directory than before is reported. */
static void check_every_change_is_told(struct place *t, struct glance before[PATHS], uint64_t round)
{
	watch_read(t->w, note, t);
	for (size_t i = 0; i < PATHS; i++) {
		struct glance now = glance_at(paths[i]);
		bool same = before[i].there == now.there &&
		            (!now.there || glance_same_directory(&before[i], &now));

		if (!same && !is_told(t, paths[i], ""))
			fail_msg("round %llu: %s is another folder", (unsigned long long)round,
			         paths[i]);
		before[i] = now;
	}
	forget_reports(t);
}

static void test_whatever_happens_no_folder_becomes_deaf(void **state)
{
	struct place *t = *state;
	struct glance before[PATHS] = {0};
	uint64_t seed = 20261122;

	for (size_t i = 0; i < PATHS; i++)
		assert_true(watch_folder(t->w, at(t, paths[i])));
	for (uint64_t round = 0; round < 1000; round++) {
		for (unsigned changes = 1 + pick(&seed, 5); changes > 0; changes--)
			change_something(&seed);
		check_every_change_is_told(t, before, round);
		if (round % 10 == 0)
			check_every_folder_hears(t, round);
	}
	watch_sweep(t->w);
	watch_sweep(t->w);
	assert_int_equal(watch_counts(t->w).watches, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, watching_setup, watching_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_happens_to_entries_is_reported_by_name),
		TEST(test_a_file_written_often_is_reported_once),
		TEST(test_a_folder_in_a_folder_makes_it_one_to_be_looked_at),
		TEST(test_a_folder_on_the_way_to_another_is_seen_as_before),
		TEST(test_names_may_hold_any_bytes),
		TEST(test_two_spellings_of_a_folder_are_both_reported),
		TEST(test_a_relative_folder_is_that_of_the_working_directory),
		TEST(test_a_folder_replaced_is_watched_anew),
		TEST(test_a_folder_exchanged_for_another_is_watched_anew),
		TEST(test_a_removed_folder_that_somebody_is_in_is_watched_anew),
		TEST(test_a_folder_removed_and_made_again_is_watched_anew),
		TEST(test_a_folder_that_comes_later_is_noticed_at_any_depth),
		TEST(test_a_file_in_the_place_of_a_folder_is_none),
		TEST(test_a_directory_above_that_moves_takes_its_folders_along),
		TEST(test_a_link_that_is_swapped_leads_to_another_folder),
		TEST(test_a_link_may_lead_to_the_root),
		TEST(test_links_lead_on_to_links),
		TEST(test_links_that_lead_nowhere_may_lead_somewhere_later),
		TEST(test_a_way_of_too_many_links_is_not_followed),
		TEST(test_a_link_that_is_no_path_makes_the_folder_blind),
		TEST(test_whatever_happens_no_folder_becomes_deaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
