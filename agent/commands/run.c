/*
 * `tokentail run`: the agent. One loop that sleeps until something has changed or something is due;
 * what is done then is the follower's matter. A signal only sets a flag, and is let in only while
 * the loop sleeps, so nothing is ever interrupted half-way.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/escape.h"
#include "agent/base/zone.h"
#include "agent/commands/command.h"
#include "agent/meter/source.h"
#include "agent/pipeline/follower.h"

struct agent {
	struct common common;
	struct config *config;
	struct book *book;
	struct source **sources;
	size_t sources_n;
	struct ledger *ledger;
	struct follower *follower;
	struct watch *watch;
	bool look_again; /* a folder is watched that was not before */
	bool has_links;  /* of changes behind symbolic links no folder tells */
	int64_t poll_at;
};

static volatile sig_atomic_t asked_to_stop, asked_to_reload;

static void on_signal(int number)
{
	if (number == SIGHUP)
		asked_to_reload = 1;
	else
		asked_to_stop = 1;
}

/* Blocks them but for the time that the loop sleeps; *asleep is the mask for that. */
static void catch_signals(sigset_t *asleep)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t ours;

	(void)sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)sigaction(numbers[i], &action, NULL);
		(void)sigaddset(&ours, numbers[i]);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigprocmask(SIG_BLOCK, &ours, asleep);
}

static int64_t monotonic(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

/* ---- what is said ---- */

static void say(void *arg, enum follower_level level, const char *text)
{
	static const char *const names[] = {"error", "warning", "info"};
	struct agent *a = arg;
	struct buf line = {0};

	if (level == FOLLOWER_INFO && a->common.quiet)
		return;
	escape_terminal(&line, str_of(text));
	(void)fprintf(stderr, "tokentail: %s: %s\n", names[level], line.p);
	buf_free(&line);
}

/* ---- what may have changed ---- */

static void on_folder(void *arg, const char *path)
{
	struct agent *a = arg;

	if (path)
		a->look_again |= watch_folder(a->watch, path);
	else
		watch_sweep(a->watch);
}

static void on_change(void *arg, const char *folder, const char *name)
{
	struct agent *a = arg;
	struct buf path = {0};

	if (name) {
		buf_puts(&path, folder);
		if (path.n && path.p[path.n - 1] != '/')
			buf_char(&path, '/');
		buf_puts(&path, name);
	}
	follower_changed(a->follower, path.p, monotonic());
	buf_free(&path);
}

static void say_notices(struct agent *a)
{
	const char *notice;

	while ((notice = watch_notice(a->watch)) != NULL)
		say(a, FOLLOWER_WARNING, notice);
}

/* Whether files have to be looked at from time to time: all of them, or those that are gone from
 * where they can be watched. */
static bool must_poll(const struct agent *a, bool *all)
{
	*all = watch_fd(a->watch) < 0 || watch_counts(a->watch).blind > 0 || a->has_links;
	return *all || follower_has_strays(a->follower);
}

/* ---- starting and ending ---- */

static bool open_sources(struct agent *a, struct err *err)
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

static void close_sources(struct agent *a)
{
	follower_free(&a->follower);
	watch_free(&a->watch);
	for (size_t i = 0; i < a->sources_n; i++)
		source_free(&a->sources[i]);
	free((void *)a->sources);
	book_free(&a->book);
	config_free(&a->config);
}

static bool start_following(struct agent *a, struct err *err)
{
	const struct follower_options options = {.config = a->config,
	                                         .sources =
	                                                 (const struct source *const *)a->sources,
	                                         .sources_n = a->sources_n,
	                                         .say = say,
	                                         .folder = on_folder,
	                                         .arg = a};

	for (size_t i = 0; i < a->config->sources_n; i++)
		a->has_links |= a->config->sources[i].follow_symlinks;
	a->watch = watch_new(a->config->follow.watch, err);
	a->follower = a->watch ? follower_new(a->ledger, &options, err) : NULL;
	return a->follower != NULL;
}

/* A configuration that is wrong changes nothing. */
static void reload(struct agent *a)
{
	struct agent next = {.common = a->common, .ledger = a->ledger};
	struct err err = {0};

	asked_to_reload = 0;
	next.config = config_load(a->common.config_file, &err);
	if (next.config == NULL || !open_sources(&next, &err) ||
	    !follower_commit(a->follower, &err)) {
		struct buf why = {0};

		buf_printf(&why, "the configuration was not reloaded, the old one is kept: %s",
		           err.text);
		say(a, FOLLOWER_ERROR, why.p);
		buf_free(&why);
		close_sources(&next);
		return;
	}
	close_sources(a);
	*a = next;
	if (!start_following(a, &err)) {
		say(a, FOLLOWER_ERROR, err.text);
		asked_to_stop = 1;
		return;
	}
	say(a, FOLLOWER_INFO, "the configuration was reloaded");
}

/* ---- the loop ---- */

/* Until something is due or happens. */
static void sleep_until(struct agent *a, int64_t at, const sigset_t *asleep)
{
	int64_t wait = at - monotonic();
	struct timespec timeout = {0};
	struct pollfd fd = {.fd = watch_fd(a->watch), .events = POLLIN};

	if (wait > 0) {
		timeout.tv_sec = (time_t)(wait / TIME_SEC);
		timeout.tv_nsec = (long)(wait % TIME_SEC) * 1000;
	}
	if (ppoll(&fd, fd.fd >= 0 ? 1 : 0, &timeout, asleep) > 0)
		watch_read(a->watch, on_change, a);
}

/* Looks where nobody tells. When it has to be done again; INT64_MAX: not by the clock. */
static int64_t look(struct agent *a, int64_t now)
{
	bool all;

	if (!must_poll(a, &all))
		return INT64_MAX;
	if (now < a->poll_at)
		return a->poll_at;
	watch_look(a->watch, now, on_change, a);
	follower_poll(a->follower, all);
	a->poll_at = now + a->config->follow.poll;
	return a->poll_at;
}

static void follow(struct agent *a, const sigset_t *asleep)
{
	while (!asked_to_stop) {
		int64_t now = monotonic(), at;

		if (asked_to_reload)
			reload(a);
		if (asked_to_stop)
			return;
		at = look(a, now);
		if (follower_turn(a->follower, now))
			at = now;
		if (a->look_again)
			follower_changed(a->follower, NULL, now);
		a->look_again = false;
		say_notices(a);
		if (follower_deadline(a->follower, now) < at)
			at = follower_deadline(a->follower, now);
		sleep_until(a, at, asleep);
	}
}

static int run_agent(struct agent *a)
{
	struct follower_sums sums;
	struct err err = {0};
	sigset_t asleep;
	bool good;

	catch_signals(&asleep);
	if (!open_sources(a, &err))
		return fail(EXIT_USAGE, &err);
	a->ledger = ledger_open(a->config->database, a->config->timezone, &err);
	if (a->ledger == NULL || !start_following(a, &err))
		return fail(EXIT_FAILED, &err);
	say(a, FOLLOWER_INFO, "following; SIGTERM ends, SIGHUP reloads the configuration");
	follow(a, &asleep);
	good = a->follower && follower_commit(a->follower, &err);
	if (!good)
		return fail(EXIT_FAILED, &err);
	follower_sums(a->follower, &sums);
	return EXIT_GOOD;
}

static int run(int argc, char **argv)
{
	static const struct option_row options[] = {{0}};
	struct agent a = {0};
	int positional;
	int status = options_parse(&command_run, argc, argv, options, &a.common, &positional);

	if (status >= 0)
		return status;
	if (positional)
		return usage_error(&command_run, "no argument is expected, found", argv[1]);
	a.config = common_config(&a.common);
	if (a.config == NULL)
		return EXIT_USAGE;
	status = run_agent(&a);
	close_sources(&a);
	ledger_close(&a.ledger);
	return status;
}

const struct command command_run = {
	.name = "run",
	.usage = "run [-c FILE]",
	.summary = "the agent: follows all logs of the configuration and counts as they grow",
	.help = "Reads what there is, then follows: files that grow, are renamed, truncated,\n"
		"replaced or packed, and new ones that match. Each call is counted once, whatever\n"
		"happens to the process. Ends on SIGTERM or SIGINT with all that was read\n"
		"committed; SIGHUP reads the configuration again.\n"
		"\n"
		"Examples:\n"
		"  tokentail run\n"
		"  tokentail run -c /etc/tokentail/tokentail.yaml\n",
	.run = run,
};
