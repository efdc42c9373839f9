#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/watching.h"

/* ---- in a world of one's own ---- */

enum { SKIPPED = 77, WATCHES_FEW = 4 };

/* In a child the test library must not run on after a failure. */
#define MUST(truth)                                                                           \
	do {                                                                                  \
		if (!(truth)) {                                                               \
			(void)fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #truth, \
			              strerror(errno));                                       \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

static void not_here(const char *what)
{
	(void)printf("skipped: %s: %s\n", what, strerror(errno));
	(void)fflush(stdout);
	_exit(SKIPPED);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return good;
}

static void map_ids(uid_t uid, gid_t gid)
{
	char map[64];

	(void)write_text("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (!write_text("/proc/self/uid_map", map))
		not_here("to be root of a user namespace");
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	if (!write_text("/proc/self/gid_map", map))
		not_here("to be root of a user namespace");
}

/* Runs what needs limits or mounts of its own, as root of a namespace. */
static void in_a_namespace(struct place *t, void (*run)(struct place *t))
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		(void)alarm(60);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			not_here("a user namespace");
		map_ids(uid, gid);
		run(t);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool reports_are(struct place *t, const char *only)
{
	bool are = only ? t->n == 1 && was_reported(t, only) : t->n == 0;

	for (size_t i = 0; !are && i < t->n; i++)
		(void)fprintf(stderr, "reported: %s\n", t->reports[i]);
	forget_reports(t);
	return are;
}

static bool reads(struct place *t, const char *only)
{
	watch_read(t->w, note, t);
	return reports_are(t, only);
}

static bool sees(const struct place *t, const char *path)
{
	return watch_blind(t->w, at(t, path)) == NULL;
}

static struct watch *new_watch(enum watch_mode mode)
{
	struct err err = {0};
	struct watch *w = watch_new(mode, &err);

	MUST(w != NULL);
	return w;
}

static void run_out_of_watches(struct place *t)
{
	MUST(write_text("/proc/sys/user/max_inotify_watches", "4"));
	t->w = new_watch(WATCH_AUTO);
	/* /, /tmp, the test's place, a. */
	MUST(watch_folder(t->w, at(t, "a")));
	MUST(sees(t, "a"));
	MUST(watch_notice(t->w) == NULL);
	MUST(watch_folder(t->w, at(t, "b")));
	MUST(strcmp(watch_blind(t->w, at(t, "b")), "the limit of inotify watches is reached") == 0);
	MUST(watch_folder(t->w, at(t, "c")));
	MUST(strstr(watch_notice(t->w), "raise it by sysctl fs.inotify.max_user_watches=") != NULL);
	MUST(watch_notice(t->w) == NULL);
	MUST(!watch_folder(t->w, at(t, "b")));
	MUST(watch_notice(t->w) == NULL);
	MUST(watch_counts(t->w).watches == WATCHES_FEW && watch_counts(t->w).blind == 2);
	/* What is seen stays so when its way is walked again. */
	append("a/x.log");
	append("b/x.log");
	MUST(reads(t, "a:x.log"));
	move("a", "z");
	move("z", "a");
	MUST(reads(t, NULL) && sees(t, "a"));
	watch_look(t->w, 0, note, t);
	MUST(t->n == 2);
	forget_reports(t);
	watch_look(t->w, 10 * WATCH_AGAIN_US, note, t);
	MUST(reports_are(t, NULL));
	let_time_pass();
	append("b/y.log");
	watch_look(t->w, 10 * WATCH_AGAIN_US, note, t);
	MUST(reports_are(t, "b:"));
	MUST(write_text("/proc/sys/user/max_inotify_watches", "100"));
	MUST(watch_folder(t->w, at(t, "b")));
	MUST(sees(t, "b") && !watch_folder(t->w, at(t, "b")));
	append("b/x.log");
	MUST(reads(t, "b:x.log"));
}

static void test_folders_beyond_the_kernels_limit_are_blind(void **state)
{
	struct place *t = *state;

	watch_free(&t->w);
	make_folder("a");
	make_folder("b");
	make_folder("c");
	in_a_namespace(t, run_out_of_watches);
}

static void run_without_instances(struct place *t)
{
	const char *why = "inotify is not to be had: too many open files, or too many inotify "
			  "instances (sysctl fs.inotify.max_user_instances)";
	struct err err = {0};

	MUST(write_text("/proc/sys/user/max_inotify_instances", "0"));
	MUST(watch_new(WATCH_INOTIFY, &err) == NULL);
	MUST(strncmp(err.text, why, strlen(why)) == 0);
	MUST(strcmp(err.text + strlen(why), "; follow.watch: poll does without") == 0);
	t->w = new_watch(WATCH_AUTO);
	MUST(watch_fd(t->w) == -1);
	MUST(strcmp(watch_reason(t->w), why) == 0);
	MUST(strncmp(watch_notice(t->w), "folders are polled: inotify", 27) == 0);
	MUST(watch_notice(t->w) == NULL);
	MUST(watch_folder(t->w, at(t, "a")));
	MUST(strcmp(watch_blind(t->w, at(t, "a")), why) == 0);
	watch_look(t->w, 0, note, t);
	MUST(reports_are(t, "a:"));
}

static void test_without_inotify_all_is_polled_or_it_is_an_error(void **state)
{
	struct place *t = *state;

	watch_free(&t->w);
	make_folder("a");
	in_a_namespace(t, run_without_instances);
}

static void mount_or_skip(const char *type, const char *path, const char *options)
{
	if (mount("test", path, type, 0, options) < 0)
		not_here(type);
}

static void run_with_mounts(struct place *t)
{
	t->w = new_watch(WATCH_AUTO);
	MUST(watch_folder(t->w, at(t, "a")) && watch_folder(t->w, at(t, "a/log")));
	MUST(reads(t, NULL));
	/* Of a file system put over it the kernel says nothing, the next rescan finds it. */
	mount_or_skip("tmpfs", "a", "");
	make_folder("a/log");
	MUST(watch_folder(t->w, at(t, "a")) && watch_folder(t->w, at(t, "a/log")));
	MUST(!watch_folder(t->w, at(t, "a")) && !watch_folder(t->w, at(t, "a/log")));
	MUST(reads(t, NULL));
	append("a/x.log");
	MUST(reads(t, "a:x.log"));
	append("a/log/x.log");
	MUST(reads(t, "a/log:x.log"));
	/* Taken away: what was beneath is there again. */
	MUST(umount("a") == 0);
	watch_read(t->w, note, t);
	MUST(t->n == 2 && was_reported(t, "a:") && was_reported(t, "a/log:"));
	forget_reports(t);
	append("a/log/x.log");
	MUST(reads(t, "a/log:x.log"));
	/* Nothing beneath this time. */
	mount_or_skip("tmpfs", "b", "");
	MUST(watch_folder(t->w, at(t, "b/log")));
	make_folder("b/log");
	MUST(reads(t, "b/log:"));
	MUST(umount("b") == 0);
	MUST(reads(t, "b/log:"));
	mount_or_skip("tmpfs", "b", "");
	make_folder("b/log");
	MUST(watch_folder(t->w, at(t, "b/log")) && sees(t, "b/log"));
	append("b/log/x.log");
	MUST(reads(t, "b/log:x.log"));
	MUST(umount2("b", MNT_DETACH) == 0);
	MUST(reads(t, "b/log:"));
}

static void test_file_systems_come_and_go_over_a_folder(void **state)
{
	struct place *t = *state;

	watch_free(&t->w);
	make_folder("a");
	make_folder("a/log");
	make_folder("b");
	in_a_namespace(t, run_with_mounts);
}

static void run_on_overlay(struct place *t)
{
	mount_or_skip("overlay", "merged", "lowerdir=lower,upperdir=upper,workdir=work,userxattr");
	t->w = new_watch(WATCH_AUTO);
	MUST(watch_folder(t->w, at(t, "merged/log")) && sees(t, "merged/log"));
	MUST(watch_folder(t->w, at(t, "merged/later/log")) && sees(t, "merged/later/log"));
	append("merged/log/new.log");
	MUST(reads(t, "merged/log:new.log"));
	append("merged/log/lower.log"); /* copied up by this */
	MUST(reads(t, "merged/log:lower.log"));
	append("merged/log/lower.log");
	MUST(reads(t, "merged/log:lower.log"));
	make_folder("merged/later");
	make_folder("merged/later/log");
	MUST(reads(t, "merged/later/log:"));
	append("merged/later/log/x.log");
	MUST(reads(t, "merged/later/log:x.log"));
}

static void test_a_containers_own_file_system_is_seen(void **state)
{
	struct place *t = *state;

	watch_free(&t->w);
	make_folder("lower");
	make_folder("lower/log");
	make_folder("upper");
	make_folder("work");
	make_folder("merged");
	append("lower/log/lower.log");
	in_a_namespace(t, run_on_overlay);
}

/* As much of a FUSE file system as it takes to be an empty directory. */
static void serve_fuse(int fd)
{
	_Alignas(8) static char in[1 << 20];
	struct fuse_in_header head;

	while (read(fd, in, sizeof(in)) >= (ssize_t)sizeof(head)) {
		struct {
			struct fuse_out_header head;
			union {
				struct fuse_init_out init;
				struct fuse_attr_out attr;
				struct fuse_statfs_out statfs;
			} u;
		} out = {0};
		size_t n = 0;

		memcpy(&head, in, sizeof(head));
		if (head.opcode == FUSE_FORGET || head.opcode == FUSE_BATCH_FORGET)
			continue;
		if (head.opcode == FUSE_INIT) {
			n = sizeof(out.u.init);
			out.u.init.major = FUSE_KERNEL_VERSION;
			out.u.init.minor = FUSE_KERNEL_MINOR_VERSION;
			out.u.init.max_write = 4096;
		} else if (head.opcode == FUSE_GETATTR) {
			n = sizeof(out.u.attr);
			out.u.attr.attr.ino = 1;
			out.u.attr.attr.nlink = 2;
			out.u.attr.attr.mode = S_IFDIR | 0755;
		} else if (head.opcode == FUSE_STATFS) {
			n = sizeof(out.u.statfs);
		} else {
			out.head.error = -ENOENT;
		}
		out.head.unique = head.unique;
		out.head.len = (uint32_t)(sizeof(out.head) + n);
		MUST(write(fd, &out, out.head.len) == (ssize_t)out.head.len);
	}
}

static void run_on_fuse(struct place *t)
{
	static const char why[] = "it is on FUSE, where what others write is not noticed";
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];
	pid_t server;

	if (fd < 0)
		not_here("/dev/fuse");
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	mount_or_skip("fuse", "a", options);
	server = fork();
	MUST(server >= 0);
	if (server == 0) {
		(void)alarm(30);
		serve_fuse(fd);
		_exit(0);
	}
	(void)close(fd);
	t->w = new_watch(WATCH_AUTO);
	MUST(watch_folder(t->w, at(t, "a")));
	MUST(watch_folder(t->w, at(t, "a/later")));
	MUST(watch_folder(t->w, at(t, "b")));
	MUST(strcmp(watch_blind(t->w, at(t, "a")), why) == 0);
	MUST(strcmp(watch_blind(t->w, at(t, "a/later")), why) == 0);
	MUST(sees(t, "b"));
	watch_look(t->w, 0, note, t);
	MUST(t->n == 2);
	forget_reports(t);
	watch_free(&t->w);
	/* Who says inotify trusts it. */
	t->w = new_watch(WATCH_INOTIFY);
	MUST(watch_folder(t->w, at(t, "a")));
	MUST(sees(t, "a"));
	watch_free(&t->w);
	MUST(umount2("a", MNT_DETACH) == 0);
	MUST(kill(server, SIGKILL) == 0 && waitpid(server, NULL, 0) == server);
}

static void test_what_others_may_write_is_polled(void **state)
{
	struct place *t = *state;

	watch_free(&t->w);
	make_folder("a");
	make_folder("b");
	in_a_namespace(t, run_on_fuse);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, watching_setup, watching_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_folders_beyond_the_kernels_limit_are_blind),
		TEST(test_without_inotify_all_is_polled_or_it_is_an_error),
		TEST(test_file_systems_come_and_go_over_a_folder),
		TEST(test_a_containers_own_file_system_is_seen),
		TEST(test_what_others_may_write_is_polled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
