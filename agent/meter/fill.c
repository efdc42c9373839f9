/*
 * From texts to a call: each kind of field has one way to be read. A count, time or cost that
 * cannot be read rejects the record, because the total would be wrong without it; a duration that
 * cannot be read is taken as not logged, because a call must not be lost for it.
 */
#include "agent/base/escape.h"
#include "agent/meter/tracer.h"
#include "agent/meter/words.h"
#include "parsers/number.h"

#define UNIT_MS \
	INT64_C(1000000) /* of a bare duration, in nanoseconds, if the source says nothing */

#define QUANTITY_MAX (COUNT_MAX * 1000000) /* in millionths */

enum { COST_DIGITS = 9, SCALE_DIGITS = 9 };

static bool reject(struct fill *f, const char *reason, struct str value)
{
	*f->verdict =
		(struct verdict){.outcome = OUTCOME_REJECTED, .reason = reason, .value = value};
	return false;
}

/* A decimal times the origin's scale, as an integer of 10^-digits, rounded half-even once. */
static bool scaled(struct str text, const char *scale, int digits, int64_t *ret)
{
	wide product, unit = 1, whole, rest;
	int64_t number, factor;

	if (!number_decimal(text, SCALE_DIGITS, &number) ||
	    !number_decimal(str_of(scale), SCALE_DIGITS, &factor))
		return false;
	for (int i = digits; i < 2 * SCALE_DIGITS; i++)
		unit *= 10;
	product = (wide)number * factor;
	whole = product / unit;
	rest = product % unit * 2;
	if (rest < 0)
		rest = -rest;
	if (rest > unit || (rest == unit && whole % 2 != 0))
		whole += product < 0 ? -1 : 1;
	if (whole > INT64_MAX || whole < INT64_MIN)
		return false;
	*ret = (int64_t)whole;
	return true;
}

static bool read_decimal(const struct fill *f, struct str text, int digits, int64_t *ret)
{
	const struct origin *o = f->fetch->used->origin;

	return o && o->scale ? scaled(text, o->scale, digits, ret)
	                     : number_decimal(text, digits, ret);
}

static bool read_count(const struct fill *f, enum count count, struct str text, int64_t *ret)
{
	const struct origin *o = f->fetch->used->origin;

	if (count == COUNT_QUANTITY)
		return read_decimal(f, text, count_places(count), ret) && *ret >= 0 &&
		       *ret <= QUANTITY_MAX;
	if (count_places(count))
		return read_decimal(f, text, count_places(count), ret) && *ret >= 0 &&
		       *ret <= COUNT_MAX;
	if (o && o->scale)
		return scaled(text, o->scale, 0, ret) && *ret >= 0 && *ret <= COUNT_MAX;
	return number_count(text, ret);
}

/* Epoch time in a unit that was given: so many digits of it are microseconds. */
static bool read_epoch(struct str text, int64_t unit_ns, int64_t *ret)
{
	int digits = 0;
	int64_t time;

	for (int64_t unit_us = unit_ns / 1000; unit_us >= 10; unit_us /= 10)
		digits++;
	if (!number_decimal(text, digits, &time))
		return false;
	*ret = unit_ns == 1 ? time / 1000 : time;
	return *ret > 0 && *ret <= TIME_MAX;
}

static bool read_time(const struct fill *f, struct str text, int64_t *ret)
{
	const struct origin *o = f->fetch->used->origin;

	if (f->fetch->used->slot < 0 && o && o->received) {
		*ret = f->fetch->around->now;
		return true;
	}
	if (o && o->format)
		return timestamp_format(text, o->format, f->times, ret);
	if (o && o->unit_ns && read_epoch(text, o->unit_ns, ret))
		return true;
	return timestamp_parse(text, f->times, ret);
}

static int64_t read_duration(const struct fill *f, struct str text)
{
	const struct origin *o = f->fetch->used->origin;
	int64_t duration;

	if (!number_duration(text, o && o->unit_ns ? o->unit_ns : UNIT_MS, &duration))
		return ABSENT;
	return duration;
}

/* What is kept of a text: valid UTF-8, not too long. */
static struct str cleaned(struct fill *f, struct str text)
{
	struct buf out = {0};
	char *copy;

	if (text.n <= LABEL_BYTES && text_is_plain(text))
		return text;
	utf8_clean(&out, text, LABEL_BYTES);
	copy = arena_bytes(f->fetch->scratch, out.n);
	memcpy(copy, out.p, out.n);
	text = (struct str){copy, out.n};
	buf_free(&out);
	return text;
}

static struct str label_text(struct fill *f, enum label label, struct str text)
{
	switch (label) {
	case LABEL_PROVIDER:
		return cleaned(f, provider_name(text));
	case LABEL_STATUS:
		return status_word(text);
	case LABEL_TIER:
		return cleaned(f, tier_word(text));
	case LABEL_KIND:
		return str_eq(text, STR(KIND_MODEL)) ? STR("") : cleaned(f, text);
	default:
		return cleaned(f, text);
	}
}

static bool fill_field(struct fill *f, const struct field *field, const struct field_plan *plan,
                       struct str text)
{
	struct call *c = f->call;

	switch (field->kind) {
	case FIELD_LABEL:
		c->label[field->index] = label_text(f, (enum label)field->index, text);
		return true;
	case FIELD_DETAIL:
		c->detail[field->index] = cleaned(f, text);
		return true;
	case FIELD_COUNT:
		return read_count(f, (enum count)field->index, text, &c->count[field->index]) ||
		       reject(f, plan->bad_reason, text);
	case FIELD_TIME:
		return read_time(f, text, &c->time) || reject(f, plan->bad_reason, text);
	case FIELD_DURATION:
		*(field->index == 0 ? &c->latency : &c->ttft) = read_duration(f, text);
		return true;
	case FIELD_MONEY:
		c->has_logged_cost =
			read_decimal(f, text, COST_DIGITS, &c->logged_cost) && c->logged_cost >= 0;
		return c->has_logged_cost || reject(f, plan->bad_reason, text);
	case FIELD_RESOURCE:
		c->label[LABEL_MODEL] = cleaned(f, text);
		if (c->label[LABEL_KIND].n == 0)
			c->label[LABEL_KIND] = STR(KIND_RESOURCE);
		return true;
	case FIELD_PROMPT:
		c->prompt_hash = hash64(f->fetch->key, text);
		return true;
	}
	return true;
}

/* Whether a field makes a record a call: `set` does not, the model and what was used do. */
static bool tells_of_a_call(const struct field *field)
{
	return field->kind == FIELD_COUNT || field->kind == FIELD_RESOURCE ||
	       (field->kind == FIELD_LABEL && field->index == LABEL_MODEL) ||
	       (field->kind == FIELD_DETAIL && field->index == DETAIL_REQUESTED_MODEL);
}

/* The text of a field: false when it has none, or the record is rejected (f->fetch->limited). */
static bool field_text(struct fill *f, const struct field_plan *plan, struct str *ret)
{
	static const struct getter constant = {.slot = -1, .own = -1};

	if (plan->constant == NULL)
		return fetch_text(f->fetch, &plan->getters, ret);
	f->fetch->used = &constant;
	f->fetch->carried = false;
	*ret = str_of(plan->constant);
	return true;
}

bool fill_call(struct fill *f)
{
	const struct source *s = f->fetch->source;

	for (const struct field_plan *plan = s->plans; plan < s->plans + s->plans_n; plan++) {
		struct str text;
		bool good;

		if (!field_text(f, plan, &text)) {
			if (f->tracer)
				trace_nothing(f->tracer, f, plan);
			if (f->fetch->limited)
				return reject(f, plan->limit_reason, (struct str){0});
			continue;
		}
		f->is_call |= !plan->constant && !f->fetch->carried && tells_of_a_call(plan->field);
		good = fill_field(f, plan->field, plan, text);
		if (f->tracer)
			trace_field(f->tracer, f, plan, text, good);
		if (!good)
			return false;
	}
	return true;
}
