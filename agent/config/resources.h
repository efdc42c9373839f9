/* Reads the list of resources. Private to agent/config. */
#ifndef CONFIG_RESOURCES_H
#define CONFIG_RESOURCES_H

#include "agent/config/bind.h"

bind_fn resources_bind; /* into a struct config */

/* Into a struct resource_config. */
bind_fn resources_cost;
bind_fn resources_quantity;
bind_fn resources_date;
bind_fn resources_set;
bind_fn resources_per;

#endif
