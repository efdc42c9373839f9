/*
 * The list of what is allowed. Paths are resolved when they are given, so that the rule is made for
 * what a link means now, and so that a later path can be held against the list.
 */
#include "agent/base/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/sandbox_inner.h"

/* On the heap, with room for "." at least. "" is the working folder. */
static char *copy(const char *path)
{
	size_t n = strlen(path) + 1;
	char *own = xmalloc(n + 1);

	memcpy(own, path, n);
	if (n == 1)
		memcpy(own, ".", 2);
	return own;
}

/* Takes the last component off, in place: "a/b" is then "a", "/a" is "/", "a" is ".". */
static void to_parent(char *path)
{
	char *slash;

	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		memcpy(path, ".", 2);
	else
		slash[slash == path] = '\0';
}

static bool is_root(const char *path)
{
	return strspn(path, "/") == strlen(path);
}

/* The path without links, or of the nearest folder above it that is there; on the heap. NULL: none
 * is but "/". */
static char *resolve(const char *path)
{
	char *above = copy(path), *real;

	while ((real = realpath(above, NULL)) == NULL && strcmp(above, ".") != 0) {
		to_parent(above);
		if (is_root(above))
			break;
	}
	free(above);
	return real;
}

static bool within(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (is_root(folder))
		return true;
	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static const struct sandbox_path *find(const struct sandbox *s, const char *real, bool writable)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->paths[i].writable >= writable && within(real, s->paths[i].path))
			return &s->paths[i];
	return NULL;
}

/* Takes `real`. */
static void add(struct sandbox *s, char *real, bool writable)
{
	if (find(s, real, writable)) {
		free(real);
		return;
	}
	s->paths = array_room(s->paths, s->n, &s->capacity, sizeof(*s->paths));
	s->paths[s->n++] = (struct sandbox_path){real, writable};
}

static void note_absent(struct sandbox *s, const char *path)
{
	if (s->absent == NULL)
		s->absent = xstrdup(path);
}

void sandbox_read(struct sandbox *s, const char *path)
{
	char *real = resolve(path);

	if (real)
		add(s, real, false);
	else
		note_absent(s, path);
}

/* The part in front of the first wildcard, without the name that it is in; on the heap. */
static char *folder_of(const char *glob)
{
	char *folder = copy(glob);

	folder[strcspn(folder, "*?[\\")] = '\0';
	if (folder[0] == '\0' || folder[strlen(folder) - 1] != '/')
		to_parent(folder);
	return folder;
}

void sandbox_read_glob(struct sandbox *s, const char *glob)
{
	char *folder = folder_of(glob);

	sandbox_read(s, folder);
	free(folder);
}

void sandbox_read_around(struct sandbox *s, const char *file)
{
	char *real = realpath(file, NULL);

	if (real == NULL)
		return;
	to_parent(real);
	add(s, real, false);
}

void sandbox_write(struct sandbox *s, const char *folder)
{
	char *real = realpath(*folder ? folder : ".", NULL);

	if (real)
		add(s, real, true);
	else
		note_absent(s, folder);
}

void sandbox_write_around(struct sandbox *s, const char *file)
{
	char *folder = copy(file), *real = realpath(file, NULL);

	to_parent(folder);
	sandbox_write(s, folder);
	free(folder);
	if (real == NULL)
		return;
	to_parent(real);
	add(s, real, true);
}

void sandbox_free(struct sandbox *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->paths[i].path);
	free(s->paths);
	free(s->absent);
	*s = (struct sandbox){0};
}

bool sandbox_reads(const struct sandbox *s, const char *glob)
{
	char *folder = folder_of(glob), *real = resolve(folder);
	bool allowed = real && find(s, real, false) != NULL;

	free(folder);
	free(real);
	return allowed;
}

void sandbox_lacks(struct err *err, const char *format, ...)
{
	size_t n = strlen(err->text);
	va_list args;

	if (n > 0 && n + 3 < sizeof(err->text)) {
		memcpy(err->text + n, "; ", 3);
		n += 2;
	}
	va_start(args, format);
	(void)vsnprintf(err->text + n, sizeof(err->text) - n, format, args);
	va_end(args);
}
