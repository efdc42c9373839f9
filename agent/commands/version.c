/*
 * `version`: what is running. With -v also what it stands on, as a report of a fault should say.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <sqlite3.h>
#include <yaml.h>
#include <zlib.h>

#include "agent/commands/command.h"
#include "parsers/json.h"

struct part {
	const char *name, *version;
};

enum { PARTS = 6, PCRE2_VERSION = 64 };

static void find_parts(struct part parts[PARTS], char pcre2[PCRE2_VERSION])
{
	(void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2); /* "10.42 2022-12-11" */
	parts[0] = (struct part){"tokentail", TOKENTAIL_VERSION};
	parts[1] = (struct part){"sqlite", sqlite3_libversion()};
	parts[2] = (struct part){"pcre2", pcre2};
	parts[3] = (struct part){"zlib", zlibVersion()};
	parts[4] = (struct part){"libyaml", yaml_get_version_string()};
	parts[5] = (struct part){"json", json_use_kernel(JSON_SIMD) ? "simd" : "portable"};
}

static void print_text(const struct part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%s %s\n", parts[i].name, parts[i].version);
}

static void print_json(const struct part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%s\"%s\":\"%s\"", i ? "," : "{", parts[i].name, parts[i].version);
	(void)puts("}");
}

static int run(int argc, char **argv)
{
	struct common common = {0};
	struct part parts[PARTS];
	char pcre2[PCRE2_VERSION];
	int positional;
	int status = options_parse(&command_version, argc, argv, NULL, &common, &positional);

	if (status < 0 && positional > 0)
		status = usage_error(&command_version, "unexpected argument", argv[1]);
	if (status >= 0)
		return status;
	find_parts(parts, pcre2);
	if (common.json)
		print_json(parts, common.verbose ? PARTS : 1);
	else
		print_text(parts, common.verbose ? PARTS : 1);
	return EXIT_GOOD;
}

const struct command command_version = {
	.name = "version",
	.usage = "version [-v]",
	.summary = "the version; with -v those of its libraries",
	.help = "Examples:\n"
		"  tokentail version\n"
		"  tokentail version -v    for a report of a fault\n",
	.run = run,
};
