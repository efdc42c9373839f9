#include "agent/detect/fit.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/meter/carried.h"
#include "agent/meter/memory.h"

static const struct hash_key key = {5, 6}; /* no ledger's: nothing of this is kept */

/* A sample on its way through a source. */
struct run {
	struct fit *fit;
	enum fit_kind kind; /* of the record at hand */
};

static struct str keep(struct fit *f, struct str text)
{
	char *p = arena_bytes(&f->memory, text.n + 1);

	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	return (struct str){p, text.n};
}

static void keep_call(struct fit *f, const struct call *c)
{
	f->has_call = true;
	f->call = *c;
	for (int i = 0; i < LABELS; i++)
		f->call.label[i] = keep(f, c->label[i]);
	for (int i = 0; i < DETAILS; i++)
		f->call.detail[i] = keep(f, c->detail[i]);
	f->call.price = keep(f, c->price);
}

static bool has_field(const struct call *c, const struct field *field)
{
	switch (field->kind) {
	case FIELD_LABEL:
		return c->label[field->index].n > 0;
	case FIELD_COUNT:
		return c->count[field->index] != ABSENT;
	case FIELD_DETAIL:
		return c->detail[field->index].n > 0;
	case FIELD_TIME:
		return true;
	case FIELD_DURATION:
		return (field->index ? c->ttft : c->latency) != ABSENT;
	case FIELD_MONEY:
		return c->has_logged_cost;
	case FIELD_RESOURCE:
		return c->label[LABEL_KIND].n > 0;
	case FIELD_PROMPT:
		return c->prompt_hash != 0;
	}
	return false;
}

static void add_fields(struct fit *f, const struct call *c)
{
	for (size_t i = 0; i < fields_n; i++) {
		bool there = has_field(c, &fields[i]);

		f->fields[i] += there;
		f->filled += there;
	}
}

static void add_call(struct run *r, const struct call *c)
{
	struct fit *f = r->fit;
	bool error = str_eq(c->label[LABEL_STATUS], STR("error"));
	bool usage = !(c->flags & CALL_UNKNOWN_USAGE);

	f->calls++;
	f->unknown += !usage && !error;
	f->flawed += (c->flags & CALL_INCONSISTENT) != 0;
	f->unpriced += (c->flags & CALL_UNPRICED) != 0;
	if (c->label[LABEL_MODEL].n == 0 || (!usage && !error)) {
		r->kind = usage ? FIT_OTHER : FIT_UNKNOWN;
		return;
	}
	r->kind = FIT_COMPLETE;
	f->complete++;
	add_fields(f, c);
	if (usage && !f->has_call)
		keep_call(f, c);
}

static void add_rejected(struct fit *f, const struct verdict *v)
{
	if (strcmp(v->reason, "not JSON") == 0 || strcmp(v->reason, "broken record") == 0) {
		f->broken++;
		return;
	}
	if (f->rejected++)
		return;
	(void)snprintf(f->reason, sizeof(f->reason), "%s", v->reason);
	(void)snprintf(f->value, sizeof(f->value), "%.*s", STR_ARG(v->value));
}

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct run *r = arg;
	struct fit *f = r->fit;

	switch (v->outcome) {
	case OUTCOME_CALL:
		add_call(r, c);
		break;
	case OUTCOME_DUPLICATE:
		f->duplicates++;
		break;
	case OUTCOME_SKIPPED:
		f->skipped++;
		break;
	case OUTCOME_REJECTED:
		add_rejected(f, v);
		break;
	case OUTCOMES:
		break;
	}
}

void fit_run(struct fit *f, struct sample *sample, const struct source *source, int64_t now)
{
	struct extractor *x = extractor_new(source, key);
	struct surroundings around = {.now = now, .near = sample_time(sample)};
	const struct sample_record *records;
	struct run r = {.fit = f};
	uint64_t passed;
	size_t n;

	*f = (struct fit){0};
	around.carried = source_carried(source);
	around.memory = source_remembers(source) ? memory_new() : NULL;
	records = sample_records(sample, source, &n, &passed);
	f->records = (int64_t)(n + passed);
	f->skipped = (int64_t)passed;
	f->kinds = arena_alloc(&f->memory, n + 1);
	for (size_t i = 0; i < n; i++) {
		r.kind = FIT_OTHER;
		around.time = records[i].time;
		extract_record(x, records[i].text, &around, on_verdict, &r);
		f->marked += extract_detect(x, records[i].text);
		f->kinds[i] = (unsigned char)r.kind;
	}
	if (around.memory)
		extract_waiting(x, around.memory, INT64_MAX, on_verdict, &r);
	carried_free(&around.carried);
	memory_free(&around.memory);
	extractor_free(&x);
}

void fit_free(struct fit *f)
{
	arena_free(&f->memory);
}

int fit_percent(const struct fit *f)
{
	int64_t should = f->calls + f->rejected;

	if (f->complete == 0)
		return 0;
	return (int)(f->complete * 100 / should);
}
