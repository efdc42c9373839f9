/* What the literal of a pattern is stands in fixtures/pattern/literal.case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/literal.h"
#include "parsers/pattern.h"
#include "parsers/reach.h"

static struct pattern *compiled(const char *regex)
{
	struct err err = {0};
	struct pattern *p = pattern_new(str_of(regex), &err);

	assert_string_equal(err.text, "");
	assert_non_null(p);
	return p;
}

static int test_one(const char *regex, struct str text)
{
	struct pattern *p = compiled(regex);
	struct pattern_match *m = pattern_match_new();
	enum pattern_result result = pattern_test(p, m, text);

	pattern_match_free(&m);
	pattern_free(&p);
	assert_null(p);
	assert_null(m);
	return (int)result;
}

/* The escapes of the case file undone, in place. */
static struct str unescaped(char *text)
{
	size_t n = 0;

	for (const char *p = text; *p && *p != '\n'; p++) {
		text[n++] = *p;
		if (*p != '\\')
			continue;
		p++;
		text[n - 1] = *p == 't' ? '\t' : *p == 'n' ? '\n' : *p;
	}
	return (struct str){text, n};
}

/* Changed texts must hold the literal too if they still match. */
static void check_changed(const struct pattern *p, struct pattern_match *m, struct str text,
                          unsigned *seed)
{
	char copy[512];
	size_t n = text.n;

	memcpy(copy, text.p, n);
	pattern_match_record(m, 300 * sizeof(copy));
	for (int i = 0; i < 300; i++) {
		size_t at = n ? (size_t)rand_r(seed) % n : 0;
		int change = rand_r(seed) % 3;

		if (change == 0 && n > 0) {
			n--;
			memmove(copy + at, copy + at + 1, n - at);
		} else if (change == 1 && n < sizeof(copy)) {
			memmove(copy + at + 1, copy + at, n - at);
			copy[at] = text.n ? text.p[(size_t)rand_r(seed) % text.n] : 'x';
			n++;
		} else if (n > 0) {
			copy[at] = (char)(' ' + rand_r(seed) % 95);
		}
		if (pattern_test(p, m, (struct str){copy, n}) == PATTERN_YES) {
			struct str now = {copy, n}, literal = pattern_literal(p);

			assert_true(literal.n == 0 || str_find(now, literal) < now.n);
		} else {
			n = text.n;
			memcpy(copy, text.p, n);
		}
	}
}

struct driver {
	struct pattern *p, *interpreted; /* the second without JIT */
	struct pattern_match *m;
	unsigned seed;
	size_t patterns, matches;
};

static const char *check_literal(struct driver *d, char *rest)
{
	if (d->p == NULL)
		return "refused";
	return str_eq(pattern_literal(d->p), unescaped(rest)) ? NULL : "another literal";
}

static const char *check_match(struct driver *d, char *rest)
{
	struct str text = unescaped(rest), literal;

	if (d->p == NULL)
		return "refused";
	literal = pattern_literal(d->p);
	d->matches++;
	if (pattern_test(d->p, d->m, text) != PATTERN_YES)
		return "does not match";
	if (pattern_test(d->interpreted, d->m, text) != PATTERN_YES)
		return "does not match without JIT";
	if (literal.n && str_find(text, literal) == text.n)
		return "matches without the literal";
	check_changed(d->p, d->m, text, &d->seed);
	return NULL;
}

static const char *check_differs(struct driver *d, char *rest)
{
	struct str text = unescaped(rest);

	if (d->p == NULL)
		return "refused";
	if (pattern_test(d->interpreted, d->m, text) != PATTERN_NO)
		return "matches without JIT";
	return pattern_test(d->p, d->m, text) == PATTERN_NO ? NULL : "matches";
}

static const char *check_pattern(struct driver *d, char *rest)
{
	char no_jit[600];
	struct err err = {0}, same = {0};
	struct str regex = {rest, strcspn(rest, "\n")};
	int n = snprintf(no_jit, sizeof(no_jit), "(*NO_JIT)%.*s", STR_ARG(regex));

	pattern_free(&d->p);
	pattern_free(&d->interpreted);
	d->p = pattern_new(regex, &err);
	d->interpreted = pattern_new((struct str){no_jit, (size_t)n}, &same);
	d->patterns++;
	return (d->p == NULL) == (err.text[0] != '\0') ? NULL : "no error, or one too many";
}

static const char *check_refused(struct driver *d, char *rest)
{
	(void)rest;
	return d->p == NULL ? NULL : "not refused";
}

static const struct {
	const char *word;
	const char *(*check)(struct driver *d, char *rest);
} checks[] = {
	{"pattern", check_pattern}, {"literal", check_literal}, {"match", check_match},
	{"differs", check_differs}, {"refused", check_refused},
};

static void test_literals_are_those_of_the_case_file_and_all_matches_hold_them(void **state)
{
	static const char path[] = "fixtures/pattern/literal.case";
	struct driver d = {.m = pattern_match_new(), .seed = 11};
	FILE *file = fopen(path, "r");
	char line[512];
	int n = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *wrong = line[0] == '#' || line[0] == '\n' ? NULL : "no such word";

		n++;
		for (size_t i = 0; wrong && i < sizeof(checks) / sizeof(checks[0]); i++) {
			size_t word = strlen(checks[i].word);

			if (strncmp(line, checks[i].word, word) != 0)
				continue;
			wrong = checks[i].check(&d, line + word + (line[word] == ' '));
			break;
		}
		if (wrong)
			fail_msg("%s:%d: %s", path, n, wrong);
	}
	assert_true(d.patterns > 100 && d.matches > 100);
	(void)fclose(file);
	pattern_free(&d.p);
	pattern_free(&d.interpreted);
	pattern_match_free(&d.m);
}

static void test_groups_are_named_in_order_of_their_numbers(void **state)
{
	struct pattern *p = compiled("(?<zeta>a)(b)(?<alpha>c)(?<mid>d)?");
	struct pattern_match *m = pattern_match_new();
	struct value slots[3];

	(void)state;
	assert_int_equal(pattern_groups(p), 3);
	assert_true(str_eq(pattern_group_name(p, 0), STR("zeta")));
	assert_true(str_eq(pattern_group_name(p, 1), STR("alpha")));
	assert_true(str_eq(pattern_group_name(p, 2), STR("mid")));
	assert_true(str_eq(pattern_regex(p), STR("(?<zeta>a)(b)(?<alpha>c)(?<mid>d)?")));
	assert_int_equal(pattern_capture(p, m, STR("xabcx"), slots), PATTERN_YES);
	assert_true(str_eq(slots[0].text, STR("a")));
	assert_true(str_eq(slots[1].text, STR("c")));
	assert_int_equal(slots[0].type, VALUE_STRING);
	assert_int_equal(slots[2].type, VALUE_ABSENT);
	assert_int_equal(pattern_capture(p, m, STR("xab"), slots), PATTERN_NO);
	pattern_match_free(&m);
	pattern_free(&p);
}

static void test_a_group_of_an_earlier_match_is_not_seen_again(void **state)
{
	struct pattern *p = compiled("x(?<a>\\d)?(?<b>y)?"), *q = compiled("(?<a>q)(?<b>r)?");
	struct pattern_match *m = pattern_match_new();
	struct value slots[2];

	(void)state;
	assert_int_equal(pattern_capture(p, m, STR("x1y"), slots), PATTERN_YES);
	assert_true(str_eq(slots[1].text, STR("y")));
	assert_int_equal(pattern_capture(q, m, STR("q"), slots), PATTERN_YES);
	assert_int_equal(slots[1].type, VALUE_ABSENT);
	assert_int_equal(pattern_capture(p, m, STR("x"), slots), PATTERN_YES);
	assert_int_equal(slots[0].type, VALUE_ABSENT);
	assert_int_equal(slots[1].type, VALUE_ABSENT);
	pattern_match_free(&m);
	pattern_free(&q);
	pattern_free(&p);
}

static void test_an_empty_group_is_there_and_empty(void **state)
{
	struct pattern *p = compiled("(?<a>\\d*)");
	struct pattern_match *m = pattern_match_new();
	struct value slot;
	struct str one = STR("set");

	(void)state;
	assert_int_equal(pattern_capture(p, m, STR("x"), &slot), PATTERN_YES);
	assert_int_equal(slot.type, VALUE_STRING);
	assert_int_equal(slot.text.n, 0);
	assert_int_equal(pattern_capture(p, m, (struct str){NULL, 0}, &slot), PATTERN_YES);
	assert_int_equal(slot.type, VALUE_STRING);
	assert_int_equal(pattern_capture_one(p, m, (struct str){NULL, 0}, 1, &one), PATTERN_YES);
	assert_int_equal(one.n, 0);
	pattern_match_free(&m);
	pattern_free(&p);
}

static void check_single(const char *regex, bool single, uint32_t number)
{
	struct pattern *p = compiled(regex);
	uint32_t group = 0;

	assert_int_equal(pattern_single_group(p, &group), single);
	assert_int_equal(group, number);
	pattern_free(&p);
}

static void test_the_single_group_is_the_only_one_or_the_only_named_one(void **state)
{
	(void)state;
	check_single("a(b)", true, 1);
	check_single("(a)(?<x>b)(c)", true, 2);
	check_single("(?<x>b)", true, 1);
	check_single("a", false, 0);
	check_single("(a)(b)", false, 0);
	check_single("(?<x>a)(?<y>b)", false, 0);
}

static void test_one_group_is_captured_by_its_number(void **state)
{
	struct pattern *p = compiled("tokens: (\\d+)(x)?");
	struct pattern_match *m = pattern_match_new();
	struct str got = STR("untouched");

	(void)state;
	assert_int_equal(pattern_capture_one(p, m, STR("tokens: x"), 1, &got), PATTERN_NO);
	assert_true(str_eq(got, STR("untouched")));
	assert_int_equal(pattern_capture_one(p, m, STR("tokens: 815"), 1, &got), PATTERN_YES);
	assert_true(str_eq(got, STR("815")));
	assert_int_equal(pattern_capture_one(p, m, STR("tokens: 815"), 2, &got), PATTERN_YES);
	assert_int_equal(got.n, 0);
	pattern_match_free(&m);
	pattern_free(&p);
}

static void test_bytes_need_not_be_text(void **state)
{
	(void)state;
	assert_int_equal(test_one("a.b", STR("a\xff"
	                                     "b")),
	                 PATTERN_YES);
	assert_int_equal(test_one("a\\x00b", STR("a\0b")), PATTERN_YES);
	assert_int_equal(test_one("\xc3\xa9+", STR("caf\xc3\xa9")), PATTERN_YES);
}

static void check_limit(const char *regex, char kind)
{
	char text[2000];
	clock_t start = clock();

	memset(text, kind, sizeof(text));
	text[sizeof(text) - 1] = '!';
	assert_int_equal(test_one(regex, (struct str){text, sizeof(text)}), PATTERN_LIMIT);
	/* A tenth of a second, and room for sanitizers; without a limit it were years. */
	assert_true(clock() - start < CLOCKS_PER_SEC);
}

static void test_a_catastrophic_pattern_reaches_its_limit_soon(void **state)
{
	static const char *const regex[] = {
		"(a+)+$",
		"^(a|aa)+$",
		"(a|a?)+$",
		"^(([a-z])+.)+[A-Z]([a-z])+$",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char interpreted[64];

		(void)snprintf(interpreted, sizeof(interpreted), "(*NO_JIT)%s", regex[i]);
		check_limit(regex[i], 'a');
		check_limit(interpreted, 'a');
	}
}

/* The limit is on all there is to do: no start of a match, nor a long text, has one of its own. */
static void test_a_slow_pattern_is_bounded_on_texts_of_any_length(void **state)
{
	static const char *const regex[] = {"a.*.*=x", ".*.*=x", "[a-z]+[0-9]",
	                                    "(?<a>.*)a(?<b>.*)a(?<c>.*)a=x"};
	static const size_t lengths[] = {700, 4000, 20000, 1000000};
	char *text = xmalloc(1000000);

	(void)state;
	memset(text, 'a', 1000000);
	for (size_t i = 0; i < 16; i++) {
		size_t n = lengths[i % 4];
		char interpreted[64];
		clock_t start = clock();

		(void)snprintf(interpreted, sizeof(interpreted), "(*NO_JIT)%s", regex[i / 4]);
		memcpy(text + n - 4,
		       "x1==", 4); /* so that nothing the pattern ends with is missing */
		(void)test_one(regex[i / 4], (struct str){text, n - 1});
		(void)test_one(interpreted, (struct str){text, n - 1});
		assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
		memset(text, 'a', n);
	}
	free(text);
}

static void test_a_long_text_has_the_steps_it_needs(void **state)
{
	enum { LENGTH = 4 << 20 };
	static const char end[] = " model=gpt in=12";
	struct pattern *p = compiled("^(?<t>\\S+) .*? model=(?<model>\\S+) .*in=(?<in>\\d+)");
	struct pattern_match *m = pattern_match_new();
	char *text = xmalloc(LENGTH);
	struct value slots[3];

	(void)state;
	for (size_t i = 0; i < LENGTH; i++)
		text[i] = "word "[i % 5];
	memcpy(text + LENGTH - strlen(end), end, strlen(end));
	for (int i = 0; i < 2; i++) {
		pattern_match_record(m, LENGTH);
		assert_int_equal(pattern_capture(p, m, (struct str){text, LENGTH}, slots),
		                 PATTERN_YES);
		assert_true(str_eq(slots[1].text, STR("gpt")));
		assert_true(str_eq(slots[2].text, STR("12")));
	}
	pattern_match_free(&m);
	pattern_free(&p);
	free(text);
}

/* However many patterns there are, a record has its share but once. */
static void test_steps_are_those_of_a_record(void **state)
{
	struct pattern *bad = compiled("(a+)+$"), *slow = compiled("(?:\\w+ )*=");
	struct pattern_match *m = pattern_match_new();
	char text[20000];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 3, " =!", 3);
	pattern_match_record(m, sizeof(text));
	assert_int_equal(pattern_test(slow, m, (struct str){text, sizeof(text)}), PATTERN_YES);
	assert_int_equal(pattern_test(bad, m, (struct str){text, sizeof(text)}), PATTERN_LIMIT);
	assert_int_equal(pattern_test(slow, m, (struct str){text, sizeof(text)}), PATTERN_LIMIT);
	pattern_match_record(m, sizeof(text));
	assert_int_equal(pattern_test(slow, m, (struct str){text, sizeof(text)}), PATTERN_YES);
	pattern_match_free(&m);
	pattern_free(&slow);
	pattern_free(&bad);
}

static void test_what_is_needed_after_a_limit_still_matches(void **state)
{
	struct pattern *bad = compiled("(a+)+$"), *good = compiled("(?<n>\\d+)");
	struct pattern_match *m = pattern_match_new();
	struct value slot;

	(void)state;
	assert_int_equal(pattern_test(bad, m, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")),
	                 PATTERN_LIMIT);
	assert_int_equal(pattern_capture(good, m, STR("a 42"), &slot), PATTERN_YES);
	assert_true(str_eq(slot.text, STR("42")));
	pattern_match_free(&m);
	pattern_free(&good);
	pattern_free(&bad);
}

/* Three lines a case, between them empty ones and comments. */
static bool next_case(FILE *file, char lines[3][512], int *at)
{
	for (int i = 0; i < 3; i++) {
		do {
			if (fgets(lines[i], sizeof(lines[i]), file) == NULL)
				return false;
			++*at;
		} while (i == 0 && (lines[i][0] == '#' || lines[i][0] == '\n'));
		lines[i][strcspn(lines[i], "\n")] = '\0';
	}
	return true;
}

static void test_a_pattern_that_fails_says_how_far_it_got(void **state)
{
	static const char path[] = "fixtures/pattern/reach.case";
	struct pattern_match *m = pattern_match_new();
	FILE *file = fopen(path, "r");
	char lines[3][512];
	int at = 0, n = 0;

	(void)state;
	assert_non_null(file);
	for (; next_case(file, lines, &at); n++) {
		struct str regex = str_of(lines[0]), text = str_of(lines[1]);
		size_t wanted = strcmp(lines[2], "-") == 0 ? 0 : strlen(lines[2]);
		size_t reach = pattern_reach(regex, m, text);

		assert_int_equal(test_one(lines[0], text), PATTERN_NO);
		if (reach != wanted || (reach && strncmp(lines[0], lines[2], reach) != 0))
			fail_msg("%s:%d: reaches '%.*s'", path, at, (int)reach, lines[0]);
	}
	assert_int_equal(n, 12);
	(void)fclose(file);
	pattern_match_free(&m);
}

static void test_how_far_a_pattern_gets_is_bounded_too(void **state)
{
	struct pattern_match *m = pattern_match_new();
	clock_t start = clock();
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 2, "!=", 2);
	assert_int_equal(
		pattern_reach(STR("^(a+)+b?=c=d=e=f"), m, (struct str){text, sizeof(text)}), 0);
	/* Nothing broken is looked at beyond its end. */
	assert_int_equal(pattern_reach(STR("a[b"), m, STR("ac")), 1);
	assert_int_equal(pattern_reach(STR("a\\"), m, STR("ac")), 1);
	assert_int_equal(pattern_reach(STR("a(?<"), m, STR("ac")), 1);
	assert_int_equal(pattern_reach(STR("a{2"), m, STR("ac")), 0);
	assert_int_equal(pattern_reach(STR(""), m, STR("ac")), 0);
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	pattern_match_free(&m);
}

static void check_error(struct str regex, const char *text)
{
	struct err err = {0};

	assert_null(pattern_new(regex, &err));
	assert_string_equal(err.text, text);
}

static void test_a_bad_pattern_says_what_and_where(void **state)
{
	char groups[3 * (PATTERN_GROUPS_MAX + 1)], size[PATTERN_LENGTH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(groups); i++)
		groups[i] = "(a)"[i % 3];
	memset(size, 'a', sizeof(size));
	check_error(STR("a(b"), "missing closing parenthesis (at byte 3 of the pattern)");
	check_error(STR("ab**c*{2"),
	            "quantifier does not follow a repeatable item (at byte 3 of the pattern)");
	check_error(STR("(?J)(?<n>a)|(?<n>b)"), "two groups of the pattern have the name n");
	check_error((struct str){groups, sizeof(groups)}, "the pattern has more than 64 groups");
	check_error((struct str){size, sizeof(size)}, "the pattern is longer than 4096 bytes");
}

static void test_groups_up_to_the_limit_are_captured(void **state)
{
	char regex[PATTERN_GROUPS_MAX * 16] = "", text[PATTERN_GROUPS_MAX + 1] = "";
	struct value slots[PATTERN_GROUPS_MAX];
	struct pattern_match *m = pattern_match_new();
	struct pattern *p;

	(void)state;
	for (size_t i = 0, n = 0; i < PATTERN_GROUPS_MAX; i++) {
		n += (size_t)snprintf(regex + n, sizeof(regex) - n, "(?<g%zu>.)", i);
		text[i] = (char)('0' + i);
	}
	p = compiled(regex);
	assert_int_equal(pattern_capture(p, m, str_of(text), slots), PATTERN_YES);
	assert_true(slots[63].text.p == text + 63 && slots[63].text.n == 1);
	assert_true(str_eq(pattern_group_name(p, 63), STR("g63")));
	pattern_match_free(&m);
	pattern_free(&p);
}

static void test_groups_in_groups_beyond_the_limit_give_no_literal(void **state)
{
	char deep[] = "((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))))", out[99];

	(void)state;
	assert_int_equal(literal_find(str_of(deep), out), 0);
	deep[0] = deep[sizeof(deep) - 2] = 'y';
	assert_int_equal(literal_find(str_of(deep), out), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_literals_are_those_of_the_case_file_and_all_matches_hold_them),
		cmocka_unit_test(test_groups_are_named_in_order_of_their_numbers),
		cmocka_unit_test(test_a_group_of_an_earlier_match_is_not_seen_again),
		cmocka_unit_test(test_an_empty_group_is_there_and_empty),
		cmocka_unit_test(test_the_single_group_is_the_only_one_or_the_only_named_one),
		cmocka_unit_test(test_one_group_is_captured_by_its_number),
		cmocka_unit_test(test_bytes_need_not_be_text),
		cmocka_unit_test(test_a_catastrophic_pattern_reaches_its_limit_soon),
		cmocka_unit_test(test_a_slow_pattern_is_bounded_on_texts_of_any_length),
		cmocka_unit_test(test_a_long_text_has_the_steps_it_needs),
		cmocka_unit_test(test_steps_are_those_of_a_record),
		cmocka_unit_test(test_what_is_needed_after_a_limit_still_matches),
		cmocka_unit_test(test_a_pattern_that_fails_says_how_far_it_got),
		cmocka_unit_test(test_how_far_a_pattern_gets_is_bounded_too),
		cmocka_unit_test(test_a_bad_pattern_says_what_and_where),
		cmocka_unit_test(test_groups_up_to_the_limit_are_captured),
		cmocka_unit_test(test_groups_in_groups_beyond_the_limit_give_no_literal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
