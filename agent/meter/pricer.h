/* Gives calls their prices, for one thread: it remembers where each model stands in the book. */
#ifndef METER_PRICER_H
#define METER_PRICER_H

#include "agent/meter/book.h"
#include "agent/meter/call.h"

struct pricer;

struct pricer *pricer_new(const struct book *book);
void pricer_free(struct pricer **p);

/*
 * Sets cost, price and flags of a call whose tokens are clamped, its provider when the log does not
 * say one: that of the price; and of a resource its kind. `rule` is the source's: computed, logged,
 * or one for the other. False when the cost is beyond COST_MAX.
 */
bool pricer_price(struct pricer *p, enum cost_rule rule, struct call *c);

/* The same for a call that has been priced before: what that set is forgotten first. */
bool pricer_again(struct pricer *p, enum cost_rule rule, struct call *c);

/* The rule for a call that has been counted: its source's, or what its flags tell of one that is no
 * longer configured. */
enum cost_rule cost_rule_of(const struct config *config, struct str source, unsigned flags);

#endif
