/*
 * What the agent follows: the sources of its configuration, and the same again when it is read
 * anew.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/commands/confine.h"
#include "agent/commands/run.h"
#include "agent/control/told.h"
#include "agent/pipeline/course.h"

/* ---- what may have changed ---- */

static void on_folder(void *arg, const char *path)
{
	struct agent *a = arg;

	if (path)
		a->look_again |= watch_folder(a->watch, path);
	else
		watch_sweep(a->watch);
}

/* ---- sources ---- */

bool run_open_sources(struct agent *a, struct err *err)
{
	const struct config *c = a->config;

	if (c->sources_n == 0)
		return err_set(err, "no configuration with sources was found; `tokentail detect "
		                    "PATH...` makes one, -c FILE names it");
	a->book = book_open(c, err);
	if (a->book == NULL)
		return false;
	a->sources = xcalloc(c->sources_n, sizeof(struct source *));
	for (; a->sources_n < c->sources_n; a->sources_n++) {
		a->sources[a->sources_n] = source_new(&c->sources[a->sources_n], a->book, err);
		if (a->sources[a->sources_n] == NULL)
			return false;
	}
	return true;
}

void run_close_sources(struct agent *a)
{
	follower_free(&a->follower);
	watch_free(&a->watch);
	for (size_t i = 0; i < a->sources_n; i++)
		source_free(&a->sources[i]);
	free((void *)a->sources);
	book_free(&a->book);
	config_free(&a->config);
}

bool run_follow(struct agent *a, struct err *err)
{
	const struct follower_options options = {.config = a->config,
	                                         .sources =
	                                                 (const struct source *const *)a->sources,
	                                         .sources_n = a->sources_n,
	                                         .say = run_say,
	                                         .folder = on_folder,
	                                         .committed = run_committed,
	                                         .arg = a};

	for (size_t i = 0; i < a->config->sources_n; i++)
		a->has_links |= a->config->sources[i].follow_symlinks;
	if (!sources_start(a->ledger, a->sources, a->sources_n, err))
		return false;
	a->watch = watch_new(a->config->follow.watch, err);
	a->follower = a->watch ? follower_new(a->ledger, &options, err) : NULL;
	return a->follower != NULL;
}

/* ---- reading the configuration again ---- */

/* Everything of `next` that can be wrong is, or nothing: then the old configuration goes. *wrong:
 * it is the configuration that is. */
static bool prepare(struct agent *a, struct agent *next, bool *wrong, struct err *err)
{
	const char *outside;

	*wrong = true;
	next->config = config_load(a->common.config_file, err);
	if (next->config == NULL)
		return false;
	common_database(&a->common, next->config);
	if (!run_open_sources(next, err))
		return false;
	*wrong = false;
	outside = a->confined ? confine_outside(&a->allowed, next->config) : NULL;
	if (outside)
		return err_set(err,
		               "%s lies outside of what the running agent may read; restart it",
		               outside);
	if (strcmp(next->config->database, a->config->database) != 0)
		return err_set(err, "another database takes a restart");
	return follower_commit(a->follower, err);
}

/* False: the agent goes on as it was, unless it must end. */
static bool take_new(struct agent *a, bool *wrong, struct err *err)
{
	struct agent next = *a;

	next.config = NULL;
	next.book = NULL;
	next.sources = NULL;
	next.sources_n = 0;
	next.follower = NULL;
	next.watch = NULL;
	next.has_links = false;
	if (!prepare(a, &next, wrong, err)) {
		run_close_sources(&next);
		return false;
	}
	run_close_sources(a);
	next.pulse = a->pulse; /* of the commit that prepare made */
	*a = next;
	log_set(a->log, a->common.quiet ? LEVEL_WARNING : a->config->log_level,
	        a->config->log_format);
	run_archive_retry(a);
	a->must_end = !run_follow(a, err);
	return !a->must_end;
}

static void answer(struct agent *a, bool wrong, const struct err *err)
{
	struct buf out = {0};

	tell_reload(&out, &(struct told_reload){str_of(err->text), wrong});
	tell_end(&out);
	door_reloaded(a->door, buf_view(&out));
	buf_free(&out);
}

void run_reload(struct agent *a)
{
	struct err err = {0}, untold = {0};
	bool wrong = false;

	(void)notify_reloading(&a->notify, "reading the configuration again", &untold);
	if (take_new(a, &wrong, &err))
		run_say(a, FOLLOWER_INFO, "the configuration was reloaded");
	else if (a->must_end)
		run_say(a, FOLLOWER_ERROR, err.text);
	else
		log_say(a->log, LEVEL_ERROR, NULL, NULL,
		        "the configuration was not reloaded, the old one is kept: %s", err.text);
	answer(a, wrong, &err);
	if (!a->must_end)
		(void)notify_ready(&a->notify, "following", &untold);
}
