/*
 * What cannot be undone is tried in children: each enters the sandbox, does one thing and tells by
 * its exit status how that went. Where a kernel or container has no Landlock or seccomp the tests
 * that need it are skipped, and say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "agent/base/local.h"
#include "agent/base/log.h"
#include "agent/base/notify.h"
#include "agent/base/sandbox_inner.h"
#include "agent/base/zone.h"
#include "agent/control/door.h"
#include "agent/control/told.h"
#include "agent/follow/discover.h"
#include "agent/ledger/ledger.h"
#include "parsers/pattern.h"

/* Folders of one test: logs/app.log, state/, elsewhere/secret. */
struct scene {
	char root[64], log[100], logs[100], state[100], secret[100], link[100];
	struct sandbox s;
};

static struct sandbox_state in_force; /* of this kernel, found out once */
static struct err lacking;

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static int set_up(void **state)
{
	struct scene *c = calloc(1, sizeof(*c));
	char elsewhere[100];

	if (c == NULL)
		return -1;
	strcpy(c->root, "/tmp/tokentail-sandbox.XXXXXX");
	if (mkdtemp(c->root) == NULL)
		return -1;
	(void)snprintf(c->logs, sizeof(c->logs), "%s/logs", c->root);
	(void)snprintf(c->log, sizeof(c->log), "%s/logs/app.log", c->root);
	(void)snprintf(c->state, sizeof(c->state), "%s/state", c->root);
	(void)snprintf(c->link, sizeof(c->link), "%s/link", c->root);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", c->root);
	(void)snprintf(c->secret, sizeof(c->secret), "%s/elsewhere/secret", c->root);
	(void)mkdir(c->logs, 0700);
	(void)mkdir(c->state, 0700);
	(void)mkdir(elsewhere, 0700);
	if (symlink(c->logs, c->link) < 0)
		return -1;
	write_file(c->log, "one\n");
	write_file(c->secret, "secret\n");
	sandbox_read(&c->s, c->logs);
	sandbox_write(&c->s, c->state);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *c = *state;
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", c->root);
	sandbox_free(&c->s);
	free(c);
	return system(command);
}

/* ---- children ---- */

typedef int act(struct scene *c); /* 0: it went as it should; else a number for the test's author */

/* Runs `prepare` (NULL: nothing) and enters; `act` decides. The wait status. */
static int in_child(struct scene *c, act *prepare, act *do_it)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = {0};
		struct sandbox_state state;
		struct err err = {0};

		(void)setrlimit(RLIMIT_CORE, &none);
		if (prepare && prepare(c) != 0)
			_exit(99);
		(void)sandbox_enter(&c->s, &state, &err);
		_exit(do_it(c));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect_good(struct scene *c, act *prepare, act *do_it)
{
	int status = in_child(c, prepare, do_it);

	if (WIFSIGNALED(status))
		fail_msg("killed by signal %d", WTERMSIG(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void need(bool there, const char *what)
{
	if (there)
		return;
	print_message("skipped: no %s here (%s)\n", what, lacking.text);
	skip();
}

#define NEED_LANDLOCK() need(in_force.landlock > 0, "Landlock")
#define NEED_SECCOMP()  need(in_force.seccomp, "seccomp")

/* In a child as well, whose end tells. */
static int find_out(void)
{
	struct sandbox none = {0};
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		(void)sandbox_enter(&none, &in_force, &lacking);
		_exit(write(ends[1], &in_force, sizeof(in_force)) < 0 ||
		      write(ends[1], &lacking, sizeof(lacking)) < 0);
	}
	(void)close(ends[1]);
	if (read(ends[0], &in_force, sizeof(in_force)) < 0 ||
	    read(ends[0], &lacking, sizeof(lacking)) < 0)
		return -1;
	(void)close(ends[0]);
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static void test_where_the_kernel_has_all_nothing_is_lacking(void **state)
{
	(void)state;
	NEED_LANDLOCK();
	NEED_SECCOMP();
	assert_string_equal(lacking.text, "");
}

static void *wait_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
	return NULL;
}

static int makes_a_thread_too_early(struct scene *c)
{
	struct sandbox_state state;
	struct err err = {0};
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0 ||
	    sandbox_enter(&c->s, &state, &err))
		return 1;
	/* The test's own sandbox would be the second. */
	_exit(strstr(err.text, "threads that were there before are not locked in") == NULL);
}

static void test_threads_that_were_there_are_told_in_words(void **state)
{
	expect_good(*state, makes_a_thread_too_early, NULL);
}

/* ---- what is allowed ---- */

static int reads_a_log(struct scene *c)
{
	struct found_list list = {0};
	struct err err = {0};
	char glob[200], text[10];
	int fd = open(c->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	(void)snprintf(glob, sizeof(glob), "%s/**/*.log", c->logs);
	return !(fd >= 0 && read(fd, text, sizeof(text)) == 4 && fstat(fd, &st) == 0 &&
	         discover(glob, false, &list, &err) && list.n == 1 &&
	         list.items[0].left_out == NULL);
}

/* One that was rotated to a new name, and one that came later. */
static int reads_what_came_later(struct scene *c)
{
	char path[200];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/sub/later.log", c->logs);
	fd = open(path, O_RDONLY);
	return !(fd >= 0 && openat(AT_FDCWD, c->link, O_RDONLY | O_DIRECTORY) >= 0);
}

static int makes_later_log(struct scene *c)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/sub", c->logs);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/sub/later.log", c->logs);
	write_file(path, "x\n");
	return 0;
}

/* A ledger made from nothing: folder, lock, WAL, shared memory, checkpoint at the end. */
static int writes_a_ledger(struct scene *c)
{
	char path[200];
	struct err err = {0};
	struct ledger *l;
	struct mark *marks;
	size_t n;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/sub/tokentail.db", c->state);
	l = ledger_open(path, "Europe/Berlin", &err);
	if (l == NULL) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	ok = ledger_save_marks(l, NULL, 0, &err) && ledger_marks(l, &marks, &n, &err);
	ledger_close(&l);
	l = ledger_open_read(path, &err);
	ok = ok && l != NULL;
	ledger_close(&l);
	(void)snprintf(path, sizeof(path), "%s/sub/tokentail.db-wal", c->state);
	return !(ok && access(path, F_OK) < 0);
}

static struct ledger *ledger;

static int opens_a_ledger(struct scene *c)
{
	char path[200];
	struct err err = {0};

	(void)snprintf(path, sizeof(path), "%s/tokentail.db", c->state);
	ledger = ledger_open(path, "UTC", &err);
	return ledger == NULL;
}

static int closes_the_ledger(struct scene *c)
{
	struct err err = {0};
	bool ok = ledger_save_marks(ledger, NULL, 0, &err);

	(void)c;
	ledger_close(&ledger);
	return !ok;
}

/* The archive's way: a temporary name, flushed, renamed; in a folder of a year. */
static int writes_an_archive(struct scene *c)
{
	char folder[200], temporary[300], final[300];
	int fd;

	(void)snprintf(folder, sizeof(folder), "%s/2026", c->state);
	(void)snprintf(temporary, sizeof(temporary), "%s/new.tmp", c->state);
	(void)snprintf(final, sizeof(final), "%s/calls.gz", folder);
	if (mkdir(folder, 0700) < 0)
		return 1;
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) < 0 || fsync(fd) < 0)
		return 2;
	if (rename(temporary, final) < 0)
		return 3;
	return unlink(final) < 0 ? 4 : 0;
}

static pcre2_code *compiled;

static int compiles_with_jit(struct scene *c)
{
	int code;
	PCRE2_SIZE at;

	(void)c;
	compiled = pcre2_compile((PCRE2_SPTR) "model=(\\w+)", PCRE2_ZERO_TERMINATED, 0, &code, &at,
	                         NULL);
	if (compiled == NULL)
		return 1;
	return pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE) != 0;
}

static int matches_with_jit(struct scene *c)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(compiled, NULL);

	(void)c;
	return pcre2_jit_match(compiled, (PCRE2_SPTR) "a model=b", 9, 0, 0, data, NULL) != 2;
}

static int compiles_and_matches(struct scene *c)
{
	struct err err = {0};
	struct pattern *p = pattern_new(STR("(?<model>gpt-\\S+)"), &err);
	struct pattern_match *m = pattern_match_new();
	bool yes = p && pattern_test(p, m, STR("used gpt-4o")) == PATTERN_YES;

	pattern_match_free(&m);
	pattern_free(&p);
	return !yes || compiles_with_jit(c) || matches_with_jit(c);
}

static int watches(struct scene *c)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), log = open(c->log, O_RDONLY);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char events[4096];

	if (fd < 0 || log < 0 || inotify_add_watch(fd, c->logs, IN_ACCESS | IN_MODIFY) < 0)
		return 1;
	if (read(log, events, 1) != 1 || poll(&ready, 1, 1000) != 1)
		return 2;
	return read(fd, events, sizeof(events)) <= 0;
}

static void *work(void *arg)
{
	char *memory = malloc(200000);

	if (memory)
		memset(memory, 1, 200000);
	*(bool *)arg = memory != NULL;
	free(memory);
	return NULL;
}

static int makes_threads(struct scene *c)
{
	pthread_t threads[4];
	bool done[4] = {0};

	(void)c;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work, &done[i]) != 0)
			return 1;
	for (int i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	return !(done[0] && done[1] && done[2] && done[3]);
}

static int opens_a_zone(struct scene *c)
{
	struct err err = {0};
	struct zone *z = zone_open("Europe/Berlin", &err), *local = zone_open("local", &err);

	(void)c;
	return !(z && local && zone_offset(z, 0) == 3600);
}

static int socket_pair[2];
static struct notify manager;

static int opens_a_manager(struct scene *c)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct err err = {0};

	(void)c;
	(void)snprintf(to.sun_path + 1, sizeof(to.sun_path) - 1, "tokentail-%ld", (long)getpid());
	socket_pair[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(socket_pair[0], (struct sockaddr *)&to,
	         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(to.sun_path + 1))))
		return 1;
	to.sun_path[0] = '@';
	(void)setenv("NOTIFY_SOCKET", to.sun_path, 1);
	return !notify_open(&manager, &err);
}

static int tells_the_manager(struct scene *c)
{
	struct err err = {0};
	char text[40] = "";

	(void)c;
	return !(notify_ready(&manager, NULL, &err) &&
	         read(socket_pair[0], text, sizeof(text) - 1) == 8 &&
	         strcmp(text, "READY=1\n") == 0);
}

static int asking;
static struct door *door;

static void tells(void *arg, struct buf *out)
{
	(void)arg;
	buf_puts(out, "well");
}

static int opens_a_door(struct scene *c)
{
	static const struct door_options options = {.status = tells};
	struct buf database = {0};
	struct err err = {0};

	buf_printf(&database, "%s/t.db", c->state);
	door = door_open(database.p, &options, &err);
	buf_puts(&database, ".sock");
	asking = door ? local_connect(database.p) : -1;
	buf_free(&database);
	return asking < 0;
}

/* Lets in, hears, answers, and takes its socket away. */
static int answers_at_the_door(struct scene *c)
{
	char got[8] = "", path[200];

	(void)snprintf(path, sizeof(path), "%s/t.db.sock", c->state);
	if (write(asking, request_text(REQUEST_STATUS), REQUEST_BYTES) != REQUEST_BYTES)
		return 1;
	door_turn(door, 1);
	if (read(asking, got, sizeof(got) - 1) != 4 || strcmp(got, "well") != 0)
		return 2;
	door_close(&door);
	return access(path, F_OK) == 0;
}

static int writes_its_log(struct scene *c)
{
	int ends[2];
	struct log_options options = {.level = LEVEL_INFO};
	struct log *l;
	char text[100];

	(void)c;
	if (pipe(ends) < 0)
		return 1;
	options.fd = ends[1];
	l = log_new(&options);
	log_say(l, LEVEL_INFO, NULL, NULL, "hello");
	log_free(&l);
	return read(ends[0], text, sizeof(text)) <= 0;
}

static int reads_random_bytes_and_itself(struct scene *c)
{
	char bytes[4];
	int fd = open("/dev/urandom", O_RDONLY), own = open("/proc/self/statm", O_RDONLY);
	struct rlimit files;

	(void)c;
	return !(fd >= 0 && read(fd, bytes, 4) == 4 && own >= 0 && read(own, bytes, 4) == 4 &&
	         getrlimit(RLIMIT_NOFILE, &files) == 0 && raise(SIGURG) == 0);
}

static void test_a_service_does_its_work(void **state)
{
	struct scene *c = *state;

	expect_good(c, NULL, reads_a_log);
	expect_good(c, makes_later_log, reads_what_came_later);
	expect_good(c, NULL, writes_a_ledger);
	expect_good(c, opens_a_ledger, closes_the_ledger);
	expect_good(c, NULL, writes_an_archive);
	expect_good(c, NULL, watches);
	expect_good(c, NULL, makes_threads);
	expect_good(c, NULL, opens_a_zone);
	expect_good(c, opens_a_manager, tells_the_manager);
	expect_good(c, opens_a_door, answers_at_the_door);
	expect_good(c, NULL, writes_its_log);
	expect_good(c, NULL, reads_random_bytes_and_itself);
}

static void test_patterns_are_still_compiled_to_machine_code(void **state)
{
	struct scene *c = *state;

	if (compiles_with_jit(c) != 0) {
		print_message("skipped: this PCRE2 has no JIT\n");
		skip();
	}
	expect_good(c, compiles_with_jit, matches_with_jit);
	expect_good(c, NULL, compiles_and_matches);
}

/* ---- what is not ---- */

static bool denied(int result)
{
	return result < 0 && (errno == EACCES || errno == EPERM || errno == EXDEV);
}

static int opens_other_files(struct scene *c)
{
	char hidden[200];

	(void)snprintf(hidden, sizeof(hidden), "%s/../elsewhere/secret", c->logs);
	return !(denied(open("/etc/shadow", O_RDONLY)) && denied(open("/etc/passwd", O_RDONLY)) &&
	         denied(open(c->secret, O_RDONLY)) && denied(open(hidden, O_RDONLY)) &&
	         denied(open("/", O_RDONLY | O_DIRECTORY)) &&
	         denied(open(c->root, O_RDONLY | O_DIRECTORY)));
}

static int changes_logs(struct scene *c)
{
	char path[200], target[200];

	(void)snprintf(path, sizeof(path), "%s/new.log", c->logs);
	(void)snprintf(target, sizeof(target), "%s/taken", c->state);
	return !(denied(open(c->log, O_WRONLY)) && denied(open(c->log, O_RDWR | O_APPEND)) &&
	         denied(open(path, O_WRONLY | O_CREAT, 0600)) && denied(unlink(c->log)) &&
	         denied(rename(c->log, path)) && denied(rename(c->log, target)) &&
	         denied(mkdir(path, 0700)));
}

/* The right came with the third version. */
static int truncates_logs(struct scene *c)
{
	return !(denied(truncate(c->log, 0)) && denied(open(c->log, O_RDONLY | O_TRUNC)));
}

static int changes_other_files(struct scene *c)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/new", c->root);
	return !(denied(open(c->secret, O_WRONLY)) &&
	         denied(open(path, O_WRONLY | O_CREAT, 0600)) && denied(unlink(c->secret)) &&
	         denied(open("/dev/null", O_WRONLY)));
}

/* Not by a file of its own either. */
static int executes_its_file(struct scene *c)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/tool", c->state);
	write_file(path, "#!/bin/sh\nexit 0\n");
	(void)chmod(path, 0700);
	return !denied(execl(path, path, NULL));
}

static void test_files_outside_are_out_of_reach(void **state)
{
	struct scene *c = *state;

	NEED_LANDLOCK();
	expect_good(c, NULL, opens_other_files);
	expect_good(c, NULL, changes_other_files);
}

static void test_logs_cannot_be_changed(void **state)
{
	struct scene *c = *state;

	NEED_LANDLOCK();
	expect_good(c, NULL, changes_logs);
	if (in_force.landlock >= 3)
		expect_good(c, NULL, truncates_logs);
}

static int makes_a_socket(struct scene *c)
{
	int pair[2];

	(void)c;
	return !(denied(socket(AF_INET, SOCK_STREAM, 0)) &&
	         denied(socket(AF_UNIX, SOCK_STREAM, 0)) &&
	         denied(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
}

static int makes_allowed_sockets(struct scene *c)
{
	struct sockaddr_in {
		sa_family_t family;
		uint16_t port;
		uint32_t address;
		char zero[8];
	} any = {.family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)c;
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 1) < 0)
		return 1;
	return !(denied(socket(AF_PACKET, SOCK_RAW, 0)) && open("/etc/hosts", O_RDONLY) >= 0);
}

static void test_sockets_are_for_those_who_asked(void **state)
{
	struct scene *c = *state;

	NEED_SECCOMP();
	expect_good(c, NULL, makes_a_socket);
	c->s.sockets = true;
	expect_good(c, NULL, makes_allowed_sockets);
}

static int refuses_softly(struct scene *c)
{
	struct rlimit files = {64, 64};
	long io_uring = syscall(425 /* io_uring_setup */, 1, NULL);
	bool no_such_call = io_uring < 0 && errno == ENOSYS;
	bool newer_than_this = syscall(999, 0) < 0 && errno == ENOSYS;

	return !(no_such_call && newer_than_this && denied(kill(getppid(), 0)) &&
	         denied(prctl(PR_SET_DUMPABLE, 1)) && denied(chmod(c->log, 0666)) &&
	         denied(link(c->log, c->state)) && denied(ioctl(0, 0x5412 /* TIOCSTI */, "x")) &&
	         denied((int)syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, &files, NULL)));
}

static void test_a_call_that_is_not_needed_is_refused(void **state)
{
	NEED_SECCOMP();
	expect_good(*state, NULL, refuses_softly);
}

static int executes(struct scene *c)
{
	(void)c;
	return execl("/bin/true", "true", NULL) < 0;
}

static int forks(struct scene *c)
{
	(void)c;
	return fork() < 0;
}

static int vforks_through_the_shell(struct scene *c)
{
	(void)c;
	return system("true");
}

static int traces(struct scene *c)
{
	(void)c;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0;
}

static int unshares(struct scene *c)
{
	(void)c;
	return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) < 0;
}

static int loads_bpf(struct scene *c)
{
	(void)c;
	return syscall(SYS_bpf, 0, NULL, 0) < 0;
}

static int changes_user(struct scene *c)
{
	(void)c;
	return syscall(SYS_setuid, 0) < 0;
}

static int opens_by_handle(struct scene *c)
{
	(void)c;
	return syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0) < 0;
}

/* A thread that is a process of a name space too. */
static int clones_a_name_space(struct scene *c)
{
	(void)c;
	return syscall(SYS_clone, 0x00010000UL | 0x00020000UL, 0, 0, 0, 0) < 0;
}

static void test_a_hostile_call_ends_the_process(void **state)
{
	static act *const hostile[] = {executes,     forks,           vforks_through_the_shell,
	                               traces,       unshares,        loads_bpf,
	                               changes_user, opens_by_handle, clones_a_name_space};

	NEED_SECCOMP();
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		int status = in_child(*state, NULL, hostile[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("call %zu: status %d", i, status);
	}
}

static void *open_a_secret(void *arg)
{
	struct scene *c = arg;

	return open(c->secret, O_RDONLY) < 0 ? NULL : c;
}

static int reaches_out_by_a_thread(struct scene *c)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, open_a_secret, c) != 0)
		return 1;
	(void)pthread_join(thread, &result);
	return result != NULL;
}

static void test_threads_are_locked_in_as_well(void **state)
{
	NEED_LANDLOCK();
	expect_good(*state, NULL, reaches_out_by_a_thread);
}

/* ---- kernels with less ---- */

/* In a child: with Landlock of version `abi` only, whose attribute an older kernel would take. */
static int with_version(struct scene *c, int abi)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = {0};

		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!landlock_enter(&c->s, abi, &err) || err.text[0])
			_exit(50);
		if (reads_a_log(c) || writes_a_ledger(c) || opens_other_files(c) ||
		    changes_logs(c) || changes_other_files(c) || executes_its_file(c))
			_exit(51);
		_exit(abi >= 3 && truncates_logs(c) ? 52 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_every_version_of_landlock_does_what_it_can(void **state)
{
	struct scene *c = *state;
	struct err err = {0};
	int version = landlock_version(&err);

	NEED_LANDLOCK();
	for (int abi = 1; abi <= version; abi++)
		assert_int_equal(with_version(c, abi), 0);
}

/* Makes one system call fail, as a container's own filter does. */
static int without(int call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program);
}

/* The words in a pipe would be more to read: the child compares. */
static int expect_words(struct scene *c, int call, int error, const char *words, bool landlock,
                        bool seccomp)
{
	struct sandbox_state state;
	struct err err = {0};
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (without(call, error) != 0)
			_exit(98);
		if (sandbox_enter(&c->s, &state, &err) || strstr(err.text, words) == NULL) {
			(void)fprintf(stderr, "%s\n", err.text);
			_exit(1);
		}
		if ((state.landlock > 0) != landlock || state.seccomp != seccomp)
			_exit(2);
		_exit(reads_a_log(c) || writes_a_ledger(c));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_a_kernel_without_landlock_is_told_in_words(void **state)
{
	struct scene *c = *state;
	int call = SYS_landlock_create_ruleset;

	NEED_SECCOMP();
	assert_int_equal(expect_words(c, call, ENOSYS, "this kernel has no Landlock", false, true),
	                 0);
	assert_int_equal(expect_words(c, call, EOPNOTSUPP, "Landlock is switched off", false, true),
	                 0);
	assert_int_equal(expect_words(c, call, EPERM, "Operation not permitted", false, true), 0);
	if (in_force.landlock)
		assert_int_equal(expect_words(c, SYS_landlock_restrict_self, E2BIG,
		                              "folders are not locked", false, true),
		                 0);
}

static void test_a_kernel_without_seccomp_is_told_in_words(void **state)
{
	struct scene *c = *state;
	bool landlock = in_force.landlock > 0;

	NEED_SECCOMP();
	assert_int_equal(
		expect_words(c, SYS_seccomp, ENOSYS, "this kernel has no seccomp", landlock, false),
		0);
	assert_int_equal(expect_words(c, SYS_seccomp, EACCES, "system calls are not filtered",
	                              landlock, false),
	                 0);
}

/* ---- the list ---- */

static void expect_path(const struct scene *c, size_t i, const char *tail, bool writable)
{
	char want[200];

	(void)snprintf(want, sizeof(want), "%s%s", c->root, tail);
	assert_in_range(i, 0, c->s.n - 1);
	assert_string_equal(c->s.paths[i].path, want);
	assert_int_equal(c->s.paths[i].writable, writable);
}

static void glob_in(struct scene *c, const char *tail)
{
	char glob[300];

	(void)snprintf(glob, sizeof(glob), "%s%s", c->root, tail);
	sandbox_read_glob(&c->s, glob);
}

static bool reads(const struct scene *c, const char *tail)
{
	char glob[300];

	(void)snprintf(glob, sizeof(glob), "%s%s", c->root, tail);
	return sandbox_reads(&c->s, glob);
}

static void test_a_glob_allows_the_folder_in_front_of_its_wildcard(void **state)
{
	struct scene *c = *state;

	sandbox_free(&c->s);
	glob_in(c, "/logs/app.log");   /* the folder: rotation makes other names */
	glob_in(c, "/logs/*.log");     /* again */
	glob_in(c, "/state/a*/b.log"); /* another */
	glob_in(c, "/elsew?ere/**");   /* all */
	assert_int_equal(c->s.n, 3);
	expect_path(c, 0, "/logs", false);
	expect_path(c, 1, "/state", false);
	expect_path(c, 2, "", false);
}

static void test_links_are_followed_to_where_they_lead(void **state)
{
	struct scene *c = *state;

	sandbox_free(&c->s);
	glob_in(c, "/link/*.log");
	expect_path(c, 0, "/logs", false);
	assert_true(reads(c, "/link/app.log"));
	sandbox_free(&c->s);
	(void)unlink(c->link);
	assert_int_equal(symlink(c->log, c->link), 0);
	sandbox_read_around(&c->s, c->link);
	assert_int_equal(c->s.n, 1);
	expect_path(c, 0, "/logs", false);
	sandbox_read_around(&c->s, "/nonexistent/x");
	assert_int_equal(c->s.n, 1);
	assert_null(c->s.absent);
}

static void test_a_database_may_be_a_link(void **state)
{
	struct scene *c = *state;
	char named[200], real[200];

	sandbox_free(&c->s);
	(void)snprintf(named, sizeof(named), "%s/state/named.db", c->root);
	(void)snprintf(real, sizeof(real), "%s/elsewhere/real.db", c->root);
	sandbox_write_around(&c->s, named); /* not made yet */
	assert_int_equal(c->s.n, 1);
	expect_path(c, 0, "/state", true);
	write_file(real, "");
	assert_int_equal(symlink(real, named), 0);
	sandbox_write_around(&c->s, named);
	assert_int_equal(c->s.n, 2);
	expect_path(c, 1, "/elsewhere", true);
}

static void test_what_is_not_there_yet_allows_what_is_above(void **state)
{
	struct scene *c = *state;

	sandbox_free(&c->s);
	glob_in(c, "/logs/new/deep/*.log");
	expect_path(c, 0, "/logs", false);
	assert_null(c->s.absent);
	sandbox_read_glob(&c->s, "/nonexistent-tokentail/app/*.log");
	assert_int_equal(c->s.n, 1);
	assert_string_equal(c->s.absent, "/nonexistent-tokentail/app/");
	sandbox_write(&c->s, "/nonexistent-tokentail/db");
	assert_int_equal(c->s.n, 1);
	sandbox_read(&c->s, "/"); /* was meant */
	assert_string_equal(c->s.paths[1].path, "/");
}

static void test_a_relative_path_is_one_of_the_working_folder(void **state)
{
	struct scene *c = *state;
	char before[4096];

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(c->root), 0);
	sandbox_free(&c->s);
	sandbox_read_glob(&c->s, "logs/*.log");
	sandbox_write(&c->s, "");
	sandbox_read_glob(&c->s, "*.log");
	expect_path(c, 0, "/logs", false);
	expect_path(c, 1, "", true);
	assert_int_equal(c->s.n, 2); /* what may be written may be read */
	assert_int_equal(chdir(before), 0);
}

static void test_a_later_path_is_held_against_the_list(void **state)
{
	struct scene *c = *state;

	char beside[200];

	(void)snprintf(beside, sizeof(beside), "%s/logs2", c->root);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_true(reads(c, "/logs/app.log"));
	assert_true(reads(c, "/logs/sub/not-there-yet/*.log"));
	assert_true(reads(c, "/state/x"));
	assert_false(reads(c, "/elsewhere/secret"));
	assert_false(reads(c, "/logs2/app.log"));
	assert_false(reads(c, "/logs/../elsewhere/*"));
	assert_false(reads(c, "/*/app.log"));
	assert_false(sandbox_reads(&c->s, "/nonexistent-tokentail/x"));
}

static void test_what_is_not_there_is_told_in_words(void **state)
{
	struct scene *c = *state;

	NEED_LANDLOCK();
	NEED_SECCOMP();
	sandbox_read_glob(&c->s, "/nonexistent-tokentail/*.log");
	/* Any call that is not made: nothing fails but the path. */
	assert_int_equal(expect_words(c, SYS_reboot, EPERM,
	                              "/nonexistent-tokentail/ is not there: what it gets can be "
	                              "read after a restart",
	                              true, true),
	                 0);
}

/* The ruleset gets the last descriptor, and no folder can be named to it. */
static int leaves_one_descriptor(struct scene *c)
{
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit limit;

	(void)c;
	if (next < 0 || close(next) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1;
	limit.rlim_cur = (rlim_t)next + 1;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0;
}

static int reads_a_log_when_there_are_more(struct scene *c)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 90;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 91;
	return reads_a_log(c);
}

static void test_without_descriptors_nobody_is_locked_out_for_good(void **state)
{
	NEED_LANDLOCK();
	expect_good(*state, leaves_one_descriptor, reads_a_log_when_there_are_more);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_where_the_kernel_has_all_nothing_is_lacking),
		TEST(test_threads_that_were_there_are_told_in_words),
		TEST(test_a_service_does_its_work),
		TEST(test_patterns_are_still_compiled_to_machine_code),
		TEST(test_files_outside_are_out_of_reach),
		TEST(test_logs_cannot_be_changed),
		TEST(test_sockets_are_for_those_who_asked),
		TEST(test_a_call_that_is_not_needed_is_refused),
		TEST(test_a_hostile_call_ends_the_process),
		TEST(test_threads_are_locked_in_as_well),
		TEST(test_every_version_of_landlock_does_what_it_can),
		TEST(test_a_kernel_without_landlock_is_told_in_words),
		TEST(test_a_kernel_without_seccomp_is_told_in_words),
		TEST(test_a_glob_allows_the_folder_in_front_of_its_wildcard),
		TEST(test_links_are_followed_to_where_they_lead),
		TEST(test_a_database_may_be_a_link),
		TEST(test_what_is_not_there_yet_allows_what_is_above),
		TEST(test_a_relative_path_is_one_of_the_working_folder),
		TEST(test_a_later_path_is_held_against_the_list),
		TEST(test_what_is_not_there_is_told_in_words),
		TEST(test_without_descriptors_nobody_is_locked_out_for_good),
	};

	if (find_out() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
