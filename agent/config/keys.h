/* The table of all keys. Private to agent/config; others see it through config_keys(). */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "agent/config/bind.h"

extern const struct key keys[]; /* ends with a NULL path */

#endif
