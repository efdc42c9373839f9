/* Where presets come from, and that each shipped one is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config/config.h"
#include "agent/config/embedded.h"

/* The name of a shipped preset, of a file that is part of the program; empty: it is none. */
static struct str shipped_name(const struct embedded *file)
{
	struct str name = str_of(file->name);

	if (!str_starts(name, STR("presets/")))
		return STR("");
	return (struct str){name.p + strlen("presets/"),
	                    name.n - strlen("presets/") - strlen(".yaml")};
}

static int set_environment(void **state)
{
	(void)state;
	return setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

static void makes_a_source(const char *name)
{
	char a[] = "a.log", b[] = "b.log";
	char *paths[] = {a, b};
	struct err err = {0};
	struct config *c = config_for_preset(name, paths, 2, &err);

	if (c == NULL)
		fail_msg("%s", err.text);
	assert_null(c->file);
	assert_int_equal(c->sources_n, 1);
	assert_string_equal(c->sources[0].name, name);
	assert_string_equal(c->sources[0].preset, name);
	assert_int_equal(c->sources[0].paths_n, 2);
	assert_string_equal(c->sources[0].paths[1], "b.log");
	assert_non_null(c->sources[0].about);
	assert_non_null(c->sources[0].format);
	assert_string_equal(c->timezone, "UTC");
	config_free(&c);
}

static void test_every_shipped_preset_makes_a_source(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct embedded *file = embedded_files; file->name; file++) {
		char *name = str_dup(shipped_name(file));

		if (name[0]) {
			makes_a_source(name);
			n++;
		}
		free(name);
	}
	assert_in_range(n, 6, 1000);
}

static void test_a_preset_needs_no_paths_to_explain_a_line(void **state)
{
	struct err err = {0};
	struct config *c = config_for_preset("json", NULL, 0, &err);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->sources[0].paths_n, 0);
	config_free(&c);
}

static void refuse(const char *name, const char *message)
{
	struct buf text = {0};
	struct err err = {0};
	char *from = NULL;

	assert_false(preset_text(name, &text, &from, &err));
	assert_string_equal(err.text, message);
	assert_int_equal(text.n, 0);
	assert_null(from);
	buf_free(&text);
}

static void test_a_name_that_is_a_path_is_no_preset(void **state)
{
	(void)state;
	refuse("../json", "`../json` cannot be a preset: a name without / and .. is expected");
	refuse("/etc/passwd",
	       "`/etc/passwd` cannot be a preset: a name without / and .. is expected");
	refuse("a..b", "`a..b` cannot be a preset: a name without / and .. is expected");
	refuse("", "`` cannot be a preset: a name without / and .. is expected");
	refuse(".json", "`.json` cannot be a preset: a name without / and .. is expected");
}

static void test_an_unknown_name_says_what_there_is(void **state)
{
	struct err err = {0};

	(void)state;
	refuse("claude_code", "unknown preset `claude_code`; did you mean `claude-code`?");
	refuse("nothing-like-it",
	       "unknown preset `nothing-like-it`; `tokentail help presets` lists them");
	assert_null(config_for_preset("klaude-code", NULL, 0, &err));
	assert_string_equal(err.text,
	                    "--preset: unknown preset `klaude-code`; did you mean `claude-code`?");
}

/* ---- the user's own ---- */

static char home[64];

static void path_in_home(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", home, name);
}

static void make_dir(const char *name)
{
	char path[256];

	path_in_home(name, path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int own_presets(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/tokentail-test-XXXXXX");
	assert_non_null(mkdtemp(home));
	make_dir("tokentail");
	make_dir("tokentail/presets");
	return setenv("XDG_CONFIG_HOME", home, 1);
}

static int no_own_presets(void **state)
{
	static const char *const names[] = {"tokentail/presets/mine.yaml",
	                                    "tokentail/presets/house.yaml",
	                                    "tokentail/presets/.hidden.yaml",
	                                    "tokentail/presets/notes.txt",
	                                    "tokentail/presets/json.yaml",
	                                    "tokentail/presets",
	                                    "tokentail"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_in_home(names[i], path);
		(void)remove(path);
	}
	(void)rmdir(home);
	return set_environment(state);
}

static void write_preset(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	path_in_home(name, path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_the_users_own_come_before_the_shipped_ones(void **state)
{
	char expected[300];
	struct err err = {0};
	struct config *c;

	(void)state;
	write_preset("tokentail/presets/json.yaml", "about: mine\nfields: {model: m}\n");
	c = config_for_preset("json", NULL, 0, &err);
	assert_non_null(c);
	assert_string_equal(c->sources[0].about, "mine");
	assert_int_equal(c->sources[0].rules_n, 1);
	(void)snprintf(expected, sizeof(expected), "%s/tokentail/presets/json.yaml", home);
	assert_string_equal(c->sources[0].rules[0].place.file, expected);
	config_free(&c);
}

static void own_mistake(const char *text, const char *message)
{
	char expected[400];
	struct err err = {0};

	write_preset("tokentail/presets/mine.yaml", text);
	assert_null(config_for_preset("mine", NULL, 0, &err));
	(void)snprintf(expected, sizeof(expected), "%s/tokentail/presets/mine.yaml:%s", home,
	               message);
	assert_string_equal(err.text, expected);
}

struct named {
	size_t n, json, house, other;
	bool json_is_shipped, house_is_shipped;
};

static void take_name(void *arg, const char *name, bool shipped)
{
	struct named *named = arg;

	named->n++;
	if (strcmp(name, "json") == 0) {
		named->json++;
		named->json_is_shipped = shipped;
	} else if (strcmp(name, "house") == 0) {
		named->house++;
		named->house_is_shipped = shipped;
	} else if (!shipped) {
		named->other++;
	}
}

static void test_all_presets_are_named_once(void **state)
{
	struct named before = {0}, named = {0};

	(void)state;
	preset_names(take_name, &before);
	assert_int_equal(before.json, 1);
	assert_true(before.json_is_shipped);
	write_preset("tokentail/presets/json.yaml", "about: mine\nfields: {model: m}\n");
	write_preset("tokentail/presets/house.yaml", "about: ours\nfields: {model: m}\n");
	write_preset("tokentail/presets/.hidden.yaml", "about: none\n");
	write_preset("tokentail/presets/notes.txt", "no preset\n");
	preset_names(take_name, &named);
	assert_int_equal(named.n, before.n + 1);
	assert_int_equal(named.json, 1);
	assert_false(named.json_is_shipped);
	assert_int_equal(named.house, 1);
	assert_false(named.house_is_shipped);
	assert_int_equal(named.other, 0);
}

static void test_a_mistake_in_a_preset_names_its_file(void **state)
{
	(void)state;
	own_mistake("fields:\n  modle: m\n",
	            "2: fields.modle: unknown field `modle`; did you mean `model`?");
	own_mistake("fields: {model: m}\nname: x\n", "2: name: not a key of a preset");
	own_mistake("paths: x\n", "1: paths: not a key of a preset");
	own_mistake("about: x\npreset: mine\n", "2: presets build on each other in a circle");
	own_mistake("about: x\npreset: jsn\n", "2: unknown preset `jsn`; did you mean `json`?");
	own_mistake("a: [\n", "2: not YAML: did not find expected node content");
	own_mistake("- json\n", "1: expected a map of keys, found a list");
}

static void test_embedded_files_are_sorted_by_name(void **state)
{
	(void)state;
	for (const struct embedded *f = embedded_files; f[0].name && f[1].name; f++)
		if (strncmp(f[0].name, "presets/", 8) == 0 &&
		    strncmp(f[1].name, "presets/", 8) == 0)
			assert_true(strcmp(f[0].name, f[1].name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_shipped_preset_makes_a_source),
		cmocka_unit_test(test_a_preset_needs_no_paths_to_explain_a_line),
		cmocka_unit_test(test_a_name_that_is_a_path_is_no_preset),
		cmocka_unit_test(test_an_unknown_name_says_what_there_is),
		cmocka_unit_test_setup_teardown(test_the_users_own_come_before_the_shipped_ones,
	                                        own_presets, no_own_presets),
		cmocka_unit_test_setup_teardown(test_all_presets_are_named_once, own_presets,
	                                        no_own_presets),
		cmocka_unit_test_setup_teardown(test_a_mistake_in_a_preset_names_its_file,
	                                        own_presets, no_own_presets),
		cmocka_unit_test(test_embedded_files_are_sorted_by_name),
	};

	return cmocka_run_group_tests(tests, set_environment, NULL);
}
