/*
 * The id of a call: its UTC second above 25 bits, below them the millisecond of that second above
 * 15 bits that make it unique. Rows lie in the order of time, a day is a range of ids without an
 * index, and the year 9999 still fits.
 */
#ifndef LEDGER_CALL_ID_H
#define LEDGER_CALL_ID_H

#include <stdint.h>

enum { CALL_ID_MS_BITS = 15, CALL_ID_SECOND_BITS = 25, CALL_ID_PER_MS = 1 << CALL_ID_MS_BITS };

/* The first id of a millisecond since the epoch, not before 1970: calls at or after `ms` have this
 * id or a larger one. */
static inline int64_t call_id_first(int64_t ms)
{
	return (ms / 1000) << CALL_ID_SECOND_BITS | (ms % 1000) << CALL_ID_MS_BITS;
}

/* Milliseconds since the epoch. */
static inline int64_t call_id_ms(int64_t id)
{
	return (id >> CALL_ID_SECOND_BITS) * 1000 + (id >> CALL_ID_MS_BITS & 0x3ff);
}

#endif
