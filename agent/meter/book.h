/*
 * The price book: which rates are in force for a model at a time. Read once from YAML, then
 * immutable and shared by threads.
 *
 * A rate is an integer of femto-dollars (1e-15 USD) per unit: token, image, second, search. In YAML
 * it is decimal text, USD per million tokens (or per thousand searches, per image, per second). The
 * whole language is described in conf/manual/books.md.
 */
#ifndef METER_BOOK_H
#define METER_BOOK_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/config/config.h"

/* What is priced. A call's tokens are split into these without overlap; see cost.h. */
enum rate_kind {
	RATE_INPUT,
	RATE_CACHE_READ,
	RATE_CACHE_WRITE, /* kept for 5 minutes */
	RATE_CACHE_WRITE_1H,
	RATE_OUTPUT,
	RATE_REASONING,
	RATE_INPUT_AUDIO,
	RATE_OUTPUT_AUDIO,
	RATE_INPUT_IMAGE,
	RATE_OUTPUT_IMAGE,
	RATE_INPUT_VIDEO,
	RATE_OUTPUT_VIDEO,
	RATE_CACHE_READ_AUDIO, /* audio that was read from a cache */
	RATE_CACHE_READ_IMAGE,
	RATE_IMAGE,        /* per image made */
	RATE_AUDIO_SECOND, /* per second of audio */
	RATE_VIDEO_SECOND, /* per second of video */
	RATE_PAGE,         /* per page read; in YAML per 1000 */
	RATE_CHARACTER,    /* per character; in YAML per million */
	RATE_WEB_SEARCH,   /* per search; in YAML per 1000 */
	RATE_REQUEST,      /* per call */
	RATE_UNIT,         /* per unit of a resource */
	RATES
};

/* Whether a kind is counted in milliseconds, though its rate is for a second. */
static inline bool rate_is_time(enum rate_kind kind)
{
	return kind == RATE_AUDIO_SECOND || kind == RATE_VIDEO_SECOND;
}

/* In how many parts a unit of a kind is counted. */
static inline int64_t rate_parts(enum rate_kind kind)
{
	if (kind == RATE_UNIT)
		return 1000000;
	return rate_is_time(kind) ? 1000 : 1;
}

const char *rate_name(enum rate_kind kind); /* its key in a book: "input", "cache_write_1h" */
const char *rate_unit(enum rate_kind kind); /* what a book's number is per: "1M tokens", "image" */
/* A rate as a book writes it: USD per rate_unit, exact, no trailing zeros: "0.15", "1.25". */
enum { RATE_TEXT = 32 };
void rate_print(enum rate_kind kind, int64_t rate, char out[RATE_TEXT]);

#define RATE_NONE INT64_C(-1) /* the book gives none; cost.h says what counts instead */

enum { TIERS_MAX = 8, HOURS_MAX = 8 };

struct rates {
	int64_t rate[RATES]; /* femto-dollars per unit, or RATE_NONE */
};

/* How a service tier (batch, flex, priority, fast) or a region is priced: a factor on all rates but
 * those of searches and calls, or rates of its own. */
struct variant {
	char *name;
	int64_t factor_ppm; /* parts per million; 500000 is half. 0: own rates */
	struct rates rates; /* with factor_ppm 0; what it does not give is the rate without it */
};

/* Above `above` input tokens (strictly) these rates hold for every token of the call. A kind that
 * a tier does not give keeps that of the next lower tier that does, or the base rate; so does a
 * service tier. */
struct tier {
	int64_t above;
	bool at_least; /* written as "from above + 1 tokens on" */
	struct rates rates;
	struct variant *variants; /* by service tier */
	size_t variants_n;
};

/* Seconds of the UTC day, start in, end out. It may end on the next day (from > to) and then
 * belongs to the day on which it begins; equal: all day. */
struct hours {
	int32_t from, to;
};

enum { EVERY_DAY = 0x7f };

/* One row: the rates of a model from an instant on. */
struct price {
	char *key;      /* "openai/gpt-4o@2024-10-01": unique, stored with each call */
	char *provider; /* the book's */
	char *model;    /* the book's name of it */
	int64_t from;   /* microseconds; INT64_MIN: always */
	struct hours hours[HOURS_MAX];
	size_t hours_n; /* 0: all day */
	unsigned days;  /* bit 0 is Monday, UTC; EVERY_DAY */
	char *hours_text,
		*days_text; /* as written, "16:30-00:30,01:00-02:00" and "mon-fri", or NULL */
	struct rates base;
	struct tier *tiers; /* ascending */
	size_t tiers_n;
	struct variant *variants; /* by service tier */
	size_t variants_n;
	struct variant *regions; /* by region; on top of the service tier */
	size_t regions_n;
	char *source;   /* where the price was read; NULL: the book does not say */
	char *checked;  /* date of that; NULL as above */
	char *accepted; /* why an odd price is right (book_check.h); NULL: it is not odd */
	bool free;      /* costs nothing, and is meant to */
	char *kind;     /* of a resource; NULL: a model */
	struct place place;
};

struct book;

/* Own prices of the configuration, then config->books, then the imported books, then the shipped
 * ones. NULL and *err on any mistake in any of them: "FILE:LINE: KEY: what was expected". */
struct book *book_open(const struct config *config, struct err *err);
void book_free(struct book **b);

enum { BOOK_BYTES_MAX = 8 << 20 }; /* of one file */

/* The public books that can be imported, the one that wins first; ends with NULL. */
extern const char *const imported_books[];
/* Appends where an imported book lies, or would. */
void imported_path(const struct config *config, const char *name, struct buf *path);
/* An imported book (empty: none) over the shipped ones, as if there were nothing else. */
struct book *book_open_imported(struct str text, const char *name, struct err *err);

/* One file on its own, for `prices check` and the fuzzer: NULL and *err on the first mistake. */
struct book *book_open_file(struct str text, const char *name, struct err *err);

/* How a model name led to a row. */
struct match {
	const struct price *price; /* NULL: none */
	char how[160];             /* "without the date -20250929, then exact in anthropic" */
};

/*
 * The row in force for a model of a provider (may be empty) at a time. Follows DESIGN 5: exact, the
 * book's matches, then without prefixes, version tails and dates; never by likeness. What is no
 * model but a router's label ("auto") has only a price of the configuration's own. False: none.
 */
bool book_match(const struct book *b, struct str provider, struct str model, int64_t time,
                struct match *ret);

/* Whether a provider sells the models of a maker at the maker's prices, where no book of its own
 * says otherwise. */
bool book_hosts(const struct book *b, struct str provider, struct str maker);

/*
 * The same for the hot path: an entry for (provider, model) that book_price then dates. NULL: the
 * model is unknown at any time. Cache it; it lives as long as the book.
 */
struct book_entry;
const struct book_entry *book_find(const struct book *b, struct str provider, struct str model);
const struct price *book_price(const struct book_entry *e, int64_t time); /* NULL: none yet */
/* Whether a row's hours and days hold at a time; `from` is not looked at. */
bool price_in_hours(const struct price *p, int64_t time);
/* Whether the entry was found only by unknown_model.price_as. */
bool book_entry_estimated(const struct book_entry *e);

/* All rows in the order of provider, model, from. */
const struct price *book_rows(const struct book *b, size_t *n);

/* Sixteen hexadecimal digits that differ when any rate, tier or date of any row does. */
enum { BOOK_DIGEST = 17 };
void book_digest(const struct book *b, char out[BOOK_DIGEST]);

/* ---- provider names ---- */
/* OpenTelemetry's name for the usual spellings (bedrock -> aws.bedrock); others stay as they are.
 */
struct str provider_name(struct str spelling);

#endif
