/* What calls cost stands in fixtures/price/vectors.case; here are its driver, and what must hold
 * for all calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/buf.h"
#include "agent/meter/cost.h"
#include "parsers/number.h"
#include "parsers/timestamp.h"

static const char path[] = "fixtures/price/vectors.case";

/* ---- the driver ---- */

struct driver {
	struct buf rows; /* of the case, as YAML */
	struct yaml *yaml;
	struct config config;
	struct book *own;     /* of the case's rows; NULL: none yet */
	struct book *shipped; /* opened once */
	struct zone *utc;
	int line, calls;
};

static void end_case(struct driver *d)
{
	book_free(&d->own);
	yaml_close(&d->yaml);
	buf_clear(&d->rows);
}

static const struct book *the_book(struct driver *d)
{
	static char name[] = "rows";
	struct err err = {0};

	if (d->rows.n == 0)
		return d->shipped;
	if (d->own)
		return d->own;
	d->yaml = yaml_parse(buf_view(&d->rows), "rows", 1 << 16, false, &err);
	d->config.own_prices = d->yaml ? yaml_root(d->yaml) : NULL;
	d->config.file = name;
	if (d->yaml)
		d->own = book_open(&d->config, &err);
	if (d->own == NULL)
		fail_msg("%s:%d: %s", path, d->line, err.text);
	return d->own;
}

static struct str word(struct str *rest)
{
	size_t n = str_find(*rest, STR(" "));
	struct str word = {rest->p, n};

	*rest = str_from(*rest, n + 1);
	return word;
}

static void set_field(struct driver *d, struct call *c, struct str key, struct str value)
{
	const struct field *field = field_find(key);
	bool good = true;

	if (str_eq(key, STR("tier")))
		c->label[LABEL_TIER] = value;
	else if (field && field->kind == FIELD_COUNT && count_places((enum count)field->index))
		good = number_decimal(value, count_places((enum count)field->index),
		                      &c->count[field->index]);
	else if (field && field->kind == FIELD_COUNT)
		good = number_count(value, &c->count[field->index]);
	else if (field && field->kind == FIELD_LABEL)
		c->label[field->index] = value;
	else if (field && field->kind == FIELD_DETAIL)
		c->detail[field->index] = value;
	else if (field)
		good = false;
	else /* the short names of token counts */
		for (int k = 0; k < COUNTS; k++) {
			char name[64];

			(void)snprintf(name, sizeof(name), "%.*s_tokens", STR_ARG(key));
			good = strcmp(name, count_name((enum count)k)) == 0;
			if (good && number_count(value, &c->count[k]))
				break;
			good = false;
		}
	if (!good)
		fail_msg("%s:%d: cannot read %.*s", path, d->line, STR_ARG(key));
}

static void read_call(struct driver *d, struct str text, struct call *c)
{
	struct timestamp_context context = {.zone = d->utc};

	*c = (struct call){0};
	for (int k = 0; k < COUNTS; k++)
		c->count[k] = ABSENT;
	if (!timestamp_parse(word(&text), &context, &c->time))
		fail_msg("%s:%d: no time", path, d->line);
	while (text.n) {
		struct str field = word(&text);
		size_t equals = str_find(field, STR("="));

		set_field(d, c, (struct str){field.p, equals}, str_from(field, equals + 1));
	}
}

static void run_call(struct driver *d, struct str line)
{
	size_t arrow = str_find(line, STR(" -> "));
	struct str wanted = str_from(line, arrow + 4);
	const struct book *book = the_book(d);
	const struct book_entry *entry;
	const struct price *price;
	struct call c;
	int64_t cost = 0;
	struct str amount;
	char text[COST_TEXT];

	read_call(d, (struct str){line.p, arrow}, &c);
	amount = word(&wanted);
	call_clamp(&c);
	if (((c.flags & CALL_INCONSISTENT) != 0) != str_eq(wanted, STR("inconsistent")))
		fail_msg("%s:%d: inconsistent or not", path, d->line);
	if (book == d->own)
		c.label[LABEL_MODEL] = STR("case");
	entry = book_find(book, c.label[LABEL_PROVIDER], c.label[LABEL_MODEL]);
	price = entry ? book_price(entry, c.time) : NULL;
	if (price == NULL || !cost_of(price, &c, &cost))
		fail_msg("%s:%d: no price", path, d->line);
	cost_print(cost, text);
	if (!str_eq(amount, str_of(text)))
		fail_msg("%s:%d: %s, not %.*s", path, d->line, text, STR_ARG(amount));
	d->calls++;
}

static void run_line(struct driver *d, struct str line)
{
	if (line.n == 0 || line.p[0] == '#')
		return;
	if (str_starts(line, STR("== "))) {
		end_case(d);
	} else if (str_starts(line, STR("row "))) {
		if (d->rows.n == 0)
			buf_puts(&d->rows, "- name: case\n  prices:\n");
		buf_puts(&d->rows, "    - ");
		buf_str(&d->rows, str_from(line, 4));
		buf_char(&d->rows, '\n');
	} else {
		run_call(d, line);
	}
}

static void test_every_vector_costs_what_the_case_file_says(void **state)
{
	struct driver d = {0};
	struct config none = {0};
	struct err err = {0};
	FILE *file = fopen(path, "r");
	char line[1024];

	(void)state;
	assert_non_null(file);
	d.shipped = book_open(&none, &err);
	assert_string_equal(err.text, "");
	d.utc = zone_open("UTC", &err);
	assert_non_null(d.utc);
	for (d.line = 1; fgets(line, sizeof(line), file); d.line++)
		run_line(&d, str_trim(str_of(line)));
	assert_true(d.calls >= 290);
	(void)fclose(file);
	end_case(&d);
	buf_free(&d.rows);
	zone_free(&d.utc);
	book_free(&d.shipped);
}

/* ---- what holds for all ---- */

/* A small generator of its own: the same numbers everywhere. */
static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static void random_call(struct call *c, uint64_t *seed)
{
	*c = (struct call){0};
	for (int k = 0; k < COUNTS; k++)
		c->count[k] =
			next_random(seed) % 3 ? (int64_t)(next_random(seed) % 400000) : ABSENT;
	if (next_random(seed) % 2)
		c->label[LABEL_TIER] = next_random(seed) % 2 ? STR("batch") : STR("priority");
	if (next_random(seed) % 2)
		c->detail[DETAIL_REGION] = STR("us");
}

static int64_t total_cost(const struct price *p, const struct call *c)
{
	int64_t cost = -1;

	assert_true(cost_of(p, c, &cost));
	assert_true(cost >= 0);
	return cost;
}

/* The kinds that the tokens of a whole are split into. */
static const enum rate_kind input_kinds[] = {
	RATE_INPUT,       RATE_CACHE_READ,     RATE_CACHE_READ_AUDIO, RATE_CACHE_READ_IMAGE,
	RATE_CACHE_WRITE, RATE_CACHE_WRITE_1H, RATE_INPUT_AUDIO,      RATE_INPUT_IMAGE,
	RATE_INPUT_VIDEO};
static const enum rate_kind output_kinds[] = {RATE_OUTPUT, RATE_REASONING, RATE_OUTPUT_AUDIO,
                                              RATE_OUTPUT_IMAGE, RATE_OUTPUT_VIDEO};

static int64_t sum_of(const struct units *u, const enum rate_kind *kinds, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += u->n[kinds[i]];
	return sum;
}

static void assert_every_token_is_priced_once(const struct units *u, const struct call *c)
{
	assert_int_equal(sum_of(u, input_kinds, sizeof(input_kinds) / sizeof(input_kinds[0])),
	                 call_count(c, COUNT_INPUT));
	assert_int_equal(sum_of(u, output_kinds, sizeof(output_kinds) / sizeof(output_kinds[0])),
	                 call_count(c, COUNT_OUTPUT));
}

static void test_cost_is_the_rounded_sum_of_its_shares_and_never_negative(void **state)
{
	struct config none = {0};
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	size_t n;
	const struct price *rows = book_rows(book, &n);
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct price *p = &rows[next_random(&seed) % n];
		struct units units;
		struct rates rates;
		wide sum = 0, rest;
		struct call c;

		random_call(&c, &seed);
		call_clamp(&c);
		units_of(&c, &units);
		rates_of(p, &c, &rates);
		for (enum rate_kind kind = 0; kind < RATES; kind++) {
			assert_true(units.n[kind] >= 0);
			assert_true(cost_share(&units, &rates, kind) >= 0);
			sum += cost_share(&units, &rates, kind);
		}
		rest = sum - (wide)total_cost(p, &c) * 1000000;
		assert_true(rest >= -500000 && rest <= 500000);
		assert_every_token_is_priced_once(&units, &c);
	}
	book_free(&book);
}

static bool same_tier(const struct price *p, int64_t a, int64_t b)
{
	for (size_t i = 0; i < p->tiers_n; i++)
		if ((a > p->tiers[i].above) != (b > p->tiers[i].above))
			return false;
	return true;
}

static void test_more_tokens_never_cost_less_within_a_tier(void **state)
{
	struct config none = {0};
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	size_t n;
	const struct price *rows = book_rows(book, &n);
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct price *p = &rows[next_random(&seed) % n];
		enum count whole = next_random(&seed) % 2 ? COUNT_INPUT : COUNT_OUTPUT;
		struct call less, more;

		random_call(&less, &seed);
		call_clamp(&less);
		more = less;
		more.count[whole] = call_count(&less, whole) + (int64_t)(next_random(&seed) % 5000);
		if (same_tier(p, call_count(&less, COUNT_INPUT), call_count(&more, COUNT_INPUT)))
			assert_true(total_cost(p, &more) >= total_cost(p, &less));
	}
	book_free(&book);
}

/* The same work in two calls or in one: each is rounded once, and what is per call comes once each.
 */
static void test_a_call_twice_as_large_costs_twice_as_much_within_a_tier(void **state)
{
	struct config none = {0};
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	size_t n;
	const struct price *rows = book_rows(book, &n);
	uint64_t seed = 3;
	int compared = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct price *p = &rows[next_random(&seed) % n];
		struct call half, whole;
		int64_t apart;

		random_call(&half, &seed);
		call_clamp(&half);
		whole = half;
		for (int k = 0; k < COUNTS; k++)
			whole.count[k] = half.count[k] == ABSENT ? ABSENT : half.count[k] * 2;
		if (p->base.rate[RATE_REQUEST] > 0 ||
		    !same_tier(p, call_count(&half, COUNT_INPUT), call_count(&whole, COUNT_INPUT)))
			continue;
		apart = total_cost(p, &whole) - 2 * total_cost(p, &half);
		assert_true(apart >= -1 && apart <= 1);
		compared++;
	}
	assert_true(compared > 5000);
	book_free(&book);
}

static void test_a_call_dearer_than_a_million_dollars_has_no_cost(void **state)
{
	struct price p = {.base = {.rate = {[RATE_INPUT] = INT64_C(1000000000000000)}}};
	struct call c = {.count = {[COUNT_INPUT] = 1000000}};
	int64_t cost = 7;

	(void)state;
	assert_true(cost_of(&p, &c, &cost));
	assert_int_equal(cost, COST_MAX);
	c.count[COUNT_INPUT]++;
	cost = 7;
	assert_false(cost_of(&p, &c, &cost));
	assert_int_equal(cost, 7);
	c.count[COUNT_INPUT] = INT64_MAX;
	assert_false(cost_of(&p, &c, &cost));
}

static void test_cost_prints_exact_dollars(void **state)
{
	static const struct {
		int64_t nano;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "0.000000001"},
		{925000, "0.000925"},
		{-1500000000, "-1.5"},
		{INT64_C(12000000000), "12"},
		{INT64_MAX, "9223372036.854775807"},
		{INT64_MIN, "-9223372036.854775808"},
		{100, "0.0000001"},
	};
	char text[COST_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cost_print(cases[i].nano, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_clamping_leaves_absent_counts_absent(void **state)
{
	struct call c = {.count = {[COUNT_INPUT] = 10, [COUNT_CACHE_READ] = 4}};

	(void)state;
	for (int k = 0; k < COUNTS; k++)
		if (k != COUNT_INPUT && k != COUNT_CACHE_READ)
			c.count[k] = ABSENT;
	call_clamp(&c);
	assert_int_equal(c.flags, 0);
	assert_int_equal(c.count[COUNT_INPUT], 10);
	assert_int_equal(c.count[COUNT_CACHE_READ], 4);
	assert_int_equal(c.count[COUNT_CACHE_WRITE], ABSENT);
	assert_int_equal(c.count[COUNT_OUTPUT], ABSENT);
}

static void test_outcomes_have_their_public_names(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_CALL), "call");
	assert_string_equal(outcome_name(OUTCOME_DUPLICATE), "duplicate");
	assert_string_equal(outcome_name(OUTCOME_SKIPPED), "skipped");
	assert_string_equal(outcome_name(OUTCOME_REJECTED), "rejected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_vector_costs_what_the_case_file_says),
		cmocka_unit_test(test_cost_is_the_rounded_sum_of_its_shares_and_never_negative),
		cmocka_unit_test(test_more_tokens_never_cost_less_within_a_tier),
		cmocka_unit_test(test_a_call_twice_as_large_costs_twice_as_much_within_a_tier),
		cmocka_unit_test(test_a_call_dearer_than_a_million_dollars_has_no_cost),
		cmocka_unit_test(test_cost_prints_exact_dollars),
		cmocka_unit_test(test_clamping_leaves_absent_counts_absent),
		cmocka_unit_test(test_outcomes_have_their_public_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
