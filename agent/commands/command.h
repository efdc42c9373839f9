/*
 * A command: one file, one row in main.c's table.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include <stdio.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"
#include "agent/config/config.h"

/* Exit status, the same for all commands. */
enum exit_status {
	EXIT_GOOD = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2, /* wrong usage or configuration */
	EXIT_NO = 3,    /* the answer is "no" */
};

struct command {
	const char *name;
	const char *usage;                 /* "backfill [PATH...] [--preset NAME]" */
	const char *summary;               /* one line */
	const char *help;                  /* options and examples, as printed by --help */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command command_archive, command_backfill, command_check, command_detect,
	command_explain, command_prices, command_reload, command_report, command_reprice,
	command_run, command_status, command_top, command_help, command_version;

/* All of them in the order of help; ends with NULL. In main.c. */
extern const struct command *const commands[];

/* Options every command has. */
struct common {
	const char *config_file; /* -c */
	const char *database;    /* --db; NULL: the configuration's */
	bool json, quiet, verbose;
};

/*
 * One option of a command. `value` points at a const char * that gets the argument, or `flag` at a
 * bool that becomes true; `each` is called for options that may be repeated.
 */
struct option_row {
	const char *name; /* "--by" */
	const char **value;
	bool *flag;
	bool (*each)(void *arg, const char *value);
	void *arg;
};

/*
 * Parses argv: common options, the command's own (ended by a NULL name), `--name value` and
 * `--name=value`, `--` ends options. Positional arguments are left in argv[1..], their number in
 * *positional. -1: go on; otherwise the exit status (--help was printed, or usage was wrong and
 * said).
 */
int options_parse(const struct command *command, int argc, char **argv,
                  const struct option_row *options, struct common *common, int *positional);

/* "tokentail: ...\n" to stderr, escaped; returns `status`. */
int fail(int status, const struct err *err);
/* The same for a command line that is wrong; `command` NULL: there is no such command. EXIT_USAGE.
 */
int usage_error(const struct command *command, const char *what, const char *value);

/* Loads the configuration and, with --db, sets its database. NULL: said already. */
struct config *common_config(const struct common *common);
/* Sets the database that --db names, if it does. */
void common_database(const struct common *common, struct config *config);

#endif
