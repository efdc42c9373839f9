/*
 * JSON for programs, member by member. Commas are put where they are needed; `name` is that of a
 * member, or NULL for an element of an array.
 */
#ifndef COMMANDS_JSON_PUT_H
#define COMMANDS_JSON_PUT_H

#include <stdint.h>

#include "agent/base/buf.h"

void json_begin(struct buf *out, const char *name, char bracket);   /* { or [ */
void json_end(struct buf *out, char bracket);                       /* } or ] */
void json_text(struct buf *out, const char *name, struct str text); /* null when text.p is NULL */
void json_int(struct buf *out, const char *name, int64_t n);
void json_bool(struct buf *out, const char *name, bool b);
void json_number(struct buf *out, const char *name, const char *digits); /* as it is */

#endif
