#include "agent/detect/globs.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/intern.h"
#include "agent/detect/emit.h"
#include "agent/follow/discover.h"

enum { RANDOM_NAME = 16 }; /* letters of a hexadecimal name that says nothing */
enum { ALIKE = 3 };        /* files of one kind of name that are worth a glob of their own */

/* The globs of one source, being made. */
struct making {
	struct glob_list *list;
	const struct glob_file *files;
	size_t n;
	int source;
	bool *done;           /* files that a glob matches */
	struct intern *paths; /* absolute ones; those of `files` in their order, but for doubles */
	size_t *numbers;      /* of the files, by the number of the path */
	struct intern *tried; /* globs */
};

/* ---- parts of paths ---- */

static struct str dir_of(struct str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return (struct str){path.p, n};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes digits and the signs of dates off the end, with one sign before them. */
static bool cut_digits(struct str *name)
{
	size_t n = name->n;

	while (n > 0 && (is_digit(name->p[n - 1]) ||
	                 (name->p[n - 1] == '-' && n > 1 && is_digit(name->p[n - 2]))))
		n--;
	if (n == name->n || n < 2 || strchr("._-", name->p[n - 1]) == NULL)
		return false;
	name->n = n - 1;
	return true;
}

static bool cut_suffix(struct str *name, struct str suffix)
{
	if (name->n <= suffix.n || !str_ends(*name, suffix))
		return false;
	name->n -= suffix.n;
	return true;
}

struct str glob_stem(struct str path)
{
	struct str name = str_from(path, dir_of(path).n);

	while (cut_suffix(&name, STR(".gz")) || cut_suffix(&name, STR(".old")) || cut_digits(&name))
		;
	return name;
}

/* The run of digits at the start of `s`, and dashes between them: a number or a date. */
static size_t digit_run(struct str s)
{
	size_t n = 0;

	while (n < s.n && (is_digit(s.p[n]) ||
	                   (s.p[n] == '-' && n > 0 && n + 1 < s.n && is_digit(s.p[n + 1]))))
		n++;
	return n;
}

/* A * for every number, and `part` for what stands between them. */
static void split_numbers(struct buf *out, struct str name,
                          void (*part)(struct buf *out, struct str text))
{
	size_t from = 0;

	for (size_t i = 0; i <= name.n;) {
		size_t n = i < name.n ? digit_run(str_from(name, i)) : 0;

		if (i < name.n && n == 0) {
			i++;
			continue;
		}
		part(out, (struct str){name.p + from, i - from});
		if (i == name.n)
			return;
		buf_char(out, '*');
		i += n;
		from = i;
	}
}

static void plain_part(struct buf *out, struct str text)
{
	buf_str(out, text);
}

static void glob_part(struct buf *out, struct str text)
{
	emit_glob(out, text, NULL);
}

/* The run of letters and digits of hexadecimal numbers at the start of `s`, and dashes. */
static size_t hex_run(struct str s, bool *has_digit)
{
	size_t n = 0;

	*has_digit = false;
	while (n < s.n && (is_digit(s.p[n]) || (s.p[n] >= 'a' && s.p[n] <= 'f') || s.p[n] == '-'))
		*has_digit |= is_digit(s.p[n++]);
	return n;
}

/* Random names, such as UUIDs, are numbers too: as a whole, for a person would not tell them apart.
 */
void glob_shape(struct buf *out, struct str path)
{
	struct str stem = glob_stem(path);
	bool has_digit;
	size_t n = hex_run(stem, &has_digit);

	if (n >= RANDOM_NAME && has_digit && (n == stem.n || stem.p[n] == '.')) {
		buf_char(out, '*');
		stem = str_from(stem, n);
	}
	split_numbers(out, stem, plain_part);
}

struct str glob_dir(struct str path)
{
	return dir_of(path);
}

/* From the last dot of the stem on: ".jsonl"; empty without one. */
static struct str extension_of(struct str path)
{
	struct str stem = glob_stem(path);

	for (size_t i = stem.n; i-- > 1;)
		if (stem.p[i] == '.')
			return str_from(stem, i);
	return STR("");
}

/* Absolute, without ./ at the start. */
static void put_absolute(struct buf *out, struct str path)
{
	char *here = path.n && path.p[0] == '/' ? NULL : getcwd(NULL, 0);

	while (str_starts(path, STR("./")))
		path = str_from(path, 2);
	if (here) {
		buf_puts(out, here);
		if (out->p[out->n - 1] != '/')
			buf_char(out, '/');
	}
	buf_str(out, path);
	free(here);
}

/* ---- globs ---- */

static void keep(struct making *m, struct str glob)
{
	struct glob_list *list = m->list;
	char *copy = arena_bytes(&list->memory, glob.n + 1);

	memcpy(copy, glob.p, glob.n);
	copy[glob.n] = '\0';
	list->v = array_room(list->v, list->n, &list->capacity, sizeof(*list->v));
	list->v[list->n++] = (struct str){copy, glob.n};
}

/* Which of the files a path is; m->n: none, nobody knows it. */
static size_t file_of(struct making *m, const char *absolute)
{
	uint32_t id = intern_id(m->paths, str_of(absolute));

	return id < m->n && (id == 0 || m->numbers[id]) ? m->numbers[id] : m->n;
}

static void start(struct making *m)
{
	m->done = xcalloc(m->n + 1, sizeof(bool));
	m->numbers = xcalloc(m->n + 1, sizeof(*m->numbers));
	m->paths = intern_new();
	m->tried = intern_new();
	for (size_t i = 0; i < m->n; i++) {
		struct buf path = {0};
		uint32_t id;

		put_absolute(&path, str_of(m->files[i].path));
		id = intern_id(m->paths, buf_view(&path));
		if (m->numbers[id] == 0)
			m->numbers[id] = i;
		buf_free(&path);
	}
}

static void finish(struct making *m)
{
	intern_free(&m->paths);
	intern_free(&m->tried);
	free(m->numbers);
	free(m->done);
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* A file that nobody has looked at: a rotation of `stem` (empty: none is meant), or a link, which
 * are not followed in folders. */
static bool may_match(const char *path, struct str stem)
{
	return is_link(path) || (stem.n && str_eq(glob_stem(str_of(path)), stem));
}

/* Takes the glob if it matches enough of the source's files that none has matched yet, and nothing
 * that is another's, or that nobody has looked at: but with `stem` (empty: without) rotations of
 * that name may be among it. */
static bool try_glob(struct making *m, struct str glob, struct str stem, size_t enough)
{
	uint32_t tried = intern_count(m->tried);
	struct found_list found = {0};
	struct err ignored = {0};
	char *text;
	bool *matched, good;
	size_t fresh = 0;

	if (intern_id(m->tried, glob) < tried)
		return false;
	text = str_dup(glob);
	matched = xcalloc(m->n + 1, sizeof(bool));
	good = discover(text, true, &found, &ignored);
	for (size_t i = 0; i < found.n && good; i++) {
		size_t file = file_of(m, found.items[i].path);
		int source = file < m->n ? m->files[file].source : GLOB_OTHER;

		good = source == m->source || source == GLOB_EMPTY || found.items[i].left_out ||
		       (file == m->n && may_match(found.items[i].path, stem));
		if (file < m->n && source == m->source) {
			matched[file] = true;
			fresh += !m->done[file];
		}
	}
	good &= fresh >= enough;
	for (size_t i = 0; i < m->n && good; i++)
		m->done[i] |= matched[i];
	if (good)
		keep(m, glob);
	found_free(&found);
	free(matched);
	free(text);
	return good;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The argument as a glob of its own: all below a folder, or the glob that it is. False: it names a
 * file. */
static bool argument_glob(const char *argument, struct buf *out)
{
	struct buf path = {0};
	struct str text = str_of(argument);

	if (!is_dir(argument) && exists(argument))
		return false;
	while (text.n > 1 && str_ends(text, STR("/")))
		text.n--;
	put_absolute(&path, str_eq(text, STR(".")) ? STR("") : text);
	if (is_dir(argument)) {
		while (path.n > 1 && path.p[path.n - 1] == '/')
			path.n--;
		emit_glob(out, buf_view(&path), "/**");
	} else {
		buf_str(out, buf_view(&path));
	}
	buf_free(&path);
	return true;
}

enum likeness { BY_STEM, BY_NUMBERS, BY_EXTENSION, LIKENESSES };

/* A glob for names like this one: app.log*, app-*.log*, *.jsonl*. False: the name has no such part.
 */
static bool name_glob(struct buf *out, struct str path, enum likeness likeness)
{
	struct str stem = glob_stem(path), extension = extension_of(path);
	size_t before = out->n;

	switch (likeness) {
	case BY_STEM:
		emit_glob(out, stem, "*");
		return stem.n > 0;
	case BY_NUMBERS:
		split_numbers(out, stem, glob_part);
		buf_char(out, '*');
		return memchr(out->p + before, '*', out->n - before - 1) != NULL;
	case BY_EXTENSION:
		buf_char(out, '*');
		emit_glob(out, extension, "*");
		return extension.n > 0;
	case LIKENESSES:
		break;
	}
	return false;
}

/* A glob of what is like this file in the same folder, or under the same argument. */
static void try_alike(struct making *m, const struct glob_file *file, enum likeness likeness)
{
	static const size_t enough[LIKENESSES] = {2, 2, ALIKE};
	struct str path = str_of(file->path);
	struct buf absolute = {0}, glob = {0};

	if (likeness == BY_EXTENSION && is_dir(file->argument)) {
		(void)argument_glob(file->argument, &glob);
		buf_char(&glob, '/');
	} else {
		put_absolute(&absolute, dir_of(path));
		emit_glob(&glob, buf_view(&absolute), NULL);
	}
	if (name_glob(&glob, path, likeness))
		(void)try_glob(m, buf_view(&glob), likeness == BY_STEM ? glob_stem(path) : STR(""),
		               enough[likeness]);
	buf_free(&absolute);
	buf_free(&glob);
}

static void add_file(struct making *m, size_t i)
{
	struct buf absolute = {0}, glob = {0};

	if (strcmp(m->files[i].path, "-") == 0) {
		keep(m, STR("-"));
	} else {
		put_absolute(&absolute, str_of(m->files[i].path));
		emit_glob(&glob, buf_view(&absolute), NULL);
		keep(m, buf_view(&glob));
	}
	m->done[i] = true;
	buf_free(&absolute);
	buf_free(&glob);
}

void globs_of(struct glob_list *list, const struct glob_file *files, size_t n, int source)
{
	struct making m = {.list = list, .files = files, .n = n, .source = source};

	start(&m);
	for (size_t i = 0; i < n; i++) {
		struct buf glob = {0};

		if (files[i].source == source && !m.done[i] &&
		    argument_glob(files[i].argument, &glob))
			(void)try_glob(&m, buf_view(&glob), STR(""), 1);
		buf_free(&glob);
	}
	for (enum likeness likeness = 0; likeness < LIKENESSES; likeness++)
		for (size_t i = 0; i < n; i++)
			if (files[i].source == source && !m.done[i])
				try_alike(&m, &files[i], likeness);
	for (size_t i = 0; i < n; i++)
		if (files[i].source == source && !m.done[i])
			add_file(&m, i);
	finish(&m);
}

void glob_list_free(struct glob_list *list)
{
	arena_free(&list->memory);
	free(list->v);
	*list = (struct glob_list){0};
}
