/* Values and formats: what holds whatever a record is written in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/characters.h"
#include "parsers/format.h"
#include "parsers/json_string.h"

static bool present(enum value_type type, const char *text)
{
	return value_present(&(struct value){.type = type, .text = str_of(text)});
}

static void test_nothing_and_the_words_for_it_are_no_value(void **state)
{
	(void)state;
	assert_false(present(VALUE_ABSENT, ""));
	assert_false(present(VALUE_NULL, "null"));
	assert_false(present(VALUE_STRING, ""));
	assert_false(present(VALUE_STRING, "-"));
	assert_false(present(VALUE_STRING, "None"));
	assert_false(present(VALUE_STRING, "NONE"));
	assert_false(present(VALUE_STRING, "null"));
	assert_false(present(VALUE_STRING, "Null"));
	assert_true(present(VALUE_STRING, "nil"));
	assert_true(present(VALUE_STRING, "--"));
	assert_true(present(VALUE_STRING, " "));
	assert_true(present(VALUE_NUMBER, "0"));
	assert_true(present(VALUE_BOOL, "false"));
	assert_true(present(VALUE_OBJECT, "{}"));
	assert_true(present(VALUE_ARRAY, "[]"));
}

static void expect_text(struct str raw, struct str want)
{
	struct value v = {.type = VALUE_STRING, .text = raw, .escaped = true};
	struct arena scratch = {0};
	struct str got = value_text(&v, &scratch);

	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	arena_free(&scratch);
}

static void test_escapes_are_undone(void **state)
{
	(void)state;
	expect_text(STR("\\\"\\\\\\/\\b\\f\\n\\r\\t"), STR("\"\\/\b\f\n\r\t"));
	expect_text(STR("a\\u0000b"), STR("a\0b"));
	expect_text(STR("\\u007f\\u0080\\u07ff\\u0800\\uffff"),
	            STR("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"));
	expect_text(STR("\\ud800\\udc00\\uDBFF\\uDFFF"), STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
	expect_text(STR("plain \\n tail"), STR("plain \n tail"));
}

static void test_half_a_surrogate_pair_is_replaced_and_what_follows_stays(void **state)
{
	(void)state;
	expect_text(STR("\\ud83d"), STR("\xef\xbf\xbd"));
	expect_text(STR("\\ude00x"), STR("\xef\xbf\xbdx"));
	expect_text(STR("\\ud83d\\n"), STR("\xef\xbf\xbd\n"));
	expect_text(STR("\\ud83d\\u0041"), STR("\xef\xbf\xbd\x41"));
	expect_text(STR("\\ud83d\\ud83d\\ude00"), STR("\xef\xbf\xbd\xf0\x9f\x98\x80"));
}

/* Text is copied by words of eight bytes: escapes at every place in them, and at the end. */
static void test_escapes_are_undone_wherever_they_stand(void **state)
{
	char raw[32], want[32];

	(void)state;
	for (size_t before = 0; before < 18; before++)
		for (size_t behind = 0; behind < 10; behind++) {
			size_t n = before + behind;

			memset(raw, 'x', sizeof(raw));
			memset(want, 'x', sizeof(want));
			raw[before] = '\\';
			raw[before + 1] = 'n';
			want[before] = '\n';
			expect_text((struct str){raw, n + 2}, (struct str){want, n + 1});
		}
}

static void test_what_is_no_escape_stays_as_it_is(void **state)
{
	(void)state;
	expect_text(STR("a\\xb\\u12\\u12g4\\"), STR("a\\xb\\u12\\u12g4\\"));
	expect_text(STR("\\ud83d\\u12"), STR("\xef\xbf\xbd\\u12"));
}

static void test_text_without_escapes_is_not_copied(void **state)
{
	struct value v = {.type = VALUE_STRING, .text = STR("a\\n")};
	struct arena scratch = {0};

	(void)state;
	assert_ptr_equal(value_text(&v, &scratch).p, v.text.p);
	assert_int_equal(scratch.total, 0);
}

static void test_formats_have_names(void **state)
{
	(void)state;
	assert_ptr_equal(format_find(STR("json")), &format_json);
	assert_ptr_equal(format_find(STR("logfmt")), &format_logfmt);
	assert_ptr_equal(format_find(STR("text")), &format_text);
	assert_null(format_find(STR("JSON")));
	assert_null(format_find(STR("jso")));
	assert_null(format_find(STR("")));
}

static void test_json_as_a_format_finds_paths(void **state)
{
	static const char text[RECORD_PAD + 16] = "{\"a\":{\"b\":7}}";
	struct str paths[] = {STR("a.c"), STR("a.b")}, bad = STR("a..b");
	struct err err = {0};
	struct arena scratch = {0};
	struct fault fault;
	struct value slots[2];
	struct paths *p = format_json.compile(paths, 2, &err);

	(void)state;
	assert_true(format_json.parse(p, str_of(text), slots, &scratch, &fault));
	assert_int_equal(slots[0].type, VALUE_ABSENT);
	assert_true(str_eq(slots[1].text, STR("7")));
	assert_false(format_json.parse(p, (struct str){text, 5}, slots, &scratch, &fault));
	assert_int_equal(fault.at, 5);
	format_json.free(&p);
	assert_null(p);
	assert_null(format_json.compile(&bad, 1, &err));
	assert_string_equal(err.text, "path \"a..b\": character 3: expected a name");
	arena_free(&scratch);
}

static void test_text_as_a_format_leaves_all_to_the_patterns(void **state)
{
	struct str paths[] = {STR("group"), STR("..")};
	struct value slots[2] = {{.type = VALUE_NUMBER}, {.type = VALUE_STRING}};
	struct paths *p = format_text.compile(paths, 2, NULL);

	(void)state;
	assert_true(format_text.parse(p, STR("any"), slots, NULL, NULL));
	assert_int_equal(slots[0].type, VALUE_ABSENT);
	assert_int_equal(slots[1].type, VALUE_ABSENT);
	format_text.free(&p);
	assert_null(p);
}

static void expect_length(enum value_type type, const char *text, int64_t want)
{
	struct value v = {.type = type,
	                  .text = str_of(text),
	                  .escaped = type == VALUE_STRING && strchr(text, '\\')};

	assert_int_equal(value_characters(&v), want);
}

static void test_the_length_of_a_text_is_in_characters(void **state)
{
	struct value logfmt = {.type = VALUE_STRING, .text = STR("C:\\new")};

	(void)state;
	expect_length(VALUE_STRING, "", 0);
	expect_length(VALUE_STRING, "four", 4);
	expect_length(VALUE_STRING, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 3);
	expect_length(VALUE_STRING, "a\\n\\\"\\\\b", 5);
	expect_length(VALUE_STRING, "\\u00e4\\uD83D\\uDE00x", 3);
	expect_length(VALUE_STRING, "\\", 1);
	expect_length(VALUE_STRING, "\\u00", 1);
	expect_length(VALUE_STRING, "\\ud", 1);
	assert_int_equal(value_characters(&logfmt), 6); /* no JSON: a backslash is one */
	expect_length(VALUE_NULL, "null", 0);
	expect_length(VALUE_BOOL, "true", 0);
	expect_length(VALUE_NUMBER, "1234", 0);
}

static void test_of_objects_and_arrays_the_texts_count_and_not_the_names(void **state)
{
	(void)state;
	expect_length(VALUE_ARRAY, "[]", 0);
	expect_length(VALUE_ARRAY, "[\"ab\", 17, null, {\"name\" : \"c\\\"d\"}]", 5);
	expect_length(VALUE_OBJECT,
	              "{\"role\":\"user\",\"content\":\"hello\",\"n\":{\"x\":[\"y\"]}}", 4 + 5 + 1);
	expect_length(VALUE_ARRAY, "[\"never closed", 12);
	expect_length(VALUE_ARRAY, "[\"ends in \\", 9);
}

static void test_pictures_in_a_text_are_no_text(void **state)
{
	char picture[CHARACTERS_ENCODED + 16];
	struct value v = {.type = VALUE_ARRAY};

	(void)state;
	memset(picture, 'A', sizeof(picture));
	memcpy(picture, "[\"", 2);
	memcpy(picture + 2 + CHARACTERS_ENCODED, "\",\"abc\"]", 8);
	v.text = (struct str){picture, 2 + CHARACTERS_ENCODED + 8};
	assert_int_equal(value_characters(&v), 3);
	picture[100] = ' '; /* a long text */
	assert_int_equal(value_characters(&v), CHARACTERS_ENCODED + 3);
	memcpy(picture + 1 + CHARACTERS_ENCODED, "\",\"abc\"]", 8);
	picture[100] = 'A'; /* too short to be told from a word */
	v.text.n--;
	assert_int_equal(value_characters(&v), CHARACTERS_ENCODED - 1 + 3);
	expect_length(VALUE_OBJECT, "{\"url\":\"data:image/png;base64,iVBOR\",\"t\":\"hi\"}", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_and_the_words_for_it_are_no_value),
		cmocka_unit_test(test_escapes_are_undone),
		cmocka_unit_test(test_half_a_surrogate_pair_is_replaced_and_what_follows_stays),
		cmocka_unit_test(test_escapes_are_undone_wherever_they_stand),
		cmocka_unit_test(test_what_is_no_escape_stays_as_it_is),
		cmocka_unit_test(test_text_without_escapes_is_not_copied),
		cmocka_unit_test(test_formats_have_names),
		cmocka_unit_test(test_json_as_a_format_finds_paths),
		cmocka_unit_test(test_text_as_a_format_leaves_all_to_the_patterns),
		cmocka_unit_test(test_the_length_of_a_text_is_in_characters),
		cmocka_unit_test(test_of_objects_and_arrays_the_texts_count_and_not_the_names),
		cmocka_unit_test(test_pictures_in_a_text_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
