/*
 * What a value says: which kinds of field it could be. Names are not looked at here.
 */
#ifndef DETECT_EVIDENCE_H
#define DETECT_EVIDENCE_H

#include "agent/meter/book.h"
#include "parsers/timestamp.h"

/* What values are judged by. */
struct evidence {
	const struct book *book;
	struct timestamp_context times; /* the zone, and the time of the file */
	int64_t now;
};

/* Whether it reads like the name of a model: the price book knows it, or it begins as those of the
 * well-known families do. Names that are plain words do not count. */
bool evidence_model(const struct evidence *e, struct str text);
/*
 * Whether it is a time stamp of the years in which there were model calls. *format is set to the
 * strptime format that it takes, NULL when it is understood without. *unsure: it can be read in
 * two ways (day and month).
 */
bool evidence_time(const struct evidence *e, struct str text, const char **format, bool *unsure);
/* Why such a time is unsure, in words. */
const char *evidence_time_doubt(const char *format);
/* The same for one format only; NULL: what is understood without. */
bool evidence_time_by(const struct evidence *e, struct str text, const char *format);
/* A number of dollars of one call, with or without a $ before it. */
bool evidence_money(struct str text);
/* A duration of at most a day; *has_unit: the value itself says its unit. */
bool evidence_duration(struct str text, bool *has_unit);
/* Only letters, digits and the signs of names: a word, not a sentence. At most 128 bytes. */
bool evidence_word(struct str text);

#endif
