/*
 * Events come in the order in which things happen, and what they point to is gone when the listener
 * returns: everything is copied. A verdict ends a way, the next event begins another one.
 */
#include "agent/commands/way.h"

#include <stdlib.h>

#include "agent/commands/call_field.h"
#include "parsers/reach.h"

enum { AROUND = 30 }; /* bytes shown on each side of a place */

struct gatherer {
	const struct source *source;
	const struct book *book;
	struct pattern_match *match;
	struct arena memory;
	struct str record;
	struct way *ways;
	size_t n, room;
	struct way_hidden *hidden;
	size_t hidden_n;
};

struct gatherer *gatherer_new(const struct source *s, const struct book *book)
{
	struct gatherer *g = xcalloc(1, sizeof(*g));

	g->source = s;
	g->book = book;
	g->match = pattern_match_new();
	return g;
}

void gatherer_free(struct gatherer **gp)
{
	struct gatherer *g = *gp;

	*gp = NULL;
	if (g == NULL)
		return;
	pattern_match_free(&g->match);
	arena_free(&g->memory);
	free(g->ways);
	free(g);
}

void gatherer_start(struct gatherer *g, struct str record)
{
	arena_reset(&g->memory, SIZE_MAX);
	g->record = record;
	g->n = 0;
	g->hidden = NULL;
	g->hidden_n = 0;
}

struct way *gatherer_ways(const struct gatherer *g, size_t *n)
{
	*n = g->n;
	return g->ways;
}

const struct way_hidden *gatherer_hidden(const struct gatherer *g, size_t *n)
{
	*n = g->hidden_n;
	return g->hidden;
}

/* ---- copies ---- */

static struct str kept(struct gatherer *g, struct str text)
{
	char *copy;

	if (text.p == NULL)
		return text;
	copy = arena_bytes(&g->memory, text.n + 1);
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return (struct str){copy, text.n};
}

static const struct call *kept_call(struct gatherer *g, const struct call *c)
{
	struct call *copy;

	if (c == NULL)
		return NULL;
	copy = arena_alloc(&g->memory, sizeof(*copy));
	*copy = *c;
	for (int i = 0; i < LABELS; i++)
		copy->label[i] = kept(g, c->label[i]);
	for (int i = 0; i < DETAILS; i++)
		copy->detail[i] = kept(g, c->detail[i]);
	copy->price = kept(g, c->price);
	return copy;
}

/* Room for one more in an array of the arena: doubled when it is used up. */
static void *grown(struct gatherer *g, void *items, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return items;
	more = arena_alloc(&g->memory, (n ? 2 * n : 1) * size);
	if (n)
		memcpy(more, items, n * size);
	return more;
}

/* Appends a copy of `item` to an array of a way. */
#define APPEND(g, array, item)                                                \
	do {                                                                  \
		(array) = grown((g), (array), (array##_n), sizeof(*(array))); \
		(array)[(array##_n)++] = (item);                              \
	} while (0)

/* ---- ways ---- */

static struct way *new_way(struct gatherer *g)
{
	g->ways = array_room(g->ways, g->n, &g->room, sizeof(*g->ways));
	g->ways[g->n] = (struct way){0};
	return &g->ways[g->n++];
}

/* The one that events are of. */
static struct way *way_now(struct gatherer *g)
{
	return g->n && !g->ways[g->n - 1].ended ? &g->ways[g->n - 1] : new_way(g);
}

/* ---- events ---- */

static void add_element(struct gatherer *g, const struct trace_element *element)
{
	struct way *w = new_way(g);

	w->element.number = element->number;
	w->element.name = kept(g, element->name);
}

static void add_test(struct gatherer *g, const struct trace_test *test)
{
	struct way *w = way_now(g);
	struct trace_test copy = *test;

	copy.value = kept(g, test->value);
	APPEND(g, w->tests, copy);
}

static void add_pattern(struct gatherer *g, const struct trace_pattern *p)
{
	struct way *w = way_now(g);
	struct way_pattern copy = {.number = p->number, .regex = p->regex, .result = p->result};

	if (p->result == PATTERN_NO)
		copy.reach = pattern_reach(p->regex, g->match, p->record);
	APPEND(g, w->patterns, copy);
}

static void set_place(struct gatherer *g, struct way *w, struct str text, size_t at)
{
	size_t from = at > AROUND ? at - AROUND : 0,
	       to = text.n - at > AROUND ? at + AROUND : text.n;

	while (from < at && ((unsigned char)text.p[from] & 0xc0) == 0x80)
		from++;
	while (to < text.n && ((unsigned char)text.p[to] & 0xc0) == 0x80)
		to++;
	w->place.before = kept(g, (struct str){text.p + from, at - from});
	w->place.after = kept(g, (struct str){text.p + at, to - at});
	w->place.at = at;
}

static void set_broken(struct gatherer *g, const struct trace_broken *broken)
{
	struct way *w = way_now(g);

	w->broken = broken->what;
	if (broken->at <= broken->text.n)
		set_place(g, w, broken->text, broken->at);
}

/* ---- values ---- */

/* What the field became. */
static struct str shown(struct gatherer *g, const struct trace_value *v)
{
	struct buf text = {0};
	struct str ret;

	if (v->field == NULL || !v->good)
		return kept(g, v->text);
	call_field_text(&text, v->call, v->field);
	if (text.n == 0)
		buf_puts(&text, v->field->kind == FIELD_DURATION
		                        ? "not readable, taken as not logged"
		                        : "none");
	ret = kept(g, buf_view(&text));
	buf_free(&text);
	return ret;
}

static bool is_secret(const struct trace_value *v)
{
	return (v->field && v->field->kind == FIELD_PROMPT) || (v->origin && v->origin->hash);
}

/* Where a text stands in the record, if it stands there as it is. */
static bool find_text(const struct gatherer *g, struct str text, size_t *at)
{
	if (text.p == NULL || text.p < g->record.p || text.p + text.n > g->record.p + g->record.n)
		return false;
	*at = (size_t)(text.p - g->record.p);
	return true;
}

static void hide(struct gatherer *g, struct str text)
{
	struct way_hidden hidden = {.n = text.n};

	if (find_text(g, text, &hidden.at))
		APPEND(g, g->hidden, hidden);
}

/* The envelope's time comes after all fields. */
static void take_back_nothing(struct way *w, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < w->nothing_n; i++)
		if (!str_eq(w->nothing[i], name))
			w->nothing[n++] = w->nothing[i];
	w->nothing_n = n;
}

static void add_value(struct gatherer *g, enum trace_kind kind, const struct trace_value *v)
{
	struct way *w = way_now(g);
	struct way_value copy = {.kind = kind, .v = *v};
	struct str nothing = {0};
	size_t at;

	if (kind == TRACE_VALUE)
		copy.shown = shown(g, v);
	if (is_secret(v))
		hide(g, v->raw);
	copy.v.call = NULL;
	copy.v.raw = is_secret(v) ? nothing : kept(g, v->raw);
	copy.v.text = is_secret(v) ? nothing : kept(g, v->text);
	copy.v.name = kept(g, v->name);
	APPEND(g, w->values, copy);
	if (v->from == FROM_ENVELOPE)
		take_back_nothing(w, copy.v.name);
	if (kind == TRACE_VALUE && !v->good && find_text(g, v->raw, &at))
		set_place(g, w, g->record, at);
}

static void add_nothing(struct gatherer *g, const struct trace_value *v)
{
	struct way *w = way_now(g);

	APPEND(g, w->nothing, v->name);
}

static void add_carried(struct gatherer *g, const struct trace_carry *carry)
{
	struct way *w = way_now(g);
	struct trace_carry copy = {carry->name, kept(g, carry->value)};

	APPEND(g, w->carried, copy);
}

static void add_key(struct gatherer *g, const struct trace_key *key)
{
	struct way *w = way_now(g);
	struct trace_key copy = *key;

	copy.value = kept(g, key->value);
	APPEND(g, w->keys, copy);
}

/* ---- the call ---- */

static void set_counters(struct gatherer *g, const struct trace_counters *c)
{
	way_now(g)->counters =
		(struct trace_counters){kept_call(g, c->logged), kept_call(g, c->last),
	                                kept_call(g, c->grown), c->unchanged};
}

static void set_part(struct gatherer *g, const struct trace_part *p)
{
	way_now(g)->part =
		(struct trace_part){kept_call(g, p->earlier), kept_call(g, p->all), p->complete};
}

static void set_tokens(struct gatherer *g, const struct trace_tokens *t)
{
	way_now(g)->tokens = (struct trace_tokens){kept_call(g, t->read), kept_call(g, t->made),
	                                           kept_call(g, t->cut)};
}

void way_price_of(const struct book *book, const struct call *c, struct way_price *ret)
{
	*ret = (struct way_price){0};
	units_of(c, &ret->units);
	if (c->label[LABEL_MODEL].n == 0 ||
	    !book_match(book, c->label[LABEL_PROVIDER], c->label[LABEL_MODEL], c->time,
	                &ret->match))
		return;
	rates_choose(ret->match.price, c, &ret->choice);
	rates_of(ret->match.price, c, &ret->rates);
}

static void set_price(struct gatherer *g, const struct call *c)
{
	struct way_price *p = arena_alloc(&g->memory, sizeof(*p));

	way_price_of(g->book, c, p);
	way_now(g)->price = p;
}

void gatherer_event(void *gatherer, const struct trace *event)
{
	struct gatherer *g = gatherer;

	switch (event->kind) {
	case TRACE_ELEMENT:
		add_element(g, &event->element);
		return;
	case TRACE_TEST:
		add_test(g, &event->test);
		return;
	case TRACE_PATTERN:
		add_pattern(g, &event->pattern);
		return;
	case TRACE_BROKEN:
		set_broken(g, &event->broken);
		return;
	case TRACE_VALUE:
	case TRACE_MISSED:
		add_value(g, event->kind, &event->value);
		return;
	case TRACE_NOTHING:
		add_nothing(g, &event->value);
		return;
	case TRACE_CARRY:
		add_carried(g, &event->carry);
		return;
	case TRACE_KEY:
		add_key(g, &event->key);
		return;
	case TRACE_COUNTERS:
		set_counters(g, &event->counters);
		return;
	case TRACE_PART:
		set_part(g, &event->part);
		return;
	case TRACE_TOKENS:
		set_tokens(g, &event->tokens);
		return;
	case TRACE_PRICE:
		set_price(g, event->call);
		return;
	}
}

/* An earlier call is given up while this record is read: what was said of its tokens and its price
 * is not of this one. */
static void forget_earlier(struct way *w)
{
	w->tokens = (struct trace_tokens){0};
	w->price = NULL;
	w->given_up++;
}

void gatherer_verdict(void *gatherer, const struct verdict *v, const struct call *c)
{
	struct gatherer *g = gatherer;
	struct way *w = way_now(g);

	if (v->waited) {
		forget_earlier(w);
		return;
	}
	w->ended = true;
	w->verdict = *v;
	w->verdict.value = kept(g, v->value);
	w->call = kept_call(g, c);
	if (w->values_n && !w->values[w->values_n - 1].v.good &&
	    w->values[w->values_n - 1].kind == TRACE_VALUE)
		w->bad = &w->values[w->values_n - 1];
}
