/*
 * How reports show costs: beside what else they would have been, and in which currency.
 */
#include "agent/config/money.h"

#include <stdlib.h>

#include "parsers/date.h"
#include "parsers/number.h"

/* ---- baseline ---- */

/* It is the title of a column. */
bool money_name(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	enum { NAME_MAX_BYTES = 24 };
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_";

	if (node->type != YAML_SCALAR || node->text.n == 0 || node->text.n > NAME_MAX_BYTES ||
	    strspn(node->text.p, good) != node->text.n)
		return bind_expected(b, node,
		                     "up to 24 letters, digits, spaces, - and _, such as list "
		                     "price");
	return bind_text(b, key, node, into);
}

bool money_discount(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	enum { PPM_DIGITS = 4, PPM_ALL = 1000000 }; /* a percent is 10^4 parts per million */
	int64_t *ppm = bind_member(into, key->offset);
	struct str text = node->text;

	if (node->type == YAML_SCALAR && str_ends(text, STR("%")))
		text.n--;
	if (node->type != YAML_SCALAR || !number_decimal(str_trim(text), PPM_DIGITS, ppm) ||
	    *ppm <= 0 || *ppm >= PPM_ALL)
		return bind_expected(b, node, "a discount above 0 % and below 100 %, such as 15 %");
	return true;
}

bool money_baseline(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	struct config *c = into;

	if (node->type == YAML_NULL)
		return true;
	if (!bind_section(b, key, node, into))
		return false;
	for (size_t i = 0; i < c->baseline.books_n && c->baseline.books_n > 1; i++)
		if (strcmp(c->baseline.books[i], BASELINE_LOGGED) == 0)
			return bind_fail(
				b, node->line,
				"books: `logged` stands alone: a log's cost is not asked of "
				"a book");
	return c->baseline.books_n || c->baseline.discount_ppm ||
	       bind_fail(b, node->line,
	                 "`books` or `discount` is required: what else the calls would have cost");
}

/* ---- currency ---- */

bool money_code(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	bool good = node->type == YAML_SCALAR && node->text.n == 3;

	for (size_t i = 0; good && i < node->text.n; i++)
		good = node->text.p[i] >= 'A' && node->text.p[i] <= 'Z';
	if (!good || str_eq(node->text, STR("USD")))
		return bind_expected(b, node, "three capital letters other than USD, such as EUR");
	return bind_text(b, key, node, into);
}

static bool read_rate(struct binder *b, const struct yaml_key *from, const struct yaml_node *node,
                      const struct zone *utc, struct currency_rate *ret)
{
	enum { RATE_DIGITS = 9 };

	ret->from = bind_copy(b, from->text);
	if (!date_parse(from->text, utc, &ret->order))
		return bind_fail(b, from->line,
		                 "expected a date or an instant such as 2026-01-01, found `%.40s`",
		                 from->text.p);
	if (node->type != YAML_SCALAR || !number_decimal(node->text, RATE_DIGITS, &ret->rate) ||
	    ret->rate <= 0 || ret->rate > CURRENCY_RATE_MAX)
		return bind_expected(b, node, "how much of it one USD is, such as 0.92");
	return true;
}

bool money_rates(struct binder *b, const struct key *key, const struct yaml_node *node, void *into)
{
	struct config *c = into;
	struct err none = {0};
	struct zone *utc;
	bool good = true;

	if (node->type != YAML_MAP || node->n == 0)
		return bind_expected(b, node, key->type);
	utc = zone_open("UTC", &none);
	c->currency.rates = arena_alloc(b->arena, node->n * sizeof(*c->currency.rates));
	for (size_t i = 0; good && i < node->n; i++) {
		struct currency_rate *rate = &c->currency.rates[i];

		good = read_rate(b, &node->keys[i], &node->items[i], utc, rate);
		if (good && i && rate->order <= rate[-1].order)
			good = bind_fail(b, node->keys[i].line,
			                 "%s: not later than the date before it", rate->from);
		c->currency.rates_n += good;
	}
	zone_free(&utc);
	return good;
}

bool money_currency(struct binder *b, const struct key *key, const struct yaml_node *node,
                    void *into)
{
	struct config *c = into;

	if (node->type == YAML_NULL)
		return true;
	if (!bind_section(b, key, node, into))
		return false;
	return (c->currency.code && c->currency.rates_n) ||
	       bind_fail(b, node->line,
	                 "`code` and `rates` are required: which currency, and how much of it one "
	                 "USD was from which date on");
}
