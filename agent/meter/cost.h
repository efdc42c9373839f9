/*
 * What a call costs: pure integer arithmetic, DESIGN section 5. Every unit of a call belongs to
 * exactly one kind; units times rate are summed in 128 bits of femto-dollars and rounded half-even
 * once, to nano-dollars.
 */
#ifndef METER_COST_H
#define METER_COST_H

#include "agent/base/wide.h"
#include "agent/meter/book.h"
#include "agent/meter/call.h"

/* The units of a call by kind, without overlap. The call is clamped (call_clamp). */
struct units {
	int64_t n[RATES]; /* in parts (rate_parts): seconds in milliseconds */
};

void units_of(const struct call *c, struct units *ret);

/* The rates that hold for this call: tier by input tokens, variant by service tier, fallbacks
 * (no cache rate: input; no 1 h rate: 2 x input where the model has cache prices; no reasoning
 * rate: output; no rate of audio, image or video tokens: the text rate; none of cached audio or
 * images: cache read, else their own; no rate at all: 0). */
void rates_of(const struct price *p, const struct call *c, struct rates *ret);

/* What rates_of goes by, for explain. */
struct rates_choice {
	const struct tier *tier;       /* that the call is in; NULL: the base rates */
	const struct variant *service; /* of its service tier; NULL: it has no price of its own */
	const struct variant *region;  /* the same */
	struct rates given;            /* what the book gives: before fallbacks and factors */
};
void rates_choose(const struct price *p, const struct call *c, struct rates_choice *ret);
/* The kind whose rate, *times over, stands for one that the book does not give; RATES: none does,
 * it costs nothing. */
enum rate_kind rate_stands_for(const struct rates *given, enum rate_kind kind, int *times);

/* One kind's share in femto-dollars, for explain; the sum of the shares is what cost_of rounds. */
wide cost_share(const struct units *u, const struct rates *r, enum rate_kind kind);

/* Nano-dollars, half-even. False when beyond COST_MAX: then *ret is left alone. */
bool cost_of(const struct price *p, const struct call *c, int64_t *ret);

/* One call dearer than a million dollars is an error of the log or of the book. */
#define COST_MAX INT64_C(1000000000000000)

/* Exact decimal dollars of nano-dollars: "0.000925", "-1.5", "12". At most nine places. */
enum { COST_TEXT = 32 };
void cost_print(int64_t nano, char out[COST_TEXT]);

#endif
