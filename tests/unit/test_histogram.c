#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "agent/meter/histogram.h"

static const int64_t DAY = INT64_C(86400) * 1000000;

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 20;
}

static void count(struct histogram *h, int64_t latency, int64_t n)
{
	h->n[histogram_bucket(latency)] += n;
	h->total += n;
}

static void test_a_bucket_stands_for_its_latencies_within_one_percent(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		/* From a millisecond to ten days, every size equally often. */
		int64_t limit = INT64_C(1000) << next_random(&seed) % 30;
		int64_t latency = limit + (int64_t)(next_random(&seed) % (uint64_t)limit);
		int64_t off;

		if (latency > 10 * DAY)
			continue;
		off = llabs(histogram_value(histogram_bucket(latency)) - latency);
		assert_true(off * 100 <= latency + 100);
	}
}

static void test_buckets_grow_with_latency_and_are_never_beyond_the_last(void **state)
{
	uint32_t last = 0;

	(void)state;
	for (int64_t latency = 0; latency <= 10 * DAY; latency += 1 + latency / 500) {
		uint32_t bucket = histogram_bucket(latency);

		assert_true(bucket >= last && bucket <= last + 1);
		last = bucket;
	}
	assert_true(last < HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket(0), 0);
	assert_int_equal(histogram_bucket(999), 0);
	assert_int_equal(histogram_bucket(1000), 1);
	assert_int_equal(histogram_bucket(10 * DAY + 1), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void test_percentiles_are_those_of_the_sorted_latencies(void **state)
{
	struct histogram h = {{0}, 0};

	(void)state;
	assert_int_equal(histogram_percentile(&h, 500), -1);
	for (int64_t ms = 1; ms <= 1000; ms++)
		count(&h, ms * 1000, 1);
	for (int permille = 1; permille <= 1000; permille++) {
		int64_t wanted = permille * 1000;
		int64_t off = llabs(histogram_percentile(&h, permille) - wanted);

		assert_true(off * 100 <= wanted + 100);
	}
	assert_int_equal(histogram_percentile(&h, 0), histogram_value(1));
}

static void test_a_percentile_is_the_first_latency_that_reaches_its_rank(void **state)
{
	struct histogram h = {{0}, 0}, three = {{0}, 0};

	(void)state;
	for (int64_t i = 1; i <= 3; i++)
		count(&three, i * 100000, 1);
	assert_int_equal(histogram_percentile(&three, 500),
	                 histogram_value(histogram_bucket(200000)));
	count(&h, 100000, 999);
	count(&h, 60000000, 1);
	assert_int_equal(histogram_percentile(&h, 999), histogram_value(histogram_bucket(100000)));
	assert_int_equal(histogram_percentile(&h, 1000),
	                 histogram_value(histogram_bucket(60000000)));
}

static void test_packed_histograms_add_to_the_same_as_their_calls(void **state)
{
	struct histogram a = {{0}, 0}, b = {{0}, 0}, both = {{0}, 0}, sum = {{0}, 0};
	struct buf packed = {0};
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		int64_t latency = (int64_t)(next_random(&seed) % 100000000);

		count(i % 2 ? &a : &b, latency, i);
		count(&both, latency, i);
	}
	count(&a, 20 * DAY, INT64_C(1) << 40);
	count(&both, 20 * DAY, INT64_C(1) << 40);
	histogram_pack(&a, &packed);
	assert_true(histogram_add(&sum, buf_view(&packed)));
	assert_memory_equal(&sum, &a, sizeof(a));
	buf_clear(&packed);
	histogram_pack(&b, &packed);
	assert_true(histogram_add(&sum, buf_view(&packed)));
	assert_memory_equal(&sum, &both, sizeof(both));
	buf_free(&packed);
}

static void test_an_empty_histogram_packs_to_nothing(void **state)
{
	struct histogram h = {{0}, 0};
	struct buf packed = {0};

	(void)state;
	histogram_pack(&h, &packed);
	assert_int_equal(packed.n, 0);
	assert_true(histogram_add(&h, STR("")));
	assert_int_equal(h.total, 0);
}

static void test_damaged_bytes_are_refused_and_change_nothing(void **state)
{
	static const struct str damaged[] = {
		{"\x01", 1},                                          /* half a pair */
		{"\x01\x01\x02", 3},                                  /* one and a half */
		{"\x81", 1},                                          /* half a number */
		{"\x01\x00", 2},                                      /* a count of zero */
		{"\x9a\x08\x01", 3},                                  /* beyond the last bucket */
		{"\x00\x01\x99\x08\x01", 5},                          /* the same by distance */
		{"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* beyond int64 */
		{"\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x01",
	         12}, /* the total beyond int64 */
	};
	struct histogram h = {{0}, 0}, before;

	(void)state;
	count(&h, 5000, 3);
	before = h;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		if (histogram_add(&h, damaged[i]))
			fail_msg("case %zu was accepted", i);
		assert_memory_equal(&h, &before, sizeof(h));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bucket_stands_for_its_latencies_within_one_percent),
		cmocka_unit_test(test_buckets_grow_with_latency_and_are_never_beyond_the_last),
		cmocka_unit_test(test_percentiles_are_those_of_the_sorted_latencies),
		cmocka_unit_test(test_a_percentile_is_the_first_latency_that_reaches_its_rank),
		cmocka_unit_test(test_packed_histograms_add_to_the_same_as_their_calls),
		cmocka_unit_test(test_an_empty_histogram_packs_to_nothing),
		cmocka_unit_test(test_damaged_bytes_are_refused_and_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
