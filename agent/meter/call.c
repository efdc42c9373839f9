/*
 * What is true of a call whatever the log was: parts are within their wholes. Each whole and its
 * parts are a row of a table, in the order in which the parts take what there is.
 */
#include "agent/meter/call.h"

#include <assert.h>

enum { PARTS_MAX = 5, PARTS_END = -1 };

static const struct whole {
	enum count whole;
	int parts[PARTS_MAX + 1]; /* enum count, ended by PARTS_END */
} wholes[] = {
	/* A whole that is itself a part stands behind its own whole. */
	{COUNT_INPUT,
         {COUNT_CACHE_READ, COUNT_CACHE_WRITE, COUNT_INPUT_AUDIO, COUNT_INPUT_IMAGE,
          COUNT_INPUT_VIDEO, PARTS_END}},
	{COUNT_CACHE_WRITE, {COUNT_CACHE_WRITE_1H, PARTS_END}},
	{COUNT_OUTPUT,
         {COUNT_REASONING, COUNT_OUTPUT_AUDIO, COUNT_OUTPUT_IMAGE, COUNT_OUTPUT_VIDEO, PARTS_END}},
};
/* Cached audio and images are of two wholes each. */
static const struct whole cached[] = {
	{COUNT_CACHE_READ, {COUNT_CACHE_READ_AUDIO, COUNT_CACHE_READ_IMAGE, PARTS_END}},
	{COUNT_INPUT_AUDIO, {COUNT_CACHE_READ_AUDIO, PARTS_END}},
	{COUNT_INPUT_IMAGE, {COUNT_CACHE_READ_IMAGE, PARTS_END}},
};

enum { WHOLES = sizeof(wholes) / sizeof(wholes[0]), CACHED = sizeof(cached) / sizeof(cached[0]) };

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOMES] = {"call", "duplicate", "skipped", "rejected"};

	assert(outcome < OUTCOMES);
	return names[outcome];
}

/* What a part of the input has in common with cache_read, which comes before it. */
static int64_t counted_before(const struct call *c, int part)
{
	if (part == COUNT_INPUT_AUDIO)
		return call_count(c, COUNT_CACHE_READ_AUDIO);
	return part == COUNT_INPUT_IMAGE ? call_count(c, COUNT_CACHE_READ_IMAGE) : 0;
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
		sum += call_count(c, (enum count) * part) - counted_before(c, *part);
	}
	if (any)
		c->count[w->whole] = sum;
}

static void cut(struct call *c, int count, int64_t most)
{
	if (c->count[count] <= most)
		return;
	c->count[count] = most;
	c->flags |= CALL_INCONSISTENT;
}

static void fit(struct call *c, const struct whole *w)
{
	int64_t room = call_count(c, w->whole);

	for (const int *part = w->parts; *part != PARTS_END; part++) {
		int64_t before = counted_before(c, *part);

		cut(c, *part, room + before);
		room -= call_count(c, (enum count) * part) - before;
	}
}

/* Nearly every call: the wholes are there and their parts fit. */
static bool fits(const struct call *c)
{
	int64_t cached_audio = call_count(c, COUNT_CACHE_READ_AUDIO);
	int64_t cached_image = call_count(c, COUNT_CACHE_READ_IMAGE);
	int64_t media = call_count(c, COUNT_INPUT_AUDIO) + call_count(c, COUNT_INPUT_IMAGE) +
	                call_count(c, COUNT_INPUT_VIDEO) - cached_audio - cached_image;

	return c->count[COUNT_INPUT] >=
	               call_count(c, COUNT_CACHE_READ) + call_count(c, COUNT_CACHE_WRITE) + media &&
	       c->count[COUNT_OUTPUT] >= call_count(c, COUNT_REASONING) +
	                                         call_count(c, COUNT_OUTPUT_AUDIO) +
	                                         call_count(c, COUNT_OUTPUT_IMAGE) +
	                                         call_count(c, COUNT_OUTPUT_VIDEO) &&
	       c->count[COUNT_CACHE_WRITE_1H] <= c->count[COUNT_CACHE_WRITE] &&
	       c->count[COUNT_CACHE_READ_AUDIO] <= c->count[COUNT_INPUT_AUDIO] &&
	       c->count[COUNT_CACHE_READ_IMAGE] <= c->count[COUNT_INPUT_IMAGE] &&
	       cached_audio + cached_image <= call_count(c, COUNT_CACHE_READ);
}

void call_clamp(struct call *c)
{
	if (fits(c))
		return;
	for (int i = 0; i < CACHED; i++)
		complete(c, &cached[i]);
	for (int i = WHOLES; i-- > 0;)
		complete(c, &wholes[i]);
	/* What is left of the cache says how much of audio and images was in it. */
	cut(c, COUNT_CACHE_READ, call_count(c, COUNT_INPUT));
	for (int i = 0; i < CACHED; i++)
		fit(c, &cached[i]);
	for (int i = 0; i < WHOLES; i++)
		fit(c, &wholes[i]);
}
