/*
 * How long the pricing of calls takes: ten million, of all shipped models in turn, on one thread.
 * The model is looked up, its row of the day chosen and the cost computed, as for every call that
 * is read; most calls have a cache, one in eight is a batch, one in sixteen has audio and searches.
 *
 *     price [CALLS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/meter/pricer.h"

enum { POOL = 4096, CALLS = 10 * 1000 * 1000 };

/* The goal, for ten million calls. */
static const double goal_seconds = 2;

/* 2024 to 2026, in microseconds. */
static const int64_t first_day = INT64_C(1704067200) * 1000000, span = INT64_C(94000000) * 1000000;

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static int64_t below(uint64_t *seed, int64_t n)
{
	return (int64_t)(next_random(seed) % (uint64_t)n);
}

static void make_call(struct call *c, const struct price *p, uint64_t *seed)
{
	*c = (struct call){.time = first_day + below(seed, span / 1000000) * 1000000};
	for (int i = 0; i < COUNTS; i++)
		c->count[i] = ABSENT;
	c->label[LABEL_PROVIDER] = str_of(p->provider);
	c->label[LABEL_MODEL] = str_of(p->model);
	c->label[LABEL_TIER] = below(seed, 8) ? STR("standard") : STR("batch");
	c->count[COUNT_INPUT] = below(seed, 300000);
	c->count[COUNT_CACHE_READ] = below(seed, 4) ? c->count[COUNT_INPUT] / 2 : 0;
	c->count[COUNT_CACHE_WRITE] = below(seed, 4) ? c->count[COUNT_INPUT] / 4 : 0;
	c->count[COUNT_OUTPUT] = below(seed, 4000);
	c->count[COUNT_REASONING] = c->count[COUNT_OUTPUT] / 3;
	if (below(seed, 16))
		return;
	c->count[COUNT_INPUT_AUDIO] = c->count[COUNT_INPUT] / 8;
	c->count[COUNT_WEB_SEARCHES] = 2;
}

static double seconds_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t price_all(const struct book *book, const struct call *pool, long calls)
{
	struct pricer *pricer = pricer_new(book);
	int64_t sum = 0;

	for (long i = 0; i < calls; i++) {
		struct call c = pool[i % POOL];

		if (pricer_price(pricer, COST_COMPUTED, &c))
			sum += c.cost;
	}
	pricer_free(&pricer);
	return sum;
}

int main(int argc, char **argv)
{
	static const struct config none;
	static struct call pool[POOL];
	long calls = argc > 1 ? strtol(argv[1], NULL, 10) : CALLS;
	struct err err = {0};
	struct book *book = book_open(&none, &err);
	uint64_t seed = 1;
	size_t n;
	const struct price *rows;
	double start, seconds;
	int64_t sum;

	if (book == NULL || calls <= 0) {
		(void)fprintf(stderr, "price: %s\n",
		              book ? "expected a number of calls" : err.text);
		return 1;
	}
	rows = book_rows(book, &n);
	for (int i = 0; i < POOL; i++)
		make_call(&pool[i], &rows[below(&seed, (int64_t)n)], &seed);
	start = seconds_now();
	sum = price_all(book, pool, calls);
	seconds = seconds_now() - start;
	(void)printf("%ld calls priced in %.2f s of one core, %.0f ns a call; goal %.1f s: %s\n",
	             calls, seconds, seconds * 1e9 / (double)calls,
	             goal_seconds * (double)calls / CALLS,
	             seconds <= goal_seconds * (double)calls / CALLS ? "met" : "not met");
	(void)printf("their sum is %lld nano-dollars\n", (long long)sum);
	book_free(&book);
	return 0;
}
