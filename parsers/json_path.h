/*
 * The language of paths, read into steps: a.b, "a.b", a[0], a[-1], a[*], a.*, a[key=value]. The
 * empty path has no steps: it is the whole record.
 */
#ifndef PARSERS_JSON_PATH_H
#define PARSERS_JSON_PATH_H

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"

enum {
	JSON_STEPS_MAX = 32,     /* of one path */
	JSON_INDEX_MAX = 999999, /* a[n], a[-n] */
	JSON_PATH_LENGTH_MAX = 4096,
};

enum json_step_kind {
	JSON_MEMBER,      /* name */
	JSON_ANY_MEMBER,  /* .* */
	JSON_INDEX,       /* [index], from the end when negative */
	JSON_ANY_ELEMENT, /* [*] */
	JSON_FILTER,      /* [name=value] */
};

struct json_step {
	enum json_step_kind kind;
	struct str name; /* of a member, or of the member that a filter asks */
	struct str value;
	int32_t index;
};

struct json_path {
	struct json_step steps[JSON_STEPS_MAX];
	size_t n;
};

/* The names live in `memory`, `text` is not kept. */
bool json_path_parse(struct str text, struct json_path *path, struct arena *memory,
                     struct err *err);
bool json_step_eq(const struct json_step *a, const struct json_step *b);

#endif
