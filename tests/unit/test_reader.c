#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/stream.h"

static int teardown(void **state)
{
	(void)state;
	stream_clean();
	return 0;
}

static void test_a_file_is_given_up_to_its_last_newline(void **state)
{
	struct stream_result result;

	(void)state;
	result = stream_expect(STR("one\ntwo\nthr"), AS_FILE, STR("one\ntwo\n"));
	assert_int_equal(result.end, READ_END);
	assert_false(result.last);
	(void)stream_expect(STR(""), AS_FILE, STR(""));
	(void)stream_expect(STR("x"), AS_FILE, STR(""));
	(void)stream_expect(STR("\n"), AS_FILE, STR("\n"));
	(void)stream_expect(STR("\n\n\nx"), AS_FILE, STR("\n\n\n"));
	(void)stream_expect(STR("\0\0\n\0"), AS_FILE, STR("\0\0\n"));
}

static void test_the_last_line_of_what_is_finished_needs_no_newline(void **state)
{
	struct stream_result result;

	(void)state;
	result = stream_expect(STR("one\ntwo\nthr"), AS_INPUT, STR("one\ntwo\nthr"));
	assert_true(result.last);
	result = stream_expect(STR("one\ntwo\n"), AS_INPUT, STR("one\ntwo\n"));
	assert_false(result.last);
	(void)stream_expect(STR("x"), AS_INPUT, STR("x"));
	(void)stream_expect(STR(""), AS_INPUT, STR(""));
}

static void test_an_unfinished_line_is_given_when_its_newline_comes(void **state)
{
	int fd = memfd_create("growing", MFD_CLOEXEC), writer = dup(fd);
	struct reader *r;
	struct piece p = {0};

	(void)state;
	assert_int_equal(pwrite(fd, "one\ntw", 6, 0), 6);
	r = reader_from_fd(fd, "the test", AS_FILE);
	assert_int_equal(reader_next(r, NULL, &p), READ_PIECE);
	assert_int_equal(p.n, 4);
	assert_int_equal(reader_next(r, NULL, &p), READ_END);
	assert_int_equal(reader_unfinished(r), 2);
	assert_int_equal(pwrite(writer, "o", 1, 6), 1);
	assert_int_equal(reader_next(r, NULL, &p), READ_END);
	assert_int_equal(reader_unfinished(r), 3);
	assert_int_equal(pwrite(writer, "\nthree\n", 7, 7), 7);
	assert_int_equal(reader_next(r, NULL, &p), READ_PIECE);
	assert_int_equal(p.n, 10);
	assert_memory_equal(p.p, "two\nthree\n", 10);
	assert_int_equal(p.offset, 4);
	assert_int_equal(reader_next(r, NULL, &p), READ_END);
	assert_int_equal(reader_unfinished(r), 0);
	assert_int_equal(reader_consumed(r), 14);
	piece_free(&p);
	reader_close(&r);
	(void)close(writer);
}

static void test_a_pipe_is_read_as_it_comes(void **state)
{
	int ends[2];
	struct reader *r;
	struct piece p = {0};

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "one\ntwo", 7), 7);
	r = reader_from_fd(ends[0], "standard input", AS_INPUT);
	assert_int_equal(reader_next(r, NULL, &p), READ_PIECE);
	assert_int_equal(p.n, 4);
	(void)close(ends[1]);
	assert_int_equal(reader_next(r, NULL, &p), READ_PIECE);
	assert_memory_equal(p.p, "two", 3);
	assert_true(p.last);
	assert_int_equal(reader_next(r, NULL, &p), READ_END);
	piece_free(&p);
	reader_close(&r);
}

/* Filler, a line end whose newline is byte `at`, and one more line. */
static struct buf line_that_ends_at(size_t at, struct str end)
{
	struct buf b = {0};

	while (b.n + end.n <= at)
		buf_char(&b, (char)('a' + b.n % 26));
	buf_str(&b, end);
	buf_puts(&b, "the next line\n");
	return b;
}

static void check_edge(size_t at, struct str end)
{
	struct buf plain = line_that_ends_at(at, end), gzip = {0};

	assert_int_equal(plain.p[at], '\n');
	(void)stream_expect(buf_view(&plain), AS_FILE, buf_view(&plain));
	stream_gzip(&gzip, buf_view(&plain));
	(void)stream_expect(buf_view(&gzip), AS_FILE, buf_view(&plain));
	buf_free(&plain);
	buf_free(&gzip);
}

static void test_newlines_at_the_edges_of_all_powers_of_two(void **state)
{
	static const struct str ends[] = {{"\n", 1}, {"\r\n", 2}, {"\xe2\x82\xac\n", 4}};

	(void)state;
	for (size_t power = 512; power <= 2 * PIECE_BYTES; power *= 2)
		for (size_t at = power - 2; at <= power + 1; at++)
			for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
				check_edge(at, ends[i]);
}

static void test_lines_of_all_lengths_over_many_pieces(void **state)
{
	struct buf plain = {0}, gzip = {0};
	struct stream_result result;

	(void)state;
	for (size_t i = 0; plain.n < 5 * PIECE_BYTES; i++)
		buf_printf(&plain, "%zu %*s\n", i, (int)(i * 7919 % 3000), "");
	result = stream_expect(buf_view(&plain), AS_FILE, buf_view(&plain));
	assert_in_range(result.pieces, 5, 8);
	stream_gzip(&gzip, buf_view(&plain));
	result = stream_expect(buf_view(&gzip), AS_FILE, buf_view(&plain));
	assert_in_range(result.pieces, 5, 8);
	buf_free(&plain);
	buf_free(&gzip);
}

/* A sparse file: a line of `n` NULs between two short ones. */
static int file_with_long_line(int64_t n)
{
	int fd = memfd_create("long", MFD_CLOEXEC);

	assert_int_equal(pwrite(fd, "before\n", 7, 0), 7);
	assert_int_equal(pwrite(fd, "\nafter\n", 7, 7 + n), 7);
	return fd;
}

static void check_long_line(int64_t n, bool is_long)
{
	struct reader *r = reader_from_fd(file_with_long_line(n), "the test", AS_FILE);
	struct piece p = {0};
	int64_t given = 0;
	uint64_t long_lines = 0;

	while (reader_next(r, NULL, &p) == READ_PIECE) {
		assert_true(p.capacity <= LINE_MAX_BYTES + PIECE_BYTES + PIECE_PAD);
		given += (int64_t)p.n;
		long_lines += p.long_lines;
	}
	assert_int_equal(long_lines, is_long);
	assert_int_equal(given, is_long ? 13 : n + 14);
	assert_true(p.capacity < LINE_MAX_BYTES / 8); /* given back */
	piece_free(&p);
	reader_close(&r);
}

static void test_a_line_of_70_mib_is_passed_over_and_its_neighbours_are_not(void **state)
{
	struct reader *r = reader_from_fd(file_with_long_line(70 << 20), "the test", AS_FILE);
	struct stream_result result = stream_read(r, 0, (struct str){NULL, 0});

	(void)state;
	assert_int_equal(result.bytes.n, 13);
	assert_memory_equal(result.bytes.p, "before\nafter\n", 13);
	assert_int_equal(result.long_lines, 1);
	assert_int_equal(result.mark.offset, (70 << 20) + 14);
	buf_free(&result.bytes);
	reader_close(&r);
	check_long_line(LINE_MAX_BYTES, false);
	check_long_line(LINE_MAX_BYTES + 1, true);
}

static void test_a_long_line_that_is_not_finished_waits(void **state)
{
	int fd = file_with_long_line(70 << 20), writer = dup(fd);
	struct reader *r;
	struct piece p = {0};

	(void)state;
	assert_int_equal(ftruncate(fd, 7 + (70 << 20)), 0);
	r = reader_from_fd(fd, "the test", AS_FILE);
	assert_int_equal(reader_next(r, NULL, &p), READ_PIECE);
	assert_int_equal(p.end, 7);
	assert_int_equal(reader_next(r, NULL, &p), READ_END);
	assert_int_equal(reader_unfinished(r), 70 << 20);
	assert_int_equal(pwrite(writer, "x\ny\nz", 5, 7 + (70 << 20)), 5);
	assert_int_equal(reader_next(r, NULL, &p), READ_PIECE);
	assert_int_equal(p.long_lines, 1);
	assert_int_equal(p.n, 2);
	assert_memory_equal(p.p, "y\n", 2);
	assert_int_equal(p.offset, 7 + (70 << 20) + 2);
	assert_int_equal(reader_next(r, NULL, &p), READ_END);
	assert_int_equal(reader_unfinished(r), 1);
	piece_free(&p);
	reader_close(&r);
	(void)close(writer);
}

static void expect_refused(const char *path, bool follow, const char *why)
{
	struct err err = {0};
	struct mark m = {0};
	char want[512];

	(void)snprintf(want, sizeof(want), "%s: %s", path, why);
	assert_null(reader_open(path, follow, AS_FILE, &m, &err));
	assert_string_equal(err.text, want);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

static void test_what_is_no_regular_file_is_refused_in_words(void **state)
{
	const char *link = stream_path("link"), *file = stream_path("file");

	(void)state;
	assert_int_equal(mkdir(stream_path("directory"), 0700), 0);
	assert_int_equal(mkfifo(stream_path("fifo"), 0600), 0);
	make_socket(stream_path("socket"));
	assert_int_equal(symlink("file", link), 0);
	expect_refused(stream_path("directory"), false, "a directory");
	expect_refused(stream_path("fifo"), false, "a FIFO");
	expect_refused(stream_path("socket"), false, "a socket");
	expect_refused("/dev/null", false, "a device");
	expect_refused(file, false, "No such file or directory");
	expect_refused(link, true, "No such file or directory");
	expect_refused(link, false, "a symbolic link; follow_symlinks: true reads it");
	stream_write(file, STR("one\n"));
	expect_refused(link, false, "a symbolic link; follow_symlinks: true reads it");
	if (getuid() != 0) { /* root may read everything */
		assert_int_equal(chmod(file, 0), 0);
		expect_refused(file, false, "Permission denied");
	}
}

static void test_a_link_is_read_when_that_is_wanted(void **state)
{
	struct err err = {0};
	struct mark m = {0};
	struct reader *r;
	struct stream_result result;

	(void)state;
	stream_write(stream_path("target"), STR("one\n"));
	assert_int_equal(symlink("target", stream_path("to-target")), 0);
	r = reader_open(stream_path("to-target"), true, AS_FILE, &m, &err);
	assert_non_null(r);
	result = stream_read(r, 0, STR("one\n"));
	assert_int_equal(result.bytes.n, 4);
	buf_free(&result.bytes);
	reader_close(&r);
}

static void test_a_descriptor_that_cannot_be_read_is_an_error(void **state)
{
	int ends[2];
	struct reader *r;
	struct piece p = {0};

	(void)state;
	assert_int_equal(pipe(ends), 0);
	(void)close(ends[0]);
	r = reader_from_fd(ends[1], "standard input", AS_INPUT);
	assert_int_equal(reader_next(r, NULL, &p), READ_ERROR);
	assert_string_equal(reader_error(r), "reading standard input: Bad file descriptor");
	piece_free(&p);
	reader_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_given_up_to_its_last_newline),
		cmocka_unit_test(test_the_last_line_of_what_is_finished_needs_no_newline),
		cmocka_unit_test(test_an_unfinished_line_is_given_when_its_newline_comes),
		cmocka_unit_test(test_a_pipe_is_read_as_it_comes),
		cmocka_unit_test(test_newlines_at_the_edges_of_all_powers_of_two),
		cmocka_unit_test(test_lines_of_all_lengths_over_many_pieces),
		cmocka_unit_test(test_a_line_of_70_mib_is_passed_over_and_its_neighbours_are_not),
		cmocka_unit_test(test_a_long_line_that_is_not_finished_waits),
		cmocka_unit_test(test_what_is_no_regular_file_is_refused_in_words),
		cmocka_unit_test(test_a_link_is_read_when_that_is_wanted),
		cmocka_unit_test(test_a_descriptor_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
