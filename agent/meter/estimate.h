/*
 * Tokens of a call whose log does not count them, from the length of its texts (`estimate` of a
 * source). Texts are measured where they stand and never kept.
 */
#ifndef METER_ESTIMATE_H
#define METER_ESTIMATE_H

#include "agent/meter/plan.h"

/* Sets c->text of what the record does not count. */
void estimate_measure(struct fetch *f, struct call *c);

/* Sets the counts that are still absent where a text was measured, and CALL_USAGE_ESTIMATED. A part
 * of a token is one. */
void estimate_tokens(const struct source_config *config, struct call *c);

/* The count that is estimated from a text. */
static inline enum count estimate_count(enum text text)
{
	return text == TEXT_INPUT ? COUNT_INPUT : COUNT_OUTPUT;
}

#endif
