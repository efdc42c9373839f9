/*
 * Another currency than the ledger's. A rate holds from its date on, so a report of the past does
 * not change with the rate of today. Money stays an integer of nano-dollars times one of
 * billionths; what is shown is rounded once, when all has been added.
 */
#ifndef METER_CURRENCY_H
#define METER_CURRENCY_H

#include "agent/base/wide.h"
#include "agent/base/zone.h"
#include "agent/config/config.h"

enum { CURRENCY_ONE = 1000000000 }; /* billionths: what a rate, and a sum beside it, is in */

struct currency;

/* Days begin in `zone`. NULL: the configuration names none. Keeps pointers into `config`. */
struct currency *currency_new(const struct config *config, const struct zone *zone);
void currency_free(struct currency **c);
const char *currency_code(const struct currency *c);
/* Billionths of it for one USD at a time. False and *err: no rate is known so early. */
bool currency_rate(const struct currency *c, int64_t time, int64_t *ret, struct err *err);
/* A sum of nano-dollars times rates, in billionths of the currency, half-even. */
int64_t currency_round(wide sum);

#endif
