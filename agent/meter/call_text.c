/*
 * Numbers are written as decimals, so that what waits in the ledger can be read by a person. The
 * dedupe key and the lengths of texts are no fields; they go by names of their own.
 */
#include "agent/meter/call_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/netstring.h"

static const char DEDUPE_KEY[] = "dedupe_key";
static const char *const text_names[TEXTS] = {
	[TEXT_INPUT] = "input_characters", [TEXT_OUTPUT] = "output_characters"};

/* (A loop would have to set what is copied at once where it is used.) */
const struct call call_empty = {
	.time = INT64_MIN,
	.count = {ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT,
                  ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT,
                  ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT},
	.latency = ABSENT,
	.ttft = ABSENT,
};
static_assert(COUNTS == 21, "every count begins as absent");

/* Of fields that are kept as numbers: all but labels and details. */
static int64_t number_of(const struct call *c, const struct field *field)
{
	switch (field->kind) {
	case FIELD_TIME:
		return c->time;
	case FIELD_COUNT:
		return c->count[field->index];
	case FIELD_DURATION:
		return field->index == 0 ? c->latency : c->ttft;
	case FIELD_MONEY:
		return c->logged_cost;
	case FIELD_PROMPT:
		return (int64_t)c->prompt_hash;
	case FIELD_LABEL:
	case FIELD_DETAIL:
	case FIELD_RESOURCE:
		break;
	}
	return 0;
}

static void set_number(struct call *c, const struct field *field, int64_t number)
{
	switch (field->kind) {
	case FIELD_TIME:
		c->time = number;
		break;
	case FIELD_COUNT:
		c->count[field->index] = number;
		break;
	case FIELD_DURATION:
		*(field->index == 0 ? &c->latency : &c->ttft) = number;
		break;
	case FIELD_MONEY:
		c->logged_cost = number;
		c->has_logged_cost = true;
		break;
	case FIELD_PROMPT:
		c->prompt_hash = (uint64_t)number;
		break;
	case FIELD_LABEL:
	case FIELD_DETAIL:
	case FIELD_RESOURCE:
		break;
	}
}

static bool is_text(const struct field *field)
{
	return field->kind == FIELD_LABEL || field->kind == FIELD_DETAIL;
}

static struct str *text_of(struct call *c, const struct field *field)
{
	return field->kind == FIELD_LABEL ? &c->label[field->index] : &c->detail[field->index];
}

bool call_has(const struct call *c, const struct field *field)
{
	switch (field->kind) {
	case FIELD_TIME:
		return c->time != INT64_MIN;
	case FIELD_COUNT:
		return c->count[field->index] != ABSENT;
	case FIELD_DURATION:
		return (field->index == 0 ? c->latency : c->ttft) != ABSENT;
	case FIELD_MONEY:
		return c->has_logged_cost;
	case FIELD_LABEL:
		return c->label[field->index].n > 0;
	case FIELD_DETAIL:
		return c->detail[field->index].n > 0;
	case FIELD_PROMPT:
		return c->prompt_hash != 0;
	case FIELD_RESOURCE:
		return c->label[LABEL_KIND].n > 0;
	}
	return false;
}

void call_overlay(struct call *to, const struct call *from)
{
	struct call source = *from; /* of which places can be had that may be written to */

	for (const struct field *f = fields; f->name; f++) {
		if (!call_has(from, f))
			continue;
		if (is_text(f))
			*text_of(to, f) = *text_of(&source, f);
		else
			set_number(to, f, number_of(from, f));
	}
	if (from->dedupe_key)
		to->dedupe_key = from->dedupe_key;
	for (int i = 0; i < TEXTS; i++)
		if (from->text[i])
			to->text[i] = from->text[i];
}

static void add_number(struct buf *out, const char *name, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	netstring_add(out, str_of(name));
	netstring_add(out, str_of(text));
}

void call_pack(struct buf *out, const struct call *c)
{
	struct call copy = *c;

	for (const struct field *f = fields; f->name; f++) {
		if (!call_has(c, f) || f->kind == FIELD_RESOURCE) /* model and kind have it */
			continue;
		if (is_text(f)) {
			netstring_add(out, str_of(f->name));
			netstring_add(out, *text_of(&copy, f));
		} else {
			add_number(out, f->name, number_of(c, f));
		}
	}
	if (c->dedupe_key)
		add_number(out, DEDUPE_KEY, (int64_t)c->dedupe_key);
	for (int i = 0; i < TEXTS; i++)
		if (c->text[i])
			add_number(out, text_names[i], c->text[i]);
}

/* The text is followed by a comma, which ends the number. */
static bool read_number(struct str text, int64_t *ret)
{
	char *end;

	*ret = strtoll(text.p, &end, 10);
	return text.n > 0 && end == text.p + text.n;
}

static void set_field(struct call *c, const struct field *f, struct str value)
{
	int64_t number;

	if (is_text(f))
		*text_of(c, f) = value;
	else if (read_number(value, &number))
		set_number(c, f, number);
}

static void set_other(struct call *c, struct str name, int64_t number)
{
	if (str_eq(name, str_of(DEDUPE_KEY)))
		c->dedupe_key = (uint64_t)number;
	for (int i = 0; i < TEXTS; i++)
		if (str_eq(name, str_of(text_names[i])))
			c->text[i] = number;
}

void call_unpack(struct str text, struct call *c)
{
	struct str name, value;
	int64_t number;

	while (netstring_next(&text, &name) && netstring_next(&text, &value)) {
		const struct field *f = field_find(name);

		if (f)
			set_field(c, f, value);
		else if (read_number(value, &number))
			set_other(c, name, number);
	}
}
