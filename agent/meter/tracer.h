/* Makes the events of trace.h. Called only when somebody listens. */
#ifndef METER_TRACER_H
#define METER_TRACER_H

#include "agent/meter/plan.h"

struct tracer {
	trace_fn *fn;
	void *arg;
	/* Of its own: what is looked at again for an event is not at the cost of the record. */
	struct pattern_match *match;
};

struct tracer *tracer_new(trace_fn *fn, void *arg);
void tracer_free(struct tracer **t);

static inline void trace_give(const struct tracer *t, const struct trace *event)
{
	t->fn(t->arg, event);
}

/* The names of one's own that have a value. */
void trace_names(const struct tracer *t, const struct fetch *f);
/* A field after it was filled from `text`, and the ways to it that found nothing of use. */
void trace_field(const struct tracer *t, const struct fill *f, const struct field_plan *plan,
                 struct str text, bool good);
/* A field without a value, and the same. */
void trace_nothing(const struct tracer *t, const struct fill *f, const struct field_plan *plan);
void trace_envelope_time(const struct tracer *t, struct str text, const struct call *c);

#endif
