/*
 * What a table of a report shows to a person, beyond the plain numbers of text.h. Each appends to
 * `out`.
 */
#ifndef COMMANDS_SHOW_H
#define COMMANDS_SHOW_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/zone.h"
#include "agent/ledger/sizes.h"

void show_compact(struct buf *out, int64_t n); /* as it is below 10,000; then 46.3k, 2.01M */
/* part of whole as 45.3%; <0.1% for what is there but little. Nothing when `whole` is not > 0. */
void show_share(struct buf *out, int64_t part, int64_t whole);
/* A bar of at most `columns`, as long as part is of whole, in eighths of a column if utf8. */
void show_bar(struct buf *out, int64_t part, int64_t whole, size_t columns, bool utf8);
void show_latency(struct buf *out, int64_t microseconds); /* 812ms, 1.5s, 123s, 12m */
void show_age(struct buf *out, int64_t microseconds);     /* 0.3s, 42s, 12m, 5h, 3d */
/* 2026-03-12 09:00 on the clock of the zone. */
void show_minute(struct buf *out, const struct zone *zone, int64_t time);
/* Text of a log for a person: controls escaped; where only ASCII can be shown, ? for the rest. */
void show_text(struct buf *out, struct str text, bool utf8);
/* The UTC day on which the disk is full if it goes on like this; false: not within a thousand
 * years, or not known. */
enum { SHOW_DATE = 16 };
bool show_full(char out[SHOW_DATE], const struct sizes *s, int64_t now);
/* "1 call", "2,000 calls". */
void show_plural(struct buf *out, int64_t n, const char *noun);

#endif
