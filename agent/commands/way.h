/*
 * The way of one record, as `explain` shows it: gathered from the events of its extraction. All
 * texts live in the gatherer's memory, until the next record.
 */
#ifndef COMMANDS_WAY_H
#define COMMANDS_WAY_H

#include "agent/base/mem.h"
#include "agent/meter/cost.h"
#include "agent/meter/extract.h"

struct way_pattern {
	size_t number;
	struct str regex;
	enum pattern_result result;
	size_t reach; /* bytes of the regex that match, when all of it does not; 0: not known */
};

struct way_value {
	enum trace_kind kind; /* TRACE_VALUE or TRACE_MISSED */
	struct trace_value v;
	struct str shown; /* as it is kept: of counts the number, of a time UTC */
};

/* A place in a record, with some of what is around it. */
struct way_place {
	struct str before, after; /* after.p NULL: no place is known */
	size_t at;                /* byte of the record */
};

struct way_price {
	struct match match; /* price NULL: none */
	struct rates_choice choice;
	struct units units;
	struct rates rates;
};

enum { WAY_LINES = 8 };

/* The records of a file that are the same call by `dedupe`, this one among them. */
struct way_same {
	int64_t records; /* 0: it was not looked for them */
	int64_t lines[WAY_LINES];
	size_t lines_n;
};

/* Of the record, or of one element of it. */
struct way {
	struct trace_element element; /* number 0: the record itself */
	struct trace_test *tests;
	size_t tests_n;
	struct way_pattern *patterns;
	size_t patterns_n;
	struct way_value *values; /* names of one's own first, then fields */
	size_t values_n;
	struct str *nothing; /* fields without a value */
	size_t nothing_n;
	struct trace_carry *carried; /* on from it */
	size_t carried_n;
	struct trace_key *keys;
	size_t keys_n;
	struct way_same same;
	const char *broken;             /* what is wrong with it; NULL: nothing */
	struct trace_counters counters; /* logged NULL: none */
	struct trace_part part;         /* all NULL: none */
	struct trace_tokens tokens;     /* read NULL: it did not come so far */
	struct way_price *price;        /* NULL: the same */
	size_t given_up;                /* earlier calls that no longer wait for their parts */
	bool ended;                     /* there is a verdict */
	struct verdict verdict;
	const struct call *call;     /* NULL: it is none */
	struct way_place place;      /* where it broke, or where the bad value stands */
	const struct way_value *bad; /* the value that rejected it; NULL: none did */
};

/* The row that a call is priced by, and all that it is priced with. */
void way_price_of(const struct book *book, const struct call *c, struct way_price *ret);

struct gatherer;

struct gatherer *gatherer_new(const struct source *s, const struct book *book);
void gatherer_free(struct gatherer **g);
/* What is gathered is of this record from here on. */
void gatherer_start(struct gatherer *g, struct str record);
/* Listeners; `arg` is the gatherer. */
void gatherer_event(void *gatherer, const struct trace *event);
void gatherer_verdict(void *gatherer, const struct verdict *v, const struct call *c);
/* Where texts stand in the record that are not to be shown: prompts and what is hashed. */
struct way_hidden {
	size_t at, n;
};
const struct way_hidden *gatherer_hidden(const struct gatherer *g, size_t *n);
/* All of it, in order. With `each` the first way may have no verdict: its tests are the record's.
 */
struct way *gatherer_ways(const struct gatherer *g, size_t *n);

/* ---- for people and for programs ---- */

struct page;

void way_text(struct page *p, const struct way *w, const struct source *s);
/* What it has to do with other records. */
void way_together_text(struct page *p, const struct way *w, const struct source *s);
/* The tokens, the price and the cost of its call; `rule` says whose cost counts. */
void way_money_text(struct page *p, const struct way *w, enum cost_rule rule);
/* What is special about a call, a line each. */
void way_flags_text(struct page *p, const struct call *c);
/* The call with its tokens, price and cost, as members of an object. */
void way_call_json(struct buf *out, const struct way *w);
/* An object. */
void way_json(struct buf *out, const struct way *w, const struct source *s);

/* "type = assistant", "not m ~ '^test-'"; as in the source. */
void way_test_text(struct buf *out, const struct test *test);
/* The units of a kind that a price is for: seconds in milliseconds. */
void way_put_units(struct buf *out, const struct way_price *price, enum rate_kind kind);
/* Fields whose parts a joined call still lacks, as text: "output_tokens, status". */
void way_missing_text(struct buf *out, const struct way *w, const struct source *s);

#endif
