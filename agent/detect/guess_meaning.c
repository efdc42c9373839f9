/*
 * What a log means by its numbers. Where cached tokens are not 0 and a total is given, only one sum
 * is right; without a total, cached tokens that exceed the input cannot be part of it.
 */
#include <stdlib.h>

#include "agent/detect/guess.h"
#include "parsers/format.h"
#include "parsers/number.h"

enum { INPUT, OUTPUT, CACHE_READ, CACHE_WRITE, REASONING, TOTAL, PLACES };

struct votes {
	unsigned cache_within, cache_beside, reasoning_within, reasoning_beside;
};

/* 0: not there. */
static int64_t count_at(const struct value *v, struct arena *scratch)
{
	int64_t n;

	return value_present(v) && v->type <= VALUE_STRING &&
	                       number_count(value_text(v, scratch), &n)
	               ? n
	               : 0;
}

static void vote(struct votes *votes, const int64_t n[PLACES])
{
	int64_t cached = n[CACHE_READ] + n[CACHE_WRITE];
	int64_t within = n[INPUT] + n[OUTPUT];

	if (cached && n[TOTAL]) {
		votes->cache_within += n[TOTAL] == within || n[TOTAL] == within + n[REASONING];
		votes->cache_beside +=
			n[TOTAL] == within + cached || n[TOTAL] == within + cached + n[REASONING];
	}
	votes->cache_beside += cached > n[INPUT];
	if (n[REASONING] && n[TOTAL]) {
		votes->reasoning_within += n[TOTAL] == within || n[TOTAL] == within + cached;
		votes->reasoning_beside += n[TOTAL] == within + n[REASONING] ||
		                           n[TOTAL] == within + cached + n[REASONING];
	}
	votes->reasoning_beside += n[REASONING] > n[OUTPUT];
}

static struct str path_of(struct guess *g, int count)
{
	const struct guess_field *f = guess_field(g, FIELD_COUNT, count);

	return f ? f->v[0].path : STR("");
}

static struct votes count_votes(const struct format *format, const struct str paths[PLACES],
                                const struct str *records, size_t n)
{
	struct err none = {0};
	struct paths *compiled = format ? format->compile(paths, PLACES, &none) : NULL;
	struct votes votes = {0};
	struct arena scratch = {0};

	for (size_t i = 0; compiled && i < n; i++) {
		struct value values[PLACES];
		int64_t counts[PLACES];
		struct fault ignored;

		arena_reset(&scratch, 1 << 20);
		if (!format->parse(compiled, records[i], values, &scratch, &ignored))
			continue;
		for (int p = 0; p < PLACES; p++)
			counts[p] = count_at(&values[p], &scratch);
		vote(&votes, counts);
	}
	if (compiled)
		format->free(&compiled);
	arena_free(&scratch);
	return votes;
}

bool guess_anthropic_names(struct str input, struct str cached)
{
	return str_ends(input, STR("input_tokens")) &&
	       (str_ends(cached, STR("cache_read_input_tokens")) ||
	        str_ends(cached, STR("cache_creation_input_tokens")));
}

void guess_meaning(struct guess *g, struct str total, const struct str *records, size_t n)
{
	/* a name that no record has, for what is not there */
	struct str nowhere = STR("tokentail-nowhere");
	struct str paths[PLACES] = {path_of(g, COUNT_INPUT),      path_of(g, COUNT_OUTPUT),
	                            path_of(g, COUNT_CACHE_READ), path_of(g, COUNT_CACHE_WRITE),
	                            path_of(g, COUNT_REASONING),  total};
	struct votes votes;

	for (int p = 0; p < PLACES; p++)
		if (paths[p].n == 0)
			paths[p] = nowhere;
	votes = count_votes(format_find(str_of(g->format)), paths, records, n);
	g->input_without_cache = votes.cache_beside > votes.cache_within;
	g->output_without_reasoning = votes.reasoning_beside > votes.reasoning_within;
	if (votes.cache_beside == votes.cache_within &&
	    (guess_anthropic_names(path_of(g, COUNT_INPUT), path_of(g, COUNT_CACHE_READ)) ||
	     guess_anthropic_names(path_of(g, COUNT_INPUT), path_of(g, COUNT_CACHE_WRITE)))) {
		g->input_without_cache = true;
		g->cache_doubt = GUESS_ANTHROPIC;
	}
}
