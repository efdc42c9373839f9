#include <string.h>

#include "agent/base/escape.h"
#include "agent/commands/command.h"
#include "agent/config/embedded.h"

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
		"the keys of the configuration, `tokentail help attach` shows how to read a log of "
		"yours.\n\n"
		"First use:  tokentail detect logs; tokentail backfill logs && tokentail report");
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

static void print_preset(void *arg, const char *name, bool shipped)
{
	struct err err = {0};
	struct config *config = config_for_preset(name, NULL, 0, &err);
	const char *about = config ? config->sources[0].about : err.text;
	struct buf line = {0};

	(void)arg;
	escape_terminal(&line, str_of(about ? about : ""));
	(void)printf("  %-24s %s%s\n", name, line.p ? line.p : "", shipped ? "" : " (your own)");
	buf_free(&line);
	config_free(&config);
}

/* Pages of the manual are files of conf/manual, which are part of the program. */
static bool print_page(const char *name)
{
	struct buf file = {0};
	bool found = false;

	buf_printf(&file, "manual/%.64s.md", name);
	for (const struct embedded *e = embedded_files; e->name && !found; e++) {
		found = strcmp(e->name, file.p) == 0;
		if (found)
			(void)fwrite(e->begin, 1, (size_t)(e->end - e->begin), stdout);
	}
	buf_free(&file);
	return found;
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
	if (strcmp(argv[1], "presets") == 0) {
		preset_names(print_preset, NULL);
		return EXIT_GOOD;
	}
	if (print_page(argv[1]))
		return EXIT_GOOD;
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return commands[i]->run(2, (char *[]){argv[1], (char[]){"--help"}, NULL});
	return usage_error(&command_help, "unknown command", argv[1]);
}

const struct command command_help = {
	.name = "help",
	.usage = "help [COMMAND | keys | presets | attach | books | costs | archives]",
	.summary = "this page, a command's, the keys of the configuration, or a page of the manual",
	.help = "Examples:\n"
		"  tokentail help report   the options of `report`\n"
		"  tokentail help keys     every key of the configuration and every field of a "
		"call\n"
		"  tokentail help presets  the logs that are known, by name\n"
		"  tokentail help books    how price books are written\n"
		"  tokentail help costs    other costs, comparisons and currencies\n"
		"  tokentail help archives where old calls are, and how it is kept\n"
		"  tokentail help attach   how to make it read a log of yours, with worked "
		"examples\n",
	.run = run,
};
