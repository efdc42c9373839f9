/*
 * `tokentail reload`: the running agent reads its configuration again, and says what came of it.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/commands/command.h"
#include "agent/control/ask.h"
#include "agent/ledger/lock.h"

static int no_agent(const char *database, struct err *err)
{
	long pid = lock_writer(database);

	if (pid)
		(void)err_set(err,
		              "%s is written by process %ld, which does not listen: a backfill, or "
		              "an agent without a socket (kill -HUP reloads that one)",
		              database, pid);
	else
		(void)err_set(err,
		              "no agent runs with %s; `tokentail run` starts one. A configuration "
		              "that names another database takes a restart",
		              database);
	return fail(EXIT_FAILED, err);
}

static int silent(const char *database, struct err *err)
{
	long pid = lock_writer(database);

	(void)err_set(err, "the agent (pid %ld) does not answer within %d s; `tokentail status`",
	              pid, ASK_RELOAD_MS / 1000);
	return fail(EXIT_FAILED, err);
}

static int show(const struct told_reload *told, const struct common *common)
{
	struct err err = {0};

	if (told->error.n) {
		(void)err_set(&err, "%.*s", STR_ARG(told->error));
		return fail(told->wrong ? EXIT_USAGE : EXIT_FAILED, &err);
	}
	if (!common->quiet)
		(void)puts("the configuration was reloaded");
	return EXIT_GOOD;
}

static int show_answer(struct str answer, const struct common *common)
{
	struct told told;
	struct err err = {0};
	int status;

	if (told_read(answer, &told, &err) && told.has_reload)
		status = show(&told.reload, common);
	else
		status = fail(EXIT_FAILED, &err);
	told_free(&told);
	return status;
}

static int reload(const char *database, const struct common *common)
{
	struct buf answer = {0};
	struct err err = {0};
	int status = EXIT_FAILED;

	switch (ask_agent(database, REQUEST_RELOAD, ASK_RELOAD_MS, &answer)) {
	case ASKED_ANSWERED:
		status = show_answer(buf_view(&answer), common);
		break;
	case ASKED_NOBODY:
		status = no_agent(database, &err);
		break;
	case ASKED_FORBIDDEN:
		(void)err_set(&err, "%s.sock: the agent obeys only its own user and root",
		              database);
		status = fail(EXIT_FAILED, &err);
		break;
	case ASKED_SILENT:
		status = silent(database, &err);
		break;
	}
	buf_free(&answer);
	return status;
}

static int run(int argc, char **argv)
{
	struct common common = {0};
	struct config *config;
	int positional;
	int status = options_parse(&command_reload, argc, argv, NULL, &common, &positional);

	if (status < 0 && positional > 0)
		status = usage_error(&command_reload, "unexpected argument", argv[1]);
	if (status >= 0)
		return status;
	/* With --db the agent alone reads the configuration, which is its own. */
	if (common.database)
		return reload(common.database, &common);
	config = common_config(&common);
	if (config == NULL)
		return EXIT_USAGE;
	status = reload(config->database, &common);
	config_free(&config);
	return status;
}

const struct command command_reload = {
	.name = "reload",
	.usage = "reload [-c FILE | --db FILE]",
	.summary = "has the running agent read its configuration again",
	.help = "The agent is found by the database of the configuration, or by --db. It takes\n"
		"the new configuration whole or, with a mistake in it, goes on with the old one\n"
		"and says which line is wrong. Nothing that is read meanwhile is lost.\n"
		"Exit status: 0 the new configuration is in force, 2 it is wrong, 1 no agent runs\n"
		"or it could not take it (another database or folder takes a restart).\n"
		"\n"
		"Examples:\n"
		"  tokentail reload\n"
		"  tokentail reload -c /etc/tokentail/tokentail.yaml\n",
	.run = run,
};
