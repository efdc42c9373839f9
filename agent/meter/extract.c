/*
 * The way of one record: tests on its bytes, parse, tests on its values, patterns, fields, tokens,
 * price. Each stop is a verdict with a reason. Nothing is allocated per record once the scratch
 * memory has grown to the largest one.
 */
#include "agent/meter/extract.h"

#include <stdlib.h>

#include "agent/meter/call_text.h"
#include "agent/meter/carried.h"
#include "agent/meter/estimate.h"
#include "agent/meter/extractor.h"

enum { SCRATCH_KEEP = 1 << 20 };

struct extractor *extractor_new(const struct source *s, struct hash_key key)
{
	struct extractor *x = xcalloc(1, sizeof(*x));

	x->source = s;
	x->key = key;
	x->slots = xcalloc(source_slots(s), sizeof(*x->slots));
	x->match = pattern_match_new();
	x->pricer = pricer_new(s->book);
	return x;
}

void extractor_free(struct extractor **xp)
{
	struct extractor *x = *xp;

	*xp = NULL;
	if (x == NULL)
		return;
	free(x->slots);
	arena_free(&x->scratch);
	pattern_match_free(&x->match);
	pricer_free(&x->pricer);
	tracer_free(&x->tracer);
	free(x);
}

void extractor_trace(struct extractor *x, trace_fn *fn, void *arg)
{
	tracer_free(&x->tracer);
	if (fn)
		x->tracer = tracer_new(fn, arg);
}

void extractor_give(struct extractor *x, enum outcome outcome, const char *reason, size_t at)
{
	struct verdict v = {.outcome = outcome, .reason = reason, .at = at};

	x->fn(x->arg, &v, NULL);
}

/* ---- the fields of a record ---- */

/* The time that the envelope says, behind which there may be more: "2026-03-12 09:00:00 tag: ". */
static bool envelope_time(const struct extractor *x, const struct timestamp_context *times,
                          int64_t *ret)
{
	struct str text = str_trim(x->around->time);

	while (text.n) {
		if (timestamp_parse(text, times, ret))
			return true;
		while (text.n && text.p[text.n - 1] != ' ' && text.p[text.n - 1] != ']')
			text.n--;
		text = str_trim((struct str){text.p, text.n ? text.n - 1 : 0});
	}
	return false;
}

static void finish(struct extractor *x)
{
	struct timestamp_context times = {x->source->zone, x->around->near};
	struct fetch fetch = fetch_start(x);
	struct call c = call_empty;
	struct verdict v = {.reason = ""};
	struct fill fill = {
		.fetch = &fetch, .times = &times, .call = &c, .verdict = &v, .tracer = x->tracer};

	if (!fill_call(&fill)) {
		x->fn(x->arg, &v, NULL);
		return;
	}
	estimate_measure(&fetch, &c);
	if (c.time == INT64_MIN && x->around->time.n && envelope_time(x, &times, &c.time) &&
	    x->tracer)
		trace_envelope_time(x->tracer, x->around->time, &c);
	settle(x, &c, fill.is_call);
}

/* ---- the record ---- */

/* The limit on depth is ours: such a record may well be JSON. */
static const char *broken_reason(const struct source *s, const struct fault *fault)
{
	static const char too_deep[] = "nested too deeply"; /* the scanner's own words */

	if (s->format != &format_json)
		return "broken record";
	return strcmp(fault->what, too_deep) == 0 ? too_deep : "not JSON";
}

static void reject_broken(struct extractor *x, struct str text, const struct fault *fault)
{
	if (x->tracer)
		trace_give(x->tracer, &(struct trace){.kind = TRACE_BROKEN,
		                                      .broken = {text, fault->at, fault->what}});
	extractor_give(x, OUTCOME_REJECTED, broken_reason(x->source, fault), fault->at);
}

static bool parse(struct extractor *x, const struct paths *paths, struct str text,
                  struct value *slots)
{
	const struct source *s = x->source;
	struct fault fault = {.what = ""};

	if (s->format->parse(paths, text, slots, &x->scratch, &fault))
		return true;
	reject_broken(x, text, &fault);
	return false;
}

static void carry(struct extractor *x)
{
	const struct source *s = x->source;
	struct fetch f = fetch_start(x);

	for (size_t i = 0; i < s->carry_n; i++) {
		struct str text;

		if (!fetch_fresh(&f, s->carry[i], &text))
			continue;
		carried_set(x->around->carried, i, text, (size_t)(f.used - s->carry[i]->v));
		if (x->tracer)
			trace_give(x->tracer, &(struct trace){.kind = TRACE_CARRY,
			                                      .carry = {s->carry_names[i], text}});
	}
}

static void trace_own_names(struct extractor *x)
{
	struct fetch f = fetch_start(x);

	trace_names(x->tracer, &f);
}

static void read_element(struct extractor *x)
{
	if (!match_patterns(x))
		return;
	if (x->detecting) {
		x->detected |= passes_detect(x);
		return;
	}
	if (x->around->carried)
		carry(x);
	if (x->tracer)
		trace_own_names(x);
	if ((x->around->carried == NULL || passes_bytes(x)) && passes_values(x))
		finish(x);
}

/* The slots of the elements around this one, which may be those around the last one. False: the
 * verdict has been given. */
static bool parse_outer(struct extractor *x, const struct json_element *element)
{
	const struct source *s = x->source;
	struct value *slots = x->slots + s->element_n;

	for (size_t i = 0; i < OUTER_MAX; slots += s->outer_ns[i++]) {
		if (s->outer_paths[i] == NULL || x->outer[i] == element->outer[i].p)
			continue;
		if (!parse(x, s->outer_paths[i], element->outer[i], slots))
			return false;
		x->outer[i] = element->outer[i].p;
	}
	return true;
}

static bool on_element(void *arg, const struct json_element *element)
{
	struct extractor *x = arg;
	const struct source *s = x->source;

	x->elements++;
	if (x->tracer)
		trace_give(x->tracer,
		           &(struct trace){.kind = TRACE_ELEMENT,
		                           .element = {x->elements, element->name, element->text}});
	memset(x->slots, 0, s->element_n * sizeof(*x->slots));
	x->slots[source_key_slot(s)] = (struct value){element->name, VALUE_STRING, false};
	if (parse(x, s->element_paths, element->text, x->slots) && parse_outer(x, element))
		read_element(x);
	return true;
}

static void read_elements(struct extractor *x)
{
	const struct source *s = x->source;
	struct fault fault = {.what = ""};

	/* The whole record is checked before the first element counts: never half of a broken one.
	 */
	if (!parse(x, s->root_paths, x->record, x->slots + source_root_slot(s)))
		return;
	x->elements = 0;
	memset((void *)x->outer, 0, sizeof(x->outer));
	if (!json_walk(s->walk, x->record, &x->scratch, on_element, x, &fault)) {
		reject_broken(x, x->record, &fault);
		return;
	}
	if (x->elements == 0)
		extractor_give(x, OUTCOME_SKIPPED, "nothing at `each`", 0);
}

void extract_record(struct extractor *x, struct str record, const struct surroundings *around,
                    verdict_fn *fn, void *arg)
{
	const struct source *s = x->source;

	x->record = record;
	x->around = around;
	x->fn = fn;
	x->arg = arg;
	arena_reset(&x->scratch, SCRATCH_KEEP);
	pattern_match_record(x->match, record.n);
	if (x->tracer)
		pattern_match_record(x->tracer->match, record.n);
	if (around->carried == NULL && !x->detecting && !passes_bytes(x))
		return;
	memset(x->slots, 0, source_slots(s) * sizeof(*x->slots));
	if (s->walk)
		read_elements(x);
	else if (s->element_paths == NULL || parse(x, s->element_paths, record, x->slots))
		read_element(x);
}

/* ---- detect ---- */

static void ignore(void *arg, const struct verdict *v, const struct call *c)
{
	(void)arg;
	(void)v;
	(void)c;
}

bool extract_detect(struct extractor *x, struct str record)
{
	static const struct surroundings nothing = {0};

	if (x->source->detect_n == 0)
		return false;
	x->detecting = true;
	x->detected = false;
	extract_record(x, record, &nothing, ignore, NULL);
	x->detecting = false;
	return x->detected;
}
