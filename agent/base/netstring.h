/* Netstrings (D. J. Bernstein, 1997): "5:hello," is a text that may hold any byte. */
#ifndef BASE_NETSTRING_H
#define BASE_NETSTRING_H

#include "agent/base/buf.h"

void netstring_add(struct buf *out, struct str text);
/* The next one, a view into *from, which moves behind it. False: there is none, or it is broken. */
bool netstring_next(struct str *from, struct str *ret);

#endif
