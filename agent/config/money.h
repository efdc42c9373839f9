/* Reads `baseline` and `currency`. Private to agent/config. */
#ifndef CONFIG_MONEY_H
#define CONFIG_MONEY_H

#include "agent/config/bind.h"

/* Into a struct config. */
bind_fn money_baseline;
bind_fn money_name;
bind_fn money_discount;
bind_fn money_currency;
bind_fn money_code;
bind_fn money_rates;

#endif
