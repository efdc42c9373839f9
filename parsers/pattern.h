/*
 * PCRE2 patterns with named groups and hard limits, compiled once, matched without allocation.
 */
#ifndef PARSERS_PATTERN_H
#define PARSERS_PATTERN_H

#include <stdint.h>

#include "agent/base/err.h"
#include "parsers/value.h"

enum {
	/* Steps that all matches on one record may take, beside PATTERN_STEPS_A_BYTE of it; more:
	 * PATTERN_LIMIT. A step takes some 10 ns. */
	PATTERN_STEPS = 10000000,
	PATTERN_STEPS_A_BYTE = 4,
	PATTERN_DEPTH_LIMIT = 10000,
	PATTERN_HEAP_LIMIT_KIB = 8192,
	PATTERN_GROUPS_MAX = 64,
	PATTERN_LENGTH_MAX = 4096,
};

enum pattern_result {
	PATTERN_NO, /* does not match */
	PATTERN_YES,
	PATTERN_LIMIT, /* gave up: the pattern is too costly on this text */
};

struct pattern;       /* immutable after compile: shared by threads */
struct pattern_match; /* of one thread: match data and JIT stack, fits every pattern */

/* NULL and *err (with the place in the pattern) when it does not compile. */
struct pattern *pattern_new(struct str regex, struct err *err);
void pattern_free(struct pattern **p);
struct str pattern_regex(const struct pattern *p);

/* Named groups in order of their numbers. */
size_t pattern_groups(const struct pattern *p);
struct str pattern_group_name(const struct pattern *p, size_t i);
/* True when there is exactly one group or one named group; *ret is its number. */
bool pattern_single_group(const struct pattern *p, uint32_t *ret);

/*
 * The longest text that every match must hold, found by reading the pattern; empty when there is
 * none to be sure of. Conservative: alternation, options and what it does not know give empty.
 */
struct str pattern_literal(const struct pattern *p);

struct pattern_match *pattern_match_new(void);
void pattern_match_free(struct pattern_match **m);
/* The matches that follow are on another record, of so many bytes: its steps are counted anew. */
void pattern_match_record(struct pattern_match *m, size_t bytes);

/* Tests without captures. */
enum pattern_result pattern_test(const struct pattern *p, struct pattern_match *m, struct str text);
/* On PATTERN_YES slots[i] is named group i, VALUE_ABSENT when it took no part. */
enum pattern_result pattern_capture(const struct pattern *p, struct pattern_match *m,
                                    struct str text, struct value *slots);
/* On PATTERN_YES *ret is what the numbered group matched (empty when it took no part). */
enum pattern_result pattern_capture_one(const struct pattern *p, struct pattern_match *m,
                                        struct str text, uint32_t group, struct str *ret);

#endif
