/*
 * Which way a value came is not noted while it is fetched, which is done for every field of every
 * record. Here the way that gave it is gone once more, step by step.
 */
#include "agent/meter/tracer.h"

#include <stdlib.h>

struct tracer *tracer_new(trace_fn *fn, void *arg)
{
	struct tracer *t = xcalloc(1, sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	t->match = pattern_match_new();
	return t;
}

void tracer_free(struct tracer **tp)
{
	struct tracer *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	pattern_match_free(&t->match);
	free(t);
}

static enum trace_from from_of(const struct source *s, const struct getter *g)
{
	if (g->sum)
		return FROM_SUM;
	if (g->origin && g->origin->received)
		return FROM_CLOCK;
	if (g->slot < 0 && g->own < 0)
		return FROM_DEFAULT;
	return g->origin == NULL || (s->format == &format_text && g->slot >= 0) ? FROM_GROUP
	                                                                        : FROM_PATH;
}

/* What a way to a value found, gone again. False: nothing is there. */
static bool go_again(const struct tracer *t, const struct fetch *f, const struct getters *getters,
                     const struct getter *g, struct trace_value *v)
{
	struct fetch again = *f;
	struct fetch_steps steps;

	again.match = t->match;
	fetch_steps(&again, g, &steps);
	v->number = (size_t)(g - getters->v) + 1;
	v->of = getters->n;
	v->origin = g->origin;
	v->raw = steps.raw;
	v->mapped = steps.mapped;
	v->from = steps.fallback ? FROM_DEFAULT : from_of(f->source, g);
	v->path = g->slot < 0 && g->own < 0 ? NULL : g->origin ? g->from : v->name.p;
	return steps.raw.p != NULL;
}

/* The ways before `end` of which something was found and nothing left. */
static void give_missed(const struct tracer *t, const struct fetch *f,
                        const struct getters *getters, const struct getter *end,
                        const struct trace_value *of)
{
	for (const struct getter *g = getters->v; g < end; g++) {
		struct trace event = {.kind = TRACE_MISSED, .value = *of};

		event.value.text = (struct str){0};
		if (!g->plain && go_again(t, f, getters, g, &event.value))
			trace_give(t, &event);
	}
}

/* The way that a value was found by. */
static void describe(const struct tracer *t, const struct fetch *f, const struct getters *getters,
                     struct trace_value *v)
{
	give_missed(t, f, getters, f->used, v);
	(void)go_again(t, f, getters, f->used, v);
	if (!f->carried)
		return;
	v->from = FROM_EARLIER;
	v->raw = (struct str){0};
	v->mapped = false;
}

void trace_names(const struct tracer *t, const struct fetch *fetch)
{
	const struct source *s = fetch->source;

	for (const struct own_name *own = s->owns; own < s->owns + s->owns_n; own++) {
		struct trace event = {.kind = TRACE_VALUE, .value = {.name = own->name}};
		struct fetch f = *fetch;

		f.match = t->match;
		event.value.good = fetch_text(&f, &own->getters, &event.value.text);
		if (!event.value.good) {
			give_missed(t, &f, &own->getters, own->getters.v + own->getters.n,
			            &event.value);
			continue;
		}
		describe(t, &f, &own->getters, &event.value);
		trace_give(t, &event);
	}
}

static struct trace event_of(const struct fill *f, const struct field_plan *plan)
{
	return (struct trace){.kind = TRACE_VALUE,
	                      .value = {.name = str_of(plan->field->name),
	                                .field = plan->field,
	                                .call = f->call}};
}

void trace_field(const struct tracer *t, const struct fill *f, const struct field_plan *plan,
                 struct str text, bool good)
{
	struct trace event = event_of(f, plan);

	event.value.text = text;
	event.value.good = good;
	if (plan->constant)
		event.value.from = FROM_SET;
	else
		describe(t, f->fetch, &plan->getters, &event.value);
	trace_give(t, &event);
}

void trace_nothing(const struct tracer *t, const struct fill *f, const struct field_plan *plan)
{
	struct trace event = event_of(f, plan);

	give_missed(t, f->fetch, &plan->getters, plan->getters.v + plan->getters.n, &event.value);
	event.kind = TRACE_NOTHING;
	trace_give(t, &event);
}

void trace_envelope_time(const struct tracer *t, struct str text, const struct call *c)
{
	static const struct str name = {"time", 4};

	trace_give(t, &(struct trace){.kind = TRACE_VALUE,
	                              .value = {.name = name,
	                                        .field = field_find(name),
	                                        .from = FROM_ENVELOPE,
	                                        .text = text,
	                                        .good = true,
	                                        .call = c}});
}
