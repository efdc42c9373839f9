/*
 * What is JSON stands in fixtures/json/suite.case, what paths find in fixtures/json/path.case. Here
 * are the drivers, which run every case with both kernels, and what holds for all records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "parsers/json.h"
#include "tests/unit/json_case.h"

enum { LINE_ROOM = 4096, WANTED_MAX = 16 };

static const enum json_kernel kernels[] = {JSON_PORTABLE, JSON_SIMD};

/* One scan that stands alone: paths compiled for it. */
static bool scan(const struct str *paths, size_t n, struct str record, struct value *slots,
                 struct arena *scratch, struct fault *fault)
{
	struct err err = {0};
	struct json_paths *p = json_paths_new(paths, n, &err);
	bool ok;

	assert_string_equal(err.text, "");
	ok = json_scan(p, record, slots, scratch, fault);
	json_paths_free(&p);
	return ok;
}

/* The verdict on a text as the case files write it: "ok", or the fault and where. */
static void verdict(struct str text, char fill, struct str path, char *out, size_t size)
{
	struct str record = json_case_record(text, fill);
	struct arena scratch = {0};
	struct fault fault = {0};
	struct value slot;

	if (scan(&path, 1, record, &slot, &scratch, &fault))
		(void)snprintf(out, size, "ok");
	else
		(void)snprintf(out, size, "%s @%zu", fault.what, fault.at);
	arena_free(&scratch);
	json_case_free(record);
}

/* However it is scanned and whatever stands behind it. */
static void check_verdict(struct str text, const char *want, int line)
{
	static const char *const paths[] = {"", "a.b[*].c", "*.x", "[-1][k=v].*"};
	char got[128];

	for (size_t i = 0; i < sizeof(json_case_fills); i++)
		for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]); k++) {
			verdict(text, json_case_fills[i], str_of(paths[k]), got, sizeof(got));
			if (strcmp(got, want) != 0)
				fail_msg("fixtures/json/suite.case:%d: %s, but it is %s (path "
				         "\"%s\", filled with %02x)",
				         line, got, want, paths[k], (unsigned)json_case_fills[i]);
		}
}

static void run_suite(void)
{
	FILE *f = fopen("fixtures/json/suite.case", "r");
	char buffer[LINE_ROOM];
	int line = 0, cases = 0;

	assert_non_null(f);
	for (char *p; (p = json_case_line(f, buffer, LINE_ROOM, &line)); cases++) {
		char *name = strstr(p, " |");

		assert_non_null(name);
		*name = '\0';
		*strrchr(p, ' ') = '\0';
		name += name[2] == ' ' ? 3 : 2;
		check_verdict(json_case_bytes(name), p, line);
	}
	assert_true(cases > 300);
	(void)fclose(f);
}

static void test_texts_of_the_suite_are_json_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		if (json_use_kernel(kernels[i]))
			run_suite();
}

struct path_case {
	char record[LINE_ROOM];
	char lines[WANTED_MAX][LINE_ROOM];
	struct str text, paths[WANTED_MAX], wanted[WANTED_MAX];
	int line;
	size_t n;
};

/* "TYPE TEXT", as the case files write a value. */
static void describe(const struct value *v, struct buf *out)
{
	static const char *const types[] = {"absent", "null",   "bool", "number",
	                                    "string", "object", "array"};
	struct arena scratch = {0};
	struct str text = value_text(v, &scratch);

	buf_puts(out, types[v->type]);
	if (text.n)
		buf_char(out, ' ');
	buf_str(out, text);
	arena_free(&scratch);
}

static void check_slot(const struct path_case *c, size_t i, const struct value *v, const char *how)
{
	struct buf got = {0};

	describe(v, &got);
	if (!str_eq(buf_view(&got), c->wanted[i]))
		fail_msg("fixtures/json/path.case:%d: %s, %.*s is %s, but it is %.*s", c->line, how,
		         STR_ARG(c->paths[i]), got.p, STR_ARG(c->wanted[i]));
	buf_free(&got);
}

static void check_paths(const struct path_case *c, char fill)
{
	struct str record = json_case_record(c->text, fill);
	struct arena scratch = {0};
	struct value slots[WANTED_MAX];
	struct fault fault = {0};

	if (!scan(c->paths, c->n, record, slots, &scratch, &fault))
		fail_msg("fixtures/json/path.case:%d: %s @%zu", c->line, fault.what, fault.at);
	for (size_t i = 0; i < c->n; i++)
		check_slot(c, i, &slots[i], "with others");
	for (size_t i = 0; i < c->n; i++) {
		assert_true(scan(&c->paths[i], 1, record, slots, &scratch, &fault));
		check_slot(c, i, slots, "alone");
	}
	arena_free(&scratch);
	json_case_free(record);
}

static void add_wanted(struct path_case *c, char *line)
{
	char *text = c->lines[c->n];
	char *arrow;

	assert_true(c->n < WANTED_MAX);
	memcpy(text, line, strlen(line) + 1);
	arrow = strstr(text, " => ");
	assert_non_null(arrow);
	c->wanted[c->n] = json_case_bytes(arrow + 4);
	*arrow = '\0';
	c->paths[c->n++] = json_case_bytes(text);
}

static void run_paths(void)
{
	static struct path_case c;
	FILE *f = fopen("fixtures/json/path.case", "r");
	char buffer[LINE_ROOM];
	int line = 0, records = 0;
	char *p;

	assert_non_null(f);
	c.n = 0;
	do {
		p = json_case_line(f, buffer, LINE_ROOM, &line);
		if (p && p[0] != '>') {
			add_wanted(&c, p);
			continue;
		}
		for (size_t i = 0; c.n && i < sizeof(json_case_fills); i++)
			check_paths(&c, json_case_fills[i]);
		records += c.n > 0;
		c.n = 0;
		c.line = line;
		memcpy(c.record, buffer, sizeof(buffer));
		c.text = json_case_bytes(c.record + 2);
	} while (p);
	assert_true(records > 30);
	(void)fclose(f);
}

static void test_paths_find_what_the_cases_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		if (json_use_kernel(kernels[i]))
			run_paths();
}

#define RICH                                                                                      \
	"{\"a\":[1,-2.5e-3,[],{}],\"long name of a member, longer than a block of the vector "    \
	"kernel\":\"x\\u00e9\\n\",\"b\":{\"c\":[{\"k\":\"v\",\"w\":null},{\"k\":true}],\"s\":\"{" \
	"\\\"q\\\":[1]}\"},\"t\":false,\"d\":\"0123456789012345678901234567890123456789012345678" \
	"9012345678901234567890123456789\"}"

static void test_every_beginning_of_a_record_lacks_its_end(void **state)
{
	struct str whole = STR(RICH);
	char want[64], got[64];

	(void)state;
	for (size_t n = 0; n < 2 * whole.n; n++)
		for (size_t i = 0; i < sizeof(json_case_fills); i++) {
			(void)snprintf(want, sizeof(want), "unexpected end @%zu", n / 2);
			(void)json_use_kernel(kernels[n % 2]);
			verdict((struct str){whole.p, n / 2}, json_case_fills[i], STR("b.c[k=v].w"),
			        got, sizeof(got));
			assert_string_equal(got, want);
		}
	(void)json_use_kernel(JSON_SIMD);
}

/* `n` pieces of text, one after the other. */
static void repeat(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_puts(out, text);
}

static void nested(const char *open, const char *close, size_t depth, char *got, size_t size)
{
	struct buf text = {0};

	repeat(&text, open, depth);
	buf_puts(&text, "1");
	repeat(&text, close, depth);
	verdict(buf_view(&text), '\0', STR("[0][0][0]"), got, size);
	buf_free(&text);
}

static void test_nesting_ends_at_128(void **state)
{
	char got[64];

	(void)state;
	nested("[", "]", 127, got, sizeof(got));
	assert_string_equal(got, "ok");
	nested("[", "]", 128, got, sizeof(got));
	assert_string_equal(got, "ok");
	nested("[", "]", 129, got, sizeof(got));
	assert_string_equal(got, "nested too deeply @128");
	nested("{\"a\":", "}", 128, got, sizeof(got));
	assert_string_equal(got, "ok");
	nested("{\"a\":", "}", 129, got, sizeof(got));
	assert_string_equal(got, "nested too deeply @640");
	nested("[", "]", 100000, got, sizeof(got));
	assert_string_equal(got, "nested too deeply @128");
	nested("[", "]]", 20, got, sizeof(got));
	assert_string_equal(got, "text behind the value @41");
}

/* A record with a string in a member of a member, that holds so many arrays. */
static void nested_in_string(size_t depth, const char *path, char *got, size_t size)
{
	struct buf text = {0};

	buf_puts(&text, "{\"a\":{\"b\":\"");
	repeat(&text, "[", depth);
	repeat(&text, "]", depth);
	buf_puts(&text, "\"}}");
	verdict(buf_view(&text), '\0', str_of(path), got, size);
	buf_free(&text);
}

static void test_nesting_in_a_string_that_is_entered_counts_with_that_around_it(void **state)
{
	char got[64];

	(void)state;
	nested_in_string(125, "a.b[0]", got, sizeof(got));
	assert_string_equal(got, "ok");
	nested_in_string(126, "a.b[0]", got, sizeof(got));
	assert_string_equal(got, "nested too deeply @10");
	nested_in_string(126, "a.b", got, sizeof(got));
	assert_string_equal(got, "ok");
	nested_in_string(5000, "a.c", got, sizeof(got));
	assert_string_equal(got, "ok");
}

/* {"aaa":"bbb...","n":1} with a string of `length` in which the byte at `at` is another. */
static void with_byte(size_t length, size_t at, const char *byte, char *got, size_t size)
{
	struct buf text = {0};

	buf_puts(&text, "{\"aaa\":\"");
	repeat(&text, "b", at);
	buf_puts(&text, byte);
	repeat(&text, "b", length - at);
	buf_puts(&text, "\",\"n\":1}");
	verdict(buf_view(&text), '"', STR("n"), got, size);
	buf_free(&text);
}

static void test_a_bad_byte_is_found_wherever_it_is_in_a_string(void **state)
{
	char got[64], want[64];

	(void)state;
	for (size_t i = 0; i < 2 * 150; i++) {
		size_t at = i / 2;

		(void)json_use_kernel(kernels[i % 2]);
		with_byte(160, at, "\x1f", got, sizeof(got));
		(void)snprintf(want, sizeof(want), "control character in a string @%zu", at + 8);
		assert_string_equal(got, want);
		with_byte(160, at, "\\x", got, sizeof(got));
		(void)snprintf(want, sizeof(want), "bad escape in a string @%zu", at + 9);
		assert_string_equal(got, want);
		with_byte(160, at, "\"x", got, sizeof(got));
		(void)snprintf(want, sizeof(want), "expected a comma or a closing brace @%zu",
		               at + 9);
		assert_string_equal(got, want);
		with_byte(160, at, "\\\"\x7f\xff", got, sizeof(got));
		assert_string_equal(got, "ok");
	}
	(void)json_use_kernel(JSON_SIMD);
}

static void test_strings_that_hold_nothing_use_their_memory_again(void **state)
{
	struct buf text = {0};
	struct arena scratch = {0};
	struct str path = STR("[*].wanted"), record;
	struct value slot;
	struct fault fault;

	(void)state;
	buf_puts(&text, "[\"\"");
	repeat(&text, ",\"{\\\"unwanted\\\":1}\"", 5000);
	buf_puts(&text, "]");
	record = json_case_record(buf_view(&text), '\0');
	assert_true(scan(&path, 1, record, &slot, &scratch, &fault));
	assert_int_equal(slot.type, VALUE_ABSENT);
	assert_true(scratch.total < 1000);
	json_case_free(record);
	buf_free(&text);
	arena_free(&scratch);
}

static void test_there_is_a_limit_to_paths_and_to_filters_on_an_array(void **state)
{
	struct str paths[JSON_PATHS_MAX + 1];
	char filters[JSON_PATHS_MAX][16];
	struct err err = {0};
	struct json_paths *p;

	(void)state;
	for (size_t i = 0; i <= JSON_PATHS_MAX; i++)
		paths[i] = STR("a");
	p = json_paths_new(paths, JSON_PATHS_MAX, &err);
	assert_non_null(p);
	json_paths_free(&p);
	assert_null(json_paths_new(paths, JSON_PATHS_MAX + 1, &err));
	assert_string_equal(err.text, "more than 256 paths");
	for (size_t i = 0; i < 65; i++) {
		(void)snprintf(filters[i], sizeof(filters[i]), "a[k=%zu].v", i);
		paths[i] = str_of(filters[i]);
	}
	err = (struct err){0};
	p = json_paths_new(paths, 64, &err);
	assert_non_null(p);
	json_paths_free(&p);
	assert_null(json_paths_new(paths, 65, &err));
	assert_string_equal(err.text, "more than 64 filters on one array");
}

/* [{"k":"0","v":0},{"k":"1","v":1},...] */
static void test_sixty_four_filters_find_each_their_element(void **state)
{
	struct buf text = {0};
	struct arena scratch = {0};
	char filters[64][16];
	struct str paths[64], record;
	struct value slots[64];
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		(void)snprintf(filters[i], sizeof(filters[i]), "[k=%zu].v", i);
		paths[i] = str_of(filters[i]);
		buf_printf(&text, "%c{\"k\":\"%zu\",\"v\":%zu}", i ? ',' : '[', 63 - i, 63 - i);
	}
	buf_puts(&text, "]");
	record = json_case_record(buf_view(&text), '\0');
	assert_true(scan(paths, 64, record, slots, &scratch, &fault));
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(strtol(slots[i].text.p, NULL, 10), i);
	json_case_free(record);
	buf_free(&text);
	arena_free(&scratch);
}

static void test_equal_paths_are_found_alike(void **state)
{
	struct str paths[] = {STR("a.b"), STR("a"), STR("a.b"), STR("a.\"b\"")};
	struct str record = json_case_record(STR("{\"a\":{\"b\":7}}"), '\0');
	struct arena scratch = {0};
	struct value slots[4];
	struct fault fault;

	(void)state;
	assert_true(scan(paths, 4, record, slots, &scratch, &fault));
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(slots[i].text.p, i == 1 ? "{\"b\":7}" : "7", slots[i].text.n);
	assert_int_equal(slots[3].text.n, 1);
	json_case_free(record);
	arena_free(&scratch);
}

static void test_no_path_at_all_still_checks_the_record(void **state)
{
	struct str good = json_case_record(STR("{\"a\":[1]}"), '\0');
	struct str bad = json_case_record(STR("{\"a\":[1}"), '\0');
	struct arena scratch = {0};
	struct fault fault = {0};

	(void)state;
	assert_true(scan(NULL, 0, good, NULL, &scratch, &fault));
	assert_false(scan(NULL, 0, bad, NULL, &scratch, &fault));
	assert_int_equal(fault.at, 7);
	json_case_free(good);
	json_case_free(bad);
	arena_free(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_of_the_suite_are_json_or_not),
		cmocka_unit_test(test_paths_find_what_the_cases_say),
		cmocka_unit_test(test_every_beginning_of_a_record_lacks_its_end),
		cmocka_unit_test(test_nesting_ends_at_128),
		cmocka_unit_test(
			test_nesting_in_a_string_that_is_entered_counts_with_that_around_it),
		cmocka_unit_test(test_a_bad_byte_is_found_wherever_it_is_in_a_string),
		cmocka_unit_test(test_strings_that_hold_nothing_use_their_memory_again),
		cmocka_unit_test(test_there_is_a_limit_to_paths_and_to_filters_on_an_array),
		cmocka_unit_test(test_sixty_four_filters_find_each_their_element),
		cmocka_unit_test(test_equal_paths_are_found_alike),
		cmocka_unit_test(test_no_path_at_all_still_checks_the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
