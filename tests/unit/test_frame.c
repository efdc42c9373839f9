#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"
#include "agent/follow/frame.h"

/* A copy with exactly the slack that is promised, so that the sanitizer sees one byte more. */
static struct str padded(struct str text)
{
	char *p = xmalloc(text.n + SEARCH_SLACK);

	if (text.n)
		memcpy(p, text.p, text.n);
	memset(p + text.n, '\n', SEARCH_SLACK); /* what would count if it were used */
	return (struct str){p, text.n};
}

static void drop(struct str text)
{
	union {
		const char *view;
		char *owned;
	} p = {text.p};

	free(p.owned);
}

struct expected {
	const char *text;
	uint64_t passed;
};

static void check_records(struct str text, const char *literal, const struct expected *e, size_t n,
                          uint64_t rest)
{
	struct str bytes = padded(text), record;
	struct frame f;
	uint64_t passed;

	frame_start(&f, bytes, str_of(literal));
	for (size_t i = 0; i < n; i++) {
		assert_true(frame_next(&f, &record, &passed));
		assert_true(str_eq(record, str_of(e[i].text)));
		assert_int_equal(passed, e[i].passed);
	}
	assert_false(frame_next(&f, &record, &passed));
	assert_int_equal(passed, rest);
	drop(bytes);
}

static void test_each_line_is_a_record(void **state)
{
	static const struct expected e[] = {{"one", 0}, {"two", 0}, {"three", 0}};

	(void)state;
	check_records(STR("one\ntwo\nthree\n"), "", e, 3, 0);
}

static void test_last_line_may_lack_its_newline(void **state)
{
	static const struct expected e[] = {{"one", 0}, {"two", 0}};

	(void)state;
	check_records(STR("one\ntwo"), "", e, 2, 0);
}

static void test_blank_lines_are_no_records(void **state)
{
	static const struct expected e[] = {{"a", 0}, {"\x01", 0}, {"  b", 0}};

	(void)state;
	check_records(STR("\n\r\n \t\v\f\r \n\0\0\n\0 \0\na\n\x01\n  b\n\n \t"), "", e, 3, 0);
	check_records(STR(""), "", NULL, 0, 0);
}

static void test_carriage_return_and_leading_nuls_are_stripped(void **state)
{
	static const struct expected e[] = {{"one", 0}, {"two\r", 0}, {"thr\ree", 0}, {" four", 0}};

	(void)state;
	check_records(STR("one\r\n\0\0\0two\r\r\nthr\ree\n\0 four"), "", e, 4, 0);
}

static void test_records_without_the_literal_are_counted(void **state)
{
	static const struct expected e[] = {{"b call 1", 1}, {"call 2", 0}, {"call 3", 2}};

	(void)state;
	check_records(STR("a\n\n \r\nb call 1\ncall 2\r\nd\n\ne\n\0call 3\nf\ng"), "call", e, 3, 2);
	check_records(STR("a\nb\n\nc"), "call", NULL, 0, 3);
	check_records(STR(""), "call", NULL, 0, 0);
}

static void test_a_line_with_the_literal_twice_is_one_record(void **state)
{
	static const struct expected e[] = {{"xx and xx", 0}, {"xxx", 1}};

	(void)state;
	check_records(STR("xx and xx\nno\nxxx"), "xx", e, 2, 0);
}

static void test_literal_in_stripped_bytes_does_not_count(void **state)
{
	static const struct expected nul[] = {{"b", 0}};

	(void)state;
	check_records(STR("a\r\nb\r\n"), "\r", NULL, 0, 2);
	check_records(STR("a\nb"), "a\nb", NULL, 0, 2);
	check_records(STR("\r\rb\r\n \r\n"), "\rb", &(struct expected){"\r\rb", 0}, 1, 0);
	check_records(STR("\0b\n"), "b", nul, 1, 0);
}

/* Random texts of few kinds of bytes, so that all that is special happens often. */
static struct str random_text(unsigned *seed)
{
	static const char kinds[] = "\n\n \t\r\0\v\fabab";
	size_t n = (size_t)rand_r(seed) % 300;
	char *p = xmalloc(n + SEARCH_SLACK);
	bool long_lines = rand_r(seed) % 2;

	for (size_t i = 0; i < n; i++) {
		p[i] = kinds[(size_t)rand_r(seed) % (sizeof(kinds) - 1)];
		if (long_lines && p[i] == '\n' && rand_r(seed) % 8)
			p[i] = 'a';
		if (rand_r(seed) % 64 == 0)
			p[i] = (char)rand_r(seed);
	}
	memset(p + n, 'a', SEARCH_SLACK);
	return (struct str){p, n};
}

/* Takes all records by both ways: what the literal leaves out are the records without it. */
static void check_against_plain(struct str text, struct str literal)
{
	struct frame plain, picky;
	struct str record, found;
	uint64_t none, passed, records = 0, without = 0, sum = 0;
	bool more;

	frame_start(&plain, text, (struct str){NULL, 0});
	frame_start(&picky, text, literal);
	while (frame_next(&plain, &record, &none)) {
		records++;
		assert_int_equal(none, 0);
		if (str_find(record, literal) == record.n) {
			without++;
			continue;
		}
		assert_true(frame_next(&picky, &found, &passed));
		sum += passed;
		assert_int_equal(sum, without);
		assert_true(found.p == record.p && found.n == record.n);
	}
	more = frame_next(&picky, &found, &passed);
	assert_false(more);
	assert_int_equal(sum + passed, without);
	assert_int_equal(frame_count(text), records);
	assert_int_equal(frame_count_portable(text), records);
}

static void test_random_texts_give_the_same_records_with_any_literal(void **state)
{
	static const char *const literals[] = {"a",  "ab",  "ba", "bab", "abab",
	                                       "\r", "\nb", " a", "\v"};
	unsigned seed = 20260312;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct str text = random_text(&seed);

		check_against_plain(text, str_of(literals[(size_t)i % 9]));
		drop(text);
	}
}

static void test_blank_lines_of_any_length_are_counted_alike(void **state)
{
	char text[400 + SEARCH_SLACK];

	(void)state;
	memset(text, ' ', sizeof(text));
	for (size_t n = 1; n < 300; n++) { /* white, newline, white, newline, one more */
		struct str all = {text, n + 70};

		text[n] = '\n';
		text[n + 64] = '\n';
		assert_int_equal(frame_count(all), 0);
		assert_int_equal(frame_count_portable(all), 0);
		text[n - 1] = 'x';
		assert_int_equal(frame_count(all), 1);
		assert_int_equal(frame_count_portable(all), 1);
		text[n + 65] = 'x';
		assert_int_equal(frame_count(all), 2);
		assert_int_equal(frame_count_portable(all), 2);
		text[n - 1] = text[n] = text[n + 64] = text[n + 65] = ' ';
	}
}

static void test_search_finds_what_memmem_finds(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct str text = random_text(&seed);
		size_t at = text.n ? (size_t)rand_r(&seed) % text.n : 0;
		struct str part = {text.p + at, 1 + (size_t)rand_r(&seed) % 5};
		struct str literal = padded(i % 2 ? part : STR("ab\tabb"));
		struct needle needle = needle_of(literal);
		const char *hit = memmem(text.p, text.n, literal.p, literal.n);

		assert_ptr_equal(search(text, &needle), hit);
		assert_ptr_equal(search_portable(text, &needle), hit);
		drop(literal);
		drop(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_line_is_a_record),
		cmocka_unit_test(test_last_line_may_lack_its_newline),
		cmocka_unit_test(test_blank_lines_are_no_records),
		cmocka_unit_test(test_carriage_return_and_leading_nuls_are_stripped),
		cmocka_unit_test(test_records_without_the_literal_are_counted),
		cmocka_unit_test(test_a_line_with_the_literal_twice_is_one_record),
		cmocka_unit_test(test_literal_in_stripped_bytes_does_not_count),
		cmocka_unit_test(test_random_texts_give_the_same_records_with_any_literal),
		cmocka_unit_test(test_blank_lines_of_any_length_are_counted_alike),
		cmocka_unit_test(test_search_finds_what_memmem_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
