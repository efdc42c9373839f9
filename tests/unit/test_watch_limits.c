#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <assert.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/follow/watch_inner.h"
#include "tests/unit/watching.h"

/* ---- losses and limits ---- */

static long read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	long n = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &n), 1);
	(void)fclose(file);
	return n;
}

/* Two files in turns, so that no event is like the one before it. */
static void overflow(void)
{
	long events = read_number("/proc/sys/fs/inotify/max_queued_events") + 100;
	int one = open("a/one.log", O_WRONLY | O_CREAT, 0666);
	int other = open("a/other.log", O_WRONLY | O_CREAT, 0666);

	for (long i = 0; i < events; i++)
		assert_int_equal(write(i % 2 ? one : other, "\n", 1), 1);
	(void)close(one);
	(void)close(other);
}

static void read_until_empty(struct place *t)
{
	for (int i = 0; is_readable(t->w); i++) {
		assert_true(i < 1000);
		watch_read(t->w, note, t);
	}
}

static void test_lost_events_make_everything_one_to_be_looked_at(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("b");
	make_folder("one");
	make_folder("two");
	make_link("one", "link");
	add(t, "a");
	add(t, "b");
	add(t, "link");
	assert_true(watch_folder(t->w, at(t, "later/still")));
	overflow();
	/* Of these nothing is heard. */
	move("b", "b.old");
	make_folder("b");
	swap_link("two", "link");
	make_folder("later");
	make_folder("later/still");
	read_until_empty(t);
	assert_true(was_reported(t, "*"));
	assert_false(was_reported(t, "b:"));
	assert_int_equal(watch_counts(t->w).overflows, 1);
	forget_reports(t);
	append("a/x.log");
	append("b/x.log");
	append("b.old/x.log");
	append("one/x.log");
	append("two/x.log");
	append("later/still/x.log");
	expect(t, "a:x.log b:x.log later/still:x.log link:x.log");
}

static void test_a_busy_folder_does_not_keep_the_reader(void **state)
{
	struct place *t = *state;
	char path[32];

	make_folder("a");
	add(t, "a");
	for (int i = 0; i < 4000; i++) {
		(void)snprintf(path, sizeof(path), "a/%d.log", i);
		append(path);
	}
	/* 12000 events of 32 bytes: more than a piece, and each file once for each piece. */
	watch_read(t->w, note, t);
	assert_in_range(t->n, 4000, 4010);
	assert_false(is_readable(t->w));
}

static void test_ten_thousand_idle_files_cost_nothing(void **state)
{
	struct place *t = *state;
	struct rusage before, after;
	char path[32];

	make_folder("a");
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(path, sizeof(path), "a/%d.log", i);
		append(path);
	}
	(void)getrusage(RUSAGE_SELF, &before);
	add(t, "a");
	(void)getrusage(RUSAGE_SELF, &after);
	/* One watch for the folder, and no look at what is in it. */
	assert_int_equal(watch_counts(t->w).watches, 4);
	assert_true((after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
	                    after.ru_utime.tv_usec - before.ru_utime.tv_usec <
	            20000);
	assert_false(is_readable(t->w));
	append("a/9999.log");
	expect(t, "a:9999.log");
	assert_true(watch_counts(t->w).events <= 3);
}

static void test_a_folder_not_named_any_more_is_forgotten(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("a/b");
	make_folder("c");
	add(t, "a");
	add(t, "a/b");
	assert_true(watch_folder(t->w, at(t, "c/nothing")));
	assert_int_equal(watch_counts(t->w).watches, 6);
	watch_sweep(t->w);
	assert_false(watch_folder(t->w, at(t, "a/b")));
	watch_sweep(t->w);
	assert_int_equal(watch_counts(t->w).folders, 1);
	/* The folder above is still on the way. */
	assert_int_equal(watch_counts(t->w).watches, 5);
	append("a/x.log");
	append("a/b/x.log");
	append("c/nothing");
	expect(t, "a/b:x.log");
	assert_string_equal(watch_blind(t->w, at(t, "a")),
	                    "it is none of the folders that are watched");
	watch_sweep(t->w);
	watch_sweep(t->w);
	assert_int_equal(watch_counts(t->w).folders, 0);
	assert_int_equal(watch_counts(t->w).watches, 0);
	append("a/b/x.log");
	expect(t, "");
	assert_false(is_readable(t->w));
}

/* Root may read everything, so it is somebody else for a while. */
static void be_nobody(bool nobody)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(nobody ? 65534 : 0), 0);
}

static bool is_denied(const struct place *t, const char *path)
{
	const char *why = watch_blind(t->w, at(t, path));

	return why && strcmp(why, "permission denied") == 0;
}

static void set_mode(const char *path, mode_t mode)
{
	assert_int_equal(chmod(path, mode), 0);
}

static void test_folders_that_may_not_be_read_are_blind(void **state)
{
	struct place *t = *state;

	make_folder("a");
	make_folder("a/shut");
	make_folder("a/shut/b");
	set_mode(t->dir, 0755);
	set_mode("a/shut", 0111);
	be_nobody(true);
	add(t, "a");
	assert_true(watch_folder(t->w, at(t, "a/shut")));
	assert_true(is_denied(t, "a/shut"));
	/* What may be searched leads on, but does not tell of what comes. */
	add(t, "a/shut/b");
	assert_true(watch_folder(t->w, at(t, "a/shut/later")));
	assert_true(is_denied(t, "a/shut/later"));
	assert_true(watch_folder(t->w, at(t, "a/shut/b/later")));
	assert_null(watch_blind(t->w, at(t, "a/shut/b/later")));
	assert_int_equal(watch_counts(t->w).blind, 2);
	be_nobody(false);
	append("a/shut/b/x.log");
	expect(t, "a/shut/b:x.log");
	/* What may be read and not searched does not lead on. */
	set_mode("a/shut", 0444);
	be_nobody(true);
	expect(t, "a/shut/b/later: a/shut/b: a/shut: a:");
	assert_true(is_denied(t, "a/shut/b"));
	assert_null(watch_blind(t->w, at(t, "a/shut")));
	be_nobody(false);
	set_mode("a/shut", 0755);
	be_nobody(true);
	expect(t, "a/shut/b/later: a/shut/b: a/shut/later: a/shut: a:");
	assert_int_equal(watch_counts(t->w).blind, 0);
	be_nobody(false);
}

static void test_what_moves_where_it_may_not_be_read_is_noticed(void **state)
{
	struct place *t = *state;

	make_folder("shut");
	make_folder("shut/a");
	make_folder("shut/a/b");
	set_mode(t->dir, 0755);
	set_mode("shut", 0311);
	be_nobody(true);
	add(t, "shut/a");
	add(t, "shut/a/b");
	be_nobody(false);
	move("shut/a", "shut/z");
	be_nobody(true);
	expect(t, "shut/a/b: shut/a:");
	assert_true(is_denied(t, "shut/a"));
	be_nobody(false);
	move("shut/z", "shut/a");
	be_nobody(true);
	/* Without a word of the kernel, by asking again. */
	expect(t, "");
	assert_true(watch_folder(t->w, at(t, "shut/a")));
	assert_true(watch_folder(t->w, at(t, "shut/a/b")));
	assert_int_equal(watch_counts(t->w).blind, 0);
	be_nobody(false);
	set_mode("shut", 0755);
}

static void test_a_blind_folder_in_the_place_of_another_is_looked_at_anew(void **state)
{
	struct place *t = *state;

	make_folder("shut");
	make_folder("next");
	set_mode(t->dir, 0755);
	set_mode("shut", 0111);
	set_mode("next", 0111);
	be_nobody(true);
	assert_true(watch_folder(t->w, at(t, "shut")));
	watch_look(t->w, 0, note, t);
	check_reports(t, "shut:");
	watch_look(t->w, 10 * WATCH_AGAIN_US, note, t);
	check_reports(t, "");
	assert_false(watch_folder(t->w, at(t, "shut")));
	be_nobody(false);
	assert_int_equal(rmdir("shut"), 0);
	move("next", "shut");
	be_nobody(true);
	assert_true(watch_folder(t->w, at(t, "shut")));
	watch_look(t->w, 10 * WATCH_AGAIN_US, note, t);
	check_reports(t, "shut:");
	be_nobody(false);
	set_mode("shut", 0755);
}

static void test_the_descriptor_is_ours_alone_and_never_waits(void **state)
{
	struct place *t = *state;

	assert_true(fcntl(watch_fd(t->w), F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(watch_fd(t->w), F_GETFL) & O_NONBLOCK);
	expect(t, "");
}

static void test_a_descriptor_that_fails_is_polled_instead(void **state)
{
	struct place *t = *state;
	int null = open("/dev/null", O_RDONLY);

	make_folder("a");
	add(t, "a");
	assert_null(watch_reason(t->w));
	assert_true(dup2(null, watch_fd(t->w)) >= 0);
	(void)close(null);
	expect(t, "*");
	assert_int_equal(watch_fd(t->w), -1);
	assert_string_equal(watch_reason(t->w), "inotify stopped: end of file");
	assert_string_equal(watch_notice(t->w), "folders are polled: inotify stopped: end of file");
	assert_null(watch_notice(t->w));
	assert_string_equal(watch_blind(t->w, at(t, "a")), "inotify stopped: end of file");
	expect(t, "");
	watch_look(t->w, 1, note, t);
	check_reports(t, "a:");
	assert_false(watch_folder(t->w, at(t, "a")));
	assert_true(watch_folder(t->w, at(t, "b")));
	watch_look(t->w, 2 + WATCH_AGAIN_US, note, t);
	check_reports(t, "b:");
}

/* ---- what the kernel would not write ---- */

struct raw {
	int wd;
	uint32_t mask, cookie, len;
	char name[272];
};

static_assert(offsetof(struct raw, name) == sizeof(struct inotify_event), "as the kernel has it");

static void take(struct place *t, const struct raw *raw, size_t n)
{
	char *copy = malloc(n ? n : 1); /* of that size, so that reading on is found */

	assert_non_null(copy);
	memcpy(copy, raw, n);
	inotify_take(t->w, (struct str){copy, n}, note, t);
	free(copy);
}

static void test_events_that_are_none_make_a_look_and_no_harm(void **state)
{
	struct place *t = *state;
	struct raw raw = {.wd = 4, .mask = IN_MODIFY, .len = 16, .name = "x.log"};
	const size_t head = offsetof(struct raw, name);

	make_folder("a");
	add(t, "a");
	take(t, &raw, head + 16);
	check_reports(t, "a:x.log");
	take(t, &raw, 0);
	check_reports(t, "");
	take(t, &raw, head - 1);
	check_reports(t, "*");
	take(t, &raw, head + 15);
	check_reports(t, "*");
	raw.len = UINT32_MAX;
	take(t, &raw, head + 16);
	check_reports(t, "*");
	raw.len = 5; /* without its NUL */
	take(t, &raw, head + 5);
	check_reports(t, "a:");
	raw.len = 16;
	memcpy(raw.name, "../x", 5);
	take(t, &raw, head + 16);
	check_reports(t, "a:");
	memset(raw.name, '\0', 16);
	take(t, &raw, head + 16);
	check_reports(t, "a:");
	memset(raw.name, 'n', WATCH_NAME_MAX + 1);
	raw.len = 272;
	take(t, &raw, head + 272);
	check_reports(t, "a:");
	raw.wd = 99;
	take(t, &raw, head + 272);
	check_reports(t, "");
}

/* ---- polling ---- */

static void test_polling_reports_folders_whose_entries_change(void **state)
{
	struct place *t = *state;
	int64_t now = 1000000000;

	make_folder("a");
	append("a/x.log");
	assert_int_equal(watch_fd(t->w), -1);
	assert_string_equal(watch_reason(t->w), "follow.watch is poll");
	assert_null(watch_notice(t->w));
	assert_true(watch_folder(t->w, at(t, "a")));
	assert_true(watch_folder(t->w, at(t, "b")));
	assert_false(watch_folder(t->w, at(t, "a")));
	assert_string_equal(watch_blind(t->w, at(t, "a")), "follow.watch is poll");
	assert_int_equal(watch_counts(t->w).blind, 2);
	expect(t, "");
	/* New ones for a while: what came just after the first look may have the same time. */
	watch_look(t->w, now, note, t);
	check_reports(t, "a: b:");
	watch_look(t->w, now + WATCH_AGAIN_US, note, t);
	check_reports(t, "a:");
	watch_look(t->w, now + WATCH_AGAIN_US + 1, note, t);
	check_reports(t, "");
	now += 10 * WATCH_AGAIN_US;
	let_time_pass();
	append("a/x.log"); /* no entry */
	watch_look(t->w, now, note, t);
	check_reports(t, "");
	append("a/y.log");
	watch_look(t->w, now + 1, note, t);
	check_reports(t, "a:");
	watch_look(t->w, now + WATCH_AGAIN_US, note, t);
	check_reports(t, "a:");
	now += 10 * WATCH_AGAIN_US;
	watch_look(t->w, now, note, t);
	check_reports(t, "");
	let_time_pass();
	make_folder("b");
	watch_look(t->w, now, note, t);
	check_reports(t, "b:");
	now += 10 * WATCH_AGAIN_US;
	remove_tree("b");
	watch_look(t->w, now, note, t);
	check_reports(t, "b:");
	watch_look(t->w, now, note, t);
	check_reports(t, "");
}

static void test_polling_sees_a_folder_replaced_or_reached_otherwise(void **state)
{
	struct place *t = *state;
	int64_t now = 10 * WATCH_AGAIN_US;

	make_folder("a");
	make_folder("b");
	make_link("a", "link");
	assert_true(watch_folder(t->w, at(t, "link")));
	watch_look(t->w, 0, note, t);
	check_reports(t, "link:");
	swap_link("b", "link");
	watch_look(t->w, now, note, t);
	check_reports(t, "link:");
	now += 10 * WATCH_AGAIN_US;
	watch_look(t->w, now, note, t);
	check_reports(t, "");
	move("b", "c");
	make_folder("b");
	watch_look(t->w, now, note, t);
	check_reports(t, "link:");
}

static void test_folders_over_the_limit_are_counted_and_told_once(void **state)
{
	struct place *t = *state;
	char path[32];

	for (int i = 0; i < WATCH_FOLDERS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/nowhere/%d", i);
		assert_true(watch_folder(t->w, path));
	}
	assert_null(watch_notice(t->w));
	assert_true(watch_folder(t->w, "/nowhere/too-many"));
	assert_true(watch_folder(t->w, "/nowhere/too-many"));
	assert_false(watch_folder(t->w, "/nowhere/0"));
	assert_string_equal(watch_notice(t->w),
	                    "more than 16384 folders: the others are looked at by rescans alone; "
	                    "narrow the paths of the sources");
	assert_null(watch_notice(t->w));
	assert_non_null(watch_blind(t->w, "/nowhere/too-many"));
	assert_int_equal(watch_counts(t->w).refused, 2);
	assert_int_equal(watch_counts(t->w).folders, WATCH_FOLDERS_MAX);
	watch_sweep(t->w);
	watch_sweep(t->w);
	assert_int_equal(watch_counts(t->w).folders, 0);
	assert_int_equal(watch_counts(t->w).blind, 0);
	assert_true(watch_folder(t->w, "/nowhere/too-many"));
	assert_int_equal(watch_counts(t->w).folders, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, watching_setup, watching_teardown)
#define TEST_POLLING(f) \
	cmocka_unit_test_setup_teardown(f, watching_setup_polling, watching_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lost_events_make_everything_one_to_be_looked_at),
		TEST(test_a_busy_folder_does_not_keep_the_reader),
		TEST(test_ten_thousand_idle_files_cost_nothing),
		TEST(test_a_folder_not_named_any_more_is_forgotten),
		TEST(test_folders_that_may_not_be_read_are_blind),
		TEST(test_what_moves_where_it_may_not_be_read_is_noticed),
		TEST(test_a_blind_folder_in_the_place_of_another_is_looked_at_anew),
		TEST(test_the_descriptor_is_ours_alone_and_never_waits),
		TEST(test_a_descriptor_that_fails_is_polled_instead),
		TEST(test_events_that_are_none_make_a_look_and_no_harm),
		TEST_POLLING(test_polling_reports_folders_whose_entries_change),
		TEST_POLLING(test_polling_sees_a_folder_replaced_or_reached_otherwise),
		TEST_POLLING(test_folders_over_the_limit_are_counted_and_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
