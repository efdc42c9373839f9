/* Values of the configuration that are written with a unit: "90 days", "10m", "250ms". */
#ifndef CONFIG_QUANTITY_H
#define CONFIG_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/str.h"

/* Longer is a slip of the pen; it also keeps every sum of a time and a duration within int64. */
#define QUANTITY_DURATION_MAX (INT64_C(36525) * 86400 * 1000000) /* 100 years */

/*
 * Microseconds of a whole number and a unit (ms, s, m, h, d, w, or the words millisecond, second,
 * minute, hour, day, week, year in the singular or the plural), with or without a space between.
 * A year is 365 days. A 0 needs no unit. False, *ret left alone, for anything else and beyond
 * QUANTITY_DURATION_MAX.
 */
bool quantity_duration(struct str text, int64_t *ret);

#endif
