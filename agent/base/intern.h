/*
 * Strings to small numbers, 0, 1, 2, ... in order of first sight. Bounded by whoever holds it: look
 * at `bytes` and start a new one when it is too large.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stdint.h>

#include "agent/base/str.h"

struct intern;

struct intern *intern_new(void);
void intern_free(struct intern **t);
/* The number of `s`; the bytes are copied on first sight. */
uint32_t intern_id(struct intern *t, struct str s);
/* The text of a number handed out before; lives as long as the table. */
struct str intern_str(const struct intern *t, uint32_t id);
uint32_t intern_count(const struct intern *t);
size_t intern_bytes(const struct intern *t); /* memory in use */
void intern_clear(struct intern *t);         /* forgets all, keeps the memory */

#endif
