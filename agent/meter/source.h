/*
 * A source compiled: its configuration made into what reads a record. Immutable, shared by threads.
 */
#ifndef METER_SOURCE_H
#define METER_SOURCE_H

#include "agent/config/config.h"
#include "agent/meter/book.h"

struct source;

/* NULL and *err "FILE:LINE: KEY: what" for a bad path, regex, map, format or time zone. Keeps
 * pointers into `config` and `book`. Opens time zones: before threads are started. */
struct source *source_new(const struct source_config *config, const struct book *book,
                          struct err *err);
void source_free(struct source **s);
/* Calls before `time` (microseconds) do not count: what `start: end` means is known only to who has
 * the ledger. Before threads are started. */
void source_start_at(struct source *s, int64_t time);
const char *source_name(const struct source *s);
const struct source_config *source_configuration(const struct source *s);

/*
 * A literal that every record which can be a call holds; empty: none is known. A record without it
 * is skipped for `source_literal_reason` (constant text), so whole stretches of a log can be passed
 * over unparsed.
 */
struct str source_literal(const struct source *s);
const char *source_literal_reason(const struct source *s);

struct carried;
/* What a file's records carry from one to the next, empty; NULL: this source carries nothing. */
struct carried *source_carried(const struct source *s);
/* Whether it remembers anything from one record to another in whatever file (join, cumulative). */
bool source_remembers(const struct source *s);

#endif
