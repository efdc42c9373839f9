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
	JSON_FRAME_MORE,  /* the text ends inside of a value; *at is where it was */
	JSON_FRAME_END,   /* nothing but white space and separators; *at is the end */
};

/*
 * The next value from *at on. White space, commas and square brackets between values are passed
 * over, so an array gives its elements, and so does the rest of one. What is no JSON is a value
 * too, for the parser to refuse: a line, or, when it began as an object, all up to the next line
 * that begins an object with no more indentation. `last`: nothing comes behind the text. There are
 * RECORD_PAD readable bytes behind it.
 */
enum json_frame json_frame_next(struct str text, bool last, size_t *at, struct str *value);

#endif
