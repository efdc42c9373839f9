/*
 * A zone is asked of the C library once, when it is opened, and kept as a table of the instants at
 * which its offset changes. The library's own functions take a lock, look at the environment and
 * know one zone per process; the table needs none of that, and workers share it freely.
 *
 * The library has no call for "the next change", so the offset is probed every few days and each
 * difference is bisected to the second. To look an instant up, the bits above BUCKET_BITS choose a
 * bucket, the bucket says which change was in force at its start, and the one or two changes that
 * fall into it are compared.
 */
#include "agent/base/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/mem.h"

enum {
	QUARTER_SECONDS = 900,
	PROBE_SECONDS = 6 * 86400, /* the shortest time that an offset was in force is a week */
	BUCKET_BITS = 42,          /* 51 days */
	NAME_MAX_BYTES = 64,
};

/* Probed from 1970 to the end of 2099; before and after, the nearest known offset holds. */
#define PROBE_END INT64_C(4102444800)

struct change {
	int64_t start; /* microseconds, UTC */
	int32_t offset;
};

struct zone {
	char *name;
	struct change *changes; /* the first starts at TIME_MIN; behind the last one a sentinel */
	size_t n, capacity;
	uint16_t buckets[(PROBE_END * TIME_SEC >> BUCKET_BITS) + 1]; /* change at its start */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int32_t library_offset(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm = {0};

	(void)localtime_r(&t, &tm);
	return (int32_t)tm.tm_gmtoff;
}

static void add_change(struct zone *z, int64_t start, int32_t offset)
{
	z->changes = array_room(z->changes, z->n, &z->capacity, sizeof(*z->changes));
	z->changes[z->n++] = (struct change){start, offset};
}

/* The first of lo + step, lo + 2 step, ... up to `hi` whose offset is not that of `lo`. */
static int64_t bisect(int64_t lo, int64_t hi, int64_t step, int32_t offset)
{
	while (hi - lo > step) {
		int64_t middle = lo + (hi - lo) / step / 2 * step;

		if (library_offset(middle) == offset)
			lo = middle;
		else
			hi = middle;
	}
	return hi;
}

/* The second of the change in between; nearly all changes are at a quarter of an hour, UTC. */
static int64_t find_change(int64_t lo, int64_t hi, int32_t offset)
{
	int64_t quarter = bisect(lo, hi, QUARTER_SECONDS, offset);

	if (library_offset(quarter - 1) == offset)
		return quarter;
	return bisect(quarter - QUARTER_SECONDS, quarter, 1, offset);
}

static void probe(struct zone *z)
{
	int64_t before = 0;
	int32_t offset = library_offset(before);

	add_change(z, TIME_MIN, offset);
	while (before < PROBE_END) {
		int64_t next = before + PROBE_SECONDS;
		int32_t now = library_offset(next);

		if (now != offset) {
			int64_t start = find_change(before, next, offset);

			offset = library_offset(start);
			add_change(z, start * TIME_SEC, offset);
		}
		before = next;
	}
}

static void index_changes(struct zone *z)
{
	size_t at = 0;

	add_change(z, INT64_MAX, 0);
	z->n--;
	for (size_t i = 0; i < sizeof(z->buckets) / sizeof(*z->buckets); i++) {
		int64_t start = (int64_t)i << BUCKET_BITS;

		while (z->changes[at + 1].start <= start)
			at++;
		z->buckets[i] = (uint16_t)at;
	}
}

/* Letters, digits and _+-/ only, no empty part and none that begins with a dot: no way out of the
 * directory of zones. */
static bool name_is_safe(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+-/";
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_BYTES && strspn(name, allowed) == n && name[0] != '/' &&
	       name[n - 1] != '/' && strstr(name, "//") == NULL;
}

/* Whether `path` is compiled zone data; the directories hold other files too. */
static bool is_zone_file(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool good = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	            memcmp(magic, "TZif", sizeof(magic)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* A value for TZ that names the file itself: with a bare name the C library would take any text
 * for a rule in POSIX notation, and read a misspelt one as UTC. */
static bool zone_path(const char *name, char *ret, size_t size)
{
	static const char *const directories[] = {
		"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo",
		"/share/zoneinfo",     "/etc/zoneinfo",
	};

	if (!name_is_safe(name))
		return false;
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		(void)snprintf(ret, size, ":%s/%s", directories[i], name);
		if (is_zone_file(ret + 1))
			return true;
	}
	return false;
}

static void probe_as(struct zone *z, const char *tz)
{
	const char *old = getenv("TZ");
	char *kept = old ? xstrdup(old) : NULL;

	(void)setenv("TZ", tz, 1);
	tzset();
	probe(z);
	if (kept)
		(void)setenv("TZ", kept, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	free(kept);
}

struct zone *zone_open(const char *name, struct err *err)
{
	bool utc = strcmp(name, "UTC") == 0, local = strcmp(name, "local") == 0;
	char path[NAME_MAX_BYTES + 64];
	struct zone *z;

	if (!utc && !local && !zone_path(name, path, sizeof(path))) {
		(void)err_set(err,
		              "'%s' is no time zone this system knows; expected an IANA name such "
		              "as Europe/Berlin, UTC or local",
		              name);
		return NULL;
	}
	z = xcalloc(1, sizeof(*z));
	z->name = xstrdup(name);
	if (utc) { /* needs no zone data, which a small container may not have */
		add_change(z, TIME_MIN, 0);
	} else if (local) {
		tzset();
		probe(z);
	} else {
		probe_as(z, path);
	}
	index_changes(z);
	return z;
}

void zone_free(struct zone **z)
{
	if (*z == NULL)
		return;
	free((*z)->name);
	free((*z)->changes);
	free(*z);
	*z = NULL;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

static const struct change *change_at(const struct zone *z, int64_t time)
{
	const struct change *c = z->changes;

	if (time >= PROBE_END * TIME_SEC)
		return c + z->n - 1;
	if (time >= 0)
		c += z->buckets[time >> BUCKET_BITS];
	while (time >= c[1].start)
		c++;
	return c;
}

int32_t zone_offset(const struct zone *z, int64_t time)
{
	return change_at(z, time)->offset;
}

int64_t zone_to_utc(const struct zone *z, int64_t wall)
{
	/* No offset reaches a day, so this is the change in force or an earlier one. */
	const struct change *c = change_at(z, wall - TIME_DAY);
	const struct change *last = z->changes + z->n - 1;

	/* Both the hour that is skipped and the one that comes twice end, on the wall clock, where
	 * the larger of the two offsets puts the change. */
	while (c < last) {
		int32_t larger = c[1].offset > c->offset ? c[1].offset : c->offset;

		if (wall < c[1].start + larger * TIME_SEC)
			break;
		c++;
	}
	return wall - c->offset * TIME_SEC;
}

int64_t zone_hour_start(const struct zone *z, int64_t time)
{
	const struct change *c = change_at(z, time);
	int64_t hour = 3600 * TIME_SEC, offset = c->offset * TIME_SEC;
	int64_t start = floor_div(time + offset, hour) * hour - offset;

	/* A change by half an hour begins an hour of its own, else two hours would overlap. */
	return start > c->start ? start : c->start;
}

/* Days since 1970-01-01 on the wall clock of the zone. */
static int64_t wall_day(const struct zone *z, int64_t time)
{
	return floor_div(time + zone_offset(z, time) * TIME_SEC, TIME_DAY);
}

int64_t zone_day_start(const struct zone *z, int64_t time)
{
	return zone_to_utc(z, wall_day(z, time) * TIME_DAY);
}

int64_t zone_week_start(const struct zone *z, int64_t time)
{
	int64_t wall = wall_day(z, time) * TIME_DAY;

	return zone_to_utc(z, wall - civil_weekday(wall) * TIME_DAY);
}

int64_t zone_month_start(const struct zone *z, int64_t time)
{
	int64_t wall = wall_day(z, time) * TIME_DAY;

	return zone_to_utc(z, wall - (civil_of(wall).day - 1) * TIME_DAY);
}

/*
 * The calendar: years are counted from March, so that the leap day is the last of its year and the
 * days before a month follow a straight line of 153 days in 5 months; 400 years are one era.
 */
enum { ERA_DAYS = 146097, EPOCH_DAY = 719468 /* 1970-01-01 from 0000-03-01 */ };

struct civil civil_of(int64_t time)
{
	int64_t days = floor_div(time, TIME_DAY), micros = time - days * TIME_DAY;
	int64_t era = floor_div(days + EPOCH_DAY, ERA_DAYS);
	int64_t day = days + EPOCH_DAY - era * ERA_DAYS; /* of the era */
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month, seconds = micros / TIME_SEC;

	day -= 365 * year + year / 4 - year / 100; /* of the year */
	month = (5 * day + 2) / 153;
	return (struct civil){
		.year = (int32_t)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(day - (153 * month + 2) / 5 + 1),
		.hour = (int)(seconds / 3600),
		.minute = (int)(seconds / 60 % 60),
		.second = (int)(seconds % 60),
		.micro = (int32_t)(micros % TIME_SEC),
	};
}

int64_t civil_time(struct civil c)
{
	int64_t months = c.year * INT64_C(12) + c.month - 3; /* since March of the year 0 */
	int64_t year = floor_div(months, 12), month = months - year * 12;
	int64_t leaps = floor_div(year, 4) - floor_div(year, 100) + floor_div(year, 400);
	int64_t days = 365 * year + leaps + (153 * month + 2) / 5 + c.day - 1 - EPOCH_DAY;

	return (((days * 24 + c.hour) * 60 + c.minute) * 60 + c.second) * TIME_SEC + c.micro;
}

int civil_weekday(int64_t time)
{
	int64_t days = floor_div(time, TIME_DAY) + 3; /* 1970-01-01 was a Thursday */

	return (int)(days - floor_div(days, 7) * 7);
}

static int month_days(int32_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool civil_valid(struct civil c)
{
	return c.year >= 1 && c.year <= 9999 && c.month >= 1 && c.month <= 12 && c.day >= 1 &&
	       c.day <= month_days(c.year, c.month) && c.hour >= 0 && c.hour <= 23 &&
	       c.minute >= 0 && c.minute <= 59 && c.second >= 0 && c.second <= 59 && c.micro >= 0 &&
	       c.micro < TIME_SEC;
}
