#include "agent/pipeline/tailed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/meter/carried.h"

struct tailed *tailed_new(const struct source *s, size_t source, const char *path)
{
	struct tailed *t = xcalloc(1, sizeof(*t));

	t->course.source = s;
	t->source = source;
	t->mark.path = xstrdup(path);
	t->mark.source = xstrdup(source_name(s));
	t->rotated = tailed_is_rotated_name(path);
	t->dirty = true;
	return t;
}

void tailed_close(struct tailed *t)
{
	reader_close(&t->course.reader);
	t->course.wrapping_known = false;
}

void tailed_free(struct tailed **tp)
{
	struct tailed *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	tailed_close(t);
	carried_free(&t->course.carried);
	mark_free(&t->mark);
	free(t);
}

void tailed_state(struct tailed *t, enum file_state state, const char *format, ...)
{
	char reason[sizeof(t->mark.reason)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (t->mark.state == state && strcmp(t->mark.reason, reason) == 0)
		return;
	t->mark.state = state;
	memcpy(t->mark.reason, reason, sizeof(reason));
	t->unsaved = true;
}

static int64_t in_ns(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

bool tailed_differs(const struct tailed *t, const struct stat *st)
{
	const struct mark *m = &t->mark;

	return (int64_t)st->st_dev != m->device || (int64_t)st->st_ino != m->inode ||
	       st->st_size != m->size || in_ns(st->st_mtim) != m->mtime_ns;
}

bool tailed_has_changed(const struct tailed *t)
{
	struct stat st;

	if (t->course.reader)
		return reader_has_changed(t->course.reader, &t->mark);
	return !t->gone && stat(t->mark.path, &st) == 0 && tailed_differs(t, &st);
}

bool tailed_stands(const struct tailed *t)
{
	struct stat st;

	return t->mark.inode == 0 ||
	       (stat(t->mark.path, &st) == 0 && (int64_t)st.st_dev == t->mark.device &&
	        (int64_t)st.st_ino == t->mark.inode);
}

void tailed_take_proof(struct tailed *t)
{
	t->mark.head_n = t->proof.head_n;
	t->mark.head = t->proof.head;
	t->mark.frontier_n = t->proof.frontier_n;
	t->mark.frontier = t->proof.frontier;
}

void tailed_waits(struct tailed *t, int64_t now)
{
	if (t->waits_since == 0)
		t->waits_since = now;
}

void tailed_got_on(struct tailed *t, int64_t bytes, int64_t now)
{
	rate_add(&t->rate, bytes, now);
	t->waits_since = 0;
}

void tailed_note_end(struct tailed *t)
{
	if (!t->mark.gzip)
		t->end = t->mark.size;
}

void tailed_look(struct tailed *t)
{
	struct mark now = {0};

	if (t->course.reader == NULL || t->mark.gzip)
		return;
	reader_refresh(t->course.reader, &now);
	if (now.size > t->end)
		t->end = now.size;
}

int64_t tailed_lag(const struct tailed *t)
{
	int64_t lag = t->mark.gzip ? 0 : t->end - t->begin;

	return lag > 0 ? lag : 0;
}

static bool all_digits(const char *from, const char *to)
{
	for (const char *p = from; p < to; p++)
		if (*p < '0' || *p > '9')
			return false;
	return to > from;
}

bool tailed_is_rotated_name(const char *path)
{
	size_t n = strlen(path);
	const char *end = path + n, *mark;

	if (n > 3 && strcmp(end - 3, ".gz") == 0)
		end -= 3;
	for (mark = end; mark > path && mark[-1] != '.' && mark[-1] != '-' && mark[-1] != '/';)
		mark--;
	/* One to three digits are a count, eight or more a date. */
	return mark > path && mark[-1] != '/' && all_digits(mark, end) &&
	       ((end - mark <= 3 && mark[-1] == '.') || end - mark >= 8);
}
