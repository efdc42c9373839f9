/*
 * What the parts of the JSON scanner share among themselves. The scanner proper (json_body.h) is
 * compiled once per kernel, so that each has its search for the ends of strings inlined.
 */
#ifndef PARSERS_JSON_KERNEL_H
#define PARSERS_JSON_KERNEL_H

#include <stdint.h>

#include "parsers/json_string.h"
#include "parsers/json_trie.h"

/* Scratch memory that can be used anew, larger when that is needed. */
struct json_room {
	char *p;
	size_t capacity;
};

/* One record on its way. A text has RECORD_PAD readable bytes behind `end`. */
struct json_state {
	const char *start, *end; /* the record, or the string in it that is being read as JSON */
	uintptr_t block;         /* the SIMD kernels' last look: 64 bytes from here, */
	uint64_t stops;          /* a bit for each at which a string may end */
	unsigned depth;
	struct value *slots; /* the caller's, while a probe runs `hidden` */
	const struct json_paths *paths;
	struct value *hidden;
	struct value *saved;
	struct arena *scratch;
	struct json_room name; /* for the names that have escapes */
	struct json_room text; /* for strings that hold JSON in which nothing was found */
	bool too_deep;
	struct fault *fault;
};

struct json_kernel_ops {
	/* The value at `p`, which is not white space, and what is behind it to the end. */
	bool (*scan)(struct json_state *s, const char *p);
	/* The end of the value at `p`, NULL when it is broken. */
	const char *(*skip)(struct json_state *s, const char *p);
};

extern const struct json_kernel_ops json_portable;
/* NULL: this machine has no such kernel. */
const struct json_kernel_ops *json_simd(void);
/* The one in use. */
const struct json_kernel_ops *json_kernel(void);

/* Notes why the text is broken at `p`. Returns NULL. */
const char *json_fail(struct json_state *s, const char *p, const char *what);
/* The first byte from `p` on that is not white space, `end` when there is none. */
const char *json_space_run(const char *p, const char *end);

/*
 * The rest is rare. A name with its escapes undone, good until the next one; a filter's value is
 * one too.
 */
struct str json_name(struct json_state *s, struct str raw);
bool json_filter_agrees(struct json_state *s, const struct json_node *filter);
/* Whether the raw text of a string begins as JSON does that a path can enter. */
bool json_may_hold_json(struct str raw);
/*
 * *text is a string's text, ready to be scanned. The room it may lie in is given back when that is
 * done, to be used anew when nothing was found there.
 */
struct json_room json_take_text(struct json_state *s, struct value string, struct str *text);
void json_give_text(struct json_state *s, struct json_room room, const struct json_node *node);

/*
 * White space at `p`, of which there is mostly none or one space. Never stops behind `end`, but
 * for text that is not there: then the next thing looked for is missing.
 */
static inline const char *json_space(const char *p, const char *end)
{
	if ((unsigned char)*p > ' ')
		return p;
	if (*p == ' ' && (unsigned char)p[1] > ' ')
		return p + 1;
	return json_space_run(p, end);
}

/* The first byte that is no digit; stops early, in the padding, when digits fill the text. */
static inline const char *json_digits(const char *p, const char *end)
{
	for (;;) {
		uint64_t word = json_load(p) ^ JSON_EACH('0');
		uint64_t others =
			(word | ((word & JSON_EACH(0x7f)) + JSON_EACH(0x76))) & JSON_EACH(0x80);

		if (others)
			return p + (__builtin_ctzll(others) >> 3);
		p += sizeof(word);
		if (p >= end)
			return p;
	}
}

#endif
