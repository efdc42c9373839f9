/*
 * What all commands share: their arguments, their help, and how they say that something is wrong.
 *
 * The options are rows of a table, not getopt's letters: a row names where its value goes, so a
 * command is free of parsing and no state is left between two calls, which is what lets a test
 * parse many command lines in one process.
 */
#include "agent/commands/command.h"

#include <stdlib.h>

#include "agent/base/escape.h"
#include "agent/base/mem.h"

static const char common_help[] =
	"Common options:\n"
	"  -c FILE           configuration; default ./tokentail.yaml, the user's, the system's\n"
	"  --db FILE         database; default the configuration's\n"
	"  --json            output for programs\n"
	"  -q                only errors\n"
	"  -v                more detail\n"
	"  --help            this text\n";

static void say(const struct buf *line)
{
	(void)fprintf(stderr, "%s\n", line->p);
}

int fail(int status, const struct err *err)
{
	struct buf line = {0};

	buf_puts(&line, "tokentail: ");
	escape_terminal(&line, str_of(err->text));
	say(&line);
	buf_free(&line);
	return status;
}

int usage_error(const struct command *command, const char *what, const char *value)
{
	const char *space = command ? " " : "", *name = command ? command->name : "";
	struct buf line = {0};

	buf_printf(&line, "tokentail%s%s: %s", space, name, what);
	if (value) {
		buf_puts(&line, " `");
		escape_terminal(&line, str_of(value));
		buf_char(&line, '`');
	}
	buf_printf(&line, "; see `tokentail%s%s --help`", space, name);
	say(&line);
	buf_free(&line);
	return EXIT_USAGE;
}

static void print_help(const struct command *command)
{
	(void)printf("tokentail %s: %s\n\nUsage: tokentail %s\n\n%s\n%s", command->name,
	             command->summary, command->usage, command->help, common_help);
}

/* An argument of the form --name or --name=value. */
struct given {
	struct str name;
	const char *value; /* behind the '='; NULL: none */
};

static struct given split(const char *arg)
{
	const char *equals = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;

	if (equals == NULL)
		return (struct given){str_of(arg), NULL};
	return (struct given){{arg, (size_t)(equals - arg)}, equals + 1};
}

static const struct option_row *find(const struct option_row *rows, struct str name)
{
	for (; rows && rows->name; rows++)
		if (str_eq(str_of(rows->name), name))
			return rows;
	return NULL;
}

static int bad_value(const struct command *command, const char *option, const char *value)
{
	struct buf what = {0};
	int status;

	buf_printf(&what, "%s does not understand", option);
	status = usage_error(command, what.p, value);
	buf_free(&what);
	return status;
}

/* Gives the row its value, from `*next` if it is not in the argument itself. -1 or a status. */
static int take(const struct command *command, const struct option_row *row, struct given given,
                char ***next)
{
	if (row->flag) {
		if (given.value)
			return usage_error(command, "no value can be given to", row->name);
		*row->flag = true;
		return -1;
	}
	if (given.value == NULL) {
		if (**next == NULL)
			return usage_error(command, "a value is missing after", row->name);
		given.value = *(*next)++;
	}
	if (row->value)
		*row->value = given.value;
	if (row->each && !row->each(row->arg, given.value))
		return bad_value(command, row->name, given.value);
	return -1;
}

int options_parse(const struct command *command, int argc, char **argv,
                  const struct option_row *options, struct common *common, int *positional)
{
	const struct option_row shared[] = {
		{.name = "-c", .value = &common->config_file},
		{.name = "--db", .value = &common->database},
		{.name = "--json", .flag = &common->json},
		{.name = "-q", .flag = &common->quiet},
		{.name = "-v", .flag = &common->verbose},
		{0},
	};
	char **next = argv + (argc > 0);
	char **end = argv + argc;
	bool ended = false; /* by "--" */

	*positional = 0;
	while (next < end) {
		char *arg = *next++;
		struct given given = split(arg);
		const struct option_row *row;
		int status;

		if (ended || arg[0] != '-' || arg[1] == '\0') {
			argv[++*positional] = arg;
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			ended = true;
			continue;
		}
		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			print_help(command);
			return EXIT_GOOD;
		}
		row = find(options, given.name);
		if (row == NULL)
			row = find(shared, given.name);
		if (row == NULL)
			return usage_error(command, "unknown option", arg);
		status = take(command, row, given, &next);
		if (status >= 0)
			return status;
	}
	return -1;
}

void common_database(const struct common *common, struct config *config)
{
	if (common->database == NULL)
		return;
	free(config->database);
	config->database = xstrdup(common->database);
}

struct config *common_config(const struct common *common)
{
	struct err err = {0};
	struct config *config = config_load(common->config_file, &err);

	if (config == NULL) {
		(void)fail(EXIT_USAGE, &err);
		return NULL;
	}
	common_database(common, config);
	return config;
}
