/*
 * What the name of a value says: which field of a call it may be. Names are cut into words at
 * dots, dashes, underscores, spaces and where small letters turn to capital ones, so that
 * usage.promptTokens, prompt_tokens and "Prompt tokens" are alike.
 */
#ifndef DETECT_NAMES_H
#define DETECT_NAMES_H

#include <stdint.h>

#include "agent/config/field.h"

enum {
	NAME_WORDS = 24,  /* the last ones of a longer name count */
	NAME_BYTES = 512, /* of all of them */
};

struct name {
	struct str words[NAME_WORDS]; /* in small letters; in `bytes` */
	size_t n;
	size_t last; /* the first word of the last part: of "usage.prompt_tokens" it is "prompt" */
	size_t near; /* of the part before it; `last` when there is none */
	char bytes[NAME_BYTES];
};

/* *name is to stay where it is: its words point into it. */
void name_split(struct str text, struct name *name);
/* A part more behind those of a name that has been cut. Used for the words around a number. */
void name_add(struct name *name, struct str text);
/* Whether one of the words, which are given with spaces between, stands in the name. */
bool name_has(const struct name *name, const char *words);

/*
 * How well the name fits the field: 0 not at all, 100 as its own name does. Names alone are looked
 * at; whether the values agree is another question.
 */
int name_score(const struct name *name, const struct field *field);

/* The unit that a name gives durations and time stamps: nanoseconds of one, 0: none. */
int64_t name_unit(const struct name *name);
/* The factor that makes a cost of this name dollars, "0.01" for cents; NULL: it is in dollars. */
const char *name_scale(const struct name *name);
/* Names of running totals, which are no numbers of one call. */
bool name_is_cumulative(const struct name *name);
/* Whether it names the sum of input and output: "total_tokens", or "tokens" alone. */
bool name_is_total(const struct name *name);

#endif
