#include "agent/detect/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/detect/emit.h"
#include "agent/follow/discover.h"

enum { FAIR_PERCENT = 50, LIKELY_PERCENT = 75 };

bool detection_open(struct detection *d, const struct book *book, int64_t now, struct err *err)
{
	*d = (struct detection){0};
	return teller_open(&d->teller, book, now, err);
}

void detection_close(struct detection *d)
{
	for (size_t i = 0; i < d->files_n; i++)
		free(d->files[i].path);
	for (size_t i = 0; i < d->groups_n; i++) {
		free(d->groups[i].name);
		buf_free(&d->groups[i].body);
		arena_free(&d->groups[i].memory);
		glob_list_free(&d->groups[i].globs);
	}
	free(d->files);
	free(d->groups);
	teller_close(&d->teller);
	*d = (struct detection){0};
}

/* ---- groups ---- */

static struct str keep(struct detected_group *g, struct str text)
{
	char *p = arena_bytes(&g->memory, text.n + 1);

	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	return (struct str){p, text.n};
}

static void keep_call(struct detected_group *g, const struct call *c)
{
	g->has_call = true;
	g->call = *c;
	for (int i = 0; i < LABELS; i++)
		g->call.label[i] = keep(g, c->label[i]);
	for (int i = 0; i < DETAILS; i++)
		g->call.detail[i] = keep(g, c->detail[i]);
	g->call.price = keep(g, c->price);
}

static struct detected_group *group_of(struct detection *d, struct telling *t)
{
	struct detected_group *g;

	for (size_t i = 0; i < d->groups_n; i++)
		if (str_eq(buf_view(&d->groups[i].body), buf_view(&t->body)))
			return &d->groups[i];
	d->groups = array_room(d->groups, d->groups_n, &d->groups_capacity, sizeof(*d->groups));
	g = &d->groups[d->groups_n++];
	*g = (struct detected_group){.told = t->told, .preset = t->preset, .body = t->body};
	t->body = (struct buf){0};
	return g;
}

static void add_to_group(struct detected_group *g, const struct telling *t)
{
	const struct fit *f = &t->fit;

	if (t->told > g->told)
		g->told = t->told;
	g->files++;
	g->more += !t->whole;
	g->records += f->records;
	g->calls += f->calls;
	g->complete += f->complete;
	g->rejected += f->rejected;
	g->broken += f->broken;
	g->unknown += f->unknown;
	g->flawed += f->flawed;
	g->unpriced += f->unpriced;
	g->marked += f->marked;
	if (g->reason[0] == '\0') {
		memcpy(g->reason, f->reason, sizeof(g->reason));
		memcpy(g->value, f->value, sizeof(g->value));
	}
	if (!g->has_call && f->has_call)
		keep_call(g, &f->call);
}

int group_percent(const struct detected_group *g)
{
	return g->complete ? (int)(g->complete * 100 / (g->calls + g->rejected)) : 0;
}

const char *group_word(const struct detected_group *g)
{
	int percent = group_percent(g);

	switch (g->told) {
	case TOLD_MARKS:
		return percent >= FAIR_PERCENT ? "sure" : "unsure";
	case TOLD_COMMON:
		return percent >= LIKELY_PERCENT ? "likely" : "unsure";
	case TOLD_FOUND:
		return percent >= LIKELY_PERCENT ? "found" : "unsure";
	case TOLD_PARTLY:
	case TOLD_NOTHING:
	case TOLD_UNREADABLE:
		break;
	}
	return "unsure";
}

bool group_is_whole(const struct detected_group *g)
{
	return g->told < TOLD_PARTLY;
}

/* ---- files ---- */

static struct detected_file *new_file(struct detection *d, const char *path, const char *argument,
                                      bool named)
{
	struct detected_file *f;

	d->files = array_room(d->files, d->files_n, &d->files_capacity, sizeof(*d->files));
	f = &d->files[d->files_n++];
	*f = (struct detected_file){.path = xstrdup(path),
	                            .argument = argument,
	                            .named = named,
	                            .told = TOLD_UNREADABLE,
	                            .group = SIZE_MAX};
	return f;
}

static void unreadable(struct detected_file *f, const char *why)
{
	size_t n = strlen(f->path);

	if (strncmp(why, f->path, n) == 0 && why[n] == ':') /* errors of the reader name the path */
		why += n + 2;
	(void)snprintf(f->why, sizeof(f->why), "%s", why);
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void look_at(struct detection *d, struct detected_file *f, struct sample *sample)
{
	struct telling t;
	struct detected_group *g;

	tell(&d->teller, f->path, sample, &t);
	f->told = t.told;
	f->looked_at = (int64_t)t.bytes;
	f->records = t.fit.records;
	f->complete = t.fit.complete;
	f->percent = fit_percent(&t.fit);
	f->whole = t.whole;
	if (t.told < TOLD_NOTHING && is_link(f->path)) /* as those of Kubernetes' pods are */
		buf_puts(&t.body, EMIT_FOLLOW);
	if (t.told < TOLD_NOTHING) {
		g = group_of(d, &t);
		f->group = (size_t)(g - d->groups);
		add_to_group(g, &t);
	}
	telling_free(&t);
}

static bool is_known(const struct detection *d, const char *path)
{
	for (size_t i = 0; i < d->files_n; i++)
		if (strcmp(d->files[i].path, path) == 0)
			return true;
	return false;
}

static void add_found(struct detection *d, const struct found *found, const char *argument,
                      bool named)
{
	struct detected_file *f = new_file(d, found->path, argument, named);
	struct err err = {0};
	struct sample *sample;

	f->size = found->size;
	f->mtime_ns = found->mtime_ns;
	f->link = is_link(found->path);
	if (found->left_out) {
		unreadable(f, found->left_out);
		return;
	}
	sample = sample_open(found->path, is_link(found->path), &err);
	if (sample)
		look_at(d, f, sample);
	else
		unreadable(f, err.text);
	sample_free(&sample);
}

static void add_input(struct detection *d, const char *argument)
{
	struct detected_file *f = new_file(d, argument, argument, true);
	struct sample *sample = sample_of_fd(dup(STDIN_FILENO), "standard input");

	look_at(d, f, sample);
	sample_free(&sample);
}

/* All below a folder, or what the argument itself finds, links too. *named: it is the name of a
 * file. */
static bool find(const char *argument, struct found_list *list, bool *named, struct err *err)
{
	struct stat st;
	struct buf glob = {0};
	bool good, folder = stat(argument, &st) == 0 && S_ISDIR(st.st_mode);

	*named = !folder && lstat(argument, &st) == 0;
	if (folder) {
		emit_glob(&glob, str_of(argument), "/**");
	} else {
		buf_puts(&glob, argument);
	}
	good = discover(glob.p, !folder, list, err);
	buf_free(&glob);
	return good;
}

/* The largest first: it says most of what others like it are. */
static int by_size(const void *a, const void *b)
{
	const struct found *one = a, *other = b;

	if (one->size != other->size)
		return one->size < other->size ? 1 : -1;
	return strcmp(one->path, other->path);
}

bool detection_add(struct detection *d, const char *argument,
                   void (*each)(void *arg, const char *path), void *arg, struct err *err)
{
	struct found_list list = {0};
	bool named, good;

	if (strcmp(argument, "-") == 0) {
		add_input(d, argument);
		return true;
	}
	good = find(argument, &list, &named, err);
	if (list.n > 0)
		qsort(list.items, list.n, sizeof(*list.items), by_size);
	for (size_t i = 0; i < list.n; i++) {
		if (is_known(d, list.items[i].path))
			continue;
		if (each)
			each(arg, list.items[i].path);
		add_found(d, &list.items[i], argument, named);
	}
	if (good && list.n == 0)
		good = err_set(err, "%s: no such file, and nothing that it matches", argument);
	found_free(&list);
	return good;
}

/* ---- names and globs ---- */

static bool name_is_taken(const struct detection *d, const char *name)
{
	for (size_t i = 0; i < d->groups_n; i++)
		if (d->groups[i].name && strcmp(d->groups[i].name, name) == 0)
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/* A log's name without its extension and without dates, in letters that need no quotes: what is no
 * such letter parts words. */
static void put_name(struct buf *name, struct str stem)
{
	for (size_t i = 0; i < stem.n && (i == 0 || stem.p[i] != '.'); i++) {
		size_t digits = 0;

		while (i + digits < stem.n && is_digit(stem.p[i + digits]))
			digits++;
		if (digits >= 4) { /* a year, or all of a date; what is left of it goes with it */
			i += digits - 1;
			while (i + 1 < stem.n && (is_digit(stem.p[i + 1]) || stem.p[i + 1] == '-'))
				i++;
			continue;
		}
		if (is_plain(stem.p[i]))
			buf_char(name, stem.p[i]);
		else if (name->n && name->p[name->n - 1] != '-')
			buf_char(name, '-');
	}
	while (name->n && strchr("-_", name->p[name->n - 1]))
		name->p[--name->n] = '\0';
}

static struct str first_path(const struct detection *d, size_t group)
{
	for (size_t i = 0; i < d->files_n; i++)
		if (d->files[i].group == group)
			return str_of(d->files[i].path);
	return STR("");
}

/* The preset's name, or that of its first log. */
static void name_group(struct detection *d, size_t group)
{
	struct detected_group *g = &d->groups[group];
	struct buf name = {0};
	size_t n;

	if (g->preset)
		buf_puts(&name, g->preset);
	else
		put_name(&name, glob_stem(first_path(d, group)));
	if (name.n == 0)
		buf_puts(&name, "log");
	n = name.n;
	for (int k = 2; name_is_taken(d, name.p); k++) {
		name.n = n;
		buf_printf(&name, "-%d", k);
	}
	g->name = name.p;
}

static int glob_source(const struct detected_file *f)
{
	if (f->told == TOLD_NOTHING || (f->told == TOLD_UNREADABLE && f->link))
		return GLOB_EMPTY;
	return f->group == SIZE_MAX ? GLOB_OTHER : (int)f->group;
}

static int by_path(const void *a, const void *b)
{
	const struct detected_file *one = a, *other = b;

	return strcmp(one->path, other->path);
}

/* Files by their paths, and groups as their files come. */
static void put_in_order(struct detection *d)
{
	struct detected_group *groups = xcalloc(d->groups_n + 1, sizeof(*groups));
	size_t *places = xcalloc(d->groups_n + 1, sizeof(*places)); /* 0: none as yet */
	size_t n = 0;

	if (d->files_n > 0)
		qsort(d->files, d->files_n, sizeof(*d->files), by_path);
	for (size_t i = 0; i < d->files_n; i++) {
		struct detected_file *f = &d->files[i];

		if (f->group == SIZE_MAX)
			continue;
		if (places[f->group] == 0) {
			groups[n++] = d->groups[f->group];
			places[f->group] = n;
		}
		f->group = places[f->group] - 1;
	}
	free(d->groups);
	free(places);
	d->groups = groups;
}

void detection_finish(struct detection *d)
{
	struct glob_file *files = xcalloc(d->files_n + 1, sizeof(*files));

	put_in_order(d);
	for (size_t i = 0; i < d->files_n; i++)
		files[i] = (struct glob_file){d->files[i].path, d->files[i].argument,
		                              glob_source(&d->files[i])};
	for (size_t i = 0; i < d->groups_n; i++) {
		name_group(d, i);
		globs_of(&d->groups[i].globs, files, d->files_n, (int)i);
	}
	free(files);
}

void detection_yaml(const struct detection *d, struct buf *out)
{
	if (d->groups_n == 0)
		return;
	buf_puts(out, "sources:\n");
	for (size_t i = 0; i < d->groups_n; i++) {
		const struct detected_group *g = &d->groups[i];

		emit_source(out, g->name, g->globs.v, g->globs.n, buf_view(&g->body));
	}
}
