/*
 * Mistakes stand in fixtures/conf/bad, each with the message it must give in its first line; the
 * documents that are right in fixtures/conf/good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/mem.h"
#include "agent/config/config.h"
#include "agent/config/files.h"
#include "agent/config/quantity.h"

#define DAY (INT64_C(86400) * 1000000)

static int set_environment(void **state)
{
	(void)state;
	return setenv("HOME", "/home/ada", 1) || setenv("TOKENTAIL_TEST_DIR", "/data", 1) ||
	       unsetenv("XDG_CONFIG_HOME") || unsetenv("XDG_DATA_HOME") ||
	       unsetenv("TOKENTAIL_TEST_UNSET");
}

static struct buf read_text(const char *path)
{
	struct buf text = {0};
	struct err err = {0};

	if (files_read(path, CONFIG_BYTES_MAX, &text, &err) != FILES_READ)
		fail_msg("%s", err.text);
	buf_bytes(&text, "", 0);
	return text;
}

static struct config *good_text(struct str text, const char *name)
{
	struct err err = {0};
	struct config *c = config_parse(text, name, &err);

	if (c == NULL)
		fail_msg("%s", err.text);
	return c;
}

static struct config *good_file(const char *path)
{
	struct buf text = read_text(path);
	struct config *c = good_text(buf_view(&text), path);

	buf_free(&text);
	return c;
}

/* ---- mistakes ---- */

/* The first line is "# :LINE: message"; the file's name stands before it in the real message. */
static void expected_message(const char *path, struct str text, struct buf *out)
{
	size_t end = str_find(text, STR("\n"));

	assert_true(str_starts(text, STR("# :")));
	buf_puts(out, path);
	buf_bytes(out, text.p + 2, end - 2);
}

static void test_every_mistake_is_named_with_its_place(void **state)
{
	int wrong = 0;
	glob_t files;

	(void)state;
	assert_int_equal(glob("fixtures/conf/bad/*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *path = files.gl_pathv[i];
		struct buf text = read_text(path), expected = {0};
		struct err err = {0};
		struct config *c = config_parse(buf_view(&text), path, &err);

		expected_message(path, buf_view(&text), &expected);
		if (c || strcmp(err.text, expected.p) != 0) {
			(void)fprintf(stderr, "%s: expected\n\t%s\nfound\n\t%s\n", path, expected.p,
			              err.text);
			wrong++;
		}
		config_free(&c);
		buf_free(&text);
		buf_free(&expected);
	}
	assert_true(files.gl_pathc >= 40);
	globfree(&files);
	assert_int_equal(wrong, 0);
}

/* ---- what is read ---- */

static void test_defaults_are_there_without_a_line_of_configuration(void **state)
{
	struct config *c = good_file("fixtures/conf/good/empty.yaml");

	(void)state;
	assert_string_equal(c->file, "fixtures/conf/good/empty.yaml");
	assert_string_equal(c->database, "/home/ada/.local/share/tokentail/tokentail.db");
	assert_string_equal(c->timezone, "UTC");
	assert_int_equal(c->sources_n, 0);
	assert_int_equal(c->books_n, 0);
	assert_null(c->own_prices);
	assert_null(c->price_as);
	assert_true(c->keep_calls == 90 * DAY);
	config_free(&c);
	assert_null(c);
	config_free(&c);
}

static void test_sections_with_nothing_in_them_are_defaults(void **state)
{
	struct config *c = good_file("fixtures/conf/good/sections-commented-out.yaml");

	(void)state;
	assert_int_equal(c->sources_n, 0);
	assert_true(c->keep_calls == 90 * DAY);
	config_free(&c);
}

static void test_database_lies_where_the_environment_says(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(setenv("XDG_DATA_HOME", "/var/ada", 1), 0);
	c = good_text(STR(""), "t.yaml");
	assert_string_equal(c->database, "/var/ada/tokentail/tokentail.db");
	config_free(&c);
	assert_int_equal(setenv("XDG_DATA_HOME", "relative", 1), 0);
	c = good_text(STR(""), "t.yaml");
	assert_string_equal(c->database, "/home/ada/.local/share/tokentail/tokentail.db");
	config_free(&c);
	assert_int_equal(unsetenv("XDG_DATA_HOME") || unsetenv("HOME"), 0);
	c = good_text(STR(""), "t.yaml");
	assert_string_equal(c->database, "/var/lib/tokentail/tokentail.db");
	config_free(&c);
	assert_int_equal(set_environment(NULL), 0);
}

static void check_plain_source(const struct source_config *s)
{
	assert_string_equal(s->name, "app");
	assert_int_equal(s->place.line, 2);
	assert_int_equal(s->paths_n, 1);
	assert_string_equal(s->paths[0], "app.log");
	assert_string_equal(s->preset, "json");
	assert_string_equal(s->format, "json");
	assert_true(s->input_includes_cache);
	assert_true(s->output_includes_reasoning);
	assert_int_equal(s->dedupe_by_n, 0);
	assert_int_equal(s->dedupe_keep, KEEP_LARGEST);
	assert_true(s->dedupe_within == 90 * DAY);
	assert_int_equal(s->cost, COST_COMPUTED);
	assert_false(s->copies_count);
	assert_false(s->follow_symlinks);
	assert_string_equal(s->timezone, "local");
}

static void test_smallest_source_has_the_documented_defaults(void **state)
{
	struct config *c = good_file("fixtures/conf/good/smallest.yaml");

	(void)state;
	assert_int_equal(c->sources_n, 1);
	check_plain_source(&c->sources[0]);
	assert_ptr_equal(config_source(c, STR("app")), &c->sources[0]);
	assert_null(config_source(c, STR("ap")));
	config_free(&c);
}

static const struct rule *rule_of(const struct source_config *s, const char *name)
{
	for (size_t i = 0; i < s->rules_n; i++)
		if (strcmp(s->rules[i].name, name) == 0)
			return &s->rules[i];
	fail_msg("%s has no rule for %s", s->name, name);
	return NULL;
}

static void test_top_level_keys_are_read(void **state)
{
	struct config *c = good_file("fixtures/conf/good/everything.yaml");

	(void)state;
	assert_string_equal(c->database, "/data/spend.db");
	assert_string_equal(c->timezone, "Asia/Kolkata");
	assert_int_equal(c->books_n, 2);
	assert_string_equal(c->books[0], "team.yaml");
	assert_string_equal(c->books[1], "/home/ada/other.yaml");
	assert_non_null(c->own_prices);
	assert_int_equal(c->own_prices->n, 1);
	assert_string_equal(yaml_get(&c->own_prices->items[0], "name")->text.p, "house-llm");
	assert_int_equal(c->aliases_n, 1);
	assert_string_equal(c->aliases[0].key, "prod-chat");
	assert_string_equal(c->aliases[0].value, "gpt-4o");
	assert_string_equal(c->price_as, "gpt-4o");
	assert_true(c->keep_calls == KEEP_FOREVER);
	assert_int_equal(c->follow.watch, WATCH_POLL);
	assert_true(c->follow.poll == 100000 && c->follow.rescan == 5000000);
	assert_true(c->follow.commit == 2000000 && c->follow.finish_after == 60000000);
	assert_int_equal(c->log_format, LOG_JSON);
	assert_int_equal(c->log_level, LEVEL_DEBUG);
	assert_false(c->sandbox);
	config_free(&c);
}

static void test_keys_of_a_source_are_read(void **state)
{
	struct config *c = good_file("fixtures/conf/good/everything.yaml");
	const struct source_config *s = config_source(c, STR("checkout"));

	(void)state;
	assert_string_equal(s->about, "what the shop's own code logs");
	assert_int_equal(s->paths_n, 2);
	assert_string_equal(s->paths[0], "/home/ada/logs/*.log");
	assert_string_equal(s->paths[1], "/srv/shop/**/llm.log*");
	assert_string_equal(s->format, "text");
	assert_int_equal(s->patterns_n, 2);
	assert_string_equal(s->patterns[1], "out=(?<output_tokens>\\d+)");
	assert_int_equal(s->pattern_places[1].line, 19);
	assert_false(s->output_includes_reasoning);
	assert_true(s->input_includes_cache);
	assert_int_equal(s->dedupe_by_n, 2);
	assert_string_equal(s->dedupe_by[1], "_kind");
	assert_int_equal(s->dedupe_keep, KEEP_FIRST);
	assert_true(s->dedupe_within == INT64_C(3600) * 1000000);
	assert_int_equal(s->set_n, 2);
	assert_string_equal(s->set[1].key, "team");
	assert_string_equal(s->set[1].value, "payments");
	assert_int_equal(s->cost, COST_LOGGED_ELSE_COMPUTED);
	assert_true(s->copies_count);
	assert_true(s->follow_symlinks);
	assert_string_equal(s->timezone, "Europe/Berlin");
	config_free(&c);
}

static void test_keys_of_records_that_belong_together_are_read(void **state)
{
	struct config *c = good_file("fixtures/conf/good/everything.yaml");
	const struct source_config *s = config_source(c, STR("checkout"));
	const struct source_config *agents = config_source(c, STR("agents"));

	(void)state;
	assert_int_equal(s->frame, FRAME_JSON);
	assert_false(s->unwrap_auto);
	assert_int_equal(s->unwrap_n, 3);
	assert_int_equal(s->unwrap[0], ENVELOPE_CRI);
	assert_int_equal(s->unwrap[1], ENVELOPE_DOCKER);
	assert_int_equal(s->unwrap[2], ENVELOPE_PREFIX);
	assert_int_equal(s->detect_n, 1);
	assert_int_equal(s->join_by_n, 2);
	assert_string_equal(s->join_until[0], "output_tokens");
	assert_true(s->join_within == INT64_C(60) * 1000000);
	assert_int_equal(s->carry_n, 2);
	assert_int_equal(s->cumulative_by_n, 0);
	assert_true(s->rewritten);
	assert_int_equal(agents->frame, FRAME_LINES);
	assert_false(agents->unwrap_auto);
	assert_int_equal(agents->unwrap_n, 0);
	assert_int_equal(agents->cumulative_by_n, 1);
	assert_int_equal(agents->cumulative_fields_n, 2);
	assert_int_equal(agents->join_by_n, 0);
	assert_false(agents->rewritten);
	config_free(&c);
	c = good_text(
		STR("sources: [{name: a, paths: b, preset: json, join: {by: x, until: model}}]"),
		"t.yaml");
	assert_true(c->sources[0].unwrap_auto);
	assert_true(c->sources[0].join_within == INT64_C(600) * 1000000);
	config_free(&c);
}

static void test_tests_of_only_are_read(void **state)
{
	struct config *c = good_file("fixtures/conf/good/everything.yaml");
	const struct source_config *s = config_source(c, STR("checkout"));

	(void)state;
	assert_int_equal(s->only_n, 5);
	assert_int_equal(s->only[0].kind, TEST_PATTERN);
	assert_string_equal(s->only[0].operand, "llm call");
	assert_null(s->only[0].path);
	assert_int_equal(s->only[1].kind, TEST_EQUALS);
	assert_string_equal(s->only[1].path, "_kind");
	assert_string_equal(s->only[1].operand, "chat");
	assert_int_equal(s->only[2].kind, TEST_PATH_PATTERN);
	assert_string_equal(s->only[2].operand, "^c");
	assert_int_equal(s->only[3].kind, TEST_EXISTS);
	assert_true(s->only[3].exists);
	assert_null(s->only[3].operand);
	assert_int_equal(s->only[4].kind, TEST_EQUALS);
	assert_true(s->only[4].negate);
	assert_int_equal(s->only[4].place.line, 16);
	config_free(&c);
}

static void test_origins_of_fields_are_read(void **state)
{
	struct config *c = good_file("fixtures/conf/good/everything.yaml");
	const struct source_config *s = config_source(c, STR("checkout"));
	const struct rule *latency = rule_of(s, "latency"), *provider = rule_of(s, "provider");

	(void)state;
	assert_true(rule_of(s, "time")->origins[0].received);
	assert_null(rule_of(s, "time")->origins[0].path);
	assert_int_equal(latency->origins_n, 2);
	assert_ptr_equal(latency->field, field_find(STR("latency")));
	assert_int_equal(latency->origins[0].unit_ns, 1000000);
	assert_int_equal(latency->origins[1].unit_ns, 1000000000);
	assert_int_equal(latency->origins[1].place.line, 25);
	assert_true(rule_of(s, "user")->origins[0].hash);
	assert_string_equal(rule_of(s, "logged_cost")->origins[0].scale, "0.01");
	assert_int_equal(rule_of(s, "cache_write_tokens")->origins[0].sum_n, 2);
	assert_string_equal(rule_of(s, "cache_write_tokens")->origins[0].sum[1], "b");
	assert_string_equal(provider->origins[0].path, "p");
	assert_string_equal(provider->origins[0].pattern, "^(\\w+)");
	assert_string_equal(provider->origins[0].fallback, "openai");
	assert_int_equal(provider->origins[0].map_n, 2);
	assert_string_equal(provider->origins[0].map[1].key, "null");
	assert_string_equal(provider->origins[0].map[1].value, "");
	assert_null(rule_of(s, "_kind")->field);
	assert_string_equal(rule_of(s, "_kind")->origins[0].path, "kind");
	config_free(&c);
}

static void test_keys_beside_a_preset_merge_maps_and_replace_the_rest(void **state)
{
	struct config *c = good_file("fixtures/conf/good/everything.yaml");
	const struct source_config *s = config_source(c, STR("agents"));

	(void)state;
	assert_string_equal(s->about, "Claude Code, session transcripts");
	assert_string_equal(s->format, "json");
	/* merged */
	assert_string_equal(rule_of(s, "time")->origins[0].path, "timestamp");
	assert_string_equal(rule_of(s, "time")->place.file, "presets/claude-code.yaml");
	assert_int_equal(rule_of(s, "feature")->origins_n, 1);
	assert_string_equal(rule_of(s, "feature")->origins[0].path, "gitBranch");
	assert_false(s->input_includes_cache);
	assert_false(s->output_includes_reasoning);
	assert_int_equal(s->set_n, 3);
	assert_string_equal(s->set[0].key, "operation");
	assert_string_equal(s->set[1].key, "service");
	assert_string_equal(s->set[1].value, "agents");
	assert_string_equal(s->set[2].key, "user");
	/* replaced */
	assert_int_equal(s->only_n, 1);
	assert_string_equal(s->only[0].operand, "usage");
	assert_int_equal(s->dedupe_by_n, 1);
	assert_string_equal(s->dedupe_by[0], "message.id");
	config_free(&c);
}

static void test_an_empty_dedupe_takes_the_presets_away(void **state)
{
	struct config *c = good_text(
		STR("sources: [{name: a, paths: b, preset: claude-code, dedupe: }]"), "t.yaml");

	(void)state;
	assert_int_equal(c->sources[0].dedupe_by_n, 0);
	config_free(&c);
}

static void test_format_is_text_with_only_patterns(void **state)
{
	struct config *c =
		good_text(STR("sources: [{name: a, paths: b, patterns: '(?<model>x)'}]"), "t.yaml");

	(void)state;
	assert_string_equal(c->sources[0].format, "text");
	config_free(&c);
	c = good_text(STR("sources: [{name: a, paths: b, fields: {model: m}}]"), "t.yaml");
	assert_string_equal(c->sources[0].format, "json");
	config_free(&c);
}

static void test_long_lists_are_refused(void **state)
{
	struct buf text = {0};
	struct err err = {0};

	(void)state;
	buf_puts(&text, "prices:\n  books:\n");
	for (int i = 0; i <= CONFIG_LIST_MAX; i++)
		buf_puts(&text, "    - b.yaml\n");
	assert_null(config_parse(buf_view(&text), "t.yaml", &err));
	assert_string_equal(err.text, "t.yaml:3: prices.books: more than 256 entries");
	buf_free(&text);
}

/* ---- finding the file ---- */

static void test_the_nearest_file_is_loaded_and_none_gives_defaults(void **state)
{
	char dir[] = "/tmp/tokentail-test-XXXXXX", back[4096];
	struct err err = {0};
	struct config *c;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(dir), 0);
	c = config_load(NULL, &err);
	assert_non_null(c);
	assert_null(c->file);
	assert_string_equal(c->timezone, "UTC");
	config_free(&c);

	assert_null(config_load("none.yaml", &err));
	assert_string_equal(err.text, "none.yaml: cannot be read: No such file or directory");

	f = fopen("tokentail.yaml", "w");
	assert_non_null(f);
	assert_true(fputs("timezone: Asia/Tokyo\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	err = (struct err){0};
	c = config_load(NULL, &err);
	assert_non_null(c);
	assert_string_equal(c->file, "tokentail.yaml");
	assert_string_equal(c->timezone, "Asia/Tokyo");
	config_free(&c);

	assert_int_equal(remove("tokentail.yaml"), 0);
	assert_int_equal(chdir(back), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void test_a_mistake_in_the_file_found_is_an_error(void **state)
{
	char file[] = "/tmp/tokentail-test-XXXXXX";
	int fd = mkstemp(file);
	struct err err = {0};
	char expected[128];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x: 1\n", 5), 5);
	assert_int_equal(close(fd), 0);
	assert_null(config_load(file, &err));
	(void)snprintf(expected, sizeof(expected), "%s:1: x: unknown key `x`;", file);
	assert_int_equal(strncmp(err.text, expected, strlen(expected)), 0);
	assert_int_equal(remove(file), 0);
}

/* ---- the table of keys and the documents ---- */

/* Whether a value stands at a path of the table, in any item of the lists and maps on the way. */
static bool stands_at(const struct yaml_node *node, const char *path)
{
	size_t n = strcspn(path, ".["), skip = n + (path[n] == '.');
	bool any = strncmp(path, "*", n) == 0 || n == 0;

	if (path[0] == '\0')
		return true;
	if (strncmp(path, "[]", 2) == 0)
		skip = 2 + (path[2] == '.');
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *item = &node->items[i];

		/* A list may stand for one value: only: [TEST], fields: {x: [ORIGIN]}. */
		if (node->type == YAML_LIST && path[0] != '[' && stands_at(item, path))
			return true;
		if ((any || (node->type == YAML_MAP &&
		             str_eq(node->keys[i].text, (struct str){path, n}))) &&
		    stands_at(item, path + skip))
			return true;
	}
	return false;
}

struct documented {
	const struct yaml_node *sample;
	size_t n;
	int missing;
};

static void check_row(void *arg, const struct key_doc *doc)
{
	struct documented *d = arg;

	d->n++;
	assert_true(doc->type[0] && doc->meaning[0]);
	if (!stands_at(d->sample, doc->path)) {
		(void)fprintf(stderr, "conf/tokentail.yaml does not show %s\n", doc->path);
		d->missing++;
	}
}

/* An example begins with # and no space or several; "# " begins prose. */
static struct buf uncommented(struct str text)
{
	struct buf out = {0};

	while (text.n) {
		size_t n = str_find(text, STR("\n")) + 1;

		if (text.p[0] == '#' && n > 2 && (text.p[1] != ' ' || text.p[2] == ' '))
			buf_bytes(&out, text.p + 1, n - 1);
		else
			buf_bytes(&out, text.p, n);
		text = str_from(text, n);
	}
	return out;
}

static void test_sample_configuration_shows_every_key_and_is_right(void **state)
{
	struct buf sample = read_text("conf/tokentail.yaml");
	struct buf text = uncommented(buf_view(&sample));
	struct documented d = {0};
	struct err err = {0};
	struct config *c = good_text(buf_view(&sample), "conf/tokentail.yaml");
	struct yaml *y;

	(void)state;
	assert_int_equal(c->sources_n, 0);
	config_free(&c);

	c = good_text(buf_view(&text), "conf/tokentail.yaml (uncommented)");
	assert_int_equal(c->sources_n, 4);
	config_free(&c);
	y = yaml_parse(buf_view(&text), "sample", CONFIG_BYTES_MAX, true, &err);
	assert_non_null(y);
	d.sample = yaml_root(y);
	config_keys(check_row, &d);
	assert_true(d.n > 40);
	assert_int_equal(d.missing, 0);
	yaml_close(&y);
	buf_free(&text);
	buf_free(&sample);
}

/* ---- durations, fields ---- */

static void test_durations_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"250ms", 250000},
		{"1s", 1000000},
		{"10m", 600 * INT64_C(1000000)},
		{"1h", 3600 * INT64_C(1000000)},
		{"90 days", 90 * DAY},
		{"1 day", DAY},
		{"2w", 14 * DAY},
		{"100 years", 36500 * DAY},
		{"0", 0},
		{"3 minutes", 180 * INT64_C(1000000)},
	};
	static const char *const wrong[] = {"",
	                                    "90",
	                                    "days",
	                                    "-1 day",
	                                    "1.5h",
	                                    "1 Day",
	                                    "1 dayz",
	                                    "1 mss",
	                                    "1h 2m",
	                                    "101 years",
	                                    "1 m s",
	                                    "5ds",
	                                    "99999999999999999999 s"};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(quantity_duration(str_of(cases[i].text), &us));
		assert_true(us == cases[i].us);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		us = 7;
		if (quantity_duration(str_of(wrong[i]), &us))
			fail_msg("`%s` is no duration", wrong[i]);
		assert_true(us == 7);
	}
}

static void test_fields_are_found_by_their_public_names(void **state)
{
	(void)state;
	assert_string_equal(label_name(LABEL_TIER), "service_tier");
	assert_string_equal(label_name(LABEL_PROVIDER), "provider");
	assert_string_equal(count_name(COUNT_CACHE_WRITE_1H), "cache_write_1h_tokens");
	assert_string_equal(count_name(COUNT_AUDIO_MS), "audio_seconds");
	assert_string_equal(detail_name(DETAIL_REQUESTED_MODEL), "requested_model");
	assert_int_equal(field_find(STR("ttft"))->index, 1);
	assert_null(field_find(STR("Model")));
	assert_null(fields[fields_n].name);
	for (size_t i = 0; i < fields_n; i++)
		assert_ptr_equal(field_find(str_of(fields[i].name)), &fields[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mistake_is_named_with_its_place),
		cmocka_unit_test(test_defaults_are_there_without_a_line_of_configuration),
		cmocka_unit_test(test_sections_with_nothing_in_them_are_defaults),
		cmocka_unit_test(test_database_lies_where_the_environment_says),
		cmocka_unit_test(test_smallest_source_has_the_documented_defaults),
		cmocka_unit_test(test_top_level_keys_are_read),
		cmocka_unit_test(test_keys_of_a_source_are_read),
		cmocka_unit_test(test_keys_of_records_that_belong_together_are_read),
		cmocka_unit_test(test_tests_of_only_are_read),
		cmocka_unit_test(test_origins_of_fields_are_read),
		cmocka_unit_test(test_keys_beside_a_preset_merge_maps_and_replace_the_rest),
		cmocka_unit_test(test_an_empty_dedupe_takes_the_presets_away),
		cmocka_unit_test(test_format_is_text_with_only_patterns),
		cmocka_unit_test(test_long_lists_are_refused),
		cmocka_unit_test(test_the_nearest_file_is_loaded_and_none_gives_defaults),
		cmocka_unit_test(test_a_mistake_in_the_file_found_is_an_error),
		cmocka_unit_test(test_sample_configuration_shows_every_key_and_is_right),
		cmocka_unit_test(test_durations_have_units),
		cmocka_unit_test(test_fields_are_found_by_their_public_names),
	};

	return cmocka_run_group_tests(tests, set_environment, NULL);
}
