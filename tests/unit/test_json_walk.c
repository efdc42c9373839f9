/* What `each` walks over stands in fixtures/json/walk.case; here are its driver and its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "parsers/json.h"
#include "tests/unit/json_case.h"

enum { LINE_ROOM = 1024, LEFT_NONE = -1 };

struct seen {
	struct buf lines;
	int left; /* elements until the walk is to stop, or LEFT_NONE */
};

static bool see(void *arg, const struct json_element *element)
{
	struct seen *seen = arg;

	buf_str(&seen->lines, element->name);
	buf_puts(&seen->lines, " = ");
	buf_str(&seen->lines, element->text);
	buf_char(&seen->lines, '\n');
	return seen->left == LEFT_NONE || --seen->left > 0;
}

static bool walk(struct str path, struct str record, struct seen *seen, struct fault *fault)
{
	struct err err = {0};
	struct arena scratch = {0};
	struct json_walk *w = json_walk_new(path, &err);
	bool ok;

	assert_string_equal(err.text, "");
	ok = json_walk(w, record, &scratch, see, seen, fault);
	json_walk_free(&w);
	arena_free(&scratch);
	return ok;
}

struct walk_case {
	char record[LINE_ROOM], path[LINE_ROOM];
	struct str text, each;
	struct buf wanted;
	int line;
};

static void check_case(struct walk_case *c)
{
	struct seen seen = {.left = LEFT_NONE};
	struct fault fault = {0};

	for (size_t i = 0; i < sizeof(json_case_fills) && c->line; i++) {
		struct str record = json_case_record(c->text, json_case_fills[i]);

		if (!walk(c->each, record, &seen, &fault))
			fail_msg("fixtures/json/walk.case:%d: %s @%zu", c->line, fault.what,
			         fault.at);
		if (!str_eq(buf_view(&seen.lines), buf_view(&c->wanted)))
			fail_msg("fixtures/json/walk.case:%d: it is\n%s", c->line,
			         seen.lines.p ? seen.lines.p : "nothing");
		buf_clear(&seen.lines);
		json_case_free(record);
	}
	buf_clear(&c->wanted);
	buf_free(&seen.lines);
	c->line = 0;
}

static void take_line(struct walk_case *c, char *p, int line)
{
	if (p[0] == '>') {
		check_case(c);
		memcpy(c->record, p, strlen(p) + 1);
		c->text = json_case_bytes(c->record + 2);
	} else if (strncmp(p, "each", 4) == 0) {
		check_case(c);
		memcpy(c->path, p, strlen(p) + 1);
		c->each = json_case_bytes(c->path + (p[4] == ' ' ? 5 : 4));
		c->line = line;
	} else {
		buf_str(&c->wanted, json_case_bytes(p));
		buf_char(&c->wanted, '\n');
	}
}

static int run_cases(void)
{
	static struct walk_case c;
	FILE *f = fopen("fixtures/json/walk.case", "r");
	char buffer[LINE_ROOM];
	int line = 0, walks = 0;

	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line));) {
		walks += strncmp(p, "each", 4) == 0;
		take_line(&c, p, line);
	}
	check_case(&c);
	buf_free(&c.wanted);
	(void)fclose(f);
	return walks;
}

static void test_walks_see_what_the_cases_say(void **state)
{
	(void)state;
	if (json_use_kernel(JSON_PORTABLE))
		assert_true(run_cases() > 25);
	if (json_use_kernel(JSON_SIMD))
		assert_true(run_cases() > 25);
}

static void test_a_walk_stops_when_it_is_told_to(void **state)
{
	struct str record =
		json_case_record(STR("{\"a\":[[1,2],[3,4]],\"m\":{\"x\":1,\"y\":2}}"), '\0');
	struct seen seen = {.left = 3};
	struct fault fault;

	(void)state;
	assert_true(walk(STR("a[*][*]"), record, &seen, &fault));
	assert_string_equal(seen.lines.p, " = 1\n = 2\n = 3\n");
	buf_clear(&seen.lines);
	seen.left = 1;
	assert_true(walk(STR("m.*"), record, &seen, &fault));
	assert_string_equal(seen.lines.p, "x = 1\n");
	buf_free(&seen.lines);
	json_case_free(record);
}

static void test_a_broken_record_has_no_element(void **state)
{
	struct str record = json_case_record(STR("{\"a\":[1,2],\"b\":[1 2]}"), '\0');
	struct seen seen = {.left = LEFT_NONE};
	struct fault fault = {0};

	(void)state;
	assert_false(walk(STR("a[*]"), record, &seen, &fault));
	assert_int_equal(seen.lines.n, 0);
	assert_string_equal(fault.what, "expected a comma or a closing bracket");
	assert_int_equal(fault.at, 18);
	json_case_free(record);
}

static bool scan_element(void *arg, const struct json_element *element)
{
	struct seen *seen = arg;
	struct str whole = STR("");
	struct arena scratch = {0};
	struct json_paths *p = json_paths_new(&whole, 1, NULL);
	struct fault fault;
	struct value v;

	assert_int_equal(element->name.n, 0);
	assert_true(json_scan(p, element->text, &v, &scratch, &fault));
	buf_str(&seen->lines, v.text);
	buf_char(&seen->lines, ';');
	json_paths_free(&p);
	arena_free(&scratch);
	return true;
}

static void test_an_element_can_be_scanned_as_a_record(void **state)
{
	struct str record = json_case_record(STR("[-12,345, true,\"x\",[6]]"), '9');
	struct json_walk *w = json_walk_new(STR("[*]"), NULL);
	struct arena scratch = {0};
	struct seen seen = {0};
	struct fault fault;

	(void)state;
	assert_true(json_walk(w, record, &scratch, scan_element, &seen, &fault));
	assert_string_equal(seen.lines.p, "-12;345;true;x;[6];");
	buf_free(&seen.lines);
	json_walk_free(&w);
	json_case_free(record);
	arena_free(&scratch);
}

static bool see_outer(void *arg, const struct json_element *element)
{
	struct seen *seen = arg;

	for (int i = 0; i < seen->left; i++)
		buf_printf(&seen->lines, "%.*s|", STR_ARG(element->outer[i]));
	buf_printf(&seen->lines, "%.*s;", STR_ARG(element->text));
	return true;
}

static void outer(const char *path, const char *record, int depth, const char *wanted)
{
	struct str text = json_case_record(str_of(record), '9');
	struct json_walk *w = json_walk_new(str_of(path), NULL);
	struct arena scratch = {0};
	struct seen seen = {.left = depth};
	struct fault fault;

	assert_int_equal(json_walk_depth(w), depth);
	assert_true(json_walk(w, text, &scratch, see_outer, &seen, &fault));
	assert_string_equal(seen.lines.p, wanted);
	buf_free(&seen.lines);
	json_walk_free(&w);
	json_case_free(text);
	arena_free(&scratch);
}

static void test_an_element_knows_those_around_it(void **state)
{
	(void)state;
	outer("[*]", "[1,2]", 0, "1;2;");
	outer("a.b", "{\"a\":{\"b\":7}}", 0, "7;");
	outer("[*].x", "[{\"x\":1},{\"y\":0},{\"x\":2}]", 1, "{\"x\":1}|1;{\"x\":2}|2;");
	outer("r[*].s[*].p[*]",
	      "{\"r\":[{\"n\":1,\"s\":[{\"p\":[5,6]},{\"p\":[7]}]},{\"s\":[{\"p\":[8]}]}]}", 2,
	      "{\"p\":[5,6]}|{\"n\":1,\"s\":[{\"p\":[5,6]},{\"p\":[7]}]}|5;"
	      "{\"p\":[5,6]}|{\"n\":1,\"s\":[{\"p\":[5,6]},{\"p\":[7]}]}|6;"
	      "{\"p\":[7]}|{\"n\":1,\"s\":[{\"p\":[5,6]},{\"p\":[7]}]}|7;"
	      "{\"p\":[8]}|{\"s\":[{\"p\":[8]}]}|8;");
}

static void test_a_path_that_is_none_makes_no_walk(void **state)
{
	struct err err = {0};

	(void)state;
	assert_null(json_walk_new(STR("a..b"), &err));
	assert_string_equal(err.text, "path \"a..b\": character 3: expected a name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks_see_what_the_cases_say),
		cmocka_unit_test(test_a_walk_stops_when_it_is_told_to),
		cmocka_unit_test(test_a_broken_record_has_no_element),
		cmocka_unit_test(test_an_element_can_be_scanned_as_a_record),
		cmocka_unit_test(test_an_element_knows_those_around_it),
		cmocka_unit_test(test_a_path_that_is_none_makes_no_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
