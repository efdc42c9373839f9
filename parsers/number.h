/*
 * Numbers as logs write them: JSON numbers, numeric strings, durations with and without units.
 * No floating point: text in, integers out. White space around a number is allowed.
 */
#ifndef PARSERS_NUMBER_H
#define PARSERS_NUMBER_H

#include <stdint.h>

#include "agent/base/str.h"

/* Tokens, images, searches of one call. More is an error of the log, not a call. */
#define COUNT_MAX INT64_C(1000000000)

/*
 * A count: digits, with fraction zeros ("12.0") or an exponent ("1e3") if the value is whole, or
 * with an SI suffix ("4.7k", "1.2M"). False when negative, fractional, above COUNT_MAX or no
 * number.
 */
bool number_count(struct str text, int64_t *ret);

/*
 * A decimal as an integer of 10^-digits, rounded half-even where it has more digits: "0.15" with 3
 * is 150. Sign and exponent are read. False when no number or beyond int64.
 */
bool number_decimal(struct str text, int digits, int64_t *ret);

/*
 * A duration in microseconds. A number with a unit says its own (ns, us, µs, ms, s, m, h, and runs
 * such as 1m2s or 1h2m3.5s); a bare one is taken times `unit` microseconds, given in nanoseconds
 * (1000000 for ms). Rounded half-even. False when negative, beyond 10 years or no duration.
 */
bool number_duration(struct str text, int64_t unit_ns, int64_t *ret);

#endif
