/*
 * Which records a file holds stands in fixtures/frame/records.case. Every case is read at once, cut
 * at each byte, and given byte by byte. Then random files: however they are cut, and whatever they
 * hold, the records, their times and places are the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/meter/records.h"
#include "tests/unit/case_text.h"
#include "tests/unit/json_case.h"
#include "tests/unit/log_maker.h"
#include "tests/unit/reading.h"

enum { LINE_ROOM = 4096, LINES_MAX = 64, HEAD_BYTES = 1024, SMALL = 4000 };

static struct records *records;

static int make_records(void **state)
{
	(void)state;
	records = records_new();
	return 0;
}

static int free_records(void **state)
{
	(void)state;
	records_free(&records);
	return 0;
}

/* A file that is read, and what has been found in it. */
struct file {
	const struct source *source;
	struct wrapping wrapping;
	struct str text;
	struct buf found;
	struct buf more; /* of each: where it ends, of how many parts, out of what */
	uint64_t passed;
};

static void add_record(struct file *f, const struct record *r, size_t offset, uint64_t passed)
{
	f->passed += passed;
	buf_printf(&f->found, "%zu %llu ", offset + r->at, (unsigned long long)f->passed);
	buf_str(&f->found, r->time);
	buf_puts(&f->found, " | ");
	buf_str(&f->found, r->text);
	buf_puts(&f->found, "\n--\n");
	buf_printf(&f->more, "%zu-%zu %zu", offset + r->at, offset + r->end, r->parts);
	for (size_t i = 0; i < r->envelopes_n; i++)
		buf_printf(&f->more, " %s", envelope_name(r->envelopes[i]));
	buf_char(&f->more, '\n');
	assert_true(r->at < r->end && r->parts > 0);
}

/* All that is known of the records. */
static struct str everything(struct file *f)
{
	buf_str(&f->found, buf_view(&f->more));
	buf_clear(&f->more);
	return buf_view(&f->found);
}

/* Reads a piece in memory that ends with its pad. */
static void read_piece(struct file *f, size_t from, size_t n, bool last, char fill)
{
	struct str piece = json_case_record((struct str){f->text.p + from, n}, fill);
	struct record r;
	uint64_t passed;

	records_start(records, f->source, &f->wrapping, piece, last);
	while (records_next(records, &r, &passed))
		add_record(f, &r, from, passed);
	f->passed += passed;
	json_case_free(piece);
}

/* Reads what is whole of the text up to `end`. Gives the place behind it. */
static size_t read_whole(struct file *f, size_t from, size_t end, char fill)
{
	struct str copy = json_case_record((struct str){f->text.p + from, end - from}, fill);
	size_t n = records_whole(records, f->source, &f->wrapping, copy);

	assert_true(n <= end - from);
	json_case_free(copy);
	if (n)
		read_piece(f, from, n, false, fill);
	return from + n;
}

static void forget(struct file *f)
{
	buf_clear(&f->found);
	buf_clear(&f->more);
	f->passed = 0;
}

static void close_file(struct file *f)
{
	buf_free(&f->found);
	buf_free(&f->more);
}

static void open_file(struct file *f, const struct source *s, struct str text)
{
	struct str head = {text.p, text.n < HEAD_BYTES ? text.n : HEAD_BYTES};
	struct str copy = json_case_record(head, '"');

	f->source = s;
	f->text = text;
	f->wrapping = records_wrapping(s, copy);
	json_case_free(copy);
	forget(f);
	read_piece(f, 0, text.n, true, '\0');
}

/* Both, up to the end of the record in which they differ, and what they were read from. */
static void show_difference(struct str found, struct str wanted, struct str text)
{
	size_t at = 0, begin;

	while (at < found.n && at < wanted.n && found.p[at] == wanted.p[at])
		at++;
	begin = at > 300 ? at - 300 : 0;
	(void)fprintf(stderr, "found:\n%.*s\n", 600, found.n ? found.p + begin : "");
	(void)fprintf(stderr, "wanted:\n%.*s\n", 600, wanted.n ? wanted.p + begin : "");
	(void)fprintf(stderr, "in:\n%.*s\n", text.n < 5000 ? (int)text.n : 5000, text.p);
}

static void expect(struct file *f, const struct buf *wanted, uint64_t passed, const char *how,
                   size_t n)
{
	if (!str_eq(everything(f), buf_view(wanted))) {
		show_difference(buf_view(&f->found), buf_view(wanted), f->text);
		fail_msg("%s %zu", how, n);
	}
	assert_int_equal(f->passed, passed);
	forget(f);
}

/* ---- cases ---- */

struct file_case {
	struct reading reading;
	struct buf text, wanted;
	size_t at[LINES_MAX], lines; /* where each line begins */
	uint64_t passed;
	int line;
	bool expecting;
};

/* The found records without the count of those passed over. */
static void check_wanted(struct file *f, const struct file_case *c)
{
	struct buf got = {0};
	const char *p = f->found.p;

	for (size_t i = 0; i < f->found.n;) { /* "AT PASSED TIME | TEXT" */
		struct str rest = str_from(buf_view(&f->found), i);
		size_t n = str_find(rest, STR("\n--\n")) + 4, at = str_find(rest, STR(" "));
		size_t passed = str_find(str_from(rest, at + 1), STR(" "));

		buf_bytes(&got, p + i, at);
		buf_str(&got, str_from((struct str){rest.p, n}, at + 1 + passed));
		i += n;
	}
	if (!str_eq(buf_view(&got), buf_view(&c->wanted)))
		fail_msg("fixtures/frame/records.case:%d: it is\n%.*s---- wanted:\n%.*s", c->line,
		         STR_ARG(buf_view(&got)), STR_ARG(buf_view(&c->wanted)));
	assert_int_equal(f->passed, c->passed);
	buf_free(&got);
}

static void check_cuts(struct file *f, const struct buf *wanted, uint64_t passed)
{
	size_t step = f->text.n > SMALL ? f->text.n / 199 : 1, at = 0;

	for (size_t cut = 0; cut <= f->text.n; cut += step) {
		size_t from = read_whole(f, 0, cut, '"');

		read_piece(f, from, f->text.n - from, true, '}');
		expect(f, wanted, passed, "cut at", cut);
	}
	for (size_t n = step; n < f->text.n + step; n += step)
		at = read_whole(f, at, n < f->text.n ? n : f->text.n, 'e');
	read_piece(f, at, f->text.n - at, true, '\n');
	expect(f, wanted, passed, "in steps of", step);
}

static void check_case(struct file_case *c)
{
	struct file f = {0};
	struct buf wanted = {0};

	if (c->text.n) {
		open_file(&f, c->reading.source, buf_view(&c->text));
		check_wanted(&f, c);
		buf_str(&wanted, everything(&f));
		forget(&f);
		check_cuts(&f, &wanted, c->passed);
	}
	close_file(&f);
	buf_free(&wanted);
	buf_clear(&c->text);
	buf_clear(&c->wanted);
	c->lines = 0;
	c->passed = 0;
	c->expecting = false;
}

static struct reading reading_of_keys(const char *keys)
{
	struct buf yaml = {0};
	struct reading r;

	buf_puts(&yaml, "sources:\n  - name: x\n    paths: x\n    format: json\n"
	                "    fields: {time: t, model: m}\n    ");
	for (; *keys && *keys != '\n'; keys++) {
		if (strncmp(keys, " | ", 3) == 0) {
			buf_puts(&yaml, "\n    ");
			keys += 2;
		} else {
			buf_char(&yaml, *keys);
		}
	}
	buf_char(&yaml, '\n');
	r = reading_of_yaml(yaml.p);
	buf_free(&yaml);
	return r;
}

static void take_text(struct file_case *c, const char *p, int line)
{
	if (c->expecting)
		check_case(c);
	if (c->lines == 0)
		c->line = line;
	assert_true(c->lines < LINES_MAX);
	c->at[c->lines++] = c->text.n;
	case_text(&c->text, p + (p[1] == '-') + (p[1] == '\n' ? 1 : 2));
	if (p[1] != '-')
		buf_char(&c->text, '\n');
}

/* "= L3+5 TIME | TEXT" */
static void take_wanted(struct file_case *c, const char *p)
{
	const char *bar = strstr(p, " | ");
	char *end;
	size_t at;

	assert_non_null(bar);
	at = c->at[strtoul(p + 3, &end, 10) - 1];
	if (*end == '+')
		at += strtoul(end + 1, &end, 10);
	buf_printf(&c->wanted, "%zu ", at);
	if (end < bar) {
		struct buf time = {0};

		buf_bytes(&time, end + 1, (size_t)(bar - end) - 1);
		case_text(&c->wanted, time.p);
		buf_free(&time);
	}
	buf_puts(&c->wanted, " | ");
	case_text(&c->wanted, bar + 3);
	buf_puts(&c->wanted, "\n--\n");
	c->expecting = true;
}

static void test_files_hold_the_records_that_the_cases_say(void **state)
{
	FILE *f = fopen("fixtures/frame/records.case", "r");
	struct file_case c = {0};
	char buffer[LINE_ROOM];
	int line = 0, sources = 0;

	(void)state;
	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line));) {
		if (strncmp(p, "source ", 7) == 0) {
			check_case(&c);
			if (sources++)
				reading_free(&c.reading);
			c.reading = reading_of_keys(p + 7);
		} else if (p[0] == '>') {
			take_text(&c, p, line);
		} else if (p[0] == '=') {
			take_wanted(&c, p);
		} else {
			assert_int_equal(sscanf(p, "passed %lu", &c.passed), 1);
		}
	}
	check_case(&c);
	reading_free(&c.reading);
	buf_free(&c.text);
	buf_free(&c.wanted);
	(void)fclose(f);
}

/* ---- random files ---- */

static void check_random_cuts(struct file *f, const struct buf *wanted, uint64_t passed,
                              unsigned *seed)
{
	for (int i = 0; i < 4; i++) {
		size_t from = 0, end = 0, most = 1 + (size_t)rand_r(seed) % (f->text.n + 1);

		while (end < f->text.n) {
			end += 1 + (size_t)rand_r(seed) % most;
			if (end > f->text.n)
				end = f->text.n;
			from = read_whole(f, from, end, (char)rand_r(seed));
		}
		read_piece(f, from, f->text.n - from, true, (char)rand_r(seed));
		expect(f, wanted, passed, "in random pieces of", most);
	}
}

static void check_random_file(const struct source *s, struct str text, unsigned *seed)
{
	struct file f = {0};
	struct buf wanted = {0};
	uint64_t passed;

	open_file(&f, s, text);
	buf_str(&wanted, everything(&f));
	passed = f.passed;
	forget(&f);
	check_random_cuts(&f, &wanted, passed, seed);
	close_file(&f);
	buf_free(&wanted);
}

/* SEED=N tries other files. */
static unsigned first_seed(void)
{
	const char *seed = getenv("SEED");

	return seed ? (unsigned)strtoul(seed, NULL, 10) : 20260504;
}

static const char *const sources[] = {
	"unwrap: auto",
	"frame: json",
	"unwrap: auto | only: [{ pattern: gpt }]",
	"unwrap: [docker, cri, docker]",
	"frame: json | unwrap: [cri, prefix, docker]",
	"frame: json | unwrap: [journald]",
	"unwrap: [syslog, journald]",
	"frame: json | unwrap: none",
};
enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

static void test_random_files_are_read_alike_however_they_are_cut(void **state)
{
	struct reading r[SOURCES];
	unsigned seed = first_seed();

	(void)state;
	for (size_t i = 0; i < SOURCES; i++)
		r[i] = reading_of_keys(sources[i]);
	for (int i = 0; i < 4000; i++) {
		struct made_log log = {.seed = &seed, .broken = i % 2};

		make_log(&log);
		check_random_file(r[(size_t)rand_r(&seed) % SOURCES].source, buf_view(&log.text),
		                  &seed);
		made_log_free(&log);
	}
	for (size_t i = 0; i < SOURCES; i++)
		reading_free(&r[i]);
}

/* What the program wrote is what is found, in whatever it was wrapped. */
static void check_made(const struct source *s, struct made_log *log)
{
	struct str copy = json_case_record(buf_view(&log->text), '"');
	struct wrapping w = records_wrapping(
		s, (struct str){copy.p, copy.n < HEAD_BYTES ? copy.n : HEAD_BYTES});
	struct buf found = {0};
	struct record r;
	uint64_t passed;

	records_start(records, s, &w, copy, true);
	while (records_next(records, &r, &passed)) {
		buf_str(&found, r.text);
		buf_puts(&found, "\n--\n");
	}
	if (!str_eq(buf_view(&found), buf_view(&log->records))) {
		show_difference(buf_view(&found), buf_view(&log->records), copy);
		fail_msg("not what was made");
	}
	buf_free(&found);
	json_case_free(copy);
}

static void test_random_records_are_found_in_their_envelopes(void **state)
{
	struct reading lines = reading_of_keys("unwrap: auto"),
		       values = reading_of_keys("frame: json");
	unsigned seed = first_seed();

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct made_log log = {.seed = &seed, .pretty = i % 2};

		make_log(&log);
		check_made(i % 2 ? values.source : lines.source, &log);
		made_log_free(&log);
	}
	reading_free(&lines);
	reading_free(&values);
}

/* ---- what ends never ---- */

static void cri_line(struct buf *b, const char *stream, const char *tag, size_t bytes)
{
	buf_printf(b, "2026-05-04T07:08:09Z %s %s ", stream, tag);
	for (size_t i = 0; i < bytes; i++)
		buf_char(b, 'x');
	buf_char(b, '\n');
}

/* A part that has no other for a mebibyte is a record; the other stream goes on meanwhile. */
static void test_a_part_that_is_never_ended_does_not_hold_up_the_file(void **state)
{
	struct reading lines = reading_of_keys("unwrap: auto"),
		       values = reading_of_keys("frame: json");
	struct buf text = {0}, wanted = {0};
	struct file f = {0};
	unsigned seed = 3;

	(void)state;
	cri_line(&text, "stdout", "P", 7);
	for (int i = 0; i < 1101; i++)
		cri_line(&text, "stderr", i % 3 == 2 ? "F" : "P", 1000);
	cri_line(&text, "stdout", "F", 3);
	for (int i = 0; i < 2; i++) {
		const struct source *s = i ? values.source : lines.source;

		open_file(&f, s, buf_view(&text));
		assert_true(str_find(buf_view(&f.found),
		                     STR("\n0 0 2026-05-04T07:08:09Z | xxxxxxx\n")) < f.found.n);
		assert_true(str_ends(buf_view(&f.found), STR("Z | xxx\n--\n")));
		buf_clear(&wanted);
		buf_str(&wanted, everything(&f));
		forget(&f);
		check_random_cuts(&f, &wanted, 0, &seed);
	}
	buf_free(&text);
	buf_free(&wanted);
	close_file(&f);
	reading_free(&lines);
	reading_free(&values);
}

/* A JSON value of many lines in an envelope: looking at it anew for each line would take minutes.
 */
static void test_a_value_of_many_lines_takes_a_moment(void **state)
{
	struct reading values = reading_of_keys("frame: json");
	struct buf text = {0};
	struct file f = {0};
	size_t n;

	(void)state;
	buf_puts(&text, "2026-05-04T07:08:09Z stdout F {\"a\":[\n");
	for (int i = 0; i < 100000; i++)
		buf_puts(&text, "2026-05-04T07:08:09Z stdout F 123456,\n");
	n = text.n;
	buf_puts(&text, "2026-05-04T07:08:09Z stdout F 1]}\n");
	open_file(&f, values.source, buf_view(&text));
	forget(&f);
	assert_int_equal(read_whole(&f, 0, n, '\0'), 0);
	assert_int_equal(read_whole(&f, 0, text.n, '\0'), text.n);
	assert_true(str_starts(buf_view(&f.found),
	                       STR("0 0 2026-05-04T07:08:09Z | {\"a\":[\n123456,")));
	buf_free(&text);
	close_file(&f);
	reading_free(&values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_hold_the_records_that_the_cases_say),
		cmocka_unit_test(test_random_files_are_read_alike_however_they_are_cut),
		cmocka_unit_test(test_random_records_are_found_in_their_envelopes),
		cmocka_unit_test(test_a_part_that_is_never_ended_does_not_hold_up_the_file),
		cmocka_unit_test(test_a_value_of_many_lines_takes_a_moment),
	};

	return cmocka_run_group_tests(tests, make_records, free_records);
}
