#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "agent/config/config.h"

static struct yaml *parse(const char *text, struct err *err)
{
	*err = (struct err){0};
	return yaml_parse(str_of(text), "t.yaml", CONFIG_BYTES_MAX, true, err);
}

static struct yaml *good(const char *text)
{
	struct err err;
	struct yaml *y = parse(text, &err);

	if (y == NULL)
		fail_msg("%s", err.text);
	return y;
}

static void bad(const char *text, const char *message)
{
	struct err err;

	assert_null(parse(text, &err));
	assert_string_equal(err.text, message);
}

static void test_tree_has_types_texts_and_lines(void **state)
{
	struct yaml *y = good("a: 1\nb:\n  - x\n  - 'y'\nc: {d: \"e\", f: }\n");
	const struct yaml_node *root = yaml_root(y);
	const struct yaml_node *b = yaml_get(root, "b");
	const struct yaml_node *c = yaml_get(root, "c");

	(void)state;
	assert_int_equal(root->type, YAML_MAP);
	assert_int_equal(root->n, 3);
	assert_string_equal(root->keys[1].text.p, "b");
	assert_int_equal(root->keys[1].line, 2);
	assert_string_equal(yaml_get(root, "a")->text.p, "1");
	assert_false(yaml_get(root, "a")->quoted);
	assert_int_equal(b->type, YAML_LIST);
	assert_int_equal(b->n, 2);
	assert_string_equal(b->items[0].text.p, "x");
	assert_int_equal(b->items[0].line, 3);
	assert_true(b->items[1].quoted);
	assert_string_equal(yaml_get(c, "d")->text.p, "e");
	assert_int_equal(yaml_get(c, "f")->type, YAML_NULL);
	assert_null(yaml_get(c, "g"));
	assert_null(yaml_get(b, "x"));
	assert_string_equal(yaml_name(y), "t.yaml");
	yaml_close(&y);
	assert_null(y);
	yaml_close(&y);
}

static void test_long_lists_and_maps_are_whole(void **state)
{
	struct buf text = {0};
	struct yaml *y;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "k%d: [%d, [%d]]\n", i, i, i + 1);
	y = good(text.p);
	assert_int_equal(yaml_root(y)->n, 1000);
	for (int i = 0; i < 1000; i++) {
		const struct yaml_node *list = &yaml_root(y)->items[i];
		char expected[16];

		(void)snprintf(expected, sizeof(expected), "k%d", i);
		assert_string_equal(yaml_root(y)->keys[i].text.p, expected);
		assert_string_equal(list->items[0].text.p, expected + 1);
		assert_int_equal(list->items[1].n, 1);
	}
	yaml_close(&y);
	buf_free(&text);
}

static void test_nothing_is_null(void **state)
{
	const char *const texts[] = {"", "# only a comment\n", "~\n", "null", "---\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yaml *y = good(texts[i]);

		assert_int_equal(yaml_root(y)->type, YAML_NULL);
		yaml_close(&y);
	}
}

static void test_a_quoted_null_is_text(void **state)
{
	struct yaml *y = good("a: 'null'\nb: ''\n");

	(void)state;
	assert_int_equal(yaml_get(yaml_root(y), "a")->type, YAML_SCALAR);
	assert_int_equal(yaml_get(yaml_root(y), "b")->type, YAML_SCALAR);
	assert_int_equal(yaml_get(yaml_root(y), "b")->text.n, 0);
	yaml_close(&y);
}

static void test_environment_is_put_into_values_and_regexes_stay(void **state)
{
	struct yaml *y;
	const struct yaml_node *root;

	(void)state;
	assert_int_equal(setenv("TOKENTAIL_TEST_NAME", "ada", 1), 0);
	assert_int_equal(unsetenv("TOKENTAIL_TEST_UNSET"), 0);
	y = good("a: /home/${TOKENTAIL_TEST_NAME}/x-${TOKENTAIL_TEST_NAME}\n"
	         "b: '^a${2}$|${|${ x}|$TOKENTAIL_TEST_NAME$'\n");
	root = yaml_root(y);
	assert_string_equal(yaml_get(root, "a")->text.p, "/home/ada/x-ada");
	assert_string_equal(yaml_get(root, "b")->text.p, "^a${2}$|${|${ x}|$TOKENTAIL_TEST_NAME$");
	yaml_close(&y);
	bad("a: 1\nb: ${TOKENTAIL_TEST_UNSET}\n",
	    "t.yaml:2: ${TOKENTAIL_TEST_UNSET} is not set in the environment");
}

static void test_environment_is_left_alone_when_not_wanted(void **state)
{
	struct err err = {0};
	struct yaml *y = yaml_parse(STR("a: ${TOKENTAIL_TEST_UNSET}"), "t.yaml", 100, false, &err);

	(void)state;
	assert_non_null(y);
	assert_string_equal(yaml_get(yaml_root(y), "a")->text.p, "${TOKENTAIL_TEST_UNSET}");
	yaml_close(&y);
}

static void test_limits_are_named(void **state)
{
	struct err err = {0};
	struct buf text = {0};

	(void)state;
	assert_null(yaml_parse(STR("a: b"), "t.yaml", 3, true, &err));
	assert_string_equal(err.text, "t.yaml: larger than 3 bytes");

	buf_puts(&text, "a: ");
	for (int i = 0; i <= CONFIG_STRING_MAX; i++)
		buf_char(&text, 'x');
	bad(text.p, "t.yaml:1: a value of more than 4096 bytes");

	buf_clear(&text);
	for (int i = 0; i <= CONFIG_MAP_MAX; i++)
		buf_printf(&text, "k%d: v\n", i);
	bad(text.p, "t.yaml:4097: more than 4096 entries");

	buf_clear(&text);
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '[');
	bad(text.p, "t.yaml:1: nested more than 16 deep");
	buf_free(&text);
}

static void test_what_makes_small_files_large_is_refused(void **state)
{
	(void)state;
	bad("a: &x 1\n", "t.yaml:1: anchors and tags are not used here");
	bad("a: &x [1]\n", "t.yaml:1: anchors and tags are not used here");
	bad("a: *x\n", "t.yaml:1: aliases (*name) are not used here");
	bad("a: !!int 1\n", "t.yaml:1: anchors and tags are not used here");
	bad("a: 1\n---\nb: 1\n", "t.yaml:2: a second YAML document");
	bad("? [a]\n: 1\n", "t.yaml:1: a key must be plain text, not a list or map");
}

static void test_a_nul_in_a_value_is_refused(void **state)
{
	(void)state;
	bad("a: \"b\\0c\"\n", "t.yaml:1: a value with a NUL in it");
}

static void test_a_key_given_twice_is_an_error_at_the_second_one(void **state)
{
	(void)state;
	bad("a: 1\nb: 2\na: 3\n", "t.yaml:3: a: given twice, first in line 1");
	bad("x:\n  b: 2\n  'b': 3\n", "t.yaml:3: b: given twice, first in line 2");
}

static void test_broken_text_names_its_line(void **state)
{
	(void)state;
	bad("a: [1\nb: 2\n", "t.yaml:2: not YAML: did not find expected ',' or ']'");
	bad("a: 1\nb: %x\n", "t.yaml:2: not YAML: found character that cannot start any token");
	bad("a: 1\nb: \xff\n", "t.yaml:1: not YAML: invalid leading UTF-8 octet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_has_types_texts_and_lines),
		cmocka_unit_test(test_long_lists_and_maps_are_whole),
		cmocka_unit_test(test_nothing_is_null),
		cmocka_unit_test(test_a_quoted_null_is_text),
		cmocka_unit_test(test_environment_is_put_into_values_and_regexes_stay),
		cmocka_unit_test(test_environment_is_left_alone_when_not_wanted),
		cmocka_unit_test(test_limits_are_named),
		cmocka_unit_test(test_what_makes_small_files_large_is_refused),
		cmocka_unit_test(test_a_nul_in_a_value_is_refused),
		cmocka_unit_test(test_a_key_given_twice_is_an_error_at_the_second_one),
		cmocka_unit_test(test_broken_text_names_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
