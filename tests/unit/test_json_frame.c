/*
 * Where JSON values end stands in fixtures/frame/values.case. Every case is also cut at each byte,
 * given byte by byte, and has anything behind it: the values must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "parsers/json.h"
#include "parsers/json_frame.h"
#include "tests/unit/json_case.h"

enum { LINE_ROOM = 4096 };

struct values {
	struct buf text; /* a line each */
	size_t whole;    /* behind the last one, or all that can be forgotten */
};

static void add_value(struct values *v, struct str value)
{
	buf_str(&v->text, value);
	buf_puts(&v->text, "\n--\n");
}

/* All values of a text that has exactly the pad that is promised behind it. */
static void read_values(struct str text, bool last, char fill, struct values *v)
{
	struct str copy = json_case_record(text, fill), value;
	size_t at = 0;

	v->whole = 0;
	for (;;) {
		size_t before = at;
		enum json_frame result = json_frame_next(copy, last, &at, &value);

		if (result == JSON_FRAME_VALUE)
			add_value(v, value);
		assert_true(at >= before && at <= text.n);
		assert_true(result != JSON_FRAME_MORE || (at == before && !last));
		assert_true(result != JSON_FRAME_VALUE || (at > before && value.n));
		if (result != JSON_FRAME_MORE)
			v->whole = at;
		if (result != JSON_FRAME_VALUE)
			break;
	}
	json_case_free(copy);
}

struct frame_case {
	char room[LINE_ROOM];
	struct str text;
	struct values wanted; /* complete ones */
	struct buf all;       /* and the one that the end of the text completes */
	int line;
};

static void expect(const struct frame_case *c, const struct buf *got, const struct buf *wanted,
                   const char *how, size_t cut)
{
	if (!str_eq(buf_view(got), buf_view(wanted)))
		fail_msg("fixtures/frame/values.case:%d: %s %zu, there is\n%s", c->line, how, cut,
		         got->p ? got->p : "nothing");
}

/* The text up to `cut` first, then the rest of it. */
static void check_cut(const struct frame_case *c, size_t cut)
{
	struct values first = {0}, piece = {0};

	read_values((struct str){c->text.p, cut}, false, '"', &first);
	read_values((struct str){c->text.p, first.whole}, true, '}', &piece);
	expect(c, &piece.text, &first.text, "the piece before", first.whole);
	read_values(str_from(c->text, first.whole), true, ']', &first);
	expect(c, &first.text, &c->all, "cut at", cut);
	buf_free(&first.text);
	buf_free(&piece.text);
}

/* One byte more each time; what is whole is taken away. */
static void check_bytes(const struct frame_case *c)
{
	struct values v = {0};
	size_t from = 0;

	for (size_t n = 1; n <= c->text.n; n++) {
		read_values((struct str){c->text.p + from, n - from}, false, 'e', &v);
		from += v.whole;
	}
	expect(c, &v.text, &c->wanted.text, "byte by byte", c->text.n);
	buf_free(&v.text);
}

static void check_case(struct frame_case *c)
{
	for (size_t i = 0; i < sizeof(json_case_fills) && c->line; i++) {
		struct values v = {0}, all = {0};

		read_values(c->text, false, json_case_fills[i], &v);
		expect(c, &v.text, &c->wanted.text, "filled with", (size_t)json_case_fills[i]);
		read_values(c->text, true, json_case_fills[i], &all);
		expect(c, &all.text, &c->all, "to the end, filled with",
		       (size_t)json_case_fills[i]);
		buf_free(&v.text);
		buf_free(&all.text);
	}
	for (size_t cut = 0; cut <= c->text.n && c->line; cut++)
		check_cut(c, cut);
	if (c->line)
		check_bytes(c);
	buf_clear(&c->wanted.text);
	buf_clear(&c->all);
	c->line = 0;
}

static void take_line(struct frame_case *c, char *p, int line)
{
	struct str text;

	if (p[0] == '>') {
		check_case(c);
		memcpy(c->room, p, strlen(p) + 1);
		c->text = json_case_bytes(c->room + 1 + (p[1] == ' '));
		c->line = line;
		return;
	}
	text = json_case_bytes(p + 2);
	if (p[0] == '=')
		add_value(&c->wanted, text);
	buf_str(&c->all, text);
	buf_puts(&c->all, "\n--\n");
}

static int run_cases(void)
{
	static struct frame_case c;
	FILE *f = fopen("fixtures/frame/values.case", "r");
	char buffer[LINE_ROOM];
	int line = 0, cases = 0;

	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line));) {
		cases += p[0] == '>';
		take_line(&c, p, line);
	}
	check_case(&c);
	buf_free(&c.wanted.text);
	buf_free(&c.all);
	(void)fclose(f);
	return cases;
}

static void test_values_end_where_the_cases_say(void **state)
{
	(void)state;
	if (json_use_kernel(JSON_PORTABLE))
		assert_true(run_cases() > 60);
	if (json_use_kernel(JSON_SIMD))
		assert_true(run_cases() > 60);
}

/* ---- JSON of all kinds, cut off at every byte ---- */

static void check_beginnings(struct str text)
{
	struct values v = {0};

	for (size_t n = 1; n < text.n; n++)
		for (size_t i = 0; i < sizeof(json_case_fills); i++) {
			read_values((struct str){text.p, n}, false, json_case_fills[i], &v);
			if (v.text.n)
				fail_msg("%.*s is no value yet: %.*s", (int)n, text.p,
				         STR_ARG(text));
		}
	read_values(text, false, '\\', &v);
	assert_int_equal(v.text.n, text.n + 4);
	assert_memory_equal(v.text.p, text.p, text.n);
	assert_int_equal(v.whole, text.n);
	buf_free(&v.text);
}

static void test_the_beginning_of_a_value_is_never_a_broken_one(void **state)
{
	FILE *f = fopen("fixtures/json/suite.case", "r");
	char buffer[LINE_ROOM], object[LINE_ROOM + 16];
	int line = 0, objects = 0;

	(void)state;
	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line));) {
		struct str text;

		if (strncmp(p, "ok ", 3) != 0)
			continue;
		text = json_case_bytes(strstr(p, " | ") + 3);
		if (str_starts(text, STR("\xef\xbb\xbf"))) /* inside of a value it is none */
			continue;
		memcpy(object, "{\"x\":", 5);
		memcpy(object + 5, text.p, text.n);
		object[5 + text.n] = '}';
		check_beginnings((struct str){object, text.n + 6});
		objects++;
	}
	assert_true(objects > 100);
	(void)fclose(f);
}

static struct str nested(struct buf *b, size_t depth)
{
	buf_clear(b);
	for (size_t i = 0; i < depth; i++)
		buf_puts(b, "{\"a\":");
	buf_puts(b, "1");
	for (size_t i = 0; i < depth; i++)
		buf_puts(b, "}");
	buf_puts(b, "{\"a\":2}");
	return buf_view(b);
}

static void test_what_is_nested_too_deeply_ends_at_its_last_brace(void **state)
{
	struct buf text = {0}, wanted = {0};

	(void)state;
	for (size_t depth = JSON_DEPTH_MAX - 1; depth < JSON_DEPTH_MAX + 3; depth++) {
		struct values v = {0};
		struct str all = nested(&text, depth);

		buf_clear(&wanted);
		buf_bytes(&wanted, all.p, all.n - 7);
		buf_puts(&wanted, "\n--\n{\"a\":2}\n--\n");
		read_values(all, false, '\0', &v);
		assert_string_equal(v.text.p, wanted.p);
		buf_free(&v.text);
	}
	buf_free(&text);
	buf_free(&wanted);
}

static void test_brackets_may_be_nested_as_deeply_as_one_likes(void **state)
{
	struct buf text = {0};
	struct values v = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '[');
	buf_puts(&text, "{\"a\":1}");
	for (int i = 0; i < 100000; i++)
		buf_char(&text, ']');
	read_values(buf_view(&text), false, '\0', &v);
	assert_string_equal(v.text.p, "{\"a\":1}\n--\n");
	assert_int_equal(v.whole, text.n);
	buf_free(&v.text);
	buf_free(&text);
}

/* ---- time ---- */

/* Texts of a mebibyte in which a search that went on to the end of its line, or back to its
 * beginning, for each value would take minutes. */
static void test_long_lines_of_any_content_take_a_moment(void **state)
{
	static const char *const parts[] = {
		"{\"a\":1}x", "{\"a\":NaN},", "{x}",   "{'a':1} ", "[{\"a\":tru},", "}",
		"x{",         "\"{}\"{}",     "1 2,3", "\"a\" b ", "{\"a\":\"b}{",  "{}",
	};
	struct buf text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct values v = {0};

		buf_clear(&text);
		while (text.n < 1 << 20)
			buf_puts(&text, parts[i]);
		read_values(buf_view(&text), true, '\0', &v);
		assert_true(v.text.n > 0);
		assert_int_equal(v.whole, text.n);
		buf_free(&v.text);
	}
	buf_free(&text);
}

/* ---- passing ---- */

/* Passes over what begins the text, given in steps of some bytes. The text behind it. */
static struct str pass(struct str text, size_t step, bool *ended)
{
	struct json_passing p = {0};
	size_t from = 0;

	for (size_t n = step;; n += step) {
		size_t end = n < text.n ? n : text.n;

		from += json_frame_pass((struct str){text.p + from, end - from}, &p);
		assert_true(from <= end);
		if (!p.on || end == text.n)
			break;
	}
	*ended = !p.on;
	return str_from(text, from);
}

static void check_passing(const char *value, const char *behind, bool ends)
{
	struct buf text = {0};

	buf_puts(&text, value);
	buf_puts(&text, behind);
	for (size_t step = 1; step <= text.n; step++) {
		bool ended;
		struct str rest = pass(buf_view(&text), step, &ended);

		assert_int_equal(ended, ends);
		if (ends && !str_eq(rest, str_of(behind)))
			fail_msg("%s is passed over up to\n%.*s", text.p, STR_ARG(rest));
	}
	buf_free(&text);
}

static void test_a_value_is_passed_over_to_its_end(void **state)
{
	(void)state;
	check_passing("{\"a\":{\"b\":\"}\\\"}\"}}", ",{\"a\":1}]\n", true);
	check_passing("[\n  {\n    \"a\": {\n      \"b\": 1\n    }\n  }", ",\n  {\n", true);
	check_passing("INFO {\"a\":\"\\\\\"}", "\n", true);
	check_passing("a line\r", "\n{\"a\":1}", true);
	check_passing("\n\n 12, {\"a\":1}", "\n", true);
	check_passing("{\"a\":[1,2,{\"b\":", "", false);
	check_passing("{\"a\":\"}\n}", "", false);
	check_passing("no newline", "", false);
	check_passing("{\"a\":[\n{\"b\":1},\n{\"b\":2}\n]}", "\n{\"a\":1}\n", true);
	check_passing("[\n\n  ", "", false);
}

static void test_a_broken_value_is_passed_over_to_the_next_record(void **state)
{
	(void)state;
	check_passing("{\"a\":\"half\n", "{\"a\":1}\n", true);
	check_passing("[\n  {\n    \"a\": {\n      \"b\": \"\n    }\n  },\n", "  {\n", true);
	check_passing("INFO {\"a\":\n", "INFO {\"a\":1}\n", true);
	check_passing("{\"a\":1,\n{\"a\":2}\n", "{\"a\":3}\n", true);
	check_passing("{\"a\":[\n{\"b\":1},\n{\"b\":\n{\"c\":\"", "", false);
	check_passing("{\"a\":{\"b\":1}\n  {\"c\":1}\n", "[{\"a\":1}]\n", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_end_where_the_cases_say),
		cmocka_unit_test(test_the_beginning_of_a_value_is_never_a_broken_one),
		cmocka_unit_test(test_what_is_nested_too_deeply_ends_at_its_last_brace),
		cmocka_unit_test(test_brackets_may_be_nested_as_deeply_as_one_likes),
		cmocka_unit_test(test_long_lines_of_any_content_take_a_moment),
		cmocka_unit_test(test_a_value_is_passed_over_to_its_end),
		cmocka_unit_test(test_a_broken_value_is_passed_over_to_the_next_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
