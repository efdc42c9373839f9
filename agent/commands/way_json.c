/* A record's way for programs: the same facts as way_text.c gives, not shortened but for prompts
 * and what is hashed, which are not given at all. */
#include <inttypes.h>
#include <stdio.h>

#include "agent/commands/call_field.h"
#include "agent/commands/json_put.h"
#include "agent/commands/way.h"
#include "agent/meter/call_text.h"
#include "agent/meter/estimate.h"
#include "parsers/timestamp.h"

static const struct str none = {NULL, 0}; /* becomes null */

static void put_member(struct buf *out, const char *name, const char *text)
{
	if (text)
		json_text(out, name, str_of(text));
}

static void put_size(struct buf *out, const char *name, size_t n)
{
	json_int(out, name, (int64_t)n);
}

/* ---- tests, patterns, values ---- */

static void put_tests(struct buf *out, const struct way *w)
{
	json_begin(out, "tests", '[');
	for (size_t i = 0; i < w->tests_n; i++) {
		const struct trace_test *t = &w->tests[i];
		struct buf text = {0};

		way_test_text(&text, t->test);
		json_begin(out, NULL, '{');
		json_text(out, "test", buf_view(&text));
		json_bool(out, "passed", t->passed);
		if (t->limited)
			json_bool(out, "limited", true);
		if (t->test->kind != TEST_PATTERN)
			json_text(out, "value", t->there ? t->value : none);
		json_end(out, '}');
		buf_free(&text);
	}
	json_end(out, ']');
}

static void put_patterns(struct buf *out, const struct way *w)
{
	static const char *const results[] = {
		[PATTERN_NO] = "no", [PATTERN_YES] = "yes", [PATTERN_LIMIT] = "limit"};

	json_begin(out, "patterns", '[');
	for (size_t i = 0; i < w->patterns_n; i++) {
		const struct way_pattern *p = &w->patterns[i];

		json_begin(out, NULL, '{');
		put_size(out, "number", p->number);
		json_text(out, "pattern", p->regex);
		put_member(out, "matches", results[p->result]);
		if (p->reach)
			json_text(out, "fits_up_to", (struct str){p->regex.p, p->reach});
		json_end(out, '}');
	}
	json_end(out, ']');
}

static const char *from_name(enum trace_from from)
{
	static const char *const names[] = {
		[FROM_PATH] = "path",         [FROM_GROUP] = "group",           [FROM_SUM] = "sum",
		[FROM_DEFAULT] = "default",   [FROM_CLOCK] = "clock",           [FROM_SET] = "set",
		[FROM_ENVELOPE] = "envelope", [FROM_EARLIER] = "earlier record"};

	return names[from];
}

static void put_origin(struct buf *out, const struct way_value *value)
{
	const struct origin *o = value->v.origin;

	if (o == NULL)
		return;
	put_member(out, "pattern", o->pattern);
	if (value->v.mapped)
		json_bool(out, "mapped", true);
	if (o->unit_ns)
		json_int(out, "unit_ns", o->unit_ns);
	put_member(out, "scale", o->scale);
	put_member(out, "format", o->format);
	if (o->hash)
		json_bool(out, "hash", true);
	if (o->sum_n == 0)
		return;
	json_begin(out, "paths", '[');
	for (size_t i = 0; i < o->sum_n; i++)
		json_text(out, NULL, str_of(o->sum[i]));
	json_end(out, ']');
}

static void put_value(struct buf *out, const struct way_value *value)
{
	const struct trace_value *v = &value->v;
	bool missed = value->kind == TRACE_MISSED;

	json_begin(out, NULL, '{');
	json_text(out, "name", v->name);
	json_text(out, "value", missed ? none : value->shown);
	if (missed)
		json_bool(out, "missed", true);
	put_member(out, "from", from_name(v->from));
	put_member(out, "path", v->path);
	if (v->of > 1) {
		put_size(out, "alternative", v->number);
		put_size(out, "alternatives", v->of);
	}
	if (v->raw.p)
		json_text(out, "raw", v->raw);
	put_origin(out, value);
	json_end(out, '}');
}

static void put_values(struct buf *out, const struct way *w, const char *name, bool own)
{
	json_begin(out, name, '[');
	for (size_t i = 0; i < w->values_n; i++)
		if ((w->values[i].v.field == NULL) == own)
			put_value(out, &w->values[i]);
	json_end(out, ']');
}

static void put_nothing(struct buf *out, const struct way *w)
{
	json_begin(out, "no_value", '[');
	for (size_t i = 0; i < w->nothing_n; i++)
		json_text(out, NULL, w->nothing[i]);
	json_end(out, ']');
}

/* ---- records that belong together ---- */

static void put_field(struct buf *out, const struct call *c, const struct field *field)
{
	struct buf text = {0};

	call_field_text(&text, c, field);
	if (field->kind == FIELD_COUNT && text.n)
		json_number(out, field->name, text.p);
	else
		json_text(out, field->name, buf_view(&text));
	buf_free(&text);
}

static void put_carried(struct buf *out, const struct way *w)
{
	if (w->carried_n == 0)
		return;
	json_begin(out, "carried_on", '{');
	for (size_t i = 0; i < w->carried_n; i++)
		json_text(out, w->carried[i].name, w->carried[i].value);
	json_end(out, '}');
}

static void put_key(struct buf *out, const struct way *w, enum trace_key_of of)
{
	json_begin(out, "by", '{');
	for (size_t i = 0; i < w->keys_n; i++)
		if (w->keys[i].of == of)
			json_text(out, w->keys[i].name, w->keys[i].there ? w->keys[i].value : none);
	json_end(out, '}');
}

static bool has_key(const struct way *w, enum trace_key_of of)
{
	for (size_t i = 0; i < w->keys_n; i++)
		if (w->keys[i].of == of)
			return true;
	return false;
}

static void put_dedupe(struct buf *out, const struct way *w, const struct source_config *c)
{
	static const char *const keeps[] = {
		[KEEP_LARGEST] = "largest", [KEEP_LAST] = "last", [KEEP_FIRST] = "first"};

	if (!has_key(w, KEY_DEDUPE))
		return;
	json_begin(out, "dedupe", '{');
	put_key(out, w, KEY_DEDUPE);
	put_member(out, "keep", keeps[c->dedupe_keep]);
	if (w->same.records) {
		json_int(out, "records", w->same.records);
		json_begin(out, "lines", '[');
		for (size_t i = 0; i < w->same.lines_n; i++)
			json_int(out, NULL, w->same.lines[i]);
		json_end(out, ']');
	}
	json_end(out, '}');
}

static void put_counters(struct buf *out, const char *name, const struct call *c,
                         const struct source_config *config)
{
	json_begin(out, name, '{');
	for (size_t i = 0; i < config->cumulative_fields_n; i++) {
		const struct field *field = field_find(str_of(config->cumulative_fields[i]));

		if (call_has(c, field))
			put_field(out, c, field);
	}
	json_end(out, '}');
}

static void put_cumulative(struct buf *out, const struct way *w, const struct source_config *c)
{
	if (w->counters.logged == NULL)
		return;
	json_begin(out, "cumulative", '{');
	put_key(out, w, KEY_CUMULATIVE);
	put_counters(out, "logged", w->counters.logged, c);
	if (w->counters.last)
		put_counters(out, "before", w->counters.last, c);
	put_counters(out, "increase", w->counters.grown, c);
	json_end(out, '}');
}

static void put_join(struct buf *out, const struct way *w, const struct source *s)
{
	struct buf missing = {0};

	if (w->part.all == NULL)
		return;
	way_missing_text(&missing, w, s);
	json_begin(out, "join", '{');
	put_key(out, w, KEY_JOIN);
	json_bool(out, "complete", w->part.complete);
	json_text(out, "missing", missing.p ? buf_view(&missing) : STR(""));
	json_begin(out, "earlier", '{');
	for (size_t i = 0; i < fields_n; i++)
		if (call_has(w->part.earlier, &fields[i]))
			put_field(out, w->part.earlier, &fields[i]);
	json_end(out, '}');
	json_end(out, '}');
	buf_free(&missing);
}

/* ---- the call ---- */

static void put_counts(struct buf *out, const char *name, const struct call *c)
{
	json_begin(out, name, '{');
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].kind == FIELD_COUNT && c->count[fields[i].index] != ABSENT)
			put_field(out, c, &fields[i]);
	json_end(out, '}');
}

/* Lengths that tokens were estimated from. */
static void put_estimate(struct buf *out, const struct trace_tokens *t)
{
	if ((t->cut->flags & CALL_USAGE_ESTIMATED) == 0)
		return;
	json_begin(out, "estimated_from_characters", '{');
	for (enum text text = 0; text < TEXTS; text++)
		if (t->read->text[text])
			json_int(out, count_name(estimate_count(text)), t->read->text[text]);
	json_end(out, '}');
}

static void put_tokens(struct buf *out, const struct trace_tokens *t)
{
	if (t->read == NULL)
		return;
	json_begin(out, "tokens", '{');
	put_counts(out, "logged", t->read);
	put_counts(out, "counted", t->cut);
	put_estimate(out, t);
	json_end(out, '}');
}

static void put_choice(struct buf *out, const struct rates_choice *c)
{
	if (c->tier)
		json_int(out, "tier_above", c->tier->above);
	if (c->service)
		put_member(out, "service_tier", c->service->name);
	if (c->region)
		put_member(out, "region", c->region->name);
}

static void put_price(struct buf *out, const struct way_price *price)
{
	const struct match *m = &price->match;
	char from[TIMESTAMP_TEXT];

	json_begin(out, "price", '{');
	json_text(out, "key", str_of(m->price ? m->price->key : NULL));
	put_member(out, "how", m->how);
	if (m->price) {
		if (m->price->from != INT64_MIN) {
			timestamp_print(m->price->from, from);
			put_member(out, "from", from);
		}
		json_text(out, "source", str_of(m->price->source));
		json_text(out, "checked", str_of(m->price->checked));
		put_choice(out, &price->choice);
	}
	json_end(out, '}');
}

static void put_share(struct buf *out, const struct way_price *price, enum rate_kind kind)
{
	const wide dollar = (wide)1000000000 * 1000000;
	wide share = cost_share(&price->units, &price->rates, kind);
	struct buf units = {0};
	char text[64];

	json_begin(out, NULL, '{');
	put_member(out, "kind", rate_name(kind));
	way_put_units(&units, price, kind);
	json_number(out, rate_is_time(kind) ? "milliseconds" : "units", units.p);
	buf_free(&units);
	rate_print(kind, price->rates.rate[kind], text);
	json_number(out, "usd", text);
	put_member(out, "per", rate_unit(kind));
	(void)snprintf(text, sizeof(text), "%" PRId64 ".%015" PRId64, (int64_t)(share / dollar),
	               (int64_t)(share % dollar));
	json_number(out, "cost_usd", text);
	json_end(out, '}');
}

static void put_cost(struct buf *out, const struct way *w)
{
	char cost[COST_TEXT];

	json_begin(out, "shares", '[');
	for (enum rate_kind kind = 0; w->price->match.price && kind < RATES; kind++)
		if (w->price->units.n[kind] && (kind != RATE_REQUEST || w->price->rates.rate[kind]))
			put_share(out, w->price, kind);
	json_end(out, ']');
	cost_print(w->call->cost, cost);
	json_number(out, "cost_usd", cost);
	if (!w->call->has_logged_cost)
		return;
	cost_print(w->call->logged_cost, cost);
	json_number(out, "logged_cost_usd", cost);
}

static void put_flags(struct buf *out, const struct call *c)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = {
		{CALL_UNPRICED, "unpriced"},
		{CALL_ESTIMATED, "estimated"},
		{CALL_INCONSISTENT, "inconsistent"},
		{CALL_UNKNOWN_USAGE, "unknown_usage"},
		{CALL_COST_LOGGED, "cost_logged"},
		{CALL_INCOMPLETE, "incomplete"},
		{CALL_USAGE_ESTIMATED, "estimated_usage"},
	};

	json_begin(out, "flags", '[');
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (c->flags & flags[i].flag)
			json_text(out, NULL, str_of(flags[i].name));
	json_end(out, ']');
}

void way_call_json(struct buf *out, const struct way *w)
{
	json_begin(out, "call", '{');
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].kind != FIELD_PROMPT && call_has(w->call, &fields[i]))
			put_field(out, w->call, &fields[i]);
	json_end(out, '}');
	put_tokens(out, &w->tokens);
	put_price(out, w->price);
	put_cost(out, w);
	put_flags(out, w->call);
}

static void put_outcome(struct buf *out, const struct way *w)
{
	put_member(out, "outcome", outcome_name(w->verdict.outcome));
	put_member(out, "reason", w->verdict.reason);
	if (w->verdict.value.n)
		json_text(out, "value", w->verdict.value);
	put_member(out, "broken", w->broken);
	if (w->place.after.p)
		put_size(out, "at", w->place.at);
}

void way_json(struct buf *out, const struct way *w, const struct source *s)
{
	const struct source_config *c = source_configuration(s);

	json_begin(out, NULL, '{');
	if (w->element.number)
		put_size(out, "element", w->element.number);
	if (w->element.name.n)
		json_text(out, "key", w->element.name);
	if (w->ended)
		put_outcome(out, w);
	put_tests(out, w);
	put_patterns(out, w);
	put_values(out, w, "names", true);
	put_values(out, w, "fields", false);
	put_nothing(out, w);
	put_carried(out, w);
	put_dedupe(out, w, c);
	put_cumulative(out, w, c);
	put_join(out, w, s);
	if (w->call)
		way_call_json(out, w);
	json_end(out, '}');
}
