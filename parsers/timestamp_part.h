/*
 * The parts that time stamps are made of, for the forms understood without being told
 * (timestamp.c) and for those described by a format (timestamp_format.c). A part is taken from the
 * front of *text; where it does not fit, false, and *text is of no more use.
 */
#ifndef PARSERS_TIMESTAMP_PART_H
#define PARSERS_TIMESTAMP_PART_H

#include "parsers/timestamp.h"

/* Up to `digits` digits, at least one. */
bool part_number(struct str *text, int digits, int *ret);
/* One or more digits that follow a point; those beyond microseconds are cut. */
bool part_fraction(struct str *text, int32_t *micro);
/* English names of any case, whole or three letters, as 0..11 and 0..6 (Monday). */
bool part_month(struct str *text, int *ret);
bool part_weekday(struct str *text, int *ret);
/* Z, +hh:mm, +hhmm or +hh, as seconds east. */
bool part_offset(struct str *text, int32_t *seconds);
/* Letters such as UTC or CEST. *utc when they mean UTC. */
bool part_zone_name(struct str *text, bool *utc);
/* Takes `c` when that is the first byte. */
bool part_char(struct str *text, char c);
void part_spaces(struct str *text);

/* The wall clock reading, with a second of 60; false when a field is out of range. */
bool part_wall(struct civil c, int64_t *wall);
/* The reading as UTC, by an offset in seconds or, when that is NULL, by the context's zone. */
int64_t part_utc(const struct timestamp_context *context, const int32_t *offset, int64_t wall);
/* The time nearest to context->near that the reading can mean when its year is not known, or, with
 * `date` false, when nothing of its date is. */
bool part_nearest(struct civil c, bool date, const struct timestamp_context *context,
                  const int32_t *offset, int64_t *ret);
/* False outside 1970..9999. */
bool part_in_range(int64_t time);

#endif
