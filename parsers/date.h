/* Days and moments as people write them: in options and in the configuration. */
#ifndef PARSERS_DATE_H
#define PARSERS_DATE_H

#include "agent/base/zone.h"

/*
 * A date, which is the start of its day in `zone`, or an instant ("2026-03-12T09:00:00+01:00"; one
 * that names no zone is read in `zone`). False, *ret left alone, for anything else: a bare number
 * is a slip, not an epoch.
 */
bool date_parse(struct str text, const struct zone *zone, int64_t *ret);

#endif
