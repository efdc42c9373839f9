/* One record for `explain`: what was taken off it, what is left, and then its way. */
#include <inttypes.h>
#include <time.h>

#include "agent/base/escape.h"
#include "agent/base/zone.h"
#include "agent/commands/excerpt.h"
#include "agent/commands/explain.h"
#include "agent/commands/json_put.h"
#include "agent/meter/carried.h"
#include "agent/meter/memory.h"
#include "parsers/format.h"

enum { RECORD_LINES = 4 }; /* that are shown of a record */

void explainer_start(struct explainer *x, const struct source *s, const struct book *book,
                     struct hash_key key)
{
	x->source = s;
	x->key = key;
	x->extractor = extractor_new(s, key);
	x->gatherer = gatherer_new(s, book);
	x->carried = source_carried(s);
	x->memory = source_remembers(s) ? memory_new() : NULL;
	x->page.look = look_of(stdout);
}

void explainer_free(struct explainer *x)
{
	extractor_free(&x->extractor);
	gatherer_free(&x->gatherer);
	carried_free(&x->carried);
	memory_free(&x->memory);
	buf_free(&x->page.out);
}

/* ---- reading ---- */

static void ignore(void *arg, const struct verdict *v, const struct call *c)
{
	(void)arg;
	(void)v;
	(void)c;
}

static void extract(struct explainer *x, const struct walk_record *r, int64_t time, verdict_fn *fn)
{
	struct timespec now;
	struct surroundings around = {
		.near = time, .time = r->record.time, .carried = x->carried, .memory = x->memory};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	around.now = (int64_t)now.tv_sec * TIME_SEC + now.tv_nsec / 1000;
	extract_record(x->extractor, r->record.text, &around, fn, x->gatherer);
}

void explainer_pass(struct explainer *x, const struct walk_record *r, int64_t time)
{
	extractor_trace(x->extractor, NULL, NULL);
	extract(x, r, time, ignore);
}

/* ---- for people ---- */

static void put_source(struct explainer *x)
{
	const struct source_config *c = source_configuration(x->source);
	struct buf text = {0};

	page_label(&x->page, "source");
	escape_terminal(&text, str_of(c->name));
	buf_printf(&text, ", format %s", c->format);
	if (c->preset && strcmp(c->preset, c->name) != 0) {
		buf_puts(&text, ", preset ");
		escape_terminal(&text, str_of(c->preset));
	}
	if (c->about) {
		buf_puts(&text, ": ");
		escape_terminal(&text, str_of(c->about));
	}
	page_buf(&x->page, 0, &text);
}

static void put_where(struct explainer *x, const struct walk_record *r)
{
	struct buf text = {0};

	if (x->path == NULL && x->shown == 0)
		return;
	page_label(&x->page, r->last_line > r->line ? "lines" : "line");
	buf_printf(&text, "%" PRId64, r->line);
	if (r->last_line > r->line)
		buf_printf(&text, " to %" PRId64, r->last_line);
	if (x->path) {
		buf_puts(&text, " of ");
		escape_terminal(&text, str_of(x->path));
	}
	page_buf(&x->page, 0, &text);
}

static void put_envelopes(struct explainer *x, const struct record *r)
{
	struct buf text = {0};

	if (r->envelopes_n == 0)
		return;
	page_label(&x->page, r->envelopes_n > 1 ? "envelopes" : "envelope");
	for (size_t i = 0; i < r->envelopes_n; i++)
		buf_printf(&text, "%s%s", i ? ", in it " : "", envelope_name(r->envelopes[i]));
	if (r->time.n) {
		buf_puts(&text, ", time ");
		excerpt_text(&text, str_trim(r->time), 40, x->page.look.utf8);
	}
	if (r->parts > 1)
		buf_printf(&text, ", %zu lines of it joined", r->parts);
	page_buf(&x->page, 0, &text);
}

/* The record without what is not to be shown. Values come in the order of fields, not of places. */
static struct buf without_hidden(const struct explainer *x, struct str record)
{
	size_t n;
	const struct way_hidden *hidden = gatherer_hidden(x->gatherer, &n);
	struct buf text = {0};

	for (size_t at = 0; at < record.n;) {
		size_t next = record.n, end = record.n;

		for (size_t i = 0; i < n; i++) {
			if (hidden[i].at < at || hidden[i].at >= next)
				continue;
			next = hidden[i].at;
			end = next + hidden[i].n;
		}
		buf_bytes(&text, record.p + at, next - at);
		if (next < record.n)
			buf_puts(&text, x->page.look.utf8 ? "…" : "..");
		at = end > at ? end : record.n;
	}
	return text;
}

static bool is_text(const struct explainer *x)
{
	return strcmp(source_configuration(x->source)->format, "text") == 0;
}

static void put_excerpt(struct buf *out, const struct explainer *x, struct str record)
{
	size_t columns = RECORD_LINES * (x->page.look.width - PAGE_TEXT);
	struct buf text = without_hidden(x, record);

	(is_text(x) ? excerpt_text : excerpt_record)(out, buf_view(&text), columns,
	                                             x->page.look.utf8);
	buf_free(&text);
}

static void put_record(struct explainer *x, const struct record *r)
{
	struct page *p = &x->page;
	struct buf text = {0};
	bool shortened;

	page_label(p, "record");
	put_excerpt(&text, x, r->text);
	shortened = text.n < r->text.n;
	page_begin(p);
	if (is_text(x))
		excerpt_wrap(&p->out, buf_view(&text), PAGE_TEXT, PAGE_TEXT, p->look.width);
	else
		excerpt_fold(&p->out, buf_view(&text), PAGE_TEXT, p->look.width);
	buf_clear(&text);
	buf_printf(&text, "(%zu bytes)", r->text.n);
	if (shortened)
		page_line(p, 0, buf_view(&text));
	buf_free(&text);
}

static void put_element(struct explainer *x, const struct way *w)
{
	struct buf text = {0};

	if (w->element.number == 0)
		return;
	if (w->element.number > 1)
		buf_char(&x->page.out, '\n');
	page_label(&x->page, "element");
	buf_printf(&text, "%zu", w->element.number);
	if (w->element.name.n) {
		buf_puts(&text, ", @key ");
		excerpt_text(&text, w->element.name, 60, x->page.look.utf8);
	}
	page_buf(&x->page, 0, &text);
}

static void put_record_text(struct explainer *x, const struct walk_record *r,
                            const struct way *ways, size_t n)
{
	if (x->shown)
		buf_char(&x->page.out, '\n');
	else
		put_source(x);
	put_where(x, r);
	put_envelopes(x, &r->record);
	put_record(x, &r->record);
	for (size_t i = 0; i < n; i++) {
		put_element(x, &ways[i]);
		way_text(&x->page, &ways[i], x->source);
	}
	page_print(&x->page, stdout);
}

/* ---- for programs ---- */

static void put_record_json(struct explainer *x, const struct walk_record *r,
                            const struct way *ways, size_t n)
{
	struct buf *out = &x->page.out, text = {0};

	json_begin(out, NULL, '{');
	json_int(out, "line", r->line);
	json_int(out, "last_line", r->last_line);
	json_int(out, "offset", r->offset);
	json_begin(out, "envelopes", '[');
	for (size_t i = 0; i < r->record.envelopes_n; i++)
		json_text(out, NULL, str_of(envelope_name(r->record.envelopes[i])));
	json_end(out, ']');
	if (r->record.time.n)
		json_text(out, "envelope_time", str_trim(r->record.time));
	json_int(out, "parts", (int64_t)r->record.parts);
	json_int(out, "bytes", (int64_t)r->record.text.n);
	put_excerpt(&text, x, r->record.text);
	json_text(out, "record", buf_view(&text));
	json_begin(out, "elements", '[');
	for (size_t i = 0; i < n; i++)
		way_json(out, &ways[i], x->source);
	json_end(out, ']');
	json_end(out, '}');
	buf_free(&text);
}

void explainer_show(struct explainer *x, const struct walk_record *r, int64_t time)
{
	struct way *ways;
	size_t n;

	gatherer_start(x->gatherer, r->record.text);
	extractor_trace(x->extractor, gatherer_event, x->gatherer);
	extract(x, r, time, gatherer_verdict);
	ways = gatherer_ways(x->gatherer, &n);
	for (size_t i = 0; i < n; i++) {
		x->any_call |= ways[i].call != NULL;
		if (x->path && ways[i].call && ways[i].call->dedupe_key)
			explain_same(x, ways[i].call->dedupe_key, &ways[i].same);
	}
	(x->json ? put_record_json : put_record_text)(x, r, ways, n);
	x->shown++;
}
