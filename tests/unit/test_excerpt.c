/* What is shown of records: cut, shortened, wrapped, always escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/commands/excerpt.h"

typedef void excerpt_fn(struct buf *out, struct str text, size_t columns, bool utf8);

static void expect(excerpt_fn *fn, struct str text, size_t columns, const char *wanted)
{
	struct buf out = {0};

	fn(&out, text, columns, true);
	assert_string_equal(out.p ? out.p : "", wanted);
	buf_free(&out);
}

static void test_a_text_is_cut_to_its_columns(void **state)
{
	struct buf out = {0};

	(void)state;
	expect(excerpt_text, STR("model=gpt-4o"), 12, "model=gpt-4o");
	expect(excerpt_text, STR("model=gpt-4o"), 11, "model=gpt-…");
	expect(excerpt_text, STR(""), 5, "");
	/* Characters are not cut, and wide ones have two columns. */
	expect(excerpt_text, STR("日本語"), 6, "日本語");
	expect(excerpt_text, STR("日本語"), 5, "日本…");
	/* Nor are escapes, and they count as they are shown. */
	expect(excerpt_text, STR("ab\x1b[31mcd"), 7, "ab\\x1b…");
	expect(excerpt_text, STR("ab\x1b[31mcd"), 6, "ab…");
	excerpt_text(&out, STR("abcdef"), 5, false);
	assert_string_equal(out.p, "abc..");
	buf_free(&out);
}

static void test_strings_of_a_record_are_shortened(void **state)
{
	(void)state;
	expect(excerpt_record, STR("{ \"a\" : \"short\",\n \"b\": [ 1, 2 ] }"), 80,
	       "{\"a\":\"short\",\"b\":[1,2]}");
	expect(excerpt_record, STR("{\"p\":\"a prompt that nobody is to see as a whole\",\"n\":1}"),
	       80, "{\"p\":\"a prompt that nobody is …\",\"n\":1}");
	/* As long as is left is not shortened. */
	expect(excerpt_record, STR("{\"p\":\"123456789012345678901234\"}"), 80,
	       "{\"p\":\"123456789012345678901234\"}");
	expect(excerpt_record, STR("{\"p\":\"1234567890123456789012345\"}"), 80,
	       "{\"p\":\"123456789012345678901234…\"}");
	/* An escape at the cut is left out whole; quotes in a string do not end it. */
	expect(excerpt_record,
	       STR("{\"p\":\"1234567890123456789012\\u00e9 and more\",\"q\":\"\\\"\"}"), 80,
	       "{\"p\":\"1234567890123456789012…\",\"q\":\"\\\"\"}");
	/* What is no JSON keeps its white space. */
	expect(excerpt_record, STR("t=1  msg=\"a message of some length, longer than that\" n=2"),
	       80, "t=1  msg=\"a message of some length…\" n=2");
	expect(excerpt_record, STR("{\"p\":\"not closed, and so the record's end is that of it"),
	       80, "{\"p\":\"not closed, and so the r…\"");
	expect(excerpt_record, STR("{\"a\":1,\"b\":2,\"c\":3}"), 10, "{\"a\":1,\"b…");
}

static void expect_wrapped(const char *text, size_t used, size_t indent, size_t width,
                           const char *wanted)
{
	struct buf out = {0};

	excerpt_wrap(&out, str_of(text), used, indent, width);
	assert_string_equal(out.p, wanted);
	buf_free(&out);
}

static void test_lines_are_broken_at_spaces(void **state)
{
	(void)state;
	expect_wrapped("one two three four", 0, 2, 10, "one two\n  three\n  four\n");
	expect_wrapped("one two", 3, 5, 20, "one two\n");
	expect_wrapped("", 0, 2, 10, "\n");
	/* A word that is too long is broken anywhere, and what is in parentheses stays together. */
	expect_wrapped("abcdefghijklmnop", 0, 2, 10, "abcdefghij\n  klmnop\n");
	expect_wrapped("path (1st of 2)", 0, 0, 12, "path\n(1st of 2)\n");
	expect_wrapped("(all of this is inside)", 0, 0, 12, "(all of this\nis inside)\n");
	/* However narrow it is, there is an end. */
	expect_wrapped("日本語日本語", 100, 100, 10,
	               "日本語日\n"
	               "                                        "
	               "                                        "
	               "                    本語\n");
}

static void test_what_is_no_prose_is_folded_where_it_is_full(void **state)
{
	struct buf out = {0};

	(void)state;
	excerpt_fold(&out, STR("one two three four"), 2, 10);
	assert_string_equal(out.p, "one two \n  three fo\n  ur\n");
	buf_clear(&out);
	excerpt_fold(&out, STR(""), 2, 10);
	assert_string_equal(out.p, "\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_text_is_cut_to_its_columns),
		cmocka_unit_test(test_strings_of_a_record_are_shortened),
		cmocka_unit_test(test_lines_are_broken_at_spaces),
		cmocka_unit_test(test_what_is_no_prose_is_folded_where_it_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
