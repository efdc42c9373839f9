/*
 * A preset is text by a name: the user's own directories come before the shipped ones, which are
 * part of the program. What the text means is read in sources.c.
 */
#include <dirent.h>
#include <stdlib.h>

#include "agent/base/intern.h"
#include "agent/base/mem.h"
#include "agent/config/config.h"
#include "agent/config/embedded.h"
#include "agent/config/files.h"
#include "agent/config/nearest.h"

static const char FOLDER[] = "presets/", SUFFIX[] = ".yaml";

/* A name is a file name without its suffix and can lead nowhere else. */
static bool is_preset_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strpbrk(name, "/\\") == NULL &&
	       strstr(name, "..") == NULL && strlen(name) <= 64;
}

static enum files_result from_dir(const char *dir, const char *name, struct buf *text, char **from,
                                  struct err *err)
{
	struct buf path = {0};
	struct err absent = {0};
	enum files_result result;

	buf_printf(&path, "%s/tokentail/%s%s%s", dir, FOLDER, name, SUFFIX);
	result = files_read(path.p, CONFIG_BYTES_MAX, text, &absent);
	if (result == FILES_FAILED)
		(void)err_set(err, "%s", absent.text);
	if (result == FILES_READ)
		*from = xstrdup(path.p);
	buf_free(&path);
	return result;
}

/* The name of a shipped preset, a view into the table of embedded files; empty: no preset. */
static struct str shipped_name(const struct embedded *file)
{
	struct str name = str_of(file->name);

	if (!str_starts(name, str_of(FOLDER)) || !str_ends(name, str_of(SUFFIX)))
		return STR("");
	name = str_from(name, strlen(FOLDER));
	name.n -= strlen(SUFFIX);
	return name;
}

static bool from_shipped(const char *name, struct buf *text, char **from)
{
	for (const struct embedded *file = embedded_files; file->name; file++) {
		if (!str_eq(shipped_name(file), str_of(name)))
			continue;
		buf_bytes(text, file->begin, (size_t)(file->end - file->begin));
		*from = xstrdup(file->name);
		return true;
	}
	return false;
}

static bool unknown(const char *name, struct err *err)
{
	struct nearest nearest;

	nearest_start(&nearest, str_of(name));
	for (const struct embedded *file = embedded_files; file->name; file++)
		if (shipped_name(file).n)
			nearest_offer(&nearest, shipped_name(file));
	if (nearest.name.n)
		return err_set(err, "unknown preset `%.64s`; did you mean `%.*s`?", name,
		               STR_ARG(nearest.name));
	return err_set(err, "unknown preset `%.64s`; `tokentail help presets` lists them", name);
}

bool preset_text(const char *name, struct buf *text, char **from, struct err *err)
{
	static const char system_dir[] = SYSCONFDIR;
	struct buf user_dir = {0};
	enum files_result result = FILES_ABSENT;

	if (!is_preset_name(name))
		return err_set(err,
		               "`%.64s` cannot be a preset: a name without / and .. is expected",
		               name);
	if (files_user_dir("XDG_CONFIG_HOME", "/.config", &user_dir))
		result = from_dir(user_dir.p, name, text, from, err);
	buf_free(&user_dir);
	if (result == FILES_ABSENT)
		result = from_dir(system_dir, name, text, from, err);
	if (result != FILES_ABSENT)
		return result == FILES_READ;
	return from_shipped(name, text, from) || unknown(name, err);
}

/* ---- all of them ---- */

struct naming {
	struct intern *seen;
	bool shipped;
	void (*each)(void *arg, const char *name, bool shipped);
	void *arg;
};

static void name_one(struct naming *n, struct str name)
{
	uint32_t known = intern_count(n->seen);
	char *text;

	if (name.n == 0 || intern_id(n->seen, name) < known)
		return;
	text = str_dup(name);
	if (is_preset_name(text))
		n->each(n->arg, text, n->shipped);
	free(text);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void name_dir(struct naming *n, const char *dir)
{
	struct dirent **entries;
	struct buf path = {0};
	int count;

	buf_printf(&path, "%s/tokentail/%s", dir, FOLDER);
	count = scandir(path.p, &entries, NULL, by_name);
	for (int i = 0; i < count; i++) {
		struct str name = str_of(entries[i]->d_name);

		if (str_ends(name, str_of(SUFFIX)))
			name_one(n, (struct str){name.p, name.n - strlen(SUFFIX)});
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	buf_free(&path);
}

void preset_names(void (*each)(void *arg, const char *name, bool shipped), void *arg)
{
	struct naming n = {intern_new(), false, each, arg};
	struct buf user_dir = {0};

	if (files_user_dir("XDG_CONFIG_HOME", "/.config", &user_dir))
		name_dir(&n, user_dir.p);
	buf_free(&user_dir);
	name_dir(&n, SYSCONFDIR);
	n.shipped = true;
	for (const struct embedded *file = embedded_files; file->name; file++)
		name_one(&n, shipped_name(file));
	intern_free(&n.seen);
}
