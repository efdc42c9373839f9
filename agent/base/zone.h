/*
 * Time zones by IANA name, and calendar arithmetic. Times are int64 microseconds since the epoch,
 * UTC, everywhere in tokentail; a zone only decides where hours and days begin.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/base/str.h"

#define TIME_MS  INT64_C(1000)
#define TIME_SEC INT64_C(1000000)
#define TIME_DAY (86400 * TIME_SEC)
/* 0001-01-01 is before, 9999-12-31T23:59:59.999999Z the last time that is accepted anywhere. */
#define TIME_MAX (INT64_C(253402300800) * TIME_SEC - 1)
#define TIME_MIN (INT64_C(-62135596800) * TIME_SEC)

struct zone;

/*
 * `name` is an IANA name ("Europe/Berlin"), "UTC", or "local" for the machine's own. NULL and *err
 * when the system does not know it. Reads the system's zone data through the C library, which has
 * one zone for the whole process: call before threads are started. The result is immutable.
 */
struct zone *zone_open(const char *name, struct err *err);
void zone_free(struct zone **z);
const char *zone_name(const struct zone *z);

/* Seconds east of UTC at `time`. */
int32_t zone_offset(const struct zone *z, int64_t time);
/* UTC time of a wall clock reading (microseconds as if the wall clock were UTC). A reading that
 * does not exist (spring) or exists twice (autumn) gets the offset in force before the change. */
int64_t zone_to_utc(const struct zone *z, int64_t wall);
/* Start, in UTC, of the local hour, day, ISO week (Monday) or month that `time` lies in. */
int64_t zone_hour_start(const struct zone *z, int64_t time);
int64_t zone_day_start(const struct zone *z, int64_t time);
int64_t zone_week_start(const struct zone *z, int64_t time);
int64_t zone_month_start(const struct zone *z, int64_t time);

/* A date of the proleptic Gregorian calendar. */
struct civil {
	int32_t year;
	int month, day;           /* 1..12, 1..31 */
	int hour, minute, second; /* 0..23, 0..59, 0..59 */
	int32_t micro;
};

struct civil civil_of(int64_t time); /* of a UTC (or wall) time */
int64_t civil_time(struct civil c);  /* the inverse; fields out of range carry over */
int civil_weekday(int64_t time);     /* 0 Monday .. 6 Sunday */
bool civil_valid(struct civil c);    /* each field in its range, 30 February is not */

#endif
