/*
 * Records of more than 64 MiB, in whatever form: each is counted once, what is before and behind it
 * is read, and memory is given back. The reader and the records work together here as they do in
 * the pipeline.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/follow/reader.h"
#include "agent/meter/records.h"
#include "tests/unit/reading.h"
#include "tests/unit/stream.h"

#define MIB       ((size_t)1 << 20)
#define SOURCE(k) "sources:\n  - name: x\n    paths: x\n    format: json\n    fields: {time: t}\n" k

struct log {
	struct reading reading;
	struct wrapping wrapping;
	struct passing passing;
	struct records *records;
	struct buf found; /* " AT:TEXT" for each; of long texts the length */
	uint64_t long_lines;
	int64_t end;
};

static size_t whole(void *arg, struct str head, struct str bytes)
{
	struct log *log = arg;

	log->wrapping = records_wrapping(log->reading.source, head);
	return records_whole(log->records, log->reading.source, &log->wrapping, bytes);
}

static size_t pass(void *arg, struct str bytes, bool first, bool *on)
{
	struct log *log = arg;
	size_t n;

	if (first)
		log->passing = (struct passing){0};
	n = records_pass(log->records, log->reading.source, &log->wrapping, bytes, &log->passing);
	*on = log->passing.on;
	return n;
}

static void read_piece(struct log *log, const struct piece *p)
{
	struct record r;
	uint64_t passed;

	records_start(log->records, log->reading.source, &log->wrapping, (struct str){p->p, p->n},
	              p->last);
	while (records_next(log->records, &r, &passed)) {
		buf_printf(&log->found, " %zu:", (size_t)p->offset + r.at);
		if (r.text.n > 100)
			buf_printf(&log->found, "%zu bytes", r.text.n);
		else
			buf_str(&log->found, r.text);
	}
	log->long_lines += p->long_lines;
	log->end = p->end;
}

/* What a reader gives until there is no more. */
static enum read_result read_on(struct log *log, struct reader *r)
{
	const struct reader_cut cut = {whole, log, pass};
	enum read_result result;
	struct piece p = {0};

	while ((result = reader_next(r, &cut, &p)) == READ_PIECE) {
		assert_true(p.capacity <= LINE_MAX_BYTES + PIECE_BYTES + PIECE_PAD);
		read_piece(log, &p);
	}
	piece_free(&p);
	return result;
}

static void open_log(struct log *log, const char *yaml)
{
	*log = (struct log){.reading = reading_of_yaml(yaml), .records = records_new()};
}

static void close_log(struct log *log)
{
	reading_free(&log->reading);
	records_free(&log->records);
	buf_free(&log->found);
}

/* Reads a text as a file that may grow, or as one that is finished. */
static void check(const char *yaml, const struct buf *text, struct reader_options options,
                  const char *found, uint64_t long_lines, size_t end)
{
	struct reader *r = stream_of(buf_view(text), options);
	struct log log;

	open_log(&log, yaml);
	assert_int_equal(read_on(&log, r), READ_END);
	assert_string_equal(log.found.p ? log.found.p : "", found);
	assert_int_equal(log.long_lines, long_lines);
	assert_int_equal(log.end, end);
	close_log(&log);
	reader_close(&r);
}

static void fill(struct buf *text, size_t bytes, const char *with)
{
	size_t end = text->n + bytes;

	while (text->n < end)
		buf_puts(text, with);
}

/* " AT:TEXT" of what stands behind all that has been written. */
static void behind(struct buf *found, struct buf *text, const char *record)
{
	buf_printf(found, " %zu:%s", text->n, record);
	buf_puts(text, record);
}

static void test_a_pretty_value_that_is_too_long(void **state)
{
	struct buf text = {0}, found = {0};

	(void)state;
	buf_puts(&text, "[\n  ");
	behind(&found, &text, "{\"a\":1}");
	buf_puts(&text, ",\n  {\n    \"a\": [\n");
	fill(&text, 70 * MIB,
	     "      {\n        \"model\": \"gpt-4o\",\n        \"t\": \"}\"\n      },\n");
	buf_puts(&text, "      0\n    ]\n  },\n  ");
	behind(&found, &text, "{\"a\":2}");
	buf_puts(&text, "\n]\n");
	check(SOURCE("    frame: json\n"), &text, AS_FILE, found.p, 1, text.n);
	buf_free(&text);
	buf_free(&found);
}

static void test_an_element_of_one_line_that_is_too_long(void **state)
{
	struct buf text = {0}, found = {0};

	(void)state;
	buf_puts(&text, "[");
	behind(&found, &text, "{\"a\":1}");
	buf_puts(&text, ",{\"a\":\"");
	fill(&text, 70 * MIB, "}\\\"{\\\\ ");
	buf_puts(&text, "\"},");
	behind(&found, &text, "{\"a\":2}");
	buf_puts(&text, ",");
	behind(&found, &text, "{\"a\":3}");
	buf_puts(&text, "]\n");
	check(SOURCE("    frame: json\n"), &text, AS_FILE, found.p, 1, text.n);
	buf_free(&text);
	buf_free(&found);
}

/* No newline in all of it, and more than 64 MiB in all. */
static void test_a_line_of_many_elements_is_not_too_long(void **state)
{
	struct buf text = {0}, found = {0};
	size_t at;

	(void)state;
	buf_puts(&text, "[");
	behind(&found, &text, "{\"a\":1}");
	for (int i = 0; i < 2; i++) {
		buf_puts(&text, ",");
		at = text.n;
		buf_puts(&text, "{\"a\":\"");
		fill(&text, 45 * MIB, "x");
		buf_puts(&text, "\"}");
		buf_printf(&found, " %zu:%zu bytes", at, text.n - at);
	}
	buf_puts(&text, ",");
	behind(&found, &text, "{\"a\":2}");
	check(SOURCE("    frame: json\n"), &text, AS_FILE, found.p, 0, text.n);
	buf_free(&text);
	buf_free(&found);
}

static void test_values_of_exactly_the_limit(void **state)
{
	struct buf text = {0};
	char found[64];

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		buf_clear(&text);
		buf_puts(&text, "{\"a\":\"");
		fill(&text, LINE_MAX_BYTES + more - 8, "x");
		buf_puts(&text, "\"}");
		assert_int_equal(text.n, LINE_MAX_BYTES + more);
		(void)snprintf(found, sizeof(found), " 0:%d bytes", LINE_MAX_BYTES);
		check(SOURCE("    frame: json\n"), &text, AS_FILE, more ? "" : found, more, text.n);
		check(SOURCE("    frame: json\n"), &text, AS_INPUT, more ? "" : found, more,
		      text.n);
		buf_char(&text, '\n');
		check(SOURCE("    frame: lines\n"), &text, AS_FILE, more ? "" : found, more,
		      text.n);
	}
	buf_free(&text);
}

static void docker_pieces(struct buf *text, size_t bytes, const char *stream)
{
	for (size_t end = text->n + bytes; text->n < end;) {
		buf_puts(text, "{\"log\":\"");
		fill(text, 16384, "xxxxxxxxxxxxxxxx");
		buf_printf(text, "\",\"stream\":\"%s\"}\n", stream);
	}
}

/* Lines of the other stream that come between its pieces go with it. */
static void test_a_record_of_pieces_that_is_too_long(void **state)
{
	struct buf text = {0}, found = {0};

	(void)state;
	buf_puts(&found, " 0:one");
	buf_puts(&text, "{\"log\":\"one\\n\",\"stream\":\"stdout\"}\n");
	docker_pieces(&text, 40 * MIB, "stdout");
	buf_puts(&text, "{\"log\":\"between\\n\",\"stream\":\"stderr\"}\n");
	docker_pieces(&text, 30 * MIB, "stdout");
	buf_puts(&text, "{\"log\":\"its end\\n\",\"stream\":\"stdout\"}\n");
	buf_printf(&found, " %zu:two", text.n);
	buf_puts(&text, "{\"log\":\"two\\n\",\"stream\":\"stdout\"}\n");
	buf_printf(&found, " %zu:three", text.n);
	buf_puts(&text, "{\"log\":\"three\\n\",\"stream\":\"stderr\"}\n");
	check(SOURCE(""), &text, AS_FILE, found.p, 1, text.n);
	buf_free(&text);
	buf_free(&found);
}

/* Its end never comes; as it is too long, it is passed over up to where a part is given up. */
static void test_pieces_without_an_end(void **state)
{
	struct buf text = {0}, found = {0};

	(void)state;
	docker_pieces(&text, 70 * MIB, "stdout");
	for (size_t end = text.n + 2 * MIB; text.n < end;)
		buf_puts(&text, "{\"log\":\"\\n\",\"stream\":\"stderr\"}\n");
	buf_printf(&found, " %zu:two", text.n);
	buf_puts(&text, "{\"log\":\"two\\n\",\"stream\":\"stderr\"}\n");
	check(SOURCE(""), &text, AS_FILE, found.p, 1, text.n);
	buf_free(&text);
	buf_free(&found);
}

static void test_a_value_of_many_lines_of_an_envelope(void **state)
{
	struct buf text = {0}, found = {0};

	(void)state;
	buf_puts(&text, "2026-05-04T07:08:09Z stdout F {\"a\":[\n");
	fill(&text, 70 * MIB,
	     "2026-05-04T07:08:09Z stdout P {\"model\":\"}\",\n"
	     "2026-05-04T07:08:09Z stdout F \"t\":2},\n");
	buf_puts(&text, "2026-05-04T07:08:09Z stdout F 0]}\n");
	buf_printf(&found, " %zu:{\"a\":2}", text.n);
	buf_puts(&text, "2026-05-04T07:08:09Z stdout F {\"a\":2}\n");
	check(SOURCE("    frame: json\n"), &text, AS_FILE, found.p, 1, text.n);
	buf_free(&text);
	buf_free(&found);
}

/* A line of an envelope that is too long itself, in the midst of a record. */
static void test_a_line_of_an_envelope_that_is_too_long(void **state)
{
	struct buf text = {0}, found = {0};

	(void)state;
	buf_puts(&text, "2026-05-04T07:08:09Z stdout P one\n2026-05-04T07:08:09Z stdout P ");
	fill(&text, 70 * MIB, "x");
	buf_puts(&text, "\n2026-05-04T07:08:09Z stdout F its end\n");
	buf_printf(&found, " %zu:two", text.n);
	buf_puts(&text, "2026-05-04T07:08:09Z stdout F two\n");
	check(SOURCE(""), &text, AS_FILE, found.p, 1, text.n);
	buf_free(&text);
	buf_free(&found);
}

static void test_a_long_value_that_is_not_finished_waits(void **state)
{
	int fd = memfd_create("growing", MFD_CLOEXEC), writer = dup(fd);
	struct reader *r = reader_from_fd(fd, "the test", AS_FILE);
	struct buf text = {0};
	struct log log;

	(void)state;
	buf_puts(&text, "{\"a\":1}\n{\"a\":\"");
	fill(&text, 70 * MIB, "x");
	assert_int_equal(pwrite(writer, text.p, text.n, 0), text.n);
	open_log(&log, SOURCE("    frame: json\n"));
	assert_int_equal(read_on(&log, r), READ_END);
	assert_string_equal(log.found.p, " 0:{\"a\":1}");
	assert_int_equal(log.end, 7);
	assert_int_equal(reader_unfinished(r), text.n - 7);
	assert_int_equal(pwrite(writer, "\"}{\"a\":", 7, (off_t)text.n), 7);
	assert_int_equal(read_on(&log, r), READ_END);
	assert_int_equal(log.long_lines, 1);
	assert_int_equal(log.end, text.n + 2);
	assert_int_equal(pwrite(writer, "2}", 2, (off_t)text.n + 7), 2);
	assert_int_equal(read_on(&log, r), READ_END);
	assert_true(str_ends(buf_view(&log.found), STR(":{\"a\":2}")));
	assert_int_equal(log.long_lines, 1);
	assert_int_equal(reader_unfinished(r), 0);
	close_log(&log);
	reader_close(&r);
	buf_free(&text);
	(void)close(writer);
}

/* A writer that gives little at a time: to look at all of it anew each time would take minutes. */
static void test_a_long_record_through_a_pipe_takes_a_moment(void **state)
{
	struct buf text = {0};
	int ends[2];
	struct reader *r;
	struct log log;

	(void)state;
	buf_puts(&text, "{\"a\":[");
	fill(&text, 48 * MIB, "1,{\"b\":[]},");
	buf_puts(&text, "0]}");
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		for (size_t at = 0; at < text.n; at += 4096)
			if (write(ends[1], text.p + at, text.n - at < 4096 ? text.n - at : 4096) <
			    0)
				_exit(1);
		_exit(0);
	}
	(void)close(ends[1]);
	r = reader_from_fd(ends[0], "standard input", AS_INPUT);
	open_log(&log, SOURCE("    frame: json\n"));
	assert_int_equal(read_on(&log, r), READ_END);
	assert_int_equal(log.end, text.n);
	assert_int_equal(log.long_lines, 0);
	close_log(&log);
	reader_close(&r);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pretty_value_that_is_too_long),
		cmocka_unit_test(test_an_element_of_one_line_that_is_too_long),
		cmocka_unit_test(test_a_line_of_many_elements_is_not_too_long),
		cmocka_unit_test(test_values_of_exactly_the_limit),
		cmocka_unit_test(test_a_record_of_pieces_that_is_too_long),
		cmocka_unit_test(test_pieces_without_an_end),
		cmocka_unit_test(test_a_value_of_many_lines_of_an_envelope),
		cmocka_unit_test(test_a_line_of_an_envelope_that_is_too_long),
		cmocka_unit_test(test_a_long_value_that_is_not_finished_waits),
		cmocka_unit_test(test_a_long_record_through_a_pipe_takes_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
