/*
 * How long the text of a value is: a measure of its tokens where a log does not count them.
 */
#ifndef PARSERS_CHARACTERS_H
#define PARSERS_CHARACTERS_H

#include <stdint.h>

#include "parsers/value.h"

/* A string of so many bytes with nothing in it but letters of base64 is a picture or a sound. */
enum { CHARACTERS_ENCODED = 256 };

/*
 * Characters (not bytes) of a string; of an object or array those of all strings in it but the
 * names of members, as a list of messages has them. What is no text counts nothing: `data:` URLs,
 * base64, numbers, true and false.
 */
int64_t value_characters(const struct value *v);

#endif
