/* What a call's tokens are, which price it has and why, and the cost as a sum with its numbers. */
#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/page.h"
#include "agent/commands/price_text.h"
#include "agent/commands/text.h"
#include "agent/commands/way.h"
#include "agent/meter/estimate.h"
#include "parsers/timestamp.h"

/* ---- tokens ---- */

/* A count and its parts, as people call them. */
struct whole {
	enum count whole;
	struct {
		enum count part;
		const char *name;
	} parts[5];
	size_t n;
	size_t added;    /* of them, those that the whole may leave out in the log */
	const char *key; /* NULL: a whole that is itself a part; shown for its parts only */
};

static const struct whole wholes[] = {
	{COUNT_INPUT,
         {{COUNT_CACHE_READ, "cache read"},
          {COUNT_CACHE_WRITE, "cache write"},
          {COUNT_INPUT_AUDIO, "audio"},
          {COUNT_INPUT_IMAGE, "image"},
          {COUNT_INPUT_VIDEO, "video"}},
         5,
         2,
         "input_includes_cache: false"},
	{COUNT_OUTPUT,
         {{COUNT_REASONING, "reasoning"},
          {COUNT_OUTPUT_AUDIO, "audio"},
          {COUNT_OUTPUT_IMAGE, "image"},
          {COUNT_OUTPUT_VIDEO, "video"}},
         4,
         1,
         "output_includes_reasoning: false"},
	{COUNT_CACHE_READ,
         {{COUNT_CACHE_READ_AUDIO, "audio"}, {COUNT_CACHE_READ_IMAGE, "image"}},
         2,
         0,
         NULL},
};

static int64_t count_of(const struct call *c, enum count count)
{
	return call_count(c, count);
}

/* "input_tokens 10 + cache read 2000 + cache write 1000 = 3010". */
static void put_sum(struct page *p, const struct trace_tokens *t, const struct whole *w)
{
	struct buf text = {0};

	buf_printf(&text, "%s %" PRId64, count_name(w->whole), count_of(t->read, w->whole));
	for (size_t i = 0; i < w->added; i++)
		if (count_of(t->read, w->parts[i].part))
			buf_printf(&text, " + %s %" PRId64, w->parts[i].name,
			           count_of(t->read, w->parts[i].part));
	buf_printf(&text, " = %" PRId64 " (%s)", count_of(t->made, w->whole), w->key);
	page_buf(p, 0, &text);
}

/* "input_tokens 1000, of them cache read 400". */
static void put_parts(struct page *p, const struct trace_tokens *t, const struct whole *w)
{
	const char *separator = ", of them ";
	struct buf text = {0};

	buf_printf(&text, "%s %" PRId64, count_name(w->whole), count_of(t->made, w->whole));
	for (size_t i = 0; i < w->n; i++) {
		if (count_of(t->made, w->parts[i].part) == 0)
			continue;
		buf_printf(&text, "%s%s %" PRId64, separator, w->parts[i].name,
		           count_of(t->made, w->parts[i].part));
		separator = ", ";
	}
	page_buf(p, 0, &text);
}

static bool has_parts(const struct call *c, const struct whole *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (count_of(c, w->parts[i].part))
			return true;
	return false;
}

/* "input_tokens is not logged: estimated as 310 from 1,240 characters". */
static void put_estimate(struct page *p, const struct trace_tokens *t, enum text of)
{
	enum count count = estimate_count(of);
	char characters[TEXT_COUNT];
	struct buf text = {0};

	text_count(characters, t->read->text[of]);
	buf_printf(&text, "%s is not logged: estimated as %" PRId64 " from %s characters",
	           count_name(count), t->made->count[count], characters);
	page_buf(p, 0, &text);
}

static void put_whole(struct page *p, const struct trace_tokens *t, const struct whole *w)
{
	struct buf text = {0};

	if (w->key == NULL && !has_parts(t->made, w))
		return;
	if (t->read->count[w->whole] == ABSENT && t->made->count[w->whole] != ABSENT) {
		put_estimate(p, t, w->whole == COUNT_INPUT ? TEXT_INPUT : TEXT_OUTPUT);
	} else if (t->read->count[w->whole] == ABSENT && t->cut->count[w->whole] != ABSENT) {
		buf_printf(&text, "%s is not logged: its parts make %" PRId64, count_name(w->whole),
		           t->cut->count[w->whole]);
		page_buf(p, 0, &text);
	} else if (t->made->count[w->whole] != t->read->count[w->whole]) {
		put_sum(p, t, w);
	} else if (t->made->count[w->whole] != ABSENT) {
		put_parts(p, t, w);
	}
}

/* What did not fit into its whole. */
static void put_cuts(struct page *p, const struct trace_tokens *t)
{
	for (enum count i = 0; i < COUNTS; i++) {
		struct buf text = {0};

		if (t->cut->count[i] >= t->made->count[i])
			continue;
		buf_printf(&text, "%s %" PRId64 " is more than its whole leaves: cut to %" PRId64,
		           count_name(i), t->made->count[i], t->cut->count[i]);
		page_buf(p, 0, &text);
	}
}

static void put_tokens(struct page *p, const struct trace_tokens *t)
{
	page_label(p, "tokens");
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
		put_whole(p, t, &wholes[i]);
	put_cuts(p, t);
	if (t->read->label[LABEL_MODEL].n == 0 && t->cut->label[LABEL_MODEL].n) {
		page_label(p, "model");
		page_line(p, 0, STR("not logged: requested_model stands for it"));
	}
}

/* ---- the price ---- */

static void put_row(struct page *p, const struct match *m)
{
	const struct price *price = m->price;
	char from[TIMESTAMP_TEXT] = "";
	struct buf text = {0};

	escape_terminal(&text, str_of(price->key));
	if (price->from != INT64_MIN) {
		timestamp_print(price->from, from);
		if (price->from % TIME_DAY == 0)
			from[sizeof("2026-01-01") - 1] = '\0';
	}
	buf_printf(&text, from[0] ? ", in force since %s" : ", for any date", from);
	if (price->hours_text)
		buf_printf(&text, ", %s UTC", price->hours_text);
	if (price->days_text)
		buf_printf(&text, ", %s", price->days_text);
	page_buf(p, 0, &text);
	buf_puts(&text, "model name: ");
	escape_terminal(&text, str_of(m->how));
	page_buf(p, 2, &text);
	buf_puts(&text, price->source ? "" : "own price");
	escape_terminal(&text, str_of(price->source ? price->source : ""));
	if (price->checked)
		buf_printf(&text, ", checked %s", price->checked);
	page_buf(p, 2, &text);
}

static void put_tier(struct page *p, const struct way *w)
{
	const struct price *price = w->price->match.price;
	const struct tier *tier = w->price->choice.tier;
	struct buf text = {0};

	if (price->tiers_n == 0)
		return;
	buf_puts(&text, tier ? "tier " : "");
	if (tier)
		price_tier_text(&text, tier);
	else
		buf_printf(&text, "tier up to %" PRId64 " input tokens", price->tiers[0].above);
	buf_printf(&text, ": the call has %" PRId64, call_count(w->call, COUNT_INPUT));
	page_buf(p, 2, &text);
}

/* A service tier or a region. */
static void put_variant(struct page *p, const char *kind, struct str name, const struct variant *v)
{
	struct buf text = {0};
	char factor[RATE_TEXT];

	if (name.n == 0 || (v == NULL && str_eq(name, STR("standard"))))
		return;
	buf_printf(&text, "%s ", kind);
	escape_terminal(&text, name);
	if (v == NULL) {
		buf_puts(&text, ": has no price of its own");
	} else if (v->factor_ppm) {
		/* A rate of a token has nine places, a factor six. */
		rate_print(RATE_INPUT, v->factor_ppm * 1000, factor);
		buf_printf(&text, ": rates times %s", factor);
	} else {
		buf_puts(&text, ": has rates of its own");
	}
	page_buf(p, 2, &text);
}

/* Which rates stand for those that the book does not give. */
static void put_instead(struct page *p, const struct way_price *price)
{
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		enum rate_kind other;
		struct buf text = {0};
		int times;

		if (price->units.n[kind] == 0 || price->choice.given.rate[kind] != RATE_NONE)
			continue;
		other = rate_stands_for(&price->choice.given, kind, &times);
		if (kind == RATE_REQUEST)
			continue;
		buf_printf(&text, "no rate for %s: ", rate_name(kind));
		if (other == RATES)
			buf_puts(&text, "it costs nothing");
		else if (times > 1)
			buf_printf(&text, "%d times that of %s", times, rate_name(other));
		else
			buf_printf(&text, "that of %s", rate_name(other));
		page_buf(p, 2, &text);
	}
}

static void put_price(struct page *p, const struct way *w)
{
	const struct match *m = &w->price->match;
	struct buf text = {0};

	page_label(p, "price");
	if (m->price == NULL) {
		buf_puts(&text, "none: ");
		escape_terminal(&text, str_of(m->how[0] ? m->how : "the call has no model"));
		page_buf(p, 0, &text);
		return;
	}
	put_row(p, m);
	put_tier(p, w);
	put_variant(p, "service tier", w->call->label[LABEL_TIER], w->price->choice.service);
	put_variant(p, "region", w->call->detail[DETAIL_REGION], w->price->choice.region);
	put_instead(p, w->price);
}

/* ---- the cost ---- */

#define FEMTO_PER_NANO 1000000

/* Femto-dollars as exact decimal dollars: the shares must add up to the last digit. */
static void put_femto(struct buf *out, wide femto)
{
	const wide dollar = (wide)1000000000 * 1000000;
	size_t n;

	buf_printf(out, "$%" PRId64 ".%015" PRId64, (int64_t)(femto / dollar),
	           (int64_t)(femto % dollar));
	for (n = out->n; out->p[n - 1] == '0'; n--)
		;
	out->n = out->p[n - 1] == '.' ? n - 1 : n;
	out->p[out->n] = '\0';
}

static bool has_share(const struct way_price *price, enum rate_kind kind)
{
	return price->units.n[kind] && (kind != RATE_REQUEST || price->rates.rate[kind]);
}

void way_put_units(struct buf *out, const struct way_price *price, enum rate_kind kind)
{
	char text[COST_TEXT];

	if (kind != RATE_UNIT) {
		buf_printf(out, "%" PRId64, price->units.n[kind]);
		return;
	}
	cost_print(price->units.n[kind] * 1000, text); /* millionths, as billionths */
	buf_puts(out, text);
}

/* "input 4 x $3 per 1M tokens". */
static void put_product(struct buf *out, const struct way_price *price, enum rate_kind kind)
{
	char rate[RATE_TEXT];
	struct buf units = {0};

	way_put_units(&units, price, kind);
	rate_print(kind, price->rates.rate[kind], rate);
	buf_printf(out, "%-15s %9s%s x $%s per %s", rate_name(kind), units.p,
	           rate_is_time(kind) ? " ms" : "", rate, rate_unit(kind));
	buf_free(&units);
}

/* The longest of the products: behind them stand the sums. */
static size_t product_columns(const struct way_price *price)
{
	size_t longest = 0;

	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		struct buf text = {0};

		if (!has_share(price, kind))
			continue;
		put_product(&text, price, kind);
		if (text.n > longest)
			longest = text.n;
		buf_free(&text);
	}
	return longest;
}

static void put_cost(struct page *p, const struct way_price *price)
{
	size_t column = product_columns(price);
	struct buf text = {0};
	wide sum = 0;

	page_label(p, "cost");
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		wide share = cost_share(&price->units, &price->rates, kind);

		if (!has_share(price, kind))
			continue;
		put_product(&text, price, kind);
		buf_printf(&text, "%*s = ", (int)(column - text.n), "");
		put_femto(&text, share);
		page_buf(p, 0, &text);
		sum += share;
	}
	buf_printf(&text, "%-*s = ", (int)column, "sum");
	put_femto(&text, sum);
	if (sum % FEMTO_PER_NANO)
		buf_puts(&text, ", rounded to 9 places");
	page_buf(p, 0, &text);
}

static void put_logged(struct page *p, const struct call *c, enum cost_rule rule)
{
	char logged[COST_TEXT], apart[COST_TEXT];
	int64_t difference = c->logged_cost - c->cost;
	struct buf text = {0};

	if (!c->has_logged_cost)
		return;
	page_label(p, "logged");
	cost_print(c->logged_cost, logged);
	cost_print(difference < 0 ? -difference : difference, apart);
	buf_printf(&text, "$%s", logged);
	if (c->flags & CALL_COST_LOGGED)
		buf_printf(&text, ", which is what counts (cost: %s)",
		           rule == COST_LOGGED ? "logged" : "logged-else-computed");
	else if (c->flags & CALL_UNPRICED)
		buf_puts(&text, " in the log");
	else if (difference == 0)
		buf_puts(&text, " in the log, the same");
	else
		buf_printf(&text, " in the log, $%s %s", apart, difference < 0 ? "less" : "more");
	page_buf(p, 0, &text);
}

void way_money_text(struct page *p, const struct way *w, enum cost_rule rule)
{
	if (w->tokens.read)
		put_tokens(p, &w->tokens);
	put_price(p, w);
	if (w->price->match.price)
		put_cost(p, w->price);
	put_logged(p, w->call, rule);
}
