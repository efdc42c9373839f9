/* What reports show beside the cost in dollars: another currency, and what else it would have cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/ledger/query.h"
#include "tests/unit/fill.h"

static int64_t at(int month, int day, int hour)
{
	return civil_time((struct civil){.year = 2026, .month = month, .day = day, .hour = hour});
}

static struct config *config_of(const char *yaml)
{
	struct err err = {0};
	struct config *c = config_parse(str_of(yaml), "t.yaml", &err);

	assert_string_equal(err.text, "");
	return c;
}

/* ---- currency ---- */

static void test_a_rate_holds_from_its_date_on(void **state)
{
	struct config *c =
		config_of("currency:\n  code: EUR\n  rates:\n    2026-01-01: 0.9\n"
	                  "    2026-03-02: 0.95\n    '2026-03-02T12:00:00Z': 1.000000001\n");
	struct err err = {0};
	struct zone *zone = zone_open("Europe/Berlin", &err);
	struct currency *currency = currency_new(c, zone);
	const struct {
		int64_t time, rate;
	} cases[] = {
		{at(1, 1, 0) - 3600 * TIME_SEC, 900000000}, /* midnight in Berlin */
		{at(3, 1, 23) - 1, 900000000},
		{at(3, 1, 23), 950000000},
		{at(3, 2, 12) - 1, 950000000},
		{at(3, 2, 12), 1000000001},
		{at(12, 31, 0), 1000000001},
	};
	int64_t rate = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(currency_rate(currency, cases[i].time, &rate, &err));
		assert_int_equal(rate, cases[i].rate);
	}
	assert_string_equal(currency_code(currency), "EUR");
	assert_false(currency_rate(currency, at(1, 1, 0) - 3600 * TIME_SEC - 1, &rate, &err));
	assert_string_equal(err.text,
	                    "t.yaml: currency.rates: no rate of EUR on 2025-12-31, when there are "
	                    "costs; give one from that date on or before");
	currency_free(&currency);
	zone_free(&zone);
	config_free(&c);
}

static void test_sums_are_rounded_once_and_half_even(void **state)
{
	const wide one = CURRENCY_ONE;

	(void)state;
	assert_int_equal(currency_round(0), 0);
	assert_int_equal(currency_round(one / 2), 0);
	assert_int_equal(currency_round(one / 2 + 1), 1);
	assert_int_equal(currency_round(one + one / 2), 2);
	assert_int_equal(currency_round(-one / 2), 0);
	assert_int_equal(currency_round(-one - one / 2), -2);
	assert_int_equal(currency_round(one * INT64_MAX), INT64_MAX);
	assert_int_equal(currency_round(one * INT64_MAX * 1000), INT64_MAX);
}

struct world {
	struct fill fill;
	struct config *config;
	struct currency *currency;
	struct baseline *baseline;
};

static void open_world(struct world *w, const char *yaml)
{
	struct err err = {0};

	w->config = config_of(yaml);
	w->currency = currency_new(w->config, ledger_zone(w->fill.ledger));
	assert_true(baseline_open(w->config, &w->baseline, &err));
}

static struct query_result *ask(struct world *w, struct query q, struct err *err)
{
	q.zone = ledger_zone(w->fill.ledger);
	q.currency = w->currency;
	q.baseline = w->baseline;
	q.since = INT64_MIN;
	q.until = INT64_MAX;
	return query_run(w->fill.ledger, &q, err);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	fill_open(&w->fill, "UTC");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	baseline_free(&w->baseline);
	currency_free(&w->currency);
	config_free(&w->config);
	fill_close(&w->fill);
	free(w);
	return 0;
}

static void test_each_hour_has_the_rate_of_its_day(void **state)
{
	struct world *w = *state;
	struct query q = {.by = {DIM_MODEL}, .by_n = 1, .limit = 1};
	struct err err = {0};
	struct query_result *r;

	open_world(w, "currency: {code: EUR, rates: {2026-01-01: 0.1, 2026-02-01: 10}}");
	fill_total(&w->fill,
	           (struct fact){.model = "a", .time = at(1, 31, 23), .calls = 1, .cost = 800});
	fill_total(&w->fill,
	           (struct fact){.model = "b", .time = at(2, 1, 0), .calls = 1, .cost = 70});
	fill_total(&w->fill,
	           (struct fact){.model = "c", .time = at(1, 2, 0), .calls = 1, .cost = 5});
	fill_total(&w->fill,
	           (struct fact){.model = "c", .time = at(1, 3, 0), .calls = 1, .cost = 5});
	r = ask(w, q, &err);
	assert_string_equal(err.text, "");
	assert_true(str_eq(r->rows[0].key[0], STR("b"))); /* the dearest in EUR */
	q.currency = w->currency;
	assert_int_equal(query_amount(&q, &r->rows[0], AMOUNT_COST), 700);
	assert_int_equal(query_amount(&q, &r->rows[1], AMOUNT_COST), 81); /* 80 and twice 0.5 */
	assert_int_equal(query_amount(&q, &r->total, AMOUNT_COST), 781);
	assert_int_equal(r->total.sums.cost, 880);
	query_result_free(&r);
}

static void test_a_cost_before_the_first_rate_is_no_guess(void **state)
{
	struct world *w = *state;
	struct err err = {0};

	open_world(w, "currency: {code: EUR, rates: {2026-02-01: 0.9}}");
	fill_total(&w->fill, (struct fact){.model = "free", .time = at(1, 1, 0), .calls = 1});
	fill_total(&w->fill,
	           (struct fact){.model = "a", .time = at(2, 1, 0), .calls = 1, .cost = 9});
	{
		struct query_result *r = ask(w, (struct query){0}, &err);

		assert_string_equal(err.text, ""); /* nothing has no rate */
		query_result_free(&r);
	}
	fill_total(&w->fill,
	           (struct fact){.model = "a", .time = at(1, 31, 23), .calls = 1, .cost = 9});
	assert_null(ask(w, (struct query){0}, &err));
	assert_non_null(strstr(err.text, "no rate of EUR on 2026-01-31"));
}

/* ---- baseline ---- */

static void test_a_discount_is_taken_off_every_cost(void **state)
{
	struct world *w = *state;
	struct query q = {.by = {DIM_MODEL}, .by_n = 1};
	struct err err = {0};
	struct query_result *r;

	open_world(w, "baseline: {discount: 12.5 %}");
	assert_string_equal(baseline_name(w->baseline), "baseline");
	assert_false(baseline_needs_calls(w->baseline));
	assert_int_equal(baseline_of_cost(w->baseline, 4), 4);   /* 3.5 */
	assert_int_equal(baseline_of_cost(w->baseline, 12), 10); /* 10.5 */
	fill_total(&w->fill,
	           (struct fact){.model = "a", .time = at(1, 1, 0), .calls = 3, .cost = 800});
	fill_total(
		&w->fill,
		(struct fact){
			.model = "b", .time = at(1, 1, 0), .calls = 5, .cost = 80, .unpriced = 4});
	r = ask(w, q, &err);
	assert_int_equal(r->total.compared.calls, 4);
	assert_int_equal(r->total.compared.baseline, 770);
	assert_int_equal(query_saving(&q, &r->total), -110);
	query_result_free(&r);
}

static const char BOOK[] =
	"baseline: {name: list price, books: shipped}\n"
	"unknown_model: {price_as: gpt-4o}\naliases: {prod: gpt-4o}\n"
	"prices: {own: [{provider: openai, name: gpt-4o, prices: [{input: 9, output: 9}]}]}\n";

static void test_another_book_prices_the_calls_that_are_kept(void **state)
{
	struct world *w = *state;
	struct query q = {.by = {DIM_MODEL, DIM_DAY}, .by_n = 2};
	struct fact call = {.model = "gpt-4o",
	                    .time = at(3, 1, 9),
	                    .input = 1000,
	                    .output = 100,
	                    .cost = 9900000};
	struct err err = {0};
	struct query_result *r;

	open_world(w, BOOK);
	assert_string_equal(baseline_name(w->baseline), "list price");
	fill_call(&w->fill, call);
	call.model = "prod";
	fill_call(&w->fill, call);
	call.model = "nobody-knows";
	fill_call(&w->fill, call);
	call = (struct fact){.model = "gpt-4o", .time = at(3, 1, 9), .calls = 2, .cost = 19800000};
	fill_total(&w->fill, call); /* one of them is not kept */
	call = (struct fact){.model = "prod", .time = at(3, 1, 9), .calls = 1, .cost = 9900000};
	fill_total(&w->fill, call);
	call.model = "nobody-knows";
	fill_total(&w->fill, call);
	r = ask(w, q, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(r->n, 3);
	assert_int_equal(r->total.sums.calls, 4);
	assert_int_equal(r->total.compared.calls, 2);
	assert_int_equal(r->total.compared.cost, 19800000);
	assert_int_equal(r->total.compared.baseline, 2 * 3500000);
	assert_int_equal(query_saving(&q, &r->total), 7000000 - 19800000);
	assert_int_equal(r->rows[0].compared.calls, 1);
	query_result_free(&r);
}

static void test_calls_without_a_price_are_not_compared(void **state)
{
	struct world *w = *state;
	struct fact call = {
		.model = "gpt-4o", .time = at(3, 1, 9), .input = 1000, .flags = CALL_UNPRICED};
	struct err err = {0};
	struct query_result *r;

	open_world(w, BOOK);
	fill_call(&w->fill, call);
	fill_total(
		&w->fill,
		(struct fact){.model = "gpt-4o", .time = at(3, 1, 9), .calls = 1, .unpriced = 1});
	r = ask(w, (struct query){0}, &err);
	assert_int_equal(r->total.compared.calls, 0);
	query_result_free(&r);
}

static void test_none_is_configured(void **state)
{
	struct config *c = config_of("timezone: UTC\n");
	struct baseline *baseline = (struct baseline *)(uintptr_t)1;
	struct err err = {0};

	(void)state;
	assert_true(baseline_open(c, &baseline, &err));
	assert_null(baseline);
	assert_null(currency_new(c, NULL));
	config_free(&c);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rate_holds_from_its_date_on),
		cmocka_unit_test(test_sums_are_rounded_once_and_half_even),
		TEST(test_each_hour_has_the_rate_of_its_day),
		TEST(test_a_cost_before_the_first_rate_is_no_guess),
		TEST(test_a_discount_is_taken_off_every_cost),
		TEST(test_another_book_prices_the_calls_that_are_kept),
		TEST(test_calls_without_a_price_are_not_compared),
		cmocka_unit_test(test_none_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
