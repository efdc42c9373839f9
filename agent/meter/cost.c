/*
 * Units, rates, cost. This runs once for every call, so rates are resolved straight-line into a
 * struct on the caller's stack and nothing is allocated or looked up by name but the service tier
 * and the region, which most calls do not have.
 */
#include "agent/meter/cost.h"

#include <assert.h>
#include <stdio.h>

#include "agent/meter/book_rate.h"

#define FEMTO_PER_NANO 1000000
enum { NANO_PER_USD_DIGITS = 9 };

void units_of(const struct call *c, struct units *ret)
{
	int64_t cache_write_1h = call_count(c, COUNT_CACHE_WRITE_1H);
	int64_t *n = ret->n;

	n[RATE_CACHE_READ_AUDIO] = call_count(c, COUNT_CACHE_READ_AUDIO);
	n[RATE_CACHE_READ_IMAGE] = call_count(c, COUNT_CACHE_READ_IMAGE);
	n[RATE_CACHE_READ] = call_count(c, COUNT_CACHE_READ) - n[RATE_CACHE_READ_AUDIO] -
	                     n[RATE_CACHE_READ_IMAGE];
	n[RATE_CACHE_WRITE] = call_count(c, COUNT_CACHE_WRITE) - cache_write_1h;
	n[RATE_CACHE_WRITE_1H] = cache_write_1h;
	n[RATE_INPUT_AUDIO] = call_count(c, COUNT_INPUT_AUDIO) - n[RATE_CACHE_READ_AUDIO];
	n[RATE_INPUT_IMAGE] = call_count(c, COUNT_INPUT_IMAGE) - n[RATE_CACHE_READ_IMAGE];
	n[RATE_INPUT_VIDEO] = call_count(c, COUNT_INPUT_VIDEO);
	n[RATE_INPUT] = call_count(c, COUNT_INPUT) - call_count(c, COUNT_CACHE_READ) -
	                call_count(c, COUNT_CACHE_WRITE) - n[RATE_INPUT_AUDIO] -
	                n[RATE_INPUT_IMAGE] - n[RATE_INPUT_VIDEO];
	n[RATE_REASONING] = call_count(c, COUNT_REASONING);
	n[RATE_OUTPUT_AUDIO] = call_count(c, COUNT_OUTPUT_AUDIO);
	n[RATE_OUTPUT_IMAGE] = call_count(c, COUNT_OUTPUT_IMAGE);
	n[RATE_OUTPUT_VIDEO] = call_count(c, COUNT_OUTPUT_VIDEO);
	n[RATE_OUTPUT] = call_count(c, COUNT_OUTPUT) - n[RATE_REASONING] - n[RATE_OUTPUT_AUDIO] -
	                 n[RATE_OUTPUT_IMAGE] - n[RATE_OUTPUT_VIDEO];
	n[RATE_IMAGE] = call_count(c, COUNT_IMAGES);
	n[RATE_AUDIO_SECOND] = call_count(c, COUNT_AUDIO_MS);
	n[RATE_VIDEO_SECOND] = call_count(c, COUNT_VIDEO_MS);
	n[RATE_PAGE] = call_count(c, COUNT_PAGES);
	n[RATE_CHARACTER] = call_count(c, COUNT_CHARACTERS);
	n[RATE_WEB_SEARCH] = call_count(c, COUNT_WEB_SEARCHES);
	n[RATE_REQUEST] = 1;
	n[RATE_UNIT] = call_count(c, COUNT_QUANTITY);
	assert(n[RATE_INPUT] >= 0 && n[RATE_CACHE_READ] >= 0 && n[RATE_CACHE_WRITE] >= 0 &&
	       n[RATE_INPUT_AUDIO] >= 0 && n[RATE_INPUT_IMAGE] >= 0 && n[RATE_OUTPUT] >= 0);
}

/* The tier that the whole request is in: the highest that its input is above. */
static const struct tier *tier_of(const struct price *p, int64_t input)
{
	const struct tier *tier = NULL;

	for (size_t i = 0; i < p->tiers_n && input > p->tiers[i].above; i++)
		tier = &p->tiers[i];
	return tier;
}

static const struct variant *variant_find(const struct variant *variants, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(str_of(variants[i].name), name))
			return &variants[i];
	return NULL;
}

/* A kind of service that the row, or the tier that the call is in, has a price for. What is faster
 * has the price of priority where it has none of its own. */
static const struct variant *find_service(const struct price *p, const struct tier *tier,
                                          struct str name)
{
	const struct variant *found = NULL;

	for (; tier && !found; tier = tier > p->tiers ? tier - 1 : NULL)
		found = variant_find(tier->variants, tier->variants_n, name);
	return found ? found : variant_find(p->variants, p->variants_n, name);
}

static const struct variant *service_of(const struct price *p, const struct tier *tier,
                                        struct str name)
{
	const struct variant *found = find_service(p, tier, name);

	if (found == NULL && str_eq_nocase(name, STR("fast")))
		found = find_service(p, tier, STR("priority"));
	return found;
}

enum { STAND_INS = 3 };

/* What stands for a kind without a rate: the first of these that the book gives; RATES ends them.
 */
static const enum rate_kind stand_ins[RATES][STAND_INS] = {
	[RATE_INPUT] = {RATES},
	[RATE_CACHE_READ] = {RATE_INPUT, RATES},
	[RATE_CACHE_WRITE] = {RATE_INPUT, RATES},
	[RATE_CACHE_WRITE_1H] = {RATE_INPUT, RATES},
	[RATE_OUTPUT] = {RATES},
	[RATE_REASONING] = {RATE_OUTPUT, RATES},
	[RATE_INPUT_AUDIO] = {RATE_INPUT, RATES},
	[RATE_OUTPUT_AUDIO] = {RATE_OUTPUT, RATES},
	[RATE_INPUT_IMAGE] = {RATE_INPUT, RATES},
	[RATE_OUTPUT_IMAGE] = {RATE_OUTPUT, RATES},
	[RATE_INPUT_VIDEO] = {RATE_INPUT, RATES},
	[RATE_OUTPUT_VIDEO] = {RATE_OUTPUT, RATES},
	[RATE_CACHE_READ_AUDIO] = {RATE_CACHE_READ, RATE_INPUT_AUDIO, RATE_INPUT},
	[RATE_CACHE_READ_IMAGE] = {RATE_CACHE_READ, RATE_INPUT_IMAGE, RATE_INPUT},
	[RATE_IMAGE] = {RATES},
	[RATE_AUDIO_SECOND] = {RATES},
	[RATE_VIDEO_SECOND] = {RATES},
	[RATE_PAGE] = {RATES},
	[RATE_CHARACTER] = {RATES},
	[RATE_WEB_SEARCH] = {RATES},
	[RATE_REQUEST] = {RATES},
	[RATE_UNIT] = {RATES},
};

enum rate_kind rate_stands_for(const struct rates *given, enum rate_kind kind, int *times)
{
	bool caches = given->rate[RATE_CACHE_READ] != RATE_NONE ||
	              given->rate[RATE_CACHE_WRITE] != RATE_NONE;

	*times = kind == RATE_CACHE_WRITE_1H && caches ? 2 : 1;
	for (int i = 0; i < STAND_INS && stand_ins[kind][i] != RATES; i++)
		if (given->rate[stand_ins[kind][i]] != RATE_NONE)
			return stand_ins[kind][i];
	return RATES;
}

static int64_t rate_for(const struct rates *r, enum rate_kind kind)
{
	int times;

	if (r->rate[kind] != RATE_NONE)
		return r->rate[kind];
	kind = rate_stands_for(r, kind, &times);
	return kind != RATES ? r->rate[kind] * times : 0;
}

/* rate * ppm / 10^6, half-even. By parts, which keeps it in 64 bits: a rate is at most 10^17
 * (book_rate.c) and a factor 10^7. */
static int64_t times_factor(int64_t rate, int64_t ppm)
{
	int64_t rest = rate % FACTOR_ONE * ppm;
	int64_t quotient = rate / FACTOR_ONE * ppm + rest / FACTOR_ONE;
	int64_t twice = rest % FACTOR_ONE * 2;

	return quotient + (twice > FACTOR_ONE || (twice == FACTOR_ONE && quotient % 2 != 0));
}

/* Discounts are on what is processed; searches and calls cost the same in every tier. */
static void apply_factor(struct rates *r, const struct variant *v)
{
	if (v == NULL || v->factor_ppm == 0)
		return;
	for (enum rate_kind kind = 0; kind < RATE_WEB_SEARCH; kind++)
		r->rate[kind] = times_factor(r->rate[kind], v->factor_ppm);
}

void rates_choose(const struct price *p, const struct call *c, struct rates_choice *ret)
{
	const struct tier *tier = tier_of(p, call_count(c, COUNT_INPUT));

	*ret = (struct rates_choice){.tier = tier, .given = tier ? tier->rates : p->base};
	if (c->label[LABEL_TIER].n)
		ret->service = service_of(p, tier, c->label[LABEL_TIER]);
	if (p->regions_n && c->detail[DETAIL_REGION].n)
		ret->region = variant_find(p->regions, p->regions_n, c->detail[DETAIL_REGION]);
	if (ret->region && ret->region->factor_ppm == 0)
		rates_overlay(&ret->given, &ret->region->rates);
	if (ret->service && ret->service->factor_ppm == 0)
		rates_overlay(&ret->given, &ret->service->rates);
}

void rates_of(const struct price *p, const struct call *c, struct rates *ret)
{
	struct rates_choice choice;

	rates_choose(p, c, &choice);
	for (enum rate_kind kind = 0; kind < RATES; kind++)
		ret->rate[kind] = rate_for(&choice.given, kind);
	apply_factor(ret, choice.service);
	apply_factor(ret, choice.region);
}

/* A rate per second is a multiple of 1000, one per unit of 10^6 (book_rate.c), so the division is
 * exact but for less than a femto-dollar when a factor was applied. */
static wide share_of(enum rate_kind kind, int64_t units, int64_t rate)
{
	wide share = (wide)units * rate;
	int64_t parts = rate_parts(kind);

	return parts == 1 ? share : share / parts;
}

wide cost_share(const struct units *u, const struct rates *r, enum rate_kind kind)
{
	return share_of(kind, u->n[kind], r->rate[kind]);
}

/* To the nearest nano-dollar, an exact half to the even one; femto >= 0. */
static int64_t nano_of(wide femto)
{
	uint64_t quotient, twice;

	if (femto <= (wide)UINT64_MAX) { /* a call below 18,446 dollars: 64 bits divide faster */
		quotient = (uint64_t)femto / FEMTO_PER_NANO;
		twice = (uint64_t)femto % FEMTO_PER_NANO * 2;
	} else {
		quotient = (uint64_t)(femto / FEMTO_PER_NANO);
		twice = (uint64_t)(femto % FEMTO_PER_NANO) * 2;
	}
	if (twice > FEMTO_PER_NANO || (twice == FEMTO_PER_NANO && quotient % 2 != 0))
		quotient++;
	return (int64_t)quotient;
}

static bool has_variant(const struct price *p, const struct tier *tier, const struct call *c)
{
	struct str service = c->label[LABEL_TIER], region = c->detail[DETAIL_REGION];

	return (service.n && service_of(p, tier, service)) ||
	       (region.n && variant_find(p->regions, p->regions_n, region));
}

/* The sum of cost_share over rates_of, but only the kinds that the call has are looked at. */
bool cost_of(const struct price *p, const struct call *c, int64_t *ret)
{
	const struct tier *tier = tier_of(p, call_count(c, COUNT_INPUT));
	const struct rates *rates = tier ? &tier->rates : &p->base;
	struct units units;
	struct rates varied;
	wide sum = 0;

	if (has_variant(p, tier, c)) {
		rates_of(p, c, &varied);
		rates = &varied;
	}
	units_of(c, &units);
	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (units.n[kind])
			sum += share_of(kind, units.n[kind], rate_for(rates, kind));
	if (sum > (wide)COST_MAX * FEMTO_PER_NANO)
		return false;
	*ret = nano_of(sum);
	return true;
}

void cost_print(int64_t nano, char out[COST_TEXT])
{
	/* Unsigned, because the most negative number has no positive counterpart. */
	uint64_t value = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;
	uint64_t fraction = value % 1000000000;
	int places = NANO_PER_USD_DIGITS;

	value /= 1000000000;
	if (fraction == 0) {
		(void)snprintf(out, COST_TEXT, "%s%llu", nano < 0 ? "-" : "",
		               (unsigned long long)value);
		return;
	}
	for (; fraction % 10 == 0; places--)
		fraction /= 10;
	(void)snprintf(out, COST_TEXT, "%s%llu.%0*llu", nano < 0 ? "-" : "",
	               (unsigned long long)value, places, (unsigned long long)fraction);
}
