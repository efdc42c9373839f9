/* A call that is not complete yet as text: what waits for its other parts survives a restart so. */
#ifndef METER_CALL_TEXT_H
#define METER_CALL_TEXT_H

#include "agent/base/buf.h"
#include "agent/meter/call.h"

/* Appends what is known of a call: netstrings of field and value, all by the table of fields. Of
 * `flags` nothing is kept, nor the price. */
void call_pack(struct buf *out, const struct call *c);
/* Sets what `text` knows; texts are views into it. What it cannot read is left out. */
void call_unpack(struct str text, struct call *c);

/* Sets in *to all that `from` knows. */
void call_overlay(struct call *to, const struct call *from);
/* Whether a call has a value for a field. */
bool call_has(const struct call *c, const struct field *field);

/* Nothing known. */
extern const struct call call_empty;

#endif
