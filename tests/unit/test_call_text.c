/* What waits goes through text, as the ledger keeps it: calls, carried values, netstrings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "agent/base/netstring.h"
#include "agent/meter/call_text.h"
#include "agent/meter/carried.h"

/* ---- calls ---- */

static void same_call(const struct call *a, const struct call *b)
{
	assert_int_equal(a->time, b->time);
	for (int i = 0; i < LABELS; i++)
		assert_true(str_eq(a->label[i], b->label[i]));
	for (int i = 0; i < DETAILS; i++)
		assert_true(str_eq(a->detail[i], b->detail[i]));
	for (int i = 0; i < COUNTS; i++)
		assert_int_equal(a->count[i], b->count[i]);
	assert_int_equal(a->latency, b->latency);
	assert_int_equal(a->ttft, b->ttft);
	assert_int_equal(a->has_logged_cost, b->has_logged_cost);
	assert_int_equal(a->logged_cost, b->logged_cost);
	assert_true(a->prompt_hash == b->prompt_hash && a->dedupe_key == b->dedupe_key);
	for (int i = 0; i < TEXTS; i++)
		assert_int_equal(a->text[i], b->text[i]);
}

static void check_round(const struct call *c)
{
	struct call again = call_empty;
	struct buf text = {0};

	call_pack(&text, c);
	call_unpack(buf_view(&text), &again);
	same_call(c, &again);
	buf_free(&text);
}

static void test_a_call_is_text_that_a_person_can_read(void **state)
{
	struct call c = call_empty;
	struct buf text = {0};

	(void)state;
	call_pack(&text, &c);
	assert_int_equal(text.n, 0);
	c.label[LABEL_MODEL] = STR("gpt-4o");
	c.count[COUNT_INPUT] = 0;
	c.count[COUNT_OUTPUT] = 12;
	c.has_logged_cost = true;
	c.dedupe_key = UINT64_MAX;
	c.text[TEXT_OUTPUT] = 77;
	call_pack(&text, &c);
	assert_true(str_find(buf_view(&text), STR("5:model,6:gpt-4o,")) < text.n);
	assert_true(str_find(buf_view(&text), STR("12:input_tokens,1:0,")) < text.n);
	assert_true(str_find(buf_view(&text), STR("13:output_tokens,2:12,")) < text.n);
	assert_true(str_find(buf_view(&text), STR("11:logged_cost,1:0,")) < text.n);
	assert_true(
		str_ends(buf_view(&text), STR("10:dedupe_key,2:-1,17:output_characters,2:77,")));
	buf_free(&text);
	check_round(&c);
}

static const int64_t numbers[] = {0, 1, 1777629600000000, INT64_MAX, 999};
static const struct str texts[] = {{"", 0},  {"a", 1}, {"5:a,b:\n\0\xff", 9}, {"dedupe_key", 10},
                                   {",", 1}, {"-1", 2}};

static struct str some_text(unsigned *seed)
{
	return texts[(size_t)rand_r(seed) % (sizeof(texts) / sizeof(texts[0]))];
}

static int64_t some_number(unsigned *seed)
{
	return rand_r(seed) % 3 == 0 ? ABSENT : numbers[rand_r(seed) % 5];
}

static struct call some_call(unsigned *seed)
{
	struct call c = call_empty;

	for (int i = 0; i < LABELS; i++)
		c.label[i] = some_text(seed);
	for (int i = 0; i < DETAILS; i++)
		c.detail[i] = some_text(seed);
	for (int i = 0; i < COUNTS; i++)
		c.count[i] = some_number(seed);
	c.latency = some_number(seed);
	c.ttft = some_number(seed);
	c.time = rand_r(seed) % 2 ? INT64_MIN : numbers[rand_r(seed) % 5];
	c.has_logged_cost = rand_r(seed) % 2;
	c.logged_cost = c.has_logged_cost ? numbers[rand_r(seed) % 5] : 0;
	c.prompt_hash = rand_r(seed) % 2 ? 0 : UINT64_C(0x8000000000000001);
	c.dedupe_key = rand_r(seed) % 2 ? 0 : UINT64_C(0xffffffff00000001);
	return c;
}

static void test_calls_of_all_kinds_come_back_as_they_were(void **state)
{
	unsigned seed = 20260504;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct call c = some_call(&seed);

		check_round(&c);
	}
}

static void test_what_is_later_wins_and_what_is_absent_stays(void **state)
{
	struct call a = call_empty, b = call_empty;

	(void)state;
	a.label[LABEL_MODEL] = STR("m");
	a.label[LABEL_USER] = STR("ada");
	a.count[COUNT_INPUT] = 5;
	a.latency = 7;
	a.prompt_hash = 1;
	a.dedupe_key = 2;
	b.label[LABEL_USER] = STR("eve");
	b.count[COUNT_OUTPUT] = 0;
	b.time = 9;
	b.has_logged_cost = true;
	b.logged_cost = 3;
	call_overlay(&a, &b);
	assert_true(str_eq(a.label[LABEL_MODEL], STR("m")));
	assert_true(str_eq(a.label[LABEL_USER], STR("eve")));
	assert_int_equal(a.count[COUNT_INPUT], 5);
	assert_int_equal(a.count[COUNT_OUTPUT], 0);
	assert_int_equal(a.latency, 7);
	assert_int_equal(a.time, 9);
	assert_true(a.has_logged_cost && a.logged_cost == 3);
	assert_true(a.prompt_hash == 1 && a.dedupe_key == 2);
	b = a;
	call_overlay(&a, &call_empty);
	same_call(&a, &b);
}

static void test_every_field_is_known_when_it_is_set(void **state)
{
	unsigned seed = 1;
	size_t seen = 0;

	(void)state;
	for (const struct field *f = fields; f->name; f++) {
		assert_false(call_has(&call_empty, f));
		for (int i = 0; i < 100; i++) {
			struct call c = some_call(&seed), copy = call_empty;

			if (!call_has(&c, f))
				continue;
			call_overlay(&copy, &c);
			assert_true(call_has(&copy, f));
			seen++;
			break;
		}
	}
	assert_int_equal(seen, fields_n);
}

/* What another version wrote, or a person changed. */
static void test_text_that_is_not_understood_is_left_out(void **state)
{
	struct call c = call_empty, good = call_empty;

	(void)state;
	call_unpack(STR("5:model,1:m,12:input_tokens,2:x1,7:unknown,1:y,13:output_tokens,1:7,"),
	            &c);
	good.label[LABEL_MODEL] = STR("m");
	good.count[COUNT_OUTPUT] = 7;
	same_call(&c, &good);
	call_unpack(STR("12:input_tokens,0:,5:model,"), &c);
	call_unpack(STR("12:input_tokens,2:1 ,"), &c);
	call_unpack(STR("5:model,9:m,"), &c);
	call_unpack(STR("garbage"), &c);
	call_unpack(STR(""), &c);
	same_call(&c, &good);
}

/* ---- carried values ---- */

static const char *const names[] = {"model", "_session", "time"};

static void expect_carried(const struct carried *c, size_t field, const char *text, size_t getter)
{
	struct str found;
	size_t which;

	assert_int_equal(carried_get(c, field, &found, &which), text != NULL);
	if (text == NULL)
		return;
	assert_true(str_eq(found, str_of(text)));
	assert_int_equal(which, getter);
}

static void test_carried_values_come_back_as_they_were(void **state)
{
	struct carried *c = carried_new(names, 3), *again = carried_new(names, 3);
	struct carried *fewer = carried_new(names + 1, 1);
	struct buf text = {0};

	(void)state;
	expect_carried(NULL, 0, NULL, 0);
	expect_carried(c, 0, NULL, 0);
	carried_pack(c, &text);
	assert_int_equal(text.n, 0);
	carried_set(c, 0, STR("gpt-4o"), 2);
	carried_set(c, 0, STR("gpt"), 0);
	carried_set(c, 1, STR(""), 17);
	carried_pack(c, &text);
	assert_string_equal(text.p, "5:model,1:0,3:gpt,8:_session,2:17,0:,");
	carried_unpack(again, buf_view(&text));
	expect_carried(again, 0, "gpt", 0);
	expect_carried(again, 1, "", 17);
	expect_carried(again, 2, NULL, 0);
	carried_unpack(fewer, buf_view(&text));
	expect_carried(fewer, 0, "", 17);
	carried_unpack(again, STR("4:time,1:x,1:y,"));
	carried_unpack(again, STR("4:time,1:1,"));
	carried_unpack(again, STR("4:time,1:1,9:y,"));
	expect_carried(again, 2, NULL, 0);
	buf_free(&text);
	carried_free(&c);
	carried_free(&again);
	carried_free(&fewer);
}

static void test_a_long_value_is_cut(void **state)
{
	struct carried *c = carried_new(names, 1);
	struct buf text = {0};
	struct str found;
	size_t which;

	(void)state;
	while (text.n < 2 * CARRIED_BYTES)
		buf_char(&text, 'x');
	carried_set(c, 0, buf_view(&text), 0);
	assert_true(carried_get(c, 0, &found, &which));
	assert_int_equal(found.n, CARRIED_BYTES);
	buf_free(&text);
	carried_free(&c);
}

/* ---- netstrings ---- */

/* Any bytes: nothing outside of them is read, and what is found lies in them. */
static void test_netstrings_out_of_any_bytes(void **state)
{
	static const char kinds[] = "0123::,,,9x\n";
	unsigned seed = 20260504;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rand_r(&seed) % 24;
		char *bytes = malloc(n ? n : 1);
		struct str rest = {bytes, n}, part;

		assert_non_null(bytes);
		for (size_t k = 0; k < n; k++)
			bytes[k] = kinds[(size_t)rand_r(&seed) % (sizeof(kinds) - 1)];
		while (netstring_next(&rest, &part)) {
			assert_true(part.p >= bytes && part.p + part.n < bytes + n);
			assert_int_equal(part.p[part.n], ',');
		}
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_is_text_that_a_person_can_read),
		cmocka_unit_test(test_calls_of_all_kinds_come_back_as_they_were),
		cmocka_unit_test(test_what_is_later_wins_and_what_is_absent_stays),
		cmocka_unit_test(test_every_field_is_known_when_it_is_set),
		cmocka_unit_test(test_text_that_is_not_understood_is_left_out),
		cmocka_unit_test(test_carried_values_come_back_as_they_were),
		cmocka_unit_test(test_a_long_value_is_cut),
		cmocka_unit_test(test_netstrings_out_of_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
