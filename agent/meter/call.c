/*
 * What is true of a call whatever the log was: parts are within their wholes. Each whole and its
 * parts are a row of a table, in the order in which the parts take what there is.
 */
#include "agent/meter/call.h"

#include <assert.h>

enum { PARTS_MAX = 4, PARTS_END = -1 };

static const struct whole {
	enum count whole;
	int parts[PARTS_MAX + 1]; /* enum count, ended by PARTS_END */
} wholes[] = {
	/* A whole that is itself a part stands behind its own whole. */
	{COUNT_INPUT,
         {COUNT_CACHE_READ, COUNT_CACHE_WRITE, COUNT_INPUT_AUDIO, COUNT_INPUT_IMAGE, PARTS_END}},
	{COUNT_CACHE_WRITE, {COUNT_CACHE_WRITE_1H, PARTS_END}},
	{COUNT_OUTPUT, {COUNT_REASONING, COUNT_OUTPUT_AUDIO, COUNT_OUTPUT_IMAGE, PARTS_END}},
};

enum { WHOLES = sizeof(wholes) / sizeof(wholes[0]) };

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOMES] = {"call", "duplicate", "skipped", "rejected"};

	assert(outcome < OUTCOMES);
	return names[outcome];
}

/* A log that gives parts only: together they are the least that the whole can be. */
static void complete(struct call *c, const struct whole *w)
{
	int64_t sum = 0;
	bool any = false;

	if (c->count[w->whole] != ABSENT)
		return;
	for (const int *part = w->parts; *part != PARTS_END; part++) {
		any |= c->count[*part] != ABSENT;
		sum += call_count(c, (enum count) * part);
	}
	if (any)
		c->count[w->whole] = sum;
}

static void fit(struct call *c, const struct whole *w)
{
	int64_t room = call_count(c, w->whole);

	for (const int *part = w->parts; *part != PARTS_END; part++) {
		if (c->count[*part] > room) {
			c->count[*part] = room;
			c->flags |= CALL_INCONSISTENT;
		}
		room -= call_count(c, (enum count) * part);
	}
}

/* Nearly every call: the wholes are there and their parts fit. */
static bool fits(const struct call *c)
{
	return c->count[COUNT_INPUT] >= call_count(c, COUNT_CACHE_READ) +
	                                        call_count(c, COUNT_CACHE_WRITE) +
	                                        call_count(c, COUNT_INPUT_AUDIO) +
	                                        call_count(c, COUNT_INPUT_IMAGE) &&
	       c->count[COUNT_OUTPUT] >= call_count(c, COUNT_REASONING) +
	                                         call_count(c, COUNT_OUTPUT_AUDIO) +
	                                         call_count(c, COUNT_OUTPUT_IMAGE) &&
	       c->count[COUNT_CACHE_WRITE_1H] <= c->count[COUNT_CACHE_WRITE];
}

void call_clamp(struct call *c)
{
	if (fits(c))
		return;
	for (int i = WHOLES; i-- > 0;)
		complete(c, &wholes[i]);
	for (int i = 0; i < WHOLES; i++)
		fit(c, &wholes[i]);
}
