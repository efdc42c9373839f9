/* Which records of a file are one call by `dedupe`: the whole file is read for it once more. */
#include "agent/commands/explain.h"
#include "agent/meter/carried.h"
#include "agent/meter/memory.h"

struct search {
	uint64_t key;
	int64_t line;
	struct way_same *found;
};

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct search *s = arg;

	(void)v;
	if (c == NULL || c->dedupe_key != s->key)
		return;
	s->found->records++;
	if (s->found->lines_n < WAY_LINES)
		s->found->lines[s->found->lines_n++] = s->line;
}

void explain_same(const struct explainer *x, uint64_t dedupe_key, struct way_same *ret)
{
	struct err ignored = {0};
	struct walk *sample = walk_file(x->path, x->source, true, &ignored);
	struct extractor *extractor = extractor_new(x->source, x->key);
	struct surroundings around = {.carried = source_carried(x->source),
	                              .memory = source_remembers(x->source) ? memory_new() : NULL};
	struct search search = {.key = dedupe_key, .found = ret};
	struct walk_record record;

	*ret = (struct way_same){0};
	while (sample && walk_next(sample, &record)) {
		around.now = around.near = walk_time(sample);
		around.time = record.record.time;
		search.line = record.line;
		extract_record(extractor, record.record.text, &around, on_verdict, &search);
	}
	carried_free(&around.carried);
	memory_free(&around.memory);
	extractor_free(&extractor);
	walk_close(&sample);
}
