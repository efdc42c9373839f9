/*
 * Parts of a record for a person to look at: enough to know it by, never the whole of a prompt that
 * is in it. What is appended is escaped for a terminal.
 */
#ifndef COMMANDS_EXCERPT_H
#define COMMANDS_EXCERPT_H

#include "agent/base/buf.h"
#include "agent/commands/look.h"

enum { EXCERPT_STRING = 24 }; /* columns that are left of a longer string */

/* The first columns of a text. */
void excerpt_text(struct buf *out, struct str text, size_t columns, bool utf8);
/* The same of a record whose quoted strings are shortened and, if it is JSON, whose white space
 * between them is left out. */
void excerpt_record(struct buf *out, struct str record, size_t columns, bool utf8);
/*
 * Text in lines of at most `width` columns, broken at spaces where there are any. The first begins
 * behind `used` columns, the others are indented by `indent`. Ends with a newline. The text is
 * escaped already.
 */
void excerpt_wrap(struct buf *out, struct str text, size_t used, size_t indent, size_t width);
/* The same, but lines are broken where they are full: for what is no prose. */
void excerpt_fold(struct buf *out, struct str text, size_t indent, size_t width);

#endif
