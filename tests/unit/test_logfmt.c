/* What logfmt is taken to be stands in fixtures/logfmt/pairs.case; here are the driver, and what
 * cannot be written as a line of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/logfmt.h"

enum { WANTED_MAX = 16 };

struct wanted {
	struct str key, text;
	enum value_type type;
	bool escaped;
};

struct record_case {
	char *text; /* NULL: none yet; RECORD_PAD bytes behind it, as promised and no more */
	size_t n;
	int line;
	struct wanted wanted[WANTED_MAX];
	size_t n_wanted;
	bool broken;
	size_t at;
};

static struct str word(struct str *rest)
{
	size_t n = str_find(*rest, STR(" "));
	struct str word = {rest->p, n};

	*rest = str_from(*rest, n + 1);
	return word;
}

static char *padded(struct str text)
{
	char *p = malloc(text.n + RECORD_PAD);

	assert_non_null(p);
	memcpy(p, text.p, text.n);
	memset(p + text.n, '"', RECORD_PAD);
	return p;
}

static bool as_wanted(const struct wanted *w, const struct value *v)
{
	if (w->type == VALUE_ABSENT)
		return v->type == VALUE_ABSENT;
	return v->type == w->type && v->escaped == w->escaped && str_eq(v->text, w->text);
}

static void check_case(const struct record_case *c, const char *path)
{
	struct str keys[WANTED_MAX];
	struct value slots[WANTED_MAX];
	struct err err = {0};
	struct fault fault = {NULL, 0};
	struct paths *paths;
	bool good;

	for (size_t i = 0; i < c->n_wanted; i++)
		keys[i] = c->wanted[i].key;
	paths = format_logfmt.compile(keys, c->n_wanted, &err);
	assert_string_equal(err.text, "");
	good = format_logfmt.parse(paths, (struct str){c->text, c->n}, slots, NULL, &fault);
	if (good == c->broken || (c->broken && fault.at != c->at))
		fail_msg("%s:%d: broken %d at %zu", path, c->line, !good, fault.at);
	for (size_t i = 0; good && i < c->n_wanted; i++)
		if (!as_wanted(&c->wanted[i], &slots[i]))
			fail_msg("%s:%d: %.*s is '%.*s', type %d", path, c->line, STR_ARG(keys[i]),
			         STR_ARG(slots[i].text), (int)slots[i].type);
	format_logfmt.free(&paths);
	assert_null(paths);
}

static void add_wanted(struct record_case *c, struct str kind, struct str rest)
{
	struct wanted *w = &c->wanted[c->n_wanted++];

	assert_true(c->n_wanted <= WANTED_MAX);
	w->key = word(&rest);
	w->text = rest;
	w->escaped = str_eq(kind, STR("escaped"));
	w->type = VALUE_STRING;
	if (str_eq(kind, STR("absent")))
		w->type = VALUE_ABSENT;
	if (str_eq(kind, STR("bool"))) {
		w->type = VALUE_BOOL;
		w->text = STR("true");
	}
}

static size_t check_file(const char *path)
{
	static char lines[400][512];
	struct record_case c = {0};
	size_t cases = 0;
	FILE *file = fopen(path, "r");
	int n = 0;

	assert_non_null(file);
	for (; n < 400; n++) {
		struct str rest, kind;
		bool more = fgets(lines[n], sizeof(lines[n]), file) != NULL;

		rest = str_of(more ? lines[n] : "");
		rest.n -= str_ends(rest, STR("\n"));
		kind = word(&rest);
		if (kind.n == 0 && c.text) {
			check_case(&c, path);
			free(c.text);
			c = (struct record_case){0};
			cases++;
		}
		if (!more)
			break;
		if (str_eq(kind, STR("record"))) {
			c.text = padded(rest);
			c.n = rest.n;
			c.line = n + 1;
		} else if (str_eq(kind, STR("broken"))) {
			c.broken = true;
			c.at = (size_t)atoi(rest.p);
		} else if (kind.n && kind.p[0] != '#') {
			add_wanted(&c, kind, rest);
		}
	}
	assert_true(n < 400);
	(void)fclose(file);
	return cases;
}

static void test_pairs_are_found_as_the_case_file_says(void **state)
{
	(void)state;
	assert_true(check_file("fixtures/logfmt/pairs.case") > 30);
}

static bool parse_one(struct str text, const char *key, struct value *ret)
{
	struct err err = {0};
	struct fault fault;
	struct str path = str_of(key);
	struct paths *paths = format_logfmt.compile(&path, 1, &err);
	char *p = padded(text);
	bool good = format_logfmt.parse(paths, (struct str){p, text.n}, ret, NULL, &fault);

	if (ret->text.n) /* views into p end here */
		ret->text = (struct str){text.p + (ret->text.p - p), ret->text.n};
	free(p);
	format_logfmt.free(&paths);
	return good;
}

static void test_white_space_of_any_kind_separates(void **state)
{
	struct value v;

	(void)state;
	assert_true(parse_one(STR("\t a=1\tb=2\r\n\0c=3\n"), "b", &v));
	assert_true(str_eq(v.text, STR("2")));
	assert_true(parse_one(STR("\t a=1\tb=2\r\n\0c=3\n"), "c", &v));
	assert_true(str_eq(v.text, STR("3")));
	assert_true(parse_one(STR(" \n"), "a", &v));
	assert_int_equal(v.type, VALUE_ABSENT);
	assert_true(parse_one(STR(""), "a", &v));
	assert_int_equal(v.type, VALUE_ABSENT);
}

static void test_bytes_that_are_no_ascii_belong_to_words(void **state)
{
	struct value v;

	(void)state;
	assert_true(parse_one(STR("k\xc3\xa9y=\xff\x80\xa0 b=1"), "k\xc3\xa9y", &v));
	assert_true(str_eq(v.text, STR("\xff\x80\xa0")));
}

static void test_one_key_may_be_wanted_twice(void **state)
{
	const struct str keys[] = {STR("b"), STR("a"), STR("b")};
	struct value v[3];
	struct err err = {0};
	struct fault fault;
	struct paths *paths = format_logfmt.compile(keys, 3, &err);
	char *p = padded(STR("a=1 b=2"));

	(void)state;
	assert_true(format_logfmt.parse(paths, (struct str){p, 7}, v, NULL, &fault));
	assert_true(str_eq(v[0].text, STR("2")) && str_eq(v[2].text, STR("2")));
	assert_true(str_eq(v[1].text, STR("1")));
	free(p);
	format_logfmt.free(&paths);
}

static void test_the_longest_key_is_found_and_a_longer_one_is_not(void **state)
{
	char text[LOGFMT_KEY_MAX + 8], key[LOGFMT_KEY_MAX + 2];
	struct value v;

	(void)state;
	memset(text, 'k', sizeof(text));
	memset(key, 'k', sizeof(key));
	key[LOGFMT_KEY_MAX] = '\0';
	memcpy(text + LOGFMT_KEY_MAX, "=1", 2);
	assert_true(parse_one((struct str){text, LOGFMT_KEY_MAX + 2}, key, &v));
	assert_true(str_eq(v.text, STR("1")));
	memcpy(text + LOGFMT_KEY_MAX, "k=1", 3);
	assert_true(parse_one((struct str){text, LOGFMT_KEY_MAX + 3}, key, &v));
	assert_int_equal(v.type, VALUE_ABSENT);
}

static void test_many_open_brackets_do_not_take_quadratic_time(void **state)
{
	enum { N = 100000 };
	char *text = malloc(N * 4 + 4);
	struct value v;

	(void)state;
	for (size_t i = 0; i < N; i++)
		memcpy(text + i * 4, "a=[ ", 4);
	memcpy(text + (size_t)N * 4, "b=1", 3);
	assert_true(parse_one((struct str){text, (size_t)N * 4 + 3}, "b", &v));
	assert_true(str_eq(v.text, STR("1")));
	assert_true(parse_one((struct str){text, (size_t)N * 4 + 3}, "a", &v));
	assert_true(str_eq(v.text, STR("[")));
	free(text);
}

static void check_refused(const char *path, const char *why)
{
	struct err err = {0};
	struct str key = str_of(path);

	assert_null(format_logfmt.compile(&key, 1, &err));
	assert_string_equal(err.text, why);
}

static void test_paths_that_are_no_keys_are_refused(void **state)
{
	char key[LOGFMT_KEY_MAX + 2] = {0};
	struct err err = {0};

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	check_refused("", "an empty key");
	check_refused("\"\"", "an empty key");
	check_refused("a b", "\"a b\": a logfmt key has no space, \" or =");
	check_refused("a=b", "\"a=b\": a logfmt key has no space, \" or =");
	check_refused("a.\"b\"", "\"a.\"b\"\": a logfmt key has no space, \" or =");
	check_refused("\"", "\"\"\": a logfmt key has no space, \" or =");
	check_refused(key, "a key of more than 255 bytes");
	assert_null(format_logfmt.compile(NULL, LOGFMT_KEYS_MAX + 1, &err));
	assert_string_equal(err.text, "more than 1024 keys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_are_found_as_the_case_file_says),
		cmocka_unit_test(test_white_space_of_any_kind_separates),
		cmocka_unit_test(test_bytes_that_are_no_ascii_belong_to_words),
		cmocka_unit_test(test_one_key_may_be_wanted_twice),
		cmocka_unit_test(test_the_longest_key_is_found_and_a_longer_one_is_not),
		cmocka_unit_test(test_many_open_brackets_do_not_take_quadratic_time),
		cmocka_unit_test(test_paths_that_are_no_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
