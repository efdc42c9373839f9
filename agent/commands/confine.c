#include "agent/commands/confine.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/config/files.h"
#include "agent/follow/discover.h"

/* A link in the middle of a path leads to files that the folder in front of the wildcards does not
 * hold. */
static void read_found(struct sandbox *s, const char *glob)
{
	struct found_list list = {0};
	struct err err = {0};

	(void)discover(glob, false, &list, &err);
	for (size_t i = 0; i < list.n; i++)
		sandbox_read_around(s, list.items[i].path);
	found_free(&list);
}

static void read_source(struct sandbox *s, const struct source_config *c)
{
	if (c->follow_symlinks)
		sandbox_read(s, "/");
	for (size_t i = 0; i < c->paths_n; i++) {
		sandbox_read_glob(s, c->paths[i]);
		read_found(s, c->paths[i]);
	}
}

/* Of presets, which may be read for the first time when the configuration is read again. A folder
 * that is not there does not open the one above it. */
static void read_user_folders(struct sandbox *s)
{
	struct buf path = {0};

	if (files_user_dir("XDG_CONFIG_HOME", "/.config", &path)) {
		buf_puts(&path, "/tokentail");
		if (access(path.p, F_OK) == 0)
			sandbox_read(s, path.p);
	}
	buf_free(&path);
	if (access(SYSCONFDIR "/tokentail", F_OK) == 0)
		sandbox_read(s, SYSCONFDIR "/tokentail");
}

void confine_to(struct sandbox *s, const struct config *c)
{
	sandbox_write_around(s, c->database);
	for (size_t i = 0; i < c->sources_n; i++)
		read_source(s, &c->sources[i]);
	if (c->file)
		sandbox_read_glob(s, c->file);
	for (size_t i = 0; i < c->books_n; i++)
		sandbox_read_glob(s, c->books[i]);
	sandbox_read_around(s, c->imported);
	read_user_folders(s);
}

/* NULL: nothing of it. */
static const char *source_outside(const struct sandbox *s, const struct source_config *c)
{
	for (size_t i = 0; i < c->paths_n; i++)
		if (!sandbox_reads(s, c->follow_symlinks ? "/*" : c->paths[i]))
			return c->paths[i];
	return NULL;
}

const char *confine_outside(const struct sandbox *s, const struct config *c)
{
	const char *outside = NULL;

	for (size_t i = 0; i < c->sources_n && outside == NULL; i++)
		outside = source_outside(s, &c->sources[i]);
	for (size_t i = 0; i < c->books_n && outside == NULL; i++)
		if (!sandbox_reads(s, c->books[i]))
			outside = c->books[i];
	return outside;
}
