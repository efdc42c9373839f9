/*
 * The text that every match of a pattern must hold, found by reading the pattern. With it most
 * lines of a log can be passed over without a match being tried.
 */
#ifndef PARSERS_LITERAL_H
#define PARSERS_LITERAL_H

#include "agent/base/str.h"

/*
 * Writes the longest such text into `out` (room for regex.n bytes) and returns its length; 0 when
 * there is none to be sure of. The pattern is one that PCRE2 has compiled without options.
 */
size_t literal_find(struct str regex, char *out);

#endif
