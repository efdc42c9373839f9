/* What costs with time: pieces of periods, and rows of answers beside those of calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/ledger/query.h"
#include "tests/unit/fill.h"

#define HOUR (3600 * TIME_SEC)

static int64_t at(int month, int day, int hour)
{
	return civil_time((struct civil){.year = 2026, .month = month, .day = day, .hour = hour});
}

struct world {
	struct config *config;
	struct zone *zone;
	struct resources *resources;
};

static struct world world_of(const char *yaml, const char *zone)
{
	struct world w = {0};
	struct err err = {0};

	w.config = config_parse(str_of(yaml), "t.yaml", &err);
	assert_string_equal(err.text, "");
	w.zone = zone_open(zone, &err);
	w.resources = resources_new(w.config, w.zone);
	return w;
}

static void world_free(struct world *w)
{
	resources_free(&w->resources);
	zone_free(&w->zone);
	config_free(&w->config);
}

static int64_t cost(const struct world *w, size_t i, int64_t begin, int64_t end)
{
	int64_t nano = -1;

	assert_true(resource_cost(&w->resources->v[i], w->zone, begin, end, &nano));
	return nano;
}

#define MONTHLY(more) "resources: [{name: r, cost: 70, per: month, from: 2026-01-01" more "}]"

static void test_a_period_costs_what_is_written_whatever_its_length(void **state)
{
	struct world w =
		world_of("resources:\n"
	                 "  - {name: a, cost: 70, per: month, from: 2026-01-01}\n"
	                 "  - {name: b, cost: 0.1, per: day, quantity: 3, from: 2026-01-01}\n"
	                 "  - {name: c, cost: 2.95, per: hour, from: 2026-01-01}\n",
	                 "Europe/Berlin");

	(void)state;
	assert_int_equal(w.resources->n, 3);
	for (int month = 1; month < 12; month++) /* midnight in Berlin */
		assert_int_equal(cost(&w, 0, zone_to_utc(w.zone, at(month, 1, 0)),
		                      zone_to_utc(w.zone, at(month + 1, 1, 0))),
		                 INT64_C(70000000000));
	/* the 29th of March has 23 hours, the 25th of October 25 */
	assert_int_equal(cost(&w, 1, at(3, 28, 23), at(3, 29, 22)), 300000000);
	assert_int_equal(cost(&w, 1, at(10, 24, 22), at(10, 25, 23)), 300000000);
	assert_int_equal(cost(&w, 2, at(3, 28, 23), at(3, 29, 22)), INT64_C(67850000000));
	world_free(&w);
}

/* Nothing is lost or made by looking at a month in pieces. */
static void test_pieces_of_any_size_add_up_to_the_whole(void **state)
{
	struct world w = world_of(
		"resources: [{name: r, cost: 100.000000001, per: month, from: 2026-01-01}]",
		"America/New_York");
	int64_t begin = zone_to_utc(w.zone, at(3, 1, 0)), end = zone_to_utc(w.zone, at(5, 1, 0));
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		int64_t sum = 0;

		for (int64_t time = begin; time < end;) {
			int64_t piece = 1 + (int64_t)(rand_r(&seed) % 400000) * (TIME_SEC + 7);
			int64_t next = time + piece < end ? time + piece : end;

			assert_true(cost(&w, 0, time, next) >= 0);
			sum += cost(&w, 0, time, next);
			time = next;
		}
		assert_int_equal(sum, 2 * INT64_C(100000000001));
	}
	world_free(&w);
}

static void test_it_costs_only_in_its_own_time(void **state)
{
	struct world w = world_of(MONTHLY(", until: '2026-01-16T12:00:00Z'"), "UTC");

	(void)state;
	assert_int_equal(cost(&w, 0, at(1, 1, 0) - TIME_DAY, at(1, 1, 0)), 0);
	assert_int_equal(cost(&w, 0, at(1, 1, 0) - TIME_DAY, at(12, 1, 0)), INT64_C(35000000000));
	assert_int_equal(cost(&w, 0, at(1, 16, 12), at(12, 1, 0)), 0);
	assert_int_equal(cost(&w, 0, at(5, 1, 0), at(4, 1, 0)), 0);
	world_free(&w);
}

static void test_a_sum_beyond_64_bits_is_no_cost(void **state)
{
	struct world w = world_of(
		"resources: [{name: r, cost: 999999999, per: hour, from: 2026-01-01}]", "UTC");
	int64_t nano = 5;

	(void)state;
	assert_false(resource_cost(w.resources->v, w.zone, at(1, 1, 0), at(2, 1, 0), &nano));
	assert_int_equal(nano, 5);
	world_free(&w);
}

static void test_what_is_paid_by_the_unit_does_not_come_with_time(void **state)
{
	struct world w = world_of("resources: [{name: gpu, cost: 2.95, per: unit}]", "UTC");

	(void)state;
	assert_int_equal(w.config->resources_n, 1);
	assert_int_equal(w.resources->n, 0);
	world_free(&w);
}

/* ---- in reports ---- */

static const char TWO[] =
	"resources:\n"
	"  - {name: vectors, kind: storage, cost: 24, per: day, from: 2026-03-01,\n"
	"     set: {team: search, provider: pinecone}}\n"
	"  - {name: gpu, cost: 1, per: hour, from: '2026-03-01T06:00:00Z', until: 2026-03-02}\n";

struct asking {
	struct fill fill;
	struct world world;
};

static struct query_result *ask(struct asking *a, struct query q)
{
	struct err err = {0};
	struct query_result *r;

	q.zone = ledger_zone(a->fill.ledger);
	q.resources = a->world.resources;
	q.now = at(3, 3, 12);
	if (q.since == 0 && q.until == 0) {
		q.since = INT64_MIN;
		q.until = INT64_MAX;
	}
	r = query_run(a->fill.ledger, &q, &err);
	assert_string_equal(err.text, "");
	return r;
}

static void expect_rows(struct asking *a, struct query q, const char *want)
{
	struct query_result *r = ask(a, q);
	struct buf got = {0};

	for (size_t i = 0; i < r->n; i++)
		buf_printf(&got, "%.*s %lld %lld\n", STR_ARG(r->rows[i].key[0]),
		           (long long)r->rows[i].sums.calls,
		           (long long)(r->rows[i].sums.cost / 1000000000));
	assert_string_equal(got.p ? got.p : "", want);
	buf_free(&got);
	query_result_free(&r);
}

static int setup(void **state)
{
	struct asking *a = calloc(1, sizeof(*a));

	fill_open(&a->fill, "UTC");
	a->world = world_of(TWO, "UTC");
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	struct asking *a = *state;

	world_free(&a->world);
	fill_close(&a->fill);
	free(a);
	return 0;
}

static void a_call(struct asking *a)
{
	fill_total(&a->fill, (struct fact){.model = "gpt-4o",
	                                   .provider = "openai",
	                                   .source = "app",
	                                   .time = at(3, 2, 9),
	                                   .calls = 7,
	                                   .cost = INT64_C(5000000000)});
}

static void test_resources_stand_beside_calls_under_any_dimension(void **state)
{
	struct asking *a = *state;

	a_call(a);
	expect_rows(a, (struct query){.by = {DIM_MODEL}, .by_n = 1},
	            "vectors 0 60\ngpu 0 18\ngpt-4o 7 5\n");
	expect_rows(a, (struct query){.by = {DIM_KIND}, .by_n = 1},
	            "storage 0 60\nresource 0 18\nmodel 7 5\n");
	expect_rows(a, (struct query){.by = {DIM_TEAM}, .by_n = 1}, "search 0 60\n 7 23\n");
	expect_rows(a, (struct query){.by = {DIM_PROVIDER}, .by_n = 1},
	            "pinecone 0 60\n 0 18\nopenai 7 5\n");
	expect_rows(a, (struct query){.by = {DIM_DAY}, .by_n = 1},
	            "2026-03-01 0 42\n2026-03-02 7 29\n2026-03-03 0 12\n");
	expect_rows(a, (struct query){.by = {DIM_MONTH}, .by_n = 1}, "2026-03 7 83\n");
	expect_rows(a, (struct query){.by = {DIM_SESSION}, .by_n = 1}, " 0 78\n");
}

static void test_where_holds_for_resources_too(void **state)
{
	struct asking *a = *state;
	struct query q = {.by = {DIM_MODEL}, .by_n = 1, .where_n = 1};

	a_call(a);
	q.where[0].dim = DIM_KIND;
	q.where[0].value = STR("model");
	expect_rows(a, q, "gpt-4o 7 5\n");
	q.where[0].value = STR("storage");
	expect_rows(a, q, "vectors 0 60\n");
	q.where[0].value = STR("traffic");
	expect_rows(a, q, "");
	q.where[0].dim = DIM_TEAM;
	q.where[0].value = STR("search");
	expect_rows(a, q, "vectors 0 60\n");
	q.where[0].dim = DIM_HOUR_OF_DAY;
	q.where[0].value = STR("09");
	expect_rows(a, q, "gpt-4o 7 5\nvectors 0 3\ngpu 0 1\n");
	q.where[0].dim = DIM_SESSION;
	q.where[0].value = STR("s");
	expect_rows(a, q, "");
}

static void test_a_time_that_is_asked_for_cuts_them(void **state)
{
	struct asking *a = *state;

	expect_rows(
		a,
		(struct query){
			.by = {DIM_MODEL}, .by_n = 1, .since = at(3, 1, 22), .until = at(3, 2, 1)},
		"vectors 0 3\ngpu 0 2\n");
	expect_rows(
		a,
		(struct query){
			.by = {DIM_MODEL}, .by_n = 1, .since = at(3, 3, 0), .until = at(4, 1, 0)},
		"vectors 0 12\n"); /* it is noon of the 3rd */
	expect_rows(
		a,
		(struct query){
			.by = {DIM_MODEL}, .by_n = 1, .since = at(2, 1, 0), .until = at(3, 1, 0)},
		"");
}

static void test_without_any_call_they_span_the_time(void **state)
{
	struct query_result *r = ask(*state, (struct query){.by = {DIM_MODEL}, .by_n = 1});

	assert_int_equal(r->since, at(3, 1, 0));
	assert_int_equal(r->until, at(3, 3, 12));
	assert_int_equal(r->total.sums.cost, INT64_C(78000000000));
	query_result_free(&r);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_period_costs_what_is_written_whatever_its_length),
		cmocka_unit_test(test_pieces_of_any_size_add_up_to_the_whole),
		cmocka_unit_test(test_it_costs_only_in_its_own_time),
		cmocka_unit_test(test_a_sum_beyond_64_bits_is_no_cost),
		cmocka_unit_test(test_what_is_paid_by_the_unit_does_not_come_with_time),
		TEST(test_resources_stand_beside_calls_under_any_dimension),
		TEST(test_where_holds_for_resources_too),
		TEST(test_a_time_that_is_asked_for_cuts_them),
		TEST(test_without_any_call_they_span_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
