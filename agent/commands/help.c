#include <string.h>

#include "agent/commands/command.h"

static void print_commands(void)
{
	(void)puts("tokentail reads the logs you already have and tells what every model call "
	           "cost.\n\n"
	           "usage: tokentail COMMAND [OPTION...]\n");
	for (size_t i = 0; commands[i]; i++)
		(void)printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	(void)puts(
		"\nOptions of every command: -c FILE, --db FILE, --json, -q, -v, --help\n"
		"`tokentail COMMAND --help` has its options and examples; `tokentail help keys` "
		"lists\n"
		"the keys of the configuration.\n\n"
		"First use:  tokentail backfill --preset json 'logs/*.jsonl*' && tokentail report");
}

static void print_key(void *arg, const struct key_doc *doc)
{
	(void)arg;
	(void)printf("%s\n    %s%s%s\n    %s\n", doc->path, doc->type,
	             doc->fallback[0] ? "; default " : "", doc->fallback, doc->meaning);
}

static void print_fields(void)
{
	(void)puts(
		"\nFields of a call (keys of `fields` and `set`, names of groups in `patterns`):");
	for (size_t i = 0; i < fields_n; i++)
		(void)printf("  %-22s %s\n", fields[i].name, fields[i].meaning);
}

static int run(int argc, char **argv)
{
	struct common common = {0};
	static const struct option_row options[] = {{0}};
	int positional, status;

	status = options_parse(&command_help, argc, argv, options, &common, &positional);
	if (status >= 0)
		return status;
	if (positional == 0) {
		print_commands();
		return EXIT_GOOD;
	}
	if (strcmp(argv[1], "keys") == 0) {
		config_keys(print_key, NULL);
		print_fields();
		return EXIT_GOOD;
	}
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return commands[i]->run(2, (char *[]){argv[1], (char[]){"--help"}, NULL});
	return usage_error(&command_help, "unknown command", argv[1]);
}

const struct command command_help = {
	.name = "help",
	.usage = "help [COMMAND | keys]",
	.summary = "this page, a command's, or the keys of the configuration",
	.help = "Examples:\n"
		"  tokentail help report   the options of `report`\n"
		"  tokentail help keys     every key of the configuration and every field of a "
		"call\n",
	.run = run,
};
