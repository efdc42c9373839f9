/*
 * `tokentail run`: the agent. One loop that sleeps until something has changed or something is due;
 * what is done then is the follower's matter. A signal only sets a flag, and is let in only while
 * the loop sleeps, so nothing is ever interrupted half-way.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/zone.h"
#include "agent/commands/confine.h"
#include "agent/commands/run.h"
#include "agent/pipeline/course.h"

static volatile sig_atomic_t asked_to_stop, asked_to_reload;

static void on_signal(int number)
{
	if (number == SIGHUP)
		asked_to_reload = 1;
	else
		asked_to_stop = 1;
}

/* Blocks it but for the time that the loop sleeps. */
static void catch_signal(int number)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t one;

	(void)sigemptyset(&one);
	(void)sigaddset(&one, number);
	(void)sigaction(number, &action, NULL);
	(void)sigprocmask(SIG_BLOCK, &one, NULL);
}

int64_t run_monotonic(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

/* ---- what is said ---- */

void run_say(void *arg, enum follower_level level, const char *text)
{
	static const enum log_level levels[] = {LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO};
	struct agent *a = arg;

	log_say(a->log, levels[level], NULL, NULL, "%s", text);
}

static void open_log(struct agent *a)
{
	const struct log_options options = {.fd = STDERR_FILENO,
	                                    .level = a->common.quiet ? LEVEL_WARNING
	                                                             : a->config->log_level,
	                                    .format = a->config->log_format};

	a->log = log_new(&options);
}

/* ---- what may have changed ---- */

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
	follower_changed(a->follower, path.p, run_monotonic());
	buf_free(&path);
}

static void say_notices(struct agent *a)
{
	const char *notice;

	while ((notice = watch_notice(a->watch)) != NULL)
		run_say(a, FOLLOWER_WARNING, notice);
}

/* Whether files have to be looked at from time to time: all of them, or those that are gone from
 * where they can be watched. */
static bool must_poll(const struct agent *a, bool *all)
{
	*all = watch_fd(a->watch) < 0 || watch_counts(a->watch).blind > 0 || a->has_links;
	return *all || follower_has_strays(a->follower);
}

/* ---- starting and ending ---- */

static void confine(struct agent *a)
{
	struct sandbox_state state;
	struct err err = {0};

	if (!a->config->sandbox)
		return;
	confine_to(&a->allowed, a->config);
	if (!sandbox_enter(&a->allowed, &state, &err))
		run_say(a, FOLLOWER_WARNING, err.text);
	a->confined = state.landlock > 0;
}

/* Whoever wants to know how the agent is can live without; the agent as well. */
static void open_door(struct agent *a)
{
	const struct door_options options = {.status = run_tell, .arg = a};
	struct err err = {0};

	a->door = door_open(a->config->database, &options, &err);
	if (a->door == NULL)
		log_say(a->log, LEVEL_WARNING, NULL, NULL,
		        "`tokentail status` and `reload` cannot ask this agent: %s", err.text);
}

/* ---- the loop ---- */

/* Until something is due or happens. */
static void sleep_until(struct agent *a, int64_t at, const sigset_t *asleep)
{
	int64_t wait = at - run_monotonic();
	struct timespec timeout = {0};
	/* One that is below 0 is passed over. */
	struct pollfd fds[1 + DOOR_FDS] = {{.fd = watch_fd(a->watch), .events = POLLIN}};
	size_t n = 1 + door_poll(a->door, fds + 1);

	if (wait > 0) {
		timeout.tv_sec = (time_t)(wait / TIME_SEC);
		timeout.tv_nsec = (long)(wait % TIME_SEC) * 1000;
	}
	if (ppoll(fds, n, &timeout, asleep) > 0 && fds[0].revents)
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

/* What has to be said by the clock. When it has to be done again. */
static int64_t tick(struct agent *a, int64_t now)
{
	int64_t period = notify_period(&a->notify), at = INT64_MAX, log_at;
	struct err err = {0};

	if (period && now >= a->alive_at) {
		(void)notify_alive(&a->notify, &err);
		a->alive_at = now + period;
	}
	if (period)
		at = a->alive_at;
	log_tick(a->log);
	log_at = log_deadline(a->log);
	if (log_at < TIME_MAX && log_at - clock_now() + now < at)
		at = log_at - clock_now() + now;
	return at;
}

static void follow(struct agent *a, const sigset_t *asleep)
{
	while (!asked_to_stop) {
		int64_t now = run_monotonic(), at, archive_at;

		if (asked_to_reload || door_wants_reload(a->door)) {
			asked_to_reload = 0;
			run_reload(a);
		}
		if (a->must_end)
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
		if (tick(a, now) < at)
			at = tick(a, now);
		archive_at = run_archive_turn(a, now);
		if (archive_at < at)
			at = archive_at;
		if (door_deadline(a->door) < at)
			at = door_deadline(a->door);
		sleep_until(a, at, asleep);
		door_turn(a->door, run_monotonic());
	}
}

static int run_agent(struct agent *a)
{
	struct err err = {0};
	sigset_t asleep;

	(void)sigprocmask(SIG_BLOCK, NULL, &asleep);
	(void)signal(SIGPIPE, SIG_IGN);
	catch_signal(SIGHUP);
	if (!run_open_sources(a, &err))
		return fail(EXIT_USAGE, &err);
	if (!notify_open(&a->notify, &err))
		run_say(a, FOLLOWER_WARNING, err.text);
	a->ledger = ledger_open(a->config->database, a->config->timezone, &err);
	catch_signal(SIGTERM); /* until now, while another may hold the database, it just ends */
	catch_signal(SIGINT);
	if (a->ledger)
		ledger_patience(a->ledger, RUN_PATIENCE_MS);
	if (a->ledger == NULL || !run_follow(a, &err))
		return fail(EXIT_FAILED, &err);
	open_door(a);
	confine(a);
	run_say(a, FOLLOWER_INFO, "following; SIGTERM ends, SIGHUP reloads the configuration");
	(void)notify_ready(&a->notify, "following", &err);
	follow(a, &asleep);
	(void)notify_stopping(&a->notify, "ending", &err);
	run_archive_stop(a);
	if (a->must_end)
		return EXIT_FAILED; /* why has been said */
	if (!follower_commit(a->follower, &err))
		return fail(EXIT_FAILED, &err);
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
	open_log(&a);
	a.since = clock_now();
	status = run_agent(&a);
	door_close(&a.door); /* while the lock is held: the next agent makes one of the same name */
	run_close_sources(&a);
	ledger_close(&a.ledger);
	notify_close(&a.notify);
	sandbox_free(&a.allowed);
	log_free(&a.log);
	return status;
}

const struct command command_run = {
	.name = "run",
	.usage = "run [-c FILE]",
	.summary = "the agent: follows all logs of the configuration and counts as they grow",
	.help = "Reads what there is, then follows: files that grow, are renamed, truncated,\n"
		"replaced or packed, and new ones that match. Each call is counted once, whatever\n"
		"happens to the process. Calls older than keep.calls go to the archive once a\n"
		"day (`tokentail help archives`). Ends on SIGTERM or SIGINT with all that was\n"
		"read committed. SIGHUP or `tokentail reload` has it read the configuration\n"
		"again; `tokentail status` asks it how it gets on, at the socket DATABASE.sock.\n"
		"\n"
		"Examples:\n"
		"  tokentail run\n"
		"  tokentail run -c /etc/tokentail/tokentail.yaml\n",
	.run = run,
};
