/* What a source remembers: texts by key, what has changed of them, and what is oldest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/buf.h"
#include "agent/meter/memory.h"

static void expect(const struct memory *m, uint64_t key, const char *wanted)
{
	struct str text;

	assert_int_equal(memory_get(m, key, &text), wanted != NULL);
	if (wanted)
		assert_true(str_eq(text, str_of(wanted)));
}

/* "KEY@TIME TEXT #ORDER", a line each; without a text: forgotten. */
static void add_change(void *arg, const struct memory_item *item)
{
	struct buf *out = arg;

	buf_printf(out, "%" PRIu64 "@%" PRId64, item->key, item->time);
	if (item->text.p)
		buf_printf(out, " %.*s", STR_ARG(item->text));
	if (item->from)
		buf_printf(out, " from %" PRId64, item->from);
	buf_printf(out, " #%" PRIu64 "\n", item->order);
}

static void expect_changes(struct memory *m, const char *wanted)
{
	struct buf out = {0};

	buf_puts(&out, "");
	memory_changes(m, add_change, &out);
	assert_string_equal(out.p, wanted);
	buf_free(&out);
}

static void test_a_text_is_kept_until_it_is_forgotten(void **state)
{
	struct memory *m = memory_new();

	(void)state;
	expect(m, 1, NULL);
	memory_forget(m, 1);
	expect(m, 1, NULL);
	memory_put(m, 1, 10, STR("one"));
	memory_put(m, UINT64_MAX, 11, STR(""));
	memory_put(m, 0, 12, STR("a,b:\n"));
	expect(m, 1, "one");
	expect(m, UINT64_MAX, "");
	expect(m, 0, "a,b:\n");
	expect(m, 2, NULL);
	assert_int_equal(memory_count(m), 3);
	memory_put(m, 1, 13, STR("longer than before"));
	expect(m, 1, "longer than before");
	memory_put(m, 1, 13, STR("x"));
	expect(m, 1, "x");
	memory_forget(m, 0);
	memory_forget(m, 0);
	expect(m, 0, NULL);
	assert_int_equal(memory_count(m), 2);
	memory_put(m, 0, 14, STR("again"));
	expect(m, 0, "again");
	memory_free(&m);
	assert_null(m);
	memory_free(&m);
}

static void test_changes_are_told_once_and_as_they_are_now(void **state)
{
	struct memory *m = memory_new();

	(void)state;
	expect_changes(m, "");
	memory_put(m, 1, 10, STR("one"));
	memory_put(m, 2, 11, STR("two"));
	memory_put(m, 1, 12, STR("three"));
	expect_changes(m, "1@12 three #1\n2@11 two #2\n");
	expect_changes(m, "");
	memory_put(m, 3, 13, STR("came and went"));
	memory_forget(m, 3);
	memory_forget(m, 2);
	expect_changes(m, "2@11 #4\n");
	memory_forget(m, 2); /* the ledger knows already */
	expect_changes(m, "");
	memory_put(m, 2, 14, STR("back"));
	memory_forget(m, 1);
	memory_put(m, 1, 15, STR("back too"));
	expect_changes(m, "2@14 back #5\n1@15 back too #6\n");
	memory_free(&m);
}

static void test_what_was_loaded_is_told_when_it_changes(void **state)
{
	struct memory *m = memory_new();
	const struct memory_item one = {1, 10, STR("one"), 7, 99}, two = {2, 11, STR("two"), 0, 3};

	(void)state;
	memory_load(m, &one);
	memory_load(m, &two);
	expect(m, 1, "one");
	assert_int_equal(memory_count(m), 2);
	expect_changes(m, "");
	memory_forget(m, 1);
	memory_put(m, 2, 12, STR("more"));
	expect_changes(m, "1@10 from 7 #1\n2@12 more #2\n");
	memory_put(m, 1, 13, STR("ours now"));
	expect_changes(m, "1@13 ours now #3\n");
	memory_free(&m);
}

/* ---- by age ---- */

struct taken {
	struct memory *m;
	struct buf keys;
	bool forget;
};

static void take(void *arg, uint64_t key, struct str text)
{
	struct taken *t = arg;

	assert_true(text.n > 0);
	buf_printf(&t->keys, " %" PRIu64, key);
	if (t->forget)
		memory_forget(t->m, key);
}

static void test_what_is_older_than_a_time(void **state)
{
	struct taken t = {.m = memory_new(), .forget = true};

	(void)state;
	for (uint64_t key = 1; key <= 5; key++)
		memory_put(t.m, key, (int64_t)key * 10, STR("x"));
	memory_forget(t.m, 2);
	memory_older(t.m, 40, take, &t);
	assert_string_equal(t.keys.p, " 1 3");
	memory_older(t.m, INT64_MIN, take, &t);
	memory_older(t.m, INT64_MAX, take, &t);
	assert_string_equal(t.keys.p, " 1 3 4 5");
	assert_int_equal(memory_count(t.m), 0);
	buf_free(&t.keys);
	memory_free(&t.m);
}

static void test_the_oldest_of_one_time_are_those_that_came_first(void **state)
{
	struct taken t = {.m = memory_new(), .forget = true};

	(void)state;
	memory_oldest(t.m, 8, take, &t);
	assert_null(t.keys.p);
	for (uint64_t key = 1; key <= 8; key++)
		memory_put(t.m, key, 10, STR("x"));
	memory_put(t.m, 7, 9, STR("x"));
	memory_oldest(t.m, 4, take, &t);
	assert_string_equal(t.keys.p, " 7 1");
	memory_oldest(t.m, 2, take, &t);
	assert_string_equal(t.keys.p, " 7 1 2 3 4");
	memory_oldest(t.m, 1, take, &t);
	assert_string_equal(t.keys.p, " 7 1 2 3 4 5 6 8");
	assert_int_equal(memory_count(t.m), 0);
	buf_free(&t.keys);
	memory_free(&t.m);
}

/* ---- many ---- */

enum { KEYS = 3000, STEPS = 100000 };

/* The ledger as it is told of changes. */
struct told {
	char *texts[KEYS];
	size_t n;
};

static void hear(void *arg, const struct memory_item *item)
{
	struct told *told = arg;
	char **text = &told->texts[item->key % KEYS];

	told->n += (item->text.p != NULL) - (size_t)(*text != NULL);
	free(*text);
	*text = item->text.p ? str_dup(item->text) : NULL;
}

static void check_told(struct memory *m, struct told *told)
{
	memory_changes(m, hear, told);
	assert_int_equal(memory_count(m), told->n);
	for (uint64_t key = 0; key < KEYS; key++)
		expect(m, key, told->texts[key]);
}

/* Any order of putting and forgetting; what the ledger is told is always what is remembered. */
static void test_the_ledger_knows_what_is_remembered(void **state)
{
	struct memory *m = memory_new();
	static struct told told;
	unsigned seed = 20260504;
	char text[32];

	(void)state;
	for (int i = 0; i < STEPS; i++) {
		uint64_t key = (uint64_t)rand_r(&seed) % KEYS;

		(void)snprintf(text, sizeof(text), "%d", i);
		if (rand_r(&seed) % (i / (STEPS / 4) % 2 ? 8 : 2)) /* grows, then shrinks */
			memory_forget(m, key);
		else
			memory_put(m, key, i, str_of(text));
		if (rand_r(&seed) % 5000 == 0)
			check_told(m, &told);
	}
	check_told(m, &told);
	for (int i = 0; i < KEYS; i++)
		free(told.texts[i]);
	memory_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_text_is_kept_until_it_is_forgotten),
		cmocka_unit_test(test_changes_are_told_once_and_as_they_are_now),
		cmocka_unit_test(test_what_was_loaded_is_told_when_it_changes),
		cmocka_unit_test(test_what_is_older_than_a_time),
		cmocka_unit_test(test_the_oldest_of_one_time_are_those_that_came_first),
		cmocka_unit_test(test_the_ledger_knows_what_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
