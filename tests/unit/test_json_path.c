/* The language of paths: what each becomes, and what is said of those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "parsers/json_path.h"
#include "tests/unit/json_case.h"

enum { LINE_ROOM = 512 };

static void print_step(struct buf *out, const struct json_step *step)
{
	switch (step->kind) {
	case JSON_MEMBER:
		buf_printf(out, " member(%.*s)", STR_ARG(step->name));
		break;
	case JSON_ANY_MEMBER:
		buf_puts(out, " members");
		break;
	case JSON_INDEX:
		buf_printf(out, " index(%d)", (int)step->index);
		break;
	case JSON_ANY_ELEMENT:
		buf_puts(out, " elements");
		break;
	case JSON_FILTER:
		buf_printf(out, " filter(%.*s)(%.*s)", STR_ARG(step->name), STR_ARG(step->value));
		break;
	}
}

static void print_path(struct buf *out, struct str text)
{
	struct arena memory = {0};
	struct err err = {0};
	struct json_path path;

	if (json_path_parse(text, &path, &memory, &err))
		for (size_t i = 0; i < path.n; i++)
			print_step(out, &path.steps[i]);
	else
		buf_printf(out, " %s", err.text);
	arena_free(&memory);
}

static void test_paths_are_read_as_the_cases_say(void **state)
{
	FILE *f = fopen("fixtures/json/steps.case", "r");
	char buffer[LINE_ROOM];
	int line = 0, cases = 0;

	(void)state;
	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line)); cases++) {
		char *arrow = strstr(p, " =>");
		struct buf got = {0};

		assert_non_null(arrow);
		*arrow = '\0';
		arrow[strcspn(arrow + 1, "\n") + 1] = '\0';
		print_path(&got, json_case_bytes(p));
		if (strcmp(got.p ? got.p : "", arrow + 3) != 0)
			fail_msg("fixtures/json/steps.case:%d:%s, but it is%s", line, got.p,
			         arrow + 3);
		buf_free(&got);
	}
	assert_true(cases > 40);
	(void)fclose(f);
}

static void test_a_path_has_at_most_32_steps_and_4096_bytes(void **state)
{
	char text[JSON_PATH_LENGTH_MAX + 2];
	struct arena memory = {0};
	struct err err = {0};
	struct json_path path;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '.' : 'a';
	assert_true(json_path_parse((struct str){text, 63}, &path, &memory, &err));
	assert_int_equal(path.n, JSON_STEPS_MAX);
	assert_false(json_path_parse((struct str){text, 65}, &path, &memory, &err));
	assert_non_null(strstr(err.text, "more than 32 steps"));
	memset(text, 'a', sizeof(text));
	assert_true(json_path_parse((struct str){text, 4096}, &path, &memory, &err));
	err = (struct err){0};
	assert_false(json_path_parse((struct str){text, 4097}, &path, &memory, &err));
	assert_string_equal(err.text, "a path is longer than 4096 bytes");
	arena_free(&memory);
}

static void test_a_path_may_hold_no_nul(void **state)
{
	struct arena memory = {0};
	struct err err = {0};
	struct json_path path;

	(void)state;
	assert_false(json_path_parse(STR("a\0b"), &path, &memory, &err));
	assert_false(json_path_parse(STR("\"a\0b\""), &path, &memory, &err));
	arena_free(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_are_read_as_the_cases_say),
		cmocka_unit_test(test_a_path_has_at_most_32_steps_and_4096_bytes),
		cmocka_unit_test(test_a_path_may_hold_no_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
