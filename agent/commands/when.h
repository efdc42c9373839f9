/*
 * Times as they are given to a command.
 */
#ifndef COMMANDS_WHEN_H
#define COMMANDS_WHEN_H

#include "agent/base/zone.h"

/* What when_parse understands, for messages. */
#define WHEN_FORMS "a date, an RFC 3339 time, today, yesterday, month, 7d or 24h"

/*
 * A date is the start of its day; `today`, `yesterday` and `month` (this one) begin in `zone`; 7d
 * and 24h are that long before `now`. False, *ret left alone, for anything else.
 */
bool when_parse(struct str text, const struct zone *zone, int64_t now, int64_t *ret);

#endif
