/*
 * What the same calls would have cost: by another book (a reseller's, the public prices), by what
 * their logs say, or with a discount.
 */
#ifndef METER_BASELINE_H
#define METER_BASELINE_H

#include "agent/config/config.h"
#include "agent/meter/call.h"

struct baseline;

/* *ret is NULL when the configuration names none. False and *err for a mistake in its books. */
bool baseline_open(const struct config *config, struct baseline **ret, struct err *err);
void baseline_free(struct baseline **b);
const char *baseline_name(const struct baseline *b);
/* Whether each call has to be looked at; else costs are enough. */
bool baseline_needs_calls(const struct baseline *b);
/* Nano-dollars of a call by the book or the log. False: it has no price there. */
bool baseline_of_call(const struct baseline *b, const struct call *c, int64_t *ret);
/* Nano-dollars with the discount, half-even. */
int64_t baseline_of_cost(const struct baseline *b, int64_t nano);

#endif
