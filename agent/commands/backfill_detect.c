#include "agent/commands/backfill_detect.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/escape.h"
#include "agent/base/mem.h"
#include "agent/base/zone.h"
#include "agent/commands/detect_show.h"
#include "agent/commands/show.h"
#include "agent/detect/emit.h"
#include "agent/follow/found.h"

enum { FAIR_PERCENT = 50 }; /* a source that is less sure is not read unasked */

static int64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

static void say(const struct buf *line)
{
	(void)fprintf(stderr, "tokentail: %s\n", line->p);
}

static bool is_good(const struct detected_group *g)
{
	return group_is_whole(g) && group_percent(g) >= FAIR_PERCENT;
}

/* ---- what is said ---- */

static void say_groups(const struct detected *d)
{
	for (size_t i = 0; i < d->detection.groups_n; i++) {
		struct buf line = {0};

		if (d->sources[i] == NULL)
			continue;
		detect_line(&line, &d->detection, i);
		say(&line);
		buf_free(&line);
	}
}

static void say_untold(const struct detected_file *f, bool partly)
{
	struct buf line = {0};

	if (partly) {
		escape_terminal(&line, str_of(f->path));
		buf_puts(&line, ": cannot be told; `tokentail detect` shows what was found: "
		                "complete that and give it with -c");
	} else {
		detect_why(&line, f);
	}
	say(&line);
	buf_free(&line);
}

/* Files of a folder that hold no call are many; one line for them all. */
static void say_files(struct detected *d, bool quiet)
{
	const struct detection *all = &d->detection;
	int64_t none = 0;

	for (size_t i = 0; i < all->files_n; i++) {
		const struct detected_file *f = &all->files[i];
		bool partly = f->group != SIZE_MAX;

		if (partly && d->sources[f->group])
			continue;
		if (f->link && !f->named)
			continue;
		d->missed |= f->told == TOLD_UNREADABLE;
		if (f->told == TOLD_NOTHING && !f->named)
			none++;
		else
			say_untold(f, partly);
	}
	if (none && !quiet) {
		struct buf line = {0};

		show_plural(&line, none, "file");
		buf_puts(&line, " without a model call left out");
		say(&line);
		buf_free(&line);
	}
}

/* ---- sources ---- */

/* A source of the group's name. NULL: it could not be made (a mistake of ours), and *err. */
static bool make_source(struct detected *d, size_t i, const struct book *book, struct err *err)
{
	const struct detected_group *g = &d->detection.groups[i];

	d->configs[i] = emit_config(g->name, buf_view(&g->body), err);
	if (d->configs[i])
		d->sources[i] = source_new(&d->configs[i]->sources[0], book, err);
	return d->sources[i] != NULL;
}

static bool make_sources(struct detected *d, const struct book *book, struct err *err)
{
	size_t n = d->detection.groups_n, made = 0;

	d->configs = xcalloc(n + 1, sizeof(struct config *));
	d->sources = xcalloc(n + 1, sizeof(struct source *));
	for (size_t i = 0; i < n; i++) {
		if (!is_good(&d->detection.groups[i]))
			continue;
		if (!make_source(d, i, book, err))
			return false;
		made++;
	}
	return made ||
	       err_set(err, "nothing to read: no log could be told; `tokentail detect PATH` "
	                    "shows what was found");
}

bool detected_open(struct detected *d, char **paths, int n, const struct book *book, bool quiet,
                   struct err *err)
{
	struct err missing = {0};
	bool good;

	*d = (struct detected){0};
	if (!detection_open(&d->detection, book, now(), err))
		return false;
	for (int i = 0; i < n; i++) {
		if (strcmp(paths[i], "-") == 0)
			return err_set(err,
			               "standard input can be read only once: give --preset "
			               "NAME, or -c FILE with a source (`tokentail detect -`)");
		missing.text[0] = '\0';
		if (detection_add(&d->detection, paths[i], NULL, NULL, &missing))
			continue;
		(void)fail(EXIT_FAILED, &missing);
		d->missed = true;
	}
	detection_finish(&d->detection);
	good = make_sources(d, book, err);
	if (good && !quiet)
		say_groups(d);
	say_files(d, quiet);
	return good;
}

void detected_close(struct detected *d)
{
	for (size_t i = 0; d->sources && i < d->detection.groups_n; i++) {
		source_free(&d->sources[i]);
		config_free(&d->configs[i]);
	}
	free(d->sources);
	free(d->configs);
	detection_close(&d->detection);
}

void detected_add(const struct detected *d, struct pipeline *pipeline)
{
	for (size_t g = 0; g < d->detection.groups_n; g++) {
		struct found_list list = {0};

		for (size_t i = 0; i < d->detection.files_n && d->sources[g]; i++) {
			const struct detected_file *f = &d->detection.files[i];

			if (f->group != g)
				continue;
			list.items =
				array_room(list.items, list.n, &list.capacity, sizeof(*list.items));
			list.items[list.n++] = (struct found){
				.path = xstrdup(f->path), .size = f->size, .mtime_ns = f->mtime_ns};
		}
		found_sort(&list);
		for (size_t i = 0; i < list.n; i++)
			pipeline_add(pipeline, d->sources[g], list.items[i].path,
			             list.items[i].size);
		found_free(&list);
	}
}
