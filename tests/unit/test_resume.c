#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/stream.h"

static int teardown(void **state)
{
	(void)state;
	stream_clean();
	return 0;
}

/* Lines that differ from each other, and with the seed. */
static struct buf some_lines(size_t bytes, const char *seed)
{
	struct buf b = {0};

	for (int i = 0; b.n < bytes; i++)
		buf_printf(&b, "%s line %d of a log that goes on and on\n", seed, i);
	return b;
}

/* Reads a file whole; the mark of its end. */
static struct mark read_whole(const char *path, struct str content)
{
	struct mark m = {0};
	struct reader *r = stream_open(path, &m);
	struct stream_result result = stream_read(r, 0, content);

	buf_free(&result.bytes);
	reader_close(&r);
	return result.mark;
}

/* Resumes at `known` and expects exactly the content behind it. */
static void expect_rest(const char *path, const struct mark *known, struct str content)
{
	struct mark m = {0};
	struct reader *r = stream_open(path, &m);
	struct stream_result result;

	assert_true(reader_resume(r, known));
	result = stream_read(r, known->offset, content);
	assert_int_equal(result.bytes.n, (int64_t)content.n - known->offset);
	buf_free(&result.bytes);
	reader_close(&r);
}

/* Does not resume at `known`, and then gives all of the content. */
static void expect_other(const char *path, const struct mark *known, struct str content)
{
	struct mark m = {0};
	struct reader *r = stream_open(path, &m);
	struct stream_result result;

	assert_false(reader_resume(r, known));
	result = stream_read(r, 0, content);
	assert_int_equal(result.bytes.n, content.n);
	buf_free(&result.bytes);
	reader_close(&r);
}

static void write_gzip(const char *path, struct str content)
{
	struct buf gzip = {0};

	stream_gzip(&gzip, content);
	stream_write(path, buf_view(&gzip));
	buf_free(&gzip);
}

static void check_growth(size_t before, size_t after)
{
	struct buf all = some_lines(after, "a");
	struct str old = {all.p, before};
	const char *path = stream_path("app.log"), *gz = stream_path("app.log.1.gz");
	struct mark known;

	old.n = (size_t)((char *)memchr(all.p + before, '\n', all.n - before) - all.p) + 1;
	stream_write(path, old);
	known = read_whole(path, old);
	assert_int_equal(known.offset, old.n);
	expect_rest(path, &known, old);
	stream_write(path, buf_view(&all));
	expect_rest(path, &known, buf_view(&all));
	write_gzip(gz, old);
	expect_rest(gz, &known, old);
	write_gzip(gz, buf_view(&all));
	expect_rest(gz, &known, buf_view(&all));
	buf_free(&all);
}

static void test_a_file_goes_on_where_it_was_plain_or_as_gzip(void **state)
{
	(void)state;
	check_growth(1, 100);
	check_growth(500, 1500);
	check_growth(1000, 1100);
	check_growth(3000, 9000);
	check_growth(3 * PIECE_BYTES, 4 * PIECE_BYTES);
}

static void test_a_mark_of_nothing_read_fits_every_file(void **state)
{
	const struct mark known = {0};

	(void)state;
	stream_write(stream_path("any"), STR("one\n"));
	expect_rest(stream_path("any"), &known, STR("one\n"));
}

static void test_a_renamed_file_is_known_by_its_content(void **state)
{
	struct buf all = some_lines(5000, "a");
	struct mark known;

	(void)state;
	stream_write(stream_path("now.log"), buf_view(&all));
	known = read_whole(stream_path("now.log"), buf_view(&all));
	assert_int_equal(rename(stream_path("now.log"), stream_path("now.log.1")), 0);
	expect_rest(stream_path("now.log.1"), &known, buf_view(&all));
	buf_free(&all);
}

static void test_other_content_with_the_same_head_is_told_apart(void **state)
{
	struct buf all = some_lines(5000, "a"), other = {0};
	struct mark known;

	(void)state;
	stream_write(stream_path("same"), buf_view(&all));
	known = read_whole(stream_path("same"), buf_view(&all));
	buf_bytes(&other, all.p, all.n);
	other.p[all.n - 20] = '#'; /* far behind the head */
	buf_puts(&other, "and it has grown\n");
	stream_write(stream_path("same"), buf_view(&other));
	expect_other(stream_path("same"), &known, buf_view(&other));
	write_gzip(stream_path("same.gz"), buf_view(&other));
	expect_other(stream_path("same.gz"), &known, buf_view(&other));
	buf_free(&all);
	buf_free(&other);
}

static void test_other_content_with_another_head_is_told_apart(void **state)
{
	struct buf all = some_lines(5000, "a"), other = some_lines(6000, "b");
	struct mark known;

	(void)state;
	stream_write(stream_path("first"), buf_view(&all));
	known = read_whole(stream_path("first"), buf_view(&all));
	stream_write(stream_path("second"), buf_view(&other));
	expect_other(stream_path("second"), &known, buf_view(&other));
	write_gzip(stream_path("second.gz"), buf_view(&other));
	expect_other(stream_path("second.gz"), &known, buf_view(&other));
	/* The same bytes before the offset, but not at the beginning. */
	other.n = 0;
	buf_str(&other, buf_view(&all));
	other.p[3] = '#';
	stream_write(stream_path("second"), buf_view(&other));
	expect_other(stream_path("second"), &known, buf_view(&other));
	buf_free(&all);
	buf_free(&other);
}

static void test_a_file_that_became_shorter_is_other_content(void **state)
{
	struct buf all = some_lines(5000, "a");
	struct str part = {all.p, 4000};
	struct mark known;

	(void)state;
	part.n = (size_t)((char *)memrchr(all.p, '\n', 4000) - all.p) + 1;
	stream_write(stream_path("short"), buf_view(&all));
	known = read_whole(stream_path("short"), buf_view(&all));
	stream_write(stream_path("short"), part);
	expect_other(stream_path("short"), &known, part);
	write_gzip(stream_path("short.gz"), part);
	expect_other(stream_path("short.gz"), &known, part);
	stream_write(stream_path("short"), STR(""));
	expect_other(stream_path("short"), &known, STR(""));
	buf_free(&all);
}

static void test_several_marks_may_be_tried_in_turn(void **state)
{
	struct buf all = some_lines(9000, "a"), other = some_lines(5000, "b");
	struct mark known, wrong, m = {0};
	struct reader *r;

	(void)state;
	stream_write(stream_path("one"), buf_view(&all));
	known = read_whole(stream_path("one"), buf_view(&all));
	stream_write(stream_path("two"), buf_view(&other));
	wrong = read_whole(stream_path("two"), buf_view(&other));
	write_gzip(stream_path("one.gz"), buf_view(&all));
	r = stream_open(stream_path("one.gz"), &m);
	assert_int_equal(reader_head(r).n, MARK_BYTES);
	assert_false(reader_resume(r, &wrong));
	assert_true(reader_resume(r, &known));
	assert_false(reader_resume(r, &wrong));
	assert_true(reader_resume(r, &known));
	reader_close(&r);
	buf_free(&all);
	buf_free(&other);
}

static void test_a_mark_that_contradicts_itself_fits_nothing(void **state)
{
	struct buf all = some_lines(5000, "a");
	struct mark known, m = {0};
	struct reader *r;

	(void)state;
	stream_write(stream_path("marked"), buf_view(&all));
	known = read_whole(stream_path("marked"), buf_view(&all));
	r = stream_open(stream_path("marked"), &m);
	known.head_n = 2000;
	assert_false(reader_resume(r, &known));
	known.head_n = MARK_BYTES;
	known.frontier_n = 10;
	assert_false(reader_resume(r, &known));
	known.frontier_n = MARK_BYTES;
	known.offset = -1;
	assert_false(reader_resume(r, &known));
	known.offset = INT64_MAX;
	assert_false(reader_resume(r, &known));
	reader_close(&r);
	buf_free(&all);
}

static void test_a_last_line_without_newline_that_was_counted_is_resumed_behind(void **state)
{
	struct mark known;

	(void)state;
	write_gzip(stream_path("end.gz"), STR("one\ntwo"));
	known = read_whole(stream_path("end.gz"), STR("one\ntwo"));
	assert_int_equal(known.offset, 7);
	expect_rest(stream_path("end.gz"), &known, STR("one\ntwo"));
}

static void check_head(const char *path, struct str content)
{
	struct mark m = {0};
	struct reader *r = stream_open(path, &m);
	size_t n = content.n < MARK_BYTES ? content.n : MARK_BYTES;
	struct stream_result result;

	assert_true(str_eq(reader_head(r), (struct str){content.p, n}));
	assert_true(str_eq(reader_head(r), (struct str){content.p, n}));
	result = stream_read(r, 0, content);
	assert_int_equal(result.bytes.n, content.n);
	if (content.n)
		assert_true(str_eq(reader_head(r), (struct str){content.p, n}));
	buf_free(&result.bytes);
	reader_close(&r);
}

static void test_the_head_is_seen_without_moving(void **state)
{
	static const size_t sizes[] = {0, 1, 40, 1000, 1100, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf all = some_lines(sizes[i], "h");

		stream_write(stream_path("head"), buf_view(&all));
		check_head(stream_path("head"), buf_view(&all));
		write_gzip(stream_path("head.gz"), buf_view(&all));
		check_head(stream_path("head.gz"), buf_view(&all));
		buf_free(&all);
	}
}

static void test_the_hints_are_those_of_stat(void **state)
{
	const char *path = stream_path("hints");
	struct mark m = {0};
	struct reader *r;
	struct stat st;

	(void)state;
	stream_write(path, STR("one\n"));
	r = stream_open(path, &m);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(m.size, 4);
	assert_int_equal(m.inode, st.st_ino);
	assert_int_equal(m.device, st.st_dev);
	assert_int_equal(m.mtime_ns, st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	assert_int_equal(m.ctime_ns, st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec);
	assert_false(m.gzip);
	reader_close(&r);
	write_gzip(path, STR("one\n")); /* by its content, not its name */
	r = stream_open(path, &m);
	assert_true(m.gzip);
	reader_close(&r);
}

static void test_every_state_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < FILE_STATES; i++)
		assert_non_null(file_state_name((enum file_state)i));
	assert_string_equal(file_state_name(FILE_LEFT_OUT), "left out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_goes_on_where_it_was_plain_or_as_gzip),
		cmocka_unit_test(test_a_mark_of_nothing_read_fits_every_file),
		cmocka_unit_test(test_a_renamed_file_is_known_by_its_content),
		cmocka_unit_test(test_other_content_with_the_same_head_is_told_apart),
		cmocka_unit_test(test_other_content_with_another_head_is_told_apart),
		cmocka_unit_test(test_a_file_that_became_shorter_is_other_content),
		cmocka_unit_test(test_several_marks_may_be_tried_in_turn),
		cmocka_unit_test(test_a_mark_that_contradicts_itself_fits_nothing),
		cmocka_unit_test(
			test_a_last_line_without_newline_that_was_counted_is_resumed_behind),
		cmocka_unit_test(test_the_head_is_seen_without_moving),
		cmocka_unit_test(test_the_hints_are_those_of_stat),
		cmocka_unit_test(test_every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
