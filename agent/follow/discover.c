/*
 * A glob that walks.
 *
 * The pattern is cut at its slashes and walked component by component; what a component matches is
 * left to fnmatch(3). glob(3) is not used because it knows no `**`, and because it cannot say why
 * something that matches is not a file one can read: a person who wonders why a log is not counted
 * shall find it in the list with its reason.
 *
 * What is still to be walked is a list of steps, so that one directory is open at a time however
 * deep the tree is, and nothing recurses.
 */
#include "agent/follow/discover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/follow/regular.h"

struct component {
	char *text;
	bool wild, any_depth; /* any_depth: `**` */
};

/* The components from this one on are to be matched against what is in the directory. */
struct step {
	char *dir; /* "": the working directory */
	size_t component;
	int depth; /* directories that `**` stands for */
};

struct walk {
	struct component *components;
	size_t n, capacity;
	struct step *steps;
	size_t n_steps, steps_capacity;
	bool follow_symlinks;
	struct found_list *list;
	struct err *err;
	bool good; /* nothing was left undone */
};

struct name {
	char *text;
	bool directory; /* itself, not by a link */
};

struct names {
	struct name *items;
	size_t n, capacity;
};

static char *join(const char *dir, const char *name)
{
	struct buf path = {0};
	struct str head = str_of(dir);

	buf_str(&path, head);
	if (head.n && !str_ends(head, STR("/")))
		buf_char(&path, '/');
	buf_puts(&path, name);
	return path.p;
}

static void fail(struct walk *w, const char *path, const char *why)
{
	(void)err_set(w->err, "%s: %s", path, why);
	w->good = false;
}

static bool is_wild(const char *text)
{
	return strpbrk(text, "*?[\\") != NULL;
}

/* Empty components and `.` are left out, and so is a `**` after another. */
static void add_component(struct walk *w, struct str text)
{
	struct component c = {.any_depth = str_eq(text, STR("**"))};

	if (text.n == 0 || str_eq(text, STR(".")))
		return;
	if (c.any_depth && w->n > 0 && w->components[w->n - 1].any_depth)
		return;
	c.text = str_dup(text);
	c.wild = is_wild(c.text);
	w->components = array_room(w->components, w->n, &w->capacity, sizeof(*w->components));
	w->components[w->n++] = c;
}

static void cut_into_components(struct walk *w, struct str glob)
{
	while (glob.n) {
		size_t n = str_find(glob, STR("/"));

		add_component(w, (struct str){glob.p, n});
		glob = str_from(glob, n + 1);
	}
	/* At the end it is any file at any depth. */
	if (w->n > 0 && w->components[w->n - 1].any_depth)
		add_component(w, STR("*"));
}

/* Why it is not read; NULL: it is. *st is of the path itself, then of where a followed link leads.
 * *denied: it is a file, and not for us. */
static const char *reason(const struct walk *w, const char *path, struct stat *st, bool *denied)
{
	struct stat target;
	const char *why;

	if (S_ISLNK(st->st_mode)) {
		if (stat(path, &target) < 0)
			return errno == ENOENT ? "a dangling symbolic link" : strerror(errno);
		if (w->follow_symlinks)
			*st = target;
	}
	why = regular_why_not(st->st_mode);
	if (why)
		return why;
	*denied = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0;
	return *denied ? strerror(errno) : NULL;
}

/* A path at the end of the walk. A directory is worth a word only when it was named. */
static void add_found(struct walk *w, const char *path, bool named)
{
	struct found_list *list = w->list;
	struct stat st = {0};
	const char *why;
	bool denied = false;

	if (lstat(path, &st) == 0) {
		why = reason(w, path, &st, &denied);
	} else if (errno == ENOENT || errno == ENOTDIR) {
		return;
	} else {
		denied = true;
		why = strerror(errno);
	}
	if (S_ISDIR(st.st_mode) && !named)
		return;
	if (list->n == DISCOVER_FILES_MAX) {
		fail(w, path, "more files match than can be kept track of");
		return;
	}
	list->items = array_room(list->items, list->n, &list->capacity, sizeof(*list->items));
	list->items[list->n++] = (struct found){
		.path = xstrdup(path),
		.size = (int64_t)st.st_size,
		.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
		.left_out = why ? xstrdup(why) : NULL,
		.denied = denied,
	};
}

static bool is_directory(const char *dir, const struct dirent *entry)
{
	struct stat st;
	char *path;
	bool directory;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	path = join(dir, entry->d_name);
	directory = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
	free(path);
	return directory;
}

/* The names in a directory that match, but `.` and `..`; a directory that is not there has none. */
static struct names read_names(struct walk *w, const char *dir, const char *pattern)
{
	struct names names = {0};
	DIR *stream = opendir(*dir ? dir : ".");
	struct dirent *entry;

	if (stream == NULL) {
		if (errno != ENOENT && errno != ENOTDIR)
			fail(w, *dir ? dir : ".", strerror(errno));
		return names;
	}
	while ((errno = 0, entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0)
			continue;
		names.items =
			array_room(names.items, names.n, &names.capacity, sizeof(*names.items));
		names.items[names.n++] =
			(struct name){xstrdup(entry->d_name), is_directory(dir, entry)};
	}
	if (errno != 0)
		fail(w, *dir ? dir : ".", strerror(errno));
	(void)closedir(stream);
	return names;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i].text);
	free(names->items);
}

/* Takes its `dir`. */
static void add_step(struct walk *w, struct step step)
{
	w->steps = array_room(w->steps, w->n_steps, &w->steps_capacity, sizeof(*w->steps));
	w->steps[w->n_steps++] = step;
}

/* `**`: what follows is matched here, and all this again in every directory below. */
static void walk_any_depth(struct walk *w, const struct step *s)
{
	struct names names = read_names(w, s->dir, "*");

	add_step(w, (struct step){xstrdup(s->dir), s->component + 1, s->depth});
	for (size_t i = 0; i < names.n; i++) {
		if (!names.items[i].directory)
			continue;
		if (s->depth == DISCOVER_DEPTH) {
			fail(w, s->dir, "deeper than ** goes");
			break;
		}
		add_step(w, (struct step){join(s->dir, names.items[i].text), s->component,
		                          s->depth + 1});
	}
	free_names(&names);
}

static void walk_names(struct walk *w, const struct step *s)
{
	struct names names = read_names(w, s->dir, w->components[s->component].text);

	for (size_t i = 0; i < names.n; i++) {
		char *path = join(s->dir, names.items[i].text);

		if (s->component + 1 < w->n) {
			add_step(w, (struct step){path, s->component + 1, s->depth});
			continue;
		}
		add_found(w, path, false);
		free(path);
	}
	free_names(&names);
}

static void take_step(struct walk *w, const struct step *s)
{
	const struct component *c = &w->components[s->component];

	if (s->component == w->n)
		add_found(w, s->dir, true);
	else if (c->any_depth)
		walk_any_depth(w, s);
	else if (c->wild)
		walk_names(w, s);
	else
		add_step(w, (struct step){join(s->dir, c->text), s->component + 1, s->depth});
}

static void walk(struct walk *w, const char *glob)
{
	struct stat st;

	cut_into_components(w, str_of(glob));
	/* A name that looks like a pattern, and one without components: "." */
	if (w->n == 0 || (is_wild(glob) && lstat(glob, &st) == 0))
		add_found(w, glob, true);
	if (w->n > 0)
		add_step(w, (struct step){xstrdup(glob[0] == '/' ? "/" : ""), 0, 0});
	while (w->n_steps > 0) {
		struct step s = w->steps[--w->n_steps];

		take_step(w, &s);
		free(s.dir);
	}
	for (size_t i = 0; i < w->n; i++)
		free(w->components[i].text);
	free(w->components);
	free(w->steps);
}

bool discover(const char *glob, bool follow_symlinks, struct found_list *list, struct err *err)
{
	struct walk w = {
		.follow_symlinks = follow_symlinks, .list = list, .err = err, .good = true};

	walk(&w, glob);
	found_unique(list);
	return w.good;
}
