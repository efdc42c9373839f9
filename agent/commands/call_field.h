/* A field of a call as text for people: counts as they are, times in UTC, durations in seconds. */
#ifndef COMMANDS_CALL_FIELD_H
#define COMMANDS_CALL_FIELD_H

#include "agent/base/buf.h"
#include "agent/meter/call.h"

/* Appends it as the log has it: not escaped. Nothing when the call has no value for the field. */
void call_field_text(struct buf *out, const struct call *c, const struct field *field);

/* "10m", "90 days", "1.5s": microseconds in the largest unit that leaves nothing over. */
void duration_text(struct buf *out, int64_t us);

#endif
