/* The command table, nothing else. */
#include <string.h>

#include "agent/commands/command.h"

/* In the order of `tokentail help`. */
const struct command *const commands[] = {
	&command_detect,  &command_backfill, &command_run,     &command_reload,  &command_report,
	&command_top,     &command_status,   &command_check,   &command_explain, &command_prices,
	&command_reprice, &command_archive,  &command_version, &command_help,    NULL,
};

static const struct command *find(const char *name)
{
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return &command_help;
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		return &command_version;
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		(void)command_help.run(1, (char *[]){(char[]){"help"}, NULL});
		return EXIT_USAGE;
	}
	command = find(argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);
	return usage_error(NULL, "unknown command", argv[1]);
}
