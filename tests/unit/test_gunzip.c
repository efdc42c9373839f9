#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/stream.h"

static void test_all_members_of_a_gzip_are_read(void **state)
{
	struct buf gzip = {0};
	struct stream_result result;

	(void)state;
	stream_gzip(&gzip, STR("one\ntw")); /* the border lies within a line */
	stream_gzip(&gzip, STR(""));
	stream_gzip(&gzip, STR(""));
	stream_gzip(&gzip, STR("o\nthree\n"));
	result = stream_expect(buf_view(&gzip), AS_FILE, STR("one\ntwo\nthree\n"));
	assert_int_equal(result.end, READ_END);
	for (int i = 0; i < 512; i++)
		buf_char(&gzip, '\0');
	result = stream_expect(buf_view(&gzip), AS_FILE, STR("one\ntwo\nthree\n"));
	assert_int_equal(result.end, READ_END);
	stream_gzip(&gzip, STR("four\n")); /* behind the padding */
	(void)stream_expect(buf_view(&gzip), AS_FILE, STR("one\ntwo\nthree\nfour\n"));
	buf_free(&gzip);
}

static void test_a_gzip_of_very_many_empty_members_ends(void **state)
{
	struct buf gzip = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		stream_gzip(&gzip, STR(""));
	stream_gzip(&gzip, STR("one\n"));
	(void)stream_expect(buf_view(&gzip), AS_FILE, STR("one\n"));
	buf_free(&gzip);
}

static void test_the_last_line_of_a_gzip_needs_no_newline(void **state)
{
	struct buf gzip = {0};
	struct stream_result result;

	(void)state;
	stream_gzip(&gzip, STR("one\ntwo"));
	result = stream_expect(buf_view(&gzip), AS_FILE, STR("one\ntwo"));
	assert_true(result.last);
	assert_int_equal(result.end, READ_END);
	buf_free(&gzip);
}

static void expect_corrupt(struct str bytes, struct str want, const char *reason)
{
	struct reader *r = stream_of(bytes, AS_FILE);
	struct stream_result result = stream_read(r, 0, want);
	struct piece p = {0};

	assert_int_equal(result.bytes.n, want.n);
	assert_int_equal(result.end, READ_CORRUPT);
	assert_non_null(strstr(reader_error(r), reason));
	assert_int_equal(reader_next(r, NULL, &p), READ_CORRUPT); /* and stays so */
	piece_free(&p);
	buf_free(&result.bytes);
	reader_close(&r);
}

static void test_a_gzip_cut_at_any_byte_gives_its_whole_lines(void **state)
{
	struct str plain = STR("one\ntwo\nthree\n");
	struct buf gzip = {0};

	(void)state;
	stream_gzip(&gzip, plain);
	for (size_t n = 2; n < gzip.n; n++) {
		struct reader *r = stream_of((struct str){gzip.p, n}, AS_INPUT);
		struct stream_result result = stream_read(r, 0, plain);

		assert_int_equal(result.end, READ_CORRUPT);
		assert_string_equal(reader_error(r), "truncated gzip");
		if (n + 8 >= gzip.n) /* only checksum and length are missing */
			assert_int_equal(result.bytes.n, plain.n);
		buf_free(&result.bytes);
		reader_close(&r);
	}
	(void)stream_expect((struct str){gzip.p, 1}, AS_FILE, STR("")); /* a plain file as yet */
	(void)stream_expect((struct str){gzip.p, 0}, AS_FILE, STR(""));
	buf_free(&gzip);
}

static void test_a_large_gzip_that_is_cut_gives_all_lines_before(void **state)
{
	struct buf plain = {0}, gzip = {0};
	struct stream_result result;
	struct reader *r;

	(void)state;
	for (uint32_t i = 0, x = 1; plain.n < 2 * PIECE_BYTES; i++, x = x * 1664525 + 1013904223)
		buf_printf(&plain, "%u %u\n", i, x);
	stream_gzip(&gzip, buf_view(&plain));
	r = stream_of((struct str){gzip.p, gzip.n / 2}, AS_FILE);
	result = stream_read(r, 0, buf_view(&plain));
	assert_int_equal(result.end, READ_CORRUPT);
	assert_in_range(result.bytes.n, plain.n * 2 / 5, plain.n * 3 / 5);
	/* Nothing that was there is missing but the unfinished line. */
	assert_in_range(reader_unfinished(r), 0, 17);
	reader_close(&r);
	buf_free(&result.bytes);
	buf_free(&plain);
	buf_free(&gzip);
}

/* The input ends while zlib still holds output, for which a whole piece left no room. */
static void test_a_gzip_cut_behind_a_full_piece_gives_what_was_held_back(void **state)
{
	struct buf plain = {0};

	(void)state;
	while (plain.n < PIECE_BYTES)
		buf_puts(&plain, "a\n");
	for (int i = 0; i < 60; i++) {
		struct buf gzip = {0};

		buf_puts(&plain, "a\na\na\na\na\n");
		stream_gzip(&gzip, buf_view(&plain));
		expect_corrupt((struct str){gzip.p, gzip.n - 8}, buf_view(&plain),
		               "truncated gzip");
		buf_free(&gzip);
	}
	buf_free(&plain);
}

static void test_a_second_member_that_is_cut_keeps_the_first(void **state)
{
	struct buf gzip = {0};
	size_t first;

	(void)state;
	stream_gzip(&gzip, STR("one\ntwo\n"));
	first = gzip.n;
	stream_gzip(&gzip, STR("three\n"));
	for (size_t n = first + 1; n < first + 12; n++)
		expect_corrupt((struct str){gzip.p, n}, STR("one\ntwo\n"), "truncated gzip");
	buf_free(&gzip);
}

static void test_other_bytes_behind_a_gzip_are_reported(void **state)
{
	struct buf gzip = {0};
	size_t n;

	(void)state;
	stream_gzip(&gzip, STR("one\n"));
	n = gzip.n;
	buf_puts(&gzip, "two\n");
	expect_corrupt(buf_view(&gzip), STR("one\n"), "other bytes after the last member");
	gzip.n = n;
	buf_bytes(&gzip, "\0\0x", 3);
	expect_corrupt(buf_view(&gzip), STR("one\n"), "other bytes after the last member");
	gzip.n = n;
	buf_puts(&gzip, "\x1fno gzip follows here");
	expect_corrupt(buf_view(&gzip), STR("one\n"), "incorrect header");
	buf_free(&gzip);
}

/* The second member has bit `bit` flipped. What is in the first is given and right; the damage is
 * seen unless it hit a part of the header that says nothing of the content (time, system, flags of
 * the packer). */
static void check_flip(struct str gzip, size_t byte, int bit)
{
	struct str plain = STR("one\ntwo\nthree three three\nfour\n");
	struct buf copy = {0};
	struct reader *r;
	struct stream_result result;

	buf_str(&copy, gzip);
	copy.p[byte] = (char)(copy.p[byte] ^ (1 << bit));
	r = stream_of(buf_view(&copy), AS_FILE);
	result = stream_read(r, 0, (struct str){NULL, 0});
	assert_true(result.bytes.n >= 8);
	assert_memory_equal(result.bytes.p, plain.p, 8);
	if (result.end == READ_END) {
		assert_int_equal(result.bytes.n, plain.n);
		assert_memory_equal(result.bytes.p, plain.p, plain.n);
	} else {
		assert_int_equal(result.end, READ_CORRUPT);
		assert_non_null(strstr(reader_error(r), "gzip"));
	}
	reader_close(&r);
	buf_free(&result.bytes);
	buf_free(&copy);
}

static void test_a_flipped_bit_never_passes_for_the_content(void **state)
{
	struct buf gzip = {0};
	size_t first;

	(void)state;
	stream_gzip(&gzip, STR("one\ntwo\n"));
	first = gzip.n;
	stream_gzip(&gzip, STR("three three three\nfour\n"));
	for (size_t byte = first; byte < gzip.n; byte++)
		for (int bit = 0; bit < 8; bit++)
			check_flip(buf_view(&gzip), byte, bit);
	gzip.p[first - 8] ^= 1; /* the checksum of the first */
	expect_corrupt(buf_view(&gzip), STR("one\ntwo\n"), "incorrect data check");
	buf_free(&gzip);
}

static void test_long_lines_of_a_gzip(void **state)
{
	struct buf plain = {0}, gzip = {0};
	struct reader *r;
	struct stream_result result;

	(void)state;
	buf_puts(&plain, "before\n");
	for (size_t i = 0; i <= LINE_MAX_BYTES >> 10; i++)
		buf_bytes(&plain, (const char[1024]){0}, 1024);
	buf_puts(&plain, "\n");
	stream_gzip(&gzip, buf_view(&plain));
	stream_gzip(&gzip, (struct str){plain.p + 7, plain.n - 7});
	stream_gzip(&gzip, STR("after\n"));
	stream_gzip(&gzip, (struct str){plain.p + 7, plain.n - 8}); /* no newline */
	r = stream_of(buf_view(&gzip), AS_FILE);
	result = stream_read(r, 0, (struct str){NULL, 0});
	assert_int_equal(result.end, READ_END);
	assert_int_equal(result.bytes.n, 13);
	assert_memory_equal(result.bytes.p, "before\nafter\n", 13);
	assert_int_equal(result.long_lines, 3);
	assert_int_equal(result.mark.offset, 3 * plain.n - 9);
	buf_free(&result.bytes);
	buf_free(&plain);
	buf_free(&gzip);
	reader_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_members_of_a_gzip_are_read),
		cmocka_unit_test(test_a_gzip_of_very_many_empty_members_ends),
		cmocka_unit_test(test_the_last_line_of_a_gzip_needs_no_newline),
		cmocka_unit_test(test_a_gzip_cut_at_any_byte_gives_its_whole_lines),
		cmocka_unit_test(test_a_large_gzip_that_is_cut_gives_all_lines_before),
		cmocka_unit_test(test_a_gzip_cut_behind_a_full_piece_gives_what_was_held_back),
		cmocka_unit_test(test_a_second_member_that_is_cut_keeps_the_first),
		cmocka_unit_test(test_other_bytes_behind_a_gzip_are_reported),
		cmocka_unit_test(test_a_flipped_bit_never_passes_for_the_content),
		cmocka_unit_test(test_long_lines_of_a_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
