/*
 * JSON without a tree: one pass over the text, checked as RFC 8259 wants it, in which only the
 * values at the wanted paths are noted. Bytes of strings are not checked to be UTF-8: logs carry
 * what they carry, and labels are cleaned where they are made. A member given twice: the last wins.
 */
#ifndef PARSERS_JSON_H
#define PARSERS_JSON_H

#include "parsers/format.h"

enum {
	JSON_DEPTH_MAX =
		128, /* nesting, that inside of strings included; deeper: the record is broken */
	JSON_PATHS_MAX = 256, /* paths of one source */
};

/*
 * Paths: a.b.c members; "a.b" a member whose name has dots; a[0], a[-1] elements; a[*] the first
 * element, a.* the first member, in which the rest of the path is found; a[key=value] the first
 * element whose member `key` is `value`. A string on the way that holds JSON is entered. Of what
 * [*] and .* find, a null counts only when there is nothing more. The empty path is the record.
 */
struct json_paths;

struct json_paths *json_paths_new(const struct str *paths, size_t n, struct err *err);
void json_paths_free(struct json_paths **p);
/*
 * As format.parse. The record is one JSON value of any type with white space around it, and maybe a
 * byte order mark before.
 */
bool json_scan(const struct json_paths *p, struct str record, struct value *slots,
               struct arena *scratch, struct fault *fault);

/*
 * The walk of `each`: calls `element` for every value at `path` in turn ([*] and .* give all, a
 * filter all that agree). The walk ends when `element` returns false. False only when the record is
 * broken.
 */
struct json_walk;

/* A text here is one that json_scan can read as a record; a string has its quotes. */
struct json_element {
	struct str text;
	struct str name; /* of the member that the last .* of the path stood for; empty: none did */
	const struct str *outer; /* the elements it lies in, the nearest first: json_walk_depth */
};

typedef bool json_element_fn(void *arg, const struct json_element *element);

struct json_walk *json_walk_new(struct str path, struct err *err);
void json_walk_free(struct json_walk **w);
/* How many elements of the walk an element lies in: 1 for a[*].b[*]. */
size_t json_walk_depth(const struct json_walk *w);
bool json_walk(const struct json_walk *w, struct str record, struct arena *scratch,
               json_element_fn *element, void *arg, struct fault *fault);

/* Which code looks for the ends of strings: the tests run both. */
enum json_kernel { JSON_PORTABLE, JSON_SIMD };
/* False: this machine has no such kernel. The default is the fastest. Not while others scan. */
bool json_use_kernel(enum json_kernel kernel);

#endif
