/*
 * Costs that come with time and not with calls: `resources` of the configuration that are paid by
 * the hour, day or month. (Those paid by the unit are rows of the price book.)
 */
#ifndef METER_RESOURCE_H
#define METER_RESOURCE_H

#include "agent/base/zone.h"
#include "agent/config/config.h"

struct resource {
	const struct resource_config *config;
	int64_t from, until; /* microseconds, [from, until); until INT64_MAX: open */
};

struct resources {
	struct resource *v;
	size_t n;
};

/* Days begin in `zone`. Keeps pointers into `config`. */
struct resources *resources_new(const struct config *config, const struct zone *zone);
void resources_free(struct resources **r);

/*
 * Nano-dollars of [begin, end), of which only what lies within the resource's own time counts. A
 * period is spread evenly over its time, and any way to cut a period into pieces gives pieces that
 * add up to its cost, to the nano-dollar. False when beyond 64 bits.
 */
bool resource_cost(const struct resource *r, const struct zone *zone, int64_t begin, int64_t end,
                   int64_t *ret);

/* What a report shows for a label: "" for what the configuration does not set. */
struct str resource_label(const struct resource *r, enum label label);

#endif
