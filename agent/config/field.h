/*
 * The fields of a call: the one table that the configuration, the extraction, the ledger and the
 * manual share. Names follow the OpenTelemetry GenAI conventions where they have one.
 */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include <stddef.h>

#include "agent/base/str.h"

/* What a call is attributed to. Text, interned; together with the source they are a combination. */
enum label {
	LABEL_PROVIDER,
	LABEL_MODEL,
	LABEL_FEATURE,
	LABEL_USER,
	LABEL_AGENT,
	LABEL_SERVICE,
	LABEL_TEAM,
	LABEL_API_KEY,
	LABEL_OPERATION,
	LABEL_TIER,
	LABEL_STATUS,
	LABEL_KIND, /* what a resource is (config.h); empty: a call of a model */
	LABELS
};

/* What is counted. Part counts follow their whole. */
enum count {
	COUNT_INPUT,          /* all prompt tokens, cached ones included */
	COUNT_CACHE_READ,     /* part of input */
	COUNT_CACHE_WRITE,    /* part of input */
	COUNT_CACHE_WRITE_1H, /* part of cache write */
	COUNT_OUTPUT,         /* all that was generated */
	COUNT_REASONING,      /* part of output */
	COUNT_TOKENS,         /* those above stand in every total; those below are rare */
	COUNT_INPUT_AUDIO = COUNT_TOKENS, /* part of input */
	COUNT_OUTPUT_AUDIO,               /* part of output */
	COUNT_INPUT_IMAGE,                /* part of input */
	COUNT_OUTPUT_IMAGE,               /* part of output */
	COUNT_IMAGES,
	COUNT_AUDIO_MS, /* audio_seconds, kept in milliseconds */
	COUNT_WEB_SEARCHES,
	COUNT_CACHE_READ_AUDIO, /* part of cache read and of input audio: what both have in common
	                         */
	COUNT_CACHE_READ_IMAGE, /* the same of input image */
	COUNT_INPUT_VIDEO,      /* part of input */
	COUNT_OUTPUT_VIDEO,     /* part of output */
	COUNT_VIDEO_MS,         /* video_seconds, kept in milliseconds */
	COUNT_PAGES,
	COUNT_CHARACTERS,
	COUNT_QUANTITY, /* units of a resource, kept in millionths */
	COUNTS
};

/* Decimal places that are kept of a count: seconds are in milliseconds. */
static inline int count_places(enum count count)
{
	if (count == COUNT_QUANTITY)
		return 6;
	return count == COUNT_AUDIO_MS || count == COUNT_VIDEO_MS ? 3 : 0;
}

/* Text that is kept with a call but is no dimension of totals. */
enum detail {
	DETAIL_SESSION,
	DETAIL_REQUEST_ID,
	DETAIL_REQUESTED_MODEL,
	DETAIL_REGION,
	DETAIL_ERROR,
	DETAILS
};

enum field_kind {
	FIELD_LABEL,  /* index is an enum label */
	FIELD_COUNT,  /* index is an enum count */
	FIELD_DETAIL, /* index is an enum detail */
	FIELD_TIME,
	FIELD_DURATION, /* index 0 latency, 1 ttft */
	FIELD_MONEY,    /* logged_cost */
	FIELD_PROMPT,   /* only ever hashed */
	FIELD_RESOURCE, /* what is used instead of a model: its name becomes the model's */
};

/* Rows of the table: time, latency, ttft, logged_cost, resource and prompt have no enum of their
 * own. */
enum { FIELDS = LABELS + COUNTS + DETAILS + 6 };

struct field {
	const char *name; /* as in configuration, reports and views */
	enum field_kind kind;
	int index;
	const char *meaning; /* one line for the manual */
};

extern const struct field fields[]; /* ends with a NULL name */
extern const size_t fields_n;

/* NULL: no such field. */
const struct field *field_find(struct str name);
/* The public name of a label, count or detail. */
const char *label_name(enum label label);
const char *count_name(enum count count);
const char *detail_name(enum detail detail);

#endif
