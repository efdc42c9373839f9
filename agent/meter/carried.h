/*
 * The last values that a file's records had of the fields that its source carries. One for each
 * file; its records come in their order.
 */
#ifndef METER_CARRIED_H
#define METER_CARRIED_H

#include <stddef.h>

#include "agent/base/buf.h"

enum { CARRIED_BYTES = 1024 }; /* of one value; a longer one is cut */

struct carried;

/* Keeps `names`, those of the fields. */
struct carried *carried_new(const char *const *names, size_t n);
void carried_free(struct carried **c);

/* `getter` says which of the ways to the field gave the text: it knows its unit and format. */
void carried_set(struct carried *c, size_t field, struct str text, size_t getter);
/* False: no record had the field, or `c` is NULL. */
bool carried_get(const struct carried *c, size_t field, struct str *text, size_t *getter);

/* As text for the ledger: netstrings of name, getter and value. Unpacking leaves out what is no
 * such text, and fields that are no longer carried. */
void carried_pack(const struct carried *c, struct buf *out);
void carried_unpack(struct carried *c, struct str text);

#endif
