/*
 * A model of a public book while it is read: the readers say what they find, and here it is
 * checked, converted and put on the shelf, or left out with its reason. Private to agent/import.
 */
#ifndef IMPORT_DRAFT_H
#define IMPORT_DRAFT_H

#include "agent/import/import.h"
#include "agent/import/json_reader.h"
#include "agent/meter/book_row.h"

/* What a public book's number is per. */
enum unit {
	RATE_PER_UNIT,    /* a token, an image, a second */
	RATE_PER_1000,    /* searches, pages, calls */
	RATE_PER_MILLION, /* tokens, characters */
	RATE_PER_HOUR,    /* of seconds */
};

/* A tier of a row as it is being read. */
struct draft_tier {
	struct tier tier;
	struct variant variants[SERVICE_TIERS];
};

/* One price of the model. */
struct draft_row {
	struct price price; /* time and base; its pointers are set at the end */
	struct draft_tier tiers[TIERS_MAX];
	struct variant variants[SERVICE_TIERS];
	struct variant regions[REGIONS_MAX];
};

struct draft {
	struct import *im;
	struct json_reader *json;
	char *provider, *name, *alias; /* as in our book; an alias of the provider, or NULL */
	char *also[IMPORT_ALSO_MAX];
	char *match[IMPORT_ALSO_MAX];
	size_t also_n, match_n;
	struct draft_row *rows; /* IMPORT_ROWS_MAX of them */
	size_t rows_n;
	const char *source;   /* of its price; NULL: the book's */
	const char *left_out; /* why; the first reason counts. NULL: it is not */
};

void draft_init(struct draft *d, struct import *im, struct json_reader *json);
void draft_free(struct draft *d);

/* A new model. `provider` is as the public book writes it. False: no more of them can be read. */
bool draft_begin(struct draft *d, struct str provider, struct str name);
/* Puts it on the shelf, or notes why not. */
void draft_end(struct draft *d);

void draft_also(struct draft *d, struct str name);
/* A glob of a book: `*` stands for text without digits. */
void draft_match(struct draft *d, struct str before, struct str text, struct str after);

/* A new row without prices; the last one if there is no room, and the model is left out. */
struct draft_row *draft_row(struct draft *d);

/* Where rates go: 0 tokens and no service are the base. NULL: there is no room for more. A tier is
 * above so many tokens. */
struct rates *draft_rates(struct draft *d, struct draft_row *row, int64_t above,
                          const char *service);
/* A price of `field`, converted; a number or a string with one. What is none, or negative, or more
 * than any price, leaves the model out. */
void draft_rate(struct draft *d, struct rates *r, enum rate_kind kind, enum unit unit,
                const struct value *v);
/* The row holds in these UTC hours, "16:30-00:30", and in those of further calls. */
void draft_hours(struct draft *d, struct draft_row *row, struct str span);
/* A factor for a region of the row: "us", 1.1. */
void draft_region(struct draft *d, struct draft_row *row, const char *region,
                  const struct value *v);

void draft_leave_out(struct draft *d, const char *why);
/* A price or a name that is left out while the model is not. */
void draft_note(struct draft *d, enum note_kind kind, struct str what);
/* Whether a value is a number other than 0, or none at all: then it says something. */
bool draft_says(const struct value *v);

/* Reads a book: `member` gets a draft to read models with, and the members of the whole text (the
 * text itself when it is no object). False and *err when it has more models than can be read. */
bool import_walk(struct import *im, struct str text, json_element_fn *member, struct err *err);

/* Text in the shelf's arena. */
char *draft_copy(struct draft *d, struct str text);

#endif
