/*
 * The other book is asked as ours is: for the names, the aliases and the tiers of the same calls at
 * the same times. But nothing stands for a model that it does not have: a comparison with a guess
 * is none.
 */
#include "agent/meter/baseline.h"

#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/base/wide.h"
#include "agent/meter/pricer.h"

#define PPM_ONE INT64_C(1000000)

struct baseline {
	struct config config; /* with the books of the baseline and no own prices */
	struct book *book;
	struct pricer *pricer; /* NULL: no book */
	bool logged;           /* what the log says; without either: our own cost */
	int64_t ppm;           /* of it that is left */
};

/* "shipped" is the book that is part of the program, which is asked behind the others anyway. */
static void name_books(struct config *c)
{
	size_t n = 0;

	c->books = xcalloc(c->baseline.books_n, sizeof(*c->books));
	for (size_t i = 0; i < c->baseline.books_n; i++)
		if (strcmp(c->baseline.books[i], BASELINE_SHIPPED) != 0)
			c->books[n++] = c->baseline.books[i];
	c->books_n = n;
	c->own_prices = NULL;
	c->resources_n = 0;
	c->price_as = NULL;
}

bool baseline_open(const struct config *config, struct baseline **ret, struct err *err)
{
	struct baseline *b;

	*ret = NULL;
	if (config->baseline.books_n == 0 && config->baseline.discount_ppm == 0)
		return true;
	b = xcalloc(1, sizeof(*b));
	b->config = *config;
	b->ppm = PPM_ONE - config->baseline.discount_ppm;
	name_books(&b->config);
	b->logged =
		config->baseline.books_n && strcmp(config->baseline.books[0], BASELINE_LOGGED) == 0;
	if (config->baseline.books_n && !b->logged) {
		b->book = book_open(&b->config, err);
		if (b->book)
			b->pricer = pricer_new(b->book);
		else
			baseline_free(&b);
	}
	*ret = b;
	return b != NULL;
}

void baseline_free(struct baseline **bp)
{
	struct baseline *b = *bp;

	*bp = NULL;
	if (b == NULL)
		return;
	pricer_free(&b->pricer);
	book_free(&b->book);
	free((void *)b->config.books);
	free(b);
}

const char *baseline_name(const struct baseline *b)
{
	return b->config.baseline.name;
}

bool baseline_needs_calls(const struct baseline *b)
{
	return b->pricer || b->logged;
}

int64_t baseline_of_cost(const struct baseline *b, int64_t nano)
{
	wide product = (wide)nano * b->ppm;
	wide whole = product / PPM_ONE, twice = product % PPM_ONE * 2;

	return (int64_t)(whole + (twice > PPM_ONE || (twice == PPM_ONE && whole % 2)));
}

bool baseline_of_call(const struct baseline *b, const struct call *c, int64_t *ret)
{
	struct call priced = *c;

	if (b->logged) {
		*ret = baseline_of_cost(b, c->logged_cost);
		return c->has_logged_cost;
	}
	if (!pricer_again(b->pricer, COST_COMPUTED, &priced) || priced.flags & CALL_UNPRICED)
		return false;
	*ret = baseline_of_cost(b, priced.cost);
	return true;
}
