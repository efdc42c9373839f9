/*
 * How far a pattern that does not match a text would get: for a person who wonders what is wrong
 * with it.
 */
#ifndef PARSERS_REACH_H
#define PARSERS_REACH_H

#include "parsers/pattern.h"

/*
 * Bytes of the longest beginning of a pattern that matches somewhere in the text; it ends behind a
 * word, a quantifier or a group, never inside of them. 0: not even the first word does, or the
 * pattern is one that cannot be taken apart (alternatives at its top) or is too costly. Compiles a
 * pattern for each word of it, so this is not for many texts.
 */
size_t pattern_reach(struct str regex, struct pattern_match *m, struct str text);

#endif
