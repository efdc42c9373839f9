#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/escape.h"
#include "agent/config/yaml.h"

typedef void escape_fn(struct buf *out, struct str text);

static void expect(escape_fn *escape, struct str text, const char *want)
{
	struct buf out = {0};

	escape(&out, text);
	assert_string_equal(out.p ? out.p : "", want);
	buf_free(&out);
}

#define EXPECT(escape, text, want) expect(escape, STR(text), want)

static void test_a_terminal_sees_no_control_character(void **state)
{
	(void)state;
	EXPECT(escape_terminal, "gpt-4o", "gpt-4o");
	EXPECT(escape_terminal, "\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07");
	EXPECT(escape_terminal, "a\nb\r\tc\x7f", "a\\x0ab\\x0d\\x09c\\x7f");
	EXPECT(escape_terminal, "a\0b", "a\\x00b");
	EXPECT(escape_terminal,
	       "\xc2\x9b"
	       "31m",
	       "\\u{009b}31m");
}

static void test_a_terminal_sees_no_bidirectional_control_and_no_second_line(void **state)
{
	(void)state;
	EXPECT(escape_terminal,
	       "gpt\xe2\x80\xae"
	       "o4",
	       "gpt\\u{202e}o4");
	EXPECT(escape_terminal, "\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}");
	EXPECT(escape_terminal, "\xd8\x9c\xe2\x80\x8e", "\\u{061c}\\u{200e}");
	EXPECT(escape_terminal,
	       "a\xe2\x80\xa8"
	       "b",
	       "a\\u{2028}b");
}

static void test_letters_of_all_scripts_are_left_alone(void **state)
{
	(void)state;
	EXPECT(escape_terminal, "Zürich", "Zürich");
	EXPECT(escape_terminal, "東京 🚀 مرحبا", "東京 🚀 مرحبا");
	EXPECT(escape_terminal, "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}

static void test_bytes_that_are_not_utf8_are_shown_as_bytes(void **state)
{
	(void)state;
	EXPECT(escape_terminal, "\xff", "\\xff");
	EXPECT(escape_terminal,
	       "\x9b"
	       "31m",
	       "\\x9b31m");
	EXPECT(escape_terminal, "\xc0\xaf", "\\xc0\\xaf");                   /* over-long */
	EXPECT(escape_terminal, "\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* over-long */
	EXPECT(escape_terminal, "\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
	EXPECT(escape_terminal, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past the end */
	EXPECT(escape_terminal, "ab\xe6\x9d", "ab\\xe6\\x9d");               /* cut */
	EXPECT(escape_terminal, "\xe6x", "\\xe6x");
}

static void test_json_strings_hold_what_json_allows(void **state)
{
	(void)state;
	EXPECT(escape_json, "", "\"\"");
	EXPECT(escape_json, "a\"b\\c", "\"a\\\"b\\\\c\"");
	EXPECT(escape_json, "\n\r\t\b\f\x01\0", "\"\\n\\r\\t\\b\\f\\u0001\\u0000\"");
	EXPECT(escape_json, "\x7f\xe2\x80\xae", "\"\\u007f\\u202e\"");
	EXPECT(escape_json, "é\xff", "\"é\xef\xbf\xbd\"");
}

static void test_a_spreadsheet_gets_no_formula(void **state)
{
	(void)state;
	EXPECT(escape_csv, "=1+1", "'=1+1");
	EXPECT(escape_csv, "+x", "'+x");
	EXPECT(escape_csv, "-x", "'-x");
	EXPECT(escape_csv, "@SUM(A1)", "'@SUM(A1)");
	EXPECT(escape_csv, "\t=1", "'\\x09=1");
	EXPECT(escape_csv, "\r=1", "'\\x0d=1");
	EXPECT(escape_csv, "=HYPERLINK(\"http://a\",\"b\")",
	       "\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\"");
	EXPECT(escape_csv, "a=b", "a=b");
}

static void test_csv_fields_are_quoted_where_needed(void **state)
{
	(void)state;
	EXPECT(escape_csv, "", "");
	EXPECT(escape_csv, "plain text", "plain text");
	EXPECT(escape_csv, "a,b", "\"a,b\"");
	EXPECT(escape_csv, "a;=b", "\"a;=b\"");
	EXPECT(escape_csv, "say \"hi\"", "\"say \"\"hi\"\"\"");
	EXPECT(escape_csv, " edge", "\" edge\"");
	EXPECT(escape_csv, "a\nb", "a\\x0ab");
}

static void test_a_markdown_cell_stays_a_cell(void **state)
{
	(void)state;
	EXPECT(escape_markdown, "a|b", "a\\|b");
	EXPECT(escape_markdown, "<img src=x>", "\\<img src=x\\>");
	EXPECT(escape_markdown, "[a](b) *c* _d_ `e` &amp;",
	       "\\[a\\](b) \\*c\\* \\_d\\_ \\`e\\` \\&amp;");
	EXPECT(escape_markdown, "\x1b[0m\n", "\\\\x1b\\[0m\\\\x0a");
}

static void escape_yaml_fn(struct buf *out, struct str text)
{
	if (!escape_yaml(out, text))
		buf_puts(out, "(cannot)");
}

static void test_yaml_text_is_quoted_where_it_would_mean_something_else(void **state)
{
	(void)state;
	EXPECT(escape_yaml_fn, "usage.prompt_tokens", "usage.prompt_tokens");
	EXPECT(escape_yaml_fn, "/var/log/*.log*", "/var/log/*.log*");
	EXPECT(escape_yaml_fn, "", "''");
	EXPECT(escape_yaml_fn, "true", "'true'");
	EXPECT(escape_yaml_fn, "No", "'No'");
	EXPECT(escape_yaml_fn, "null", "'null'");
	EXPECT(escape_yaml_fn, "~", "'~'");
	EXPECT(escape_yaml_fn, "12", "'12'");
	EXPECT(escape_yaml_fn, ".5", "'.5'");
	EXPECT(escape_yaml_fn, ".", "'.'");
	EXPECT(escape_yaml_fn, "*", "'*'");
	EXPECT(escape_yaml_fn, "- a", "'- a'");
	EXPECT(escape_yaml_fn, "a: b", "'a: b'");
	EXPECT(escape_yaml_fn, "a #b", "'a #b'");
	EXPECT(escape_yaml_fn, "a,b", "'a,b'");
	EXPECT(escape_yaml_fn, "a[*].b", "'a[*].b'");
	EXPECT(escape_yaml_fn, "it's", "'it''s'");
	EXPECT(escape_yaml_fn, "a\"b\\c", "'a\"b\\c'");
	EXPECT(escape_yaml_fn, "Zürich", "'Zürich'");
	EXPECT(escape_yaml_fn, " a ", "' a '");
}

static void test_yaml_text_that_acts_is_escaped(void **state)
{
	(void)state;
	EXPECT(escape_yaml_fn, "a\nb", "\"a\\x0ab\"");
	EXPECT(escape_yaml_fn, "\x1b[2J\"\\", "\"\\x1b[2J\\\"\\\\\"");
	EXPECT(escape_yaml_fn, "\xe2\x80\xae", "\"\\u202e\"");
	EXPECT(escape_yaml_fn, "\xef\xbb\xbf", "\"\\ufeff\"");
	EXPECT(escape_yaml_fn, "a\xff", "(cannot)");
	EXPECT(escape_yaml_fn, "a\0b", "(cannot)");
	EXPECT(escape_yaml_comment, "a\n- b \xff \xef\xbb\xbf", "a\\x0a- b \\xff \\u{feff}");
}

static void expect_round_trip(struct str text)
{
	struct buf yaml = {0};
	struct err err = {0};
	struct yaml *y;

	buf_puts(&yaml, "{a: ");
	assert_true(escape_yaml(&yaml, text));
	buf_puts(&yaml, ", b: 1}\n");
	y = yaml_parse(buf_view(&yaml), "test", 1 << 16, false, &err);
	if (y == NULL)
		fail_msg("%s: %s", yaml.p, err.text);
	assert_int_equal(yaml_root(y)->n, 2);
	assert_true(str_eq(yaml_root(y)->items[0].text, text));
	assert_int_equal(yaml_root(y)->items[0].type, YAML_SCALAR);
	yaml_close(&y);
	buf_free(&yaml);
}

/* Every pair of signs, so that none means something to YAML beside another. */
static void test_yaml_text_is_read_as_it_was(void **state)
{
	static const char signs[] = " \t\n\r\x01\x7f!\"#$%&'()*+,-./059:;<=>?@AZ[\\]^_`az{|}~";

	(void)state;
	for (const char *a = signs; *a; a++) {
		for (const char *b = signs; *b; b++) {
			char text[] = {*a, *b, 'x', *a, *b};

			expect_round_trip((struct str){text, 1});
			expect_round_trip((struct str){text, 2});
			expect_round_trip((struct str){text, 5});
		}
	}
	expect_round_trip(STR("\xef\xbf\xbe\xef\xbf\xbf\xf4\x8f\xbf\xbf\xc2\x85"));
	expect_round_trip(STR("yes"));
	expect_round_trip(STR("0x1f"));
}

static void test_columns_count_what_a_terminal_draws(void **state)
{
	(void)state;
	assert_int_equal(text_columns(STR("")), 0);
	assert_int_equal(text_columns(STR("gpt-4o")), 6);
	assert_int_equal(text_columns(STR("Zürich")), 6);
	assert_int_equal(text_columns(STR("e\xcc\x81")), 1);
	assert_int_equal(text_columns(STR("東京")), 4);
	assert_int_equal(text_columns(STR("🚀x")), 3);
	assert_int_equal(text_columns(STR("▏▇█…")), 4);
}

static void expect_clean(struct str text, size_t max, const char *want)
{
	struct buf out = {0};

	utf8_clean(&out, text, max);
	assert_string_equal(out.p ? out.p : "", want);
	assert_true(out.n <= max);
	buf_free(&out);
}

static void test_cleaning_keeps_whole_characters_within_the_limit(void **state)
{
	(void)state;
	expect_clean(STR("gpt-4o"), 100, "gpt-4o");
	expect_clean(STR("gpt-4o"), 3, "gpt");
	expect_clean(STR("aé"), 2, "a");
	expect_clean(STR("aé"), 3, "aé");
	expect_clean(STR("a\xff"
	                 "b"),
	             100,
	             "a\xef\xbf\xbd"
	             "b");
	expect_clean(STR("\xff\xff"), 5, "\xef\xbf\xbd");
	expect_clean(STR("x"), 0, "");
}

static void test_plain_is_printable_ascii_only(void **state)
{
	(void)state;
	assert_true(text_is_plain(STR("")));
	assert_true(text_is_plain(STR(" claude-3-5-haiku-20241022~")));
	assert_false(text_is_plain(STR("0123456789abcdef\x7f")));
	assert_false(text_is_plain(STR("\x1f")));
	assert_false(text_is_plain(STR("é")));
	assert_false(text_is_plain(STR("a\0")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_terminal_sees_no_control_character),
		cmocka_unit_test(test_a_terminal_sees_no_bidirectional_control_and_no_second_line),
		cmocka_unit_test(test_letters_of_all_scripts_are_left_alone),
		cmocka_unit_test(test_bytes_that_are_not_utf8_are_shown_as_bytes),
		cmocka_unit_test(test_json_strings_hold_what_json_allows),
		cmocka_unit_test(test_a_spreadsheet_gets_no_formula),
		cmocka_unit_test(test_csv_fields_are_quoted_where_needed),
		cmocka_unit_test(test_a_markdown_cell_stays_a_cell),
		cmocka_unit_test(test_yaml_text_is_quoted_where_it_would_mean_something_else),
		cmocka_unit_test(test_yaml_text_that_acts_is_escaped),
		cmocka_unit_test(test_yaml_text_is_read_as_it_was),
		cmocka_unit_test(test_columns_count_what_a_terminal_draws),
		cmocka_unit_test(test_cleaning_keeps_whole_characters_within_the_limit),
		cmocka_unit_test(test_plain_is_printable_ascii_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
