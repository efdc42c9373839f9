/* What a record has to do with others: what it carries on, the call that it is a part of, the
 * counters that it goes on from. */
#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/call_field.h"
#include "agent/commands/page.h"
#include "agent/commands/way.h"
#include "agent/meter/call_text.h"

static void put_carried(struct page *p, const struct way *w)
{
	struct buf text = {0};

	for (size_t i = 0; i < w->carried_n; i++) {
		buf_puts(&text, i ? ", " : "");
		escape_terminal(&text, str_of(w->carried[i].name));
		buf_puts(&text, " = ");
		page_value(p, &text, w->carried[i].value);
	}
	if (w->carried_n == 0)
		return;
	page_label(p, "carry");
	buf_puts(&text, ", kept for the records that follow");
	page_buf(p, 0, &text);
}

/* "by id = msg_1, model = gpt-4o". False: no such key was looked for. */
static bool put_key(struct page *p, const struct way *w, enum trace_key_of of, const char *label)
{
	struct buf text = {0};

	for (size_t i = 0; i < w->keys_n; i++) {
		const struct trace_key *key = &w->keys[i];

		if (key->of != of)
			continue;
		buf_puts(&text, text.n ? ", " : "by ");
		escape_terminal(&text, str_of(key->name));
		buf_puts(&text, key->there ? " = " : " (not there)");
		if (key->there)
			page_value(p, &text, key->value);
	}
	if (text.n == 0)
		return false;
	page_label(p, label);
	page_buf(p, 0, &text);
	return true;
}

static bool any_there(const struct way *w, enum trace_key_of of)
{
	for (size_t i = 0; i < w->keys_n; i++)
		if (w->keys[i].of == of && w->keys[i].there)
			return true;
	return false;
}

static void put_same(struct page *p, const struct way_same *same)
{
	struct buf text = {0};

	if (same->records == 0)
		return;
	buf_puts(&text,
	         same->records > 1 ? "in this file: lines " : "no other record of this file is it");
	for (size_t i = 0; same->records > 1 && i < same->lines_n; i++)
		buf_printf(&text, "%s%" PRId64, i ? ", " : "", same->lines[i]);
	if (same->records > (int64_t)same->lines_n)
		buf_printf(&text, " and %" PRId64 " more", same->records - (int64_t)same->lines_n);
	page_buf(p, 0, &text);
}

static void put_dedupe(struct page *p, const struct way *w, const struct source_config *c)
{
	static const char *const keeps[] = {[KEEP_LARGEST] = "the one with the most tokens counts",
	                                    [KEEP_LAST] = "the last one counts",
	                                    [KEEP_FIRST] = "the first one counts"};
	struct buf text = {0};

	if (!put_key(p, w, KEY_DEDUPE, "dedupe"))
		return;
	if (!any_there(w, KEY_DEDUPE)) {
		page_line(p, 0, STR("so it counts on its own"));
		return;
	}
	buf_printf(&text, "records that have the same are one call: %s", keeps[c->dedupe_keep]);
	page_buf(p, 0, &text);
	put_same(p, &w->same);
}

static void put_field_value(struct buf *out, const struct call *c, const struct field *field,
                            const struct page *p)
{
	struct buf value = {0};

	call_field_text(&value, c, field);
	page_value(p, out, buf_view(&value));
	buf_free(&value);
}

static void put_counter(struct page *p, const struct way *w, const struct field *field)
{
	const struct trace_counters *c = &w->counters;
	bool anew = false, last = c->last && call_has(c->last, field);
	struct buf text = {0};

	if (!call_has(c->logged, field))
		return;
	if (last && field->kind == FIELD_COUNT)
		anew = c->logged->count[field->index] == c->grown->count[field->index] &&
		       c->last->count[field->index] != 0;
	buf_printf(&text, "%s ", field->name);
	put_field_value(&text, c->logged, field, p);
	if (anew) {
		buf_puts(&text, " counts in full: the counters have begun anew, they were at ");
		put_field_value(&text, c->last, field, p);
	} else if (last) {
		buf_puts(&text, " - ");
		put_field_value(&text, c->last, field, p);
		buf_puts(&text, " in the record before = ");
		put_field_value(&text, c->grown, field, p);
	}
	page_buf(p, 0, &text);
}

static void put_cumulative(struct page *p, const struct way *w, const struct source_config *c)
{
	if (!put_key(p, w, KEY_CUMULATIVE, "cumulative") || w->counters.logged == NULL)
		return;
	if (w->counters.last == NULL)
		page_line(p, 0, STR("the first record of these counters: it counts from 0"));
	for (size_t i = 0; i < c->cumulative_fields_n; i++)
		put_counter(p, w, field_find(str_of(c->cumulative_fields[i])));
	if (w->counters.unchanged)
		page_line(p, 0, STR("nothing has changed since the record before"));
}

void way_missing_text(struct buf *out, const struct way *w, const struct source *s)
{
	const struct source_config *c = source_configuration(s);
	const char *separator = "";

	for (size_t i = 0; i < c->join_until_n; i++) {
		if (call_has(w->part.all, field_find(str_of(c->join_until[i]))))
			continue;
		buf_printf(out, "%s%s", separator, c->join_until[i]);
		separator = ", ";
	}
}

static void put_earlier_parts(struct page *p, const struct way *w)
{
	struct buf text = {0};

	for (size_t i = 0; i < fields_n; i++) {
		if (!call_has(w->part.earlier, &fields[i]))
			continue;
		buf_printf(&text, "%s%s ", text.n ? ", " : "of earlier parts: ", fields[i].name);
		put_field_value(&text, w->part.earlier, &fields[i], p);
	}
	if (text.n)
		page_buf(p, 0, &text);
}

static void put_join(struct page *p, const struct way *w, const struct source *s)
{
	struct buf text = {0};

	if (!put_key(p, w, KEY_JOIN, "join") || w->part.all == NULL)
		return;
	if (w->given_up)
		page_line(p, 0,
		          STR("an earlier call has waited too long for its parts: it counts "
		              "without them"));
	put_earlier_parts(p, w);
	if (w->part.complete) {
		page_line(p, 0, STR("with this part the call is complete"));
		return;
	}
	buf_puts(&text, "a part of a call that still lacks ");
	way_missing_text(&text, w, s);
	buf_puts(&text, "; after ");
	duration_text(&text, source_configuration(s)->join_within);
	buf_puts(&text, " it counts without");
	page_buf(p, 0, &text);
}

void way_together_text(struct page *p, const struct way *w, const struct source *s)
{
	const struct source_config *c = source_configuration(s);

	put_carried(p, w);
	put_dedupe(p, w, c);
	put_cumulative(p, w, c);
	put_join(p, w, s);
}
