/*
 * From a file to the struct that the rest of the program reads. All that is bound lies in one
 * arena that is freed with the configuration; nothing of it is freed one by one.
 */
#include "agent/config/config.h"

#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/config/bind.h"
#include "agent/config/files.h"
#include "agent/config/sources.h"

/* `config` comes first, so that a pointer to it is a pointer to the whole. */
struct owner {
	struct config config;
	struct arena arena;
	struct yaml *yaml; /* own_prices points into it */
};

static struct owner *owner_new(struct binder *b, struct err *err)
{
	struct owner *o = xcalloc(1, sizeof(*o));

	*b = (struct binder){.arena = &o->arena, .file = "", .err = err};
	bind_defaults(b, "", &o->config);
	return o;
}

/* The database is on the heap of its own, for a command may replace it. */
static void settle_database(struct config *c)
{
	struct buf file = {0};

	if (c->database)
		buf_puts(&file, c->database);
	else if (files_user_dir("XDG_DATA_HOME", "/.local/share", &file))
		buf_puts(&file, "/tokentail/tokentail.db");
	else
		buf_puts(&file, "/var/lib/tokentail/tokentail.db");
	c->database = file.p;
}

/* By the database of the file, and not by one that a command is given: another database is no
 * reason for other prices. */
static void settle_imported(struct binder *b, struct config *c)
{
	const char *slash = strrchr(c->database, '/');
	struct buf path = {0};

	if (slash)
		buf_bytes(&path, c->database, (size_t)(slash - c->database) + 1);
	buf_puts(&path, "imported-prices");
	c->imported = bind_copy(b, buf_view(&path));
	buf_free(&path);
}

/* Ends the reading: the configuration, or NULL when it failed. */
static struct config *finish(struct owner *o, struct binder *b, bool ok)
{
	struct config *c = &o->config;

	buf_free(&b->at);
	if (ok) {
		settle_database(c);
		settle_imported(b, c);
		return c;
	}
	c->database = NULL; /* in the arena as yet */
	config_free(&c);
	return NULL;
}

struct config *config_parse(struct str text, const char *name, struct err *err)
{
	struct binder b;
	struct owner *o = owner_new(&b, err);
	bool ok;

	o->config.file = bind_copy(&b, str_of(name));
	b.file = o->config.file;
	o->yaml = yaml_parse(text, name, CONFIG_BYTES_MAX, true, err);
	ok = o->yaml && bind_map(&b, "", yaml_root(o->yaml), &o->config);
	return finish(o, &b, ok);
}

struct config *config_for_preset(const char *preset, char *const *paths, size_t paths_n,
                                 struct err *err)
{
	struct binder b;
	struct owner *o = owner_new(&b, err);

	b.file = "--preset";
	o->config.sources = arena_alloc(&o->arena, sizeof(*o->config.sources));
	o->config.sources_n = 1;
	return finish(o, &b, sources_of_preset(&b, preset, paths, paths_n, o->config.sources));
}

void config_free(struct config **cp)
{
	struct owner *o = (struct owner *)*cp;

	*cp = NULL;
	if (o == NULL)
		return;
	free(o->config.database);
	yaml_close(&o->yaml);
	arena_free(&o->arena);
	free(o);
}

const struct source_config *config_source(const struct config *c, struct str name)
{
	for (size_t i = 0; i < c->sources_n; i++)
		if (str_eq(str_of(c->sources[i].name), name))
			return &c->sources[i];
	return NULL;
}

/* ---- finding the file ---- */

/* The place number `i` of the search; false: there is none (no home, or no more). */
static bool search_place(size_t i, struct buf *path)
{
	static const char name[] = "/tokentail/tokentail.yaml";

	switch (i) {
	case 0:
		buf_puts(path, "tokentail.yaml");
		return true;
	case 1:
		if (!files_user_dir("XDG_CONFIG_HOME", "/.config", path))
			return false;
		buf_puts(path, name);
		return true;
	default:
		buf_puts(path, SYSCONFDIR);
		buf_puts(path, name);
		return true;
	}
}

enum { SEARCH_PLACES = 3 };

static struct config *load(const char *file, enum files_result *result, struct err *err)
{
	struct config *c = NULL;
	struct buf text = {0};

	*result = files_read(file, CONFIG_BYTES_MAX, &text, err);
	if (*result == FILES_READ)
		c = config_parse(buf_view(&text), file, err);
	buf_free(&text);
	return c;
}

struct config *config_load(const char *file, struct err *err)
{
	enum files_result result;
	struct config *c = NULL;
	struct binder b;
	struct owner *o;

	if (file)
		return load(file, &result, err);
	for (size_t i = 0; i < SEARCH_PLACES; i++) {
		struct err absent = {0};
		struct buf path = {0};

		result = FILES_ABSENT;
		if (search_place(i, &path))
			c = load(path.p, &result, &absent);
		buf_free(&path);
		if (result == FILES_ABSENT)
			continue;
		if (c == NULL)
			(void)err_set(err, "%s", absent.text);
		return c;
	}
	o = owner_new(&b, err); /* nothing anywhere: the defaults */
	return finish(o, &b, true);
}
