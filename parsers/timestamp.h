/*
 * Time stamps as logs write them, to microseconds since the epoch, UTC. Finer digits are cut.
 */
#ifndef PARSERS_TIMESTAMP_H
#define PARSERS_TIMESTAMP_H

#include "agent/base/zone.h"

struct timestamp_context {
	const struct zone *zone; /* for time stamps that name none */
	int64_t near;            /* for those without a year: the year that comes nearest to this */
};

/*
 * Understood without being told: RFC 3339 and ISO 8601 (0 to 9 digits of fraction after . or ,
 * a space for the T, Z, +hh:mm, +hhmm, +hh, a trailing UTC or GMT, with or without seconds; a date
 * alone is its midnight; 20260312T090000Z);
 * epoch seconds, milliseconds, microseconds, nanoseconds by magnitude, with fraction;
 * 21/Mar/2025:04:28:03 +0000; 2026/01/15 - 09:01:12 and 2026/01/15 09:01:12; Mar  7 04:28:03 (RFC
 * 3164, no year). White space and one pair of [] around it are allowed. False when it is none of
 * these, a field is out of range (a leap second 60 counts as the next second) or the year is
 * outside 1970..9999.
 */
bool timestamp_parse(struct str text, const struct timestamp_context *context, int64_t *ret);

/*
 * By a strptime-like format: %Y %m %d %e %H %I %p %M %S %y %b %B %h %a %A %j %z %Z %s %T %D %F %R
 * %f (fraction digits) %n %t %%. The whole text must be used up. No %z: the context's zone. No
 * year, or no date at all: the nearest to the context's `near`.
 */
bool timestamp_format(struct str text, const char *format, const struct timestamp_context *context,
                      int64_t *ret);
/* Whether a format holds only what timestamp_format knows. */
bool timestamp_format_valid(const char *format);

/* RFC 3339 in UTC with the fraction that is needed (0, 3 or 6 digits): 2026-03-12T09:00:00Z. */
enum { TIMESTAMP_TEXT = 32 };
void timestamp_print(int64_t time, char out[TIMESTAMP_TEXT]);

#endif
