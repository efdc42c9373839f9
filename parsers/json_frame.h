/*
 * Where one JSON value ends and the next begins, in a text that holds many: JSON lines,
 * pretty-printed, one behind the other, the elements of an array, with the rest of the text not yet
 * there. Pure; nothing is kept between calls.
 */
#ifndef PARSERS_JSON_FRAME_H
#define PARSERS_JSON_FRAME_H

#include <stddef.h>

#include "agent/base/str.h"

enum json_frame {
	JSON_FRAME_VALUE, /* *value, and *at is behind it */
	JSON_FRAME_MORE,  /* the text ends inside of *value; *at is where it was */
	JSON_FRAME_END,   /* no value begins; *at is behind what the next one has no need of */
};

/*
 * The next value from *at on, which is 0 or where the last value ended. White space, commas and
 * square brackets between values are passed over, so an array gives its elements, and so does the
 * rest of one. Text before an object on its line belongs to it. What is no JSON is a value too, for
 * the parser to refuse: a line of text, or a broken object up to its last brace or to a line with
 * which another record seems to begin. `last`: nothing comes behind the text. There are RECORD_PAD
 * readable bytes behind it.
 *
 * Where a value ends does not depend on what was before *at, nor on how much of the text is there.
 */
enum json_frame json_frame_next(struct str text, bool last, size_t *at, struct str *value);

/* By the braces alone: what is in an object that is broken, or too long to be held. */
struct json_braces {
	size_t depth;
	size_t indent; /* of the line it begins in */
	bool quoted;   /* inside of a string */
	char before;   /* the last byte that is no white space */
};

/* A value that is passed over because it is too long; all 0 at its beginning. */
struct json_passing {
	bool on;    /* it has not ended */
	bool begun; /* it has been seen what it is */
	bool is_object;
	struct json_braces braces;
};

/*
 * How many bytes of a text belong to such a value: one that begins with the text, or with p->on the
 * one whose beginning was passed over; the rest of the text is to be given again, with more behind
 * it. p->on tells whether it ends there.
 */
size_t json_frame_pass(struct str text, struct json_passing *p);

#endif
