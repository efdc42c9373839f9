#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "agent/base/chains.h"

enum { THINGS = 1000 };

struct thing {
	struct link link;
	bool seen;
};

/* How many have this key; each once. */
static size_t count(const struct chains *c, uint64_t key, struct thing *things)
{
	size_t n = 0;

	for (size_t i = 0; i < THINGS; i++)
		things[i].seen = false;
	for (struct link *l = chains_first(c, key); l; l = chains_next(l), n++) {
		assert_int_equal(l->key, key);
		assert_false(((struct thing *)l)->seen);
		((struct thing *)l)->seen = true;
	}
	return n;
}

static void test_things_are_found_by_key_until_taken_out(void **state)
{
	static struct thing things[THINGS];
	struct chains c = {0};

	(void)state;
	assert_null(chains_first(&c, 0));
	/* Seven have each key below 142, six have 142: 142 * 7 + 6. */
	for (size_t i = 0; i < THINGS; i++)
		chains_add(&c, &things[i].link, i / 7);
	assert_int_equal(c.n, THINGS);
	assert_int_equal(count(&c, 0, things), 7);
	assert_int_equal(count(&c, 141, things), 7);
	assert_int_equal(count(&c, 142, things), 6);
	assert_int_equal(count(&c, 143, things), 0);
	/* The first, one in the middle and the last of a key; one of them twice. */
	chains_remove(&c, &things[70].link);
	chains_remove(&c, &things[73].link);
	chains_remove(&c, &things[76].link);
	chains_remove(&c, &things[76].link);
	assert_int_equal(count(&c, 10, things), 4);
	assert_false(things[70].seen || things[73].seen || things[76].seen);
	assert_true(things[71].seen && things[75].seen);
	assert_int_equal(c.n, THINGS - 3);
	chains_add(&c, &things[73].link, 143);
	assert_int_equal(count(&c, 143, things), 1);
	for (size_t i = 0; i < THINGS; i++)
		chains_remove(&c, &things[i].link);
	assert_int_equal(c.n, 0);
	assert_null(chains_first(&c, 1));
	chains_free(&c);
	assert_null(chains_first(&c, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_things_are_found_by_key_until_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
