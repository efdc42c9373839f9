#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "tests/unit/watching.h"

static int start(void **state, enum watch_mode mode)
{
	struct place *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	assert_non_null(getcwd(t->before, sizeof(t->before)));
	(void)snprintf(t->dir, sizeof(t->dir), "/tmp/test-watch-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(chdir(t->dir), 0);
	t->w = watch_new(mode, &t->err);
	assert_non_null(t->w);
	*state = t;
	return 0;
}

int watching_setup(void **state)
{
	return start(state, WATCH_INOTIFY);
}

int watching_setup_polling(void **state)
{
	return start(state, WATCH_POLL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void forget_reports(struct place *t)
{
	while (t->n > 0)
		free(t->reports[--t->n]);
}

int watching_teardown(void **state)
{
	struct place *t = *state;

	watch_free(&t->w);
	forget_reports(t);
	assert_int_equal(chdir(t->before), 0);
	remove_tree(t->dir);
	free(t);
	return 0;
}

const char *at(const struct place *t, const char *path)
{
	static char paths[8][512];
	static size_t next;
	char *p = paths[next++ % 8];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", t->dir, path);
	return p;
}

void note(void *arg, const char *folder, const char *name)
{
	struct place *t = arg;
	struct buf b = {0};

	if (folder == NULL)
		buf_puts(&b, "*");
	else
		buf_printf(&b, "%s:%s",
		           strncmp(folder, t->dir, strlen(t->dir)) == 0 && folder[strlen(t->dir)]
		                   ? folder + strlen(t->dir) + 1
		                   : folder,
		           name ? name : "");
	assert_true(t->n < sizeof(t->reports) / sizeof(t->reports[0]));
	t->reports[t->n++] = b.p;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void check_reports(struct place *t, const char *expected)
{
	struct buf b = {0};

	qsort(t->reports, t->n, sizeof(t->reports[0]), by_text);
	for (size_t i = 0; i < t->n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", t->reports[i]);
	assert_string_equal(b.p ? b.p : "", expected);
	buf_free(&b);
	forget_reports(t);
}

void expect(struct place *t, const char *expected)
{
	watch_read(t->w, note, t);
	check_reports(t, expected);
}

void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0777), 0);
}

void append(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "line\n", 5), 5);
	(void)close(fd);
}

void move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

void make_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
}

void swap_link(const char *target, const char *path)
{
	make_link(target, "swap.new");
	move("swap.new", path);
}

void add(struct place *t, const char *path)
{
	assert_true(watch_folder(t->w, at(t, path)));
	assert_null(watch_blind(t->w, at(t, path)));
	assert_false(watch_folder(t->w, at(t, path)));
}

bool is_readable(const struct watch *w)
{
	struct pollfd p = {.fd = watch_fd(w), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

bool was_reported(const struct place *t, const char *report)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->reports[i], report) == 0)
			return true;
	return false;
}

void let_time_pass(void)
{
	(void)usleep(20000);
}
