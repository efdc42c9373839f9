#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/commands/command.h" /* before cmocka.h, which makes a macro of `fail` */

#include <cmocka.h>
#include <unistd.h>

static const struct command example = {.name = "example",
                                       .usage = "example [--by DIM]",
                                       .summary = "an example",
                                       .help = "Options:\n  --by DIM\n"};

struct parsed {
	struct common common;
	const char *by;
	bool all;
	const char *each[4];
	size_t each_n;
	int positional;
	int status;
};

static bool keep(void *arg, const char *value)
{
	struct parsed *p = arg;

	if (strcmp(value, "bad") == 0)
		return false;
	p->each[p->each_n++] = value;
	return true;
}

static struct parsed parse(char **argv)
{
	struct parsed p = {0};
	const struct option_row rows[] = {
		{.name = "--by", .value = &p.by},
		{.name = "--all", .flag = &p.all},
		{.name = "--each", .each = keep, .arg = &p},
		{0},
	};
	int argc = 0;

	while (argv[argc])
		argc++;
	p.status = options_parse(&example, argc, argv, rows, &p.common, &p.positional);
	return p;
}

static void test_values_flags_and_arguments_in_any_order(void **state)
{
	char *argv[] = {(char[]){"example"},
	                (char[]){"a.log"},
	                (char[]){"--by"},
	                (char[]){"day"},
	                (char[]){"--all"},
	                (char[]){"-"},
	                (char[]){"-c"},
	                (char[]){"x.yaml"},
	                (char[]){"--db=y=z.db"},
	                (char[]){"-q"},
	                (char[]){"--json"},
	                (char[]){"--each=1"},
	                (char[]){"--each"},
	                (char[]){"-2"},
	                (char[]){"--"},
	                (char[]){"--by"},
	                NULL};
	struct parsed p = parse(argv);

	(void)state;
	assert_int_equal(p.status, -1);
	assert_string_equal(p.by, "day");
	assert_true(p.all && p.common.quiet && p.common.json && !p.common.verbose);
	assert_string_equal(p.common.config_file, "x.yaml");
	assert_string_equal(p.common.database, "y=z.db");
	assert_int_equal(p.each_n, 2);
	assert_string_equal(p.each[1], "-2");
	assert_int_equal(p.positional, 3);
	assert_string_equal(argv[1], "a.log");
	assert_string_equal(argv[2], "-");
	assert_string_equal(argv[3], "--by");
}

/* What `argv` makes the program say to stderr. */
static void expect_said(char **argv, const char *want)
{
	FILE *file = tmpfile();
	int stderr_was = dup(STDERR_FILENO);
	char said[512];
	struct parsed p;
	size_t n;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	p = parse(argv);
	(void)dup2(stderr_was, STDERR_FILENO);
	(void)close(stderr_was);
	rewind(file);
	n = fread(said, 1, sizeof(said) - 1, file);
	said[n] = '\0';
	(void)fclose(file);
	assert_string_equal(said, want);
	assert_int_equal(p.status, EXIT_USAGE);
}

#define EXPECT_SAID(want, ...)                                          \
	expect_said((char *[]){(char[]){"example"}, __VA_ARGS__, NULL}, \
	            "tokentail example: " want "; see `tokentail example --help`\n")

static void test_wrong_usage_is_one_line_that_says_what_to_do(void **state)
{
	(void)state;
	EXPECT_SAID("unknown option `--bye`", (char[]){"--bye"});
	EXPECT_SAID("unknown option `-\\x1b[2J`", (char[]){"-\x1b[2J"});
	EXPECT_SAID("a value is missing after `--by`", (char[]){"--by"});
	EXPECT_SAID("no value can be given to `--all`", (char[]){"--all=1"});
	EXPECT_SAID("--each does not understand `bad`", (char[]){"--each"}, (char[]){"bad"});
}

static void test_nothing_given_is_nothing_set(void **state)
{
	struct parsed p = parse((char *[]){(char[]){"example"}, NULL});

	(void)state;
	assert_int_equal(p.status, -1);
	assert_int_equal(p.positional, 0);
	assert_null(p.by);
	assert_null(p.common.database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_flags_and_arguments_in_any_order),
		cmocka_unit_test(test_wrong_usage_is_one_line_that_says_what_to_do),
		cmocka_unit_test(test_nothing_given_is_nothing_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
