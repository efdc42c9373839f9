/*
 * Detection by cases. fixtures/detect/names.case says what names mean; fixtures/detect/guess.case
 * holds logs, each line behind "| ", and beneath each the source that is found and what reading
 * with it gives. The test makes the file anew from its comments and logs and compares. With
 * ACCEPT=1 in the environment it writes what it made: read the difference before you commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/zone.h"
#include "agent/detect/globs.h"
#include "agent/detect/names.h"
#include "agent/detect/tell.h"
#include "tests/unit/columns.h"
#include "tests/unit/reading.h"

/* 2026-11-23T00:00:00Z */
#define NOW (INT64_C(1795392000) * TIME_SEC)

/* ---- names ---- */

static void best_field(struct str text, char *out, size_t size)
{
	const struct field *best = NULL;
	struct name name;
	int score = 0;

	name_split(text, &name);
	for (size_t i = 0; i < fields_n; i++) {
		int s = name_score(&name, &fields[i]);

		if (s > score) {
			score = s;
			best = &fields[i];
		}
	}
	if (best)
		(void)snprintf(out, size, "%s %d", best->name, score);
	else
		(void)snprintf(out, size, "-");
}

static void test_names_say_which_field_they_are(void **state)
{
	struct columns c;

	(void)state;
	assert_true(columns_open(&c, "fixtures/detect/names.case"));
	while (columns_next(&c)) {
		char got[64];

		best_field(c.column[0], got, sizeof(got));
		columns_expect(&c, c.column[1], got);
	}
	assert_int_equal(c.failed, 0);
}

static void test_names_say_units(void **state)
{
	struct name name;

	(void)state;
	name_split(STR("latencyMs"), &name);
	assert_int_equal(name_unit(&name), 1000000);
	name_split(STR("duration_seconds"), &name);
	assert_int_equal(name_unit(&name), 1000000000);
	name_split(STR("duration"), &name);
	assert_int_equal(name_unit(&name), 0);
	name_split(STR("cost_cents"), &name);
	assert_string_equal(name_scale(&name), "0.01");
	name_split(STR("costMicros"), &name);
	assert_string_equal(name_scale(&name), "0.000001");
	name_split(STR("cost_usd"), &name);
	assert_null(name_scale(&name));
}

static void test_a_name_without_end_is_cut(void **state)
{
	struct buf text = {0};
	struct name name;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "prompt_tokens.");
	buf_puts(&text, "input_tokens");
	name_split(buf_view(&text), &name);
	assert_true(name.n <= NAME_WORDS);
	buf_free(&text);
}

/* ---- guesses ---- */

static const char *told_words(enum told told)
{
	static const char *const words[] = {"by its marks",  "by common names", "fields found",
	                                    "not all found", "no call",         "unreadable"};

	return words[told];
}

static void put_outcome(struct buf *out, const struct telling *t)
{
	buf_str(out, buf_view(&t->body));
	buf_printf(out, "%s %d%%: %" PRId64 " records, %" PRId64 " calls, %" PRId64 " complete",
	           told_words(t->told), fit_percent(&t->fit), t->fit.records, t->fit.calls,
	           t->fit.complete);
	if (t->fit.has_call) {
		const struct call *c = &t->fit.call;
		char time[TIMESTAMP_TEXT];

		timestamp_print(c->time, time);
		buf_printf(out, "; %s %.*s %" PRId64 " %" PRId64, time,
		           STR_ARG(c->label[LABEL_MODEL]), c->count[COUNT_INPUT],
		           c->count[COUNT_OUTPUT]);
	}
	buf_char(out, '\n');
}

static struct teller teller_of(const struct book *book)
{
	struct teller t;
	struct err err = {0};

	if (!teller_open(&t, book, NOW, &err))
		fail_msg("%s", err.text);
	return t;
}

static void put_telling(struct buf *out, const struct book *book, struct str log)
{
	struct teller t = teller_of(book);
	struct sample *sample = sample_of_text(log, NOW);
	struct telling told;

	tell(&t, "app.log", sample, &told);
	put_outcome(out, &told);
	telling_free(&told);
	sample_free(&sample);
	teller_close(&t);
}

static bool next_line(struct str *text, struct str *line)
{
	size_t n = str_find(*text, STR("\n"));

	if (text->n == 0)
		return false;
	*line = (struct str){text->p, n};
	*text = str_from(*text, n + 1);
	return true;
}

static void finish_log(struct buf *out, const struct book *book, struct buf *log)
{
	if (log->n)
		put_telling(out, book, buf_view(log));
	buf_clear(log);
}

static struct buf made_anew(const struct book *book, struct str text)
{
	struct buf out = {0}, log = {0};
	struct str line;
	bool skipping = false; /* what was made the last time */

	while (next_line(&text, &line)) {
		bool comment = str_starts(line, STR("#")), of_log = str_starts(line, STR("| "));

		if (!of_log) {
			skipping |= log.n > 0;
			finish_log(&out, book, &log);
		}
		skipping &= line.n > 0 && !comment;
		if (skipping && !of_log)
			continue;
		buf_str(&out, line);
		buf_char(&out, '\n');
		if (of_log) {
			buf_str(&log, str_from(line, 2));
			buf_char(&log, '\n');
		}
	}
	finish_log(&out, book, &log);
	buf_free(&log);
	return out;
}

static void test_sources_are_found_for_logs_that_nobody_described(void **state)
{
	static const char path[] = "fixtures/detect/guess.case";
	struct err err = {0};
	struct config *config = config_parse(STR(""), "none", &err);
	struct book *book = book_open(config, &err);
	struct buf expect = fixture(path), made;

	(void)state;
	assert_non_null(book);
	made = made_anew(book, buf_view(&expect));
	if (getenv("ACCEPT")) {
		FILE *f = fopen(path, "wb");

		assert_non_null(f);
		assert_int_equal(fwrite(made.p, 1, made.n, f), made.n);
		assert_int_equal(fclose(f), 0);
	} else {
		assert_string_equal(made.p, expect.p);
	}
	buf_free(&expect);
	buf_free(&made);
	book_free(&book);
	config_free(&config);
}

/* ---- names of files ---- */

static void expect_stem(const char *path, const char *want)
{
	struct str stem = glob_stem(str_of(path));
	char *got = str_dup(stem);

	assert_string_equal(got, want);
	free(got);
}

static void test_rotation_is_taken_off_a_name(void **state)
{
	(void)state;
	expect_stem("/var/log/app.log", "app.log");
	expect_stem("/var/log/app.log.1", "app.log");
	expect_stem("app.log.12.gz", "app.log");
	expect_stem("app.log-20260312.gz", "app.log");
	expect_stem("app.log.2026-03-12", "app.log");
	expect_stem("app.log.old", "app.log");
	expect_stem("app-2026-03-12.log", "app-2026-03-12.log");
	expect_stem("/x/1.gz", "1");
	expect_stem("/x/.gz", ".gz");
	expect_stem("/x/", "");
}

static void test_shapes_of_names_have_no_numbers(void **state)
{
	struct buf shape = {0};

	(void)state;
	glob_shape(&shape, STR("logs/app-2026-03-12.log.3.gz"));
	assert_string_equal(shape.p, "app-*.log");
	buf_clear(&shape);
	glob_shape(&shape, STR("7/w2.log"));
	assert_string_equal(shape.p, "w*.log");
	buf_clear(&shape);
	glob_shape(&shape, STR("5d0c1f0a-77aa-4c11-9e35-1b6f4f9d2c10.jsonl"));
	assert_string_equal(shape.p, "*.jsonl");
	buf_clear(&shape);
	glob_shape(&shape, STR("deadbeefdeadbeef.log")); /* no digits: it may be a name */
	assert_string_equal(shape.p, "deadbeefdeadbeef.log");
	buf_free(&shape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_say_which_field_they_are),
		cmocka_unit_test(test_names_say_units),
		cmocka_unit_test(test_a_name_without_end_is_cut),
		cmocka_unit_test(test_sources_are_found_for_logs_that_nobody_described),
		cmocka_unit_test(test_rotation_is_taken_off_a_name),
		cmocka_unit_test(test_shapes_of_names_have_no_numbers),
	};

	(void)setenv("TZ", "UTC", 1); /* of time stamps without a zone */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
