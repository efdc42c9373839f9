#include "agent/commands/import_text.h"

#include <string.h>

#include "agent/base/escape.h"
#include "agent/meter/book_write.h"

enum { SHOWN = 20 }; /* models of one kind of change, unless all are asked for */

static const char *const change_names[] = {
	[CHANGE_NEW] = "new", [CHANGE_CHANGED] = "changed", [CHANGE_DROPPED] = "dropped"};
static const char *const note_names[] = {[NOTE_LEFT_OUT] = "left_out",
                                         [NOTE_FIELD] = "price",
                                         [NOTE_NAME] = "name",
                                         [NOTE_ROUNDED] = "rounded"};

static size_t count_left_out(const struct import *im)
{
	size_t n = 0;

	for (size_t i = 0; i < im->notes_n; i++)
		n += im->notes[i].kind == NOTE_LEFT_OUT ? im->notes[i].n : 0;
	return n;
}

/* ---- as text ---- */

static void put_count(struct buf *out, const char *name, size_t n, const char *meaning)
{
	buf_printf(out, "  %-9s %6zu%s%s\n", name, n, meaning[0] ? "  " : "", meaning);
}

static void put_rate(struct buf *out, enum rate_kind kind, int64_t rate)
{
	char text[RATE_TEXT];

	if (rate != RATE_NONE)
		rate_print(kind, rate, text);
	buf_puts(out, rate == RATE_NONE ? "none" : text);
}

/* "input 2.5 -> 2, cache_read 1.25 -> none, output 10 -> 8" */
static void put_difference(struct buf *out, const struct price *before, const struct price *after)
{
	const char *separator = "";

	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		int64_t x = before->base.rate[kind], y = after->base.rate[kind];

		if (x == y)
			continue;
		buf_printf(out, "%s%s ", separator, rate_name(kind));
		put_rate(out, kind, x);
		buf_puts(out, " -> ");
		put_rate(out, kind, y);
		separator = ", ";
	}
	if (separator[0] == '\0')
		buf_puts(out, "tiers, services or regions");
}

static void put_change(struct buf *out, const struct change *c)
{
	struct buf prices = {0};

	buf_puts(out, "  ");
	escape_terminal(out, str_of(c->model->provider));
	buf_char(out, '/');
	escape_terminal(out, str_of(c->model->name));
	buf_puts(out, ": ");
	if (c->before && c->after && c->kind == CHANGE_CHANGED)
		put_difference(out, c->before, c->after);
	else if (c->after)
		book_put_prices(&prices, c->after);
	if (prices.n)
		escape_terminal(out, buf_view(&prices));
	buf_puts(out, c->jump ? "  (ten times or more)\n" : "\n");
	buf_free(&prices);
}

/* Those that moved far first, for they are what one has to see. */
static void put_changes(struct buf *out, const struct import *im, enum change_kind kind, bool all)
{
	size_t n = 0, most = all ? SIZE_MAX : SHOWN;

	for (int far = 1; far >= 0; far--)
		for (size_t i = 0; i < im->changes_n; i++) {
			const struct change *c = &im->changes[i];

			if (c->kind != kind || c->jump != far)
				continue;
			if (n == 0)
				buf_printf(out, "%s:\n", change_names[kind]);
			if (n++ < most)
				put_change(out, c);
		}
	if (n > most)
		buf_printf(out, "  and %zu more; -v shows them\n", n - most);
}

static void put_notes(struct buf *out, const struct import *im, enum note_kind kind,
                      const char *title)
{
	for (size_t i = 0; i < im->notes_n; i++) {
		const struct note *n = &im->notes[i];

		if (n->kind != kind)
			continue;
		if (title)
			buf_printf(out, "%s:\n", title);
		title = NULL;
		buf_printf(out, "  %6zu  ", n->n);
		escape_terminal(out, str_of(n->what));
		buf_puts(out, " (");
		escape_terminal(out, str_of(n->example));
		buf_puts(out, n->n > 1 ? ", ...)\n" : ")\n");
	}
}

static void put_end(struct buf *out, const struct import_result *r)
{
	if (!r->changed)
		buf_puts(out, "nothing changed: ");
	else
		buf_puts(out, r->written ? "written: " : "not written: ");
	escape_terminal(out, str_of(r->path));
	buf_char(out, '\n');
}

void import_text(struct buf *out, const struct import_result *r, bool all)
{
	const struct import *im = r->import;

	buf_printf(out, "%s: %zu models%s%s\n", im->format->title, im->models,
	           im->format->dated ? "" : ", prices from ",
	           im->format->dated ? "" : im->date_text);
	put_count(out, "new", im->new, "had no price");
	put_count(out, "changed", im->changed, "");
	put_count(out, "same", im->same, "");
	put_count(out, "dropped", im->dropped, im->dropped ? "keep the price they had" : "");
	put_count(out, "left out", count_left_out(im), "");
	if (all)
		put_changes(out, im, CHANGE_NEW, all);
	put_changes(out, im, CHANGE_CHANGED, all);
	put_changes(out, im, CHANGE_DROPPED, all);
	put_notes(out, im, NOTE_LEFT_OUT, "left out");
	put_notes(out, im, NOTE_FIELD, "prices not understood");
	put_notes(out, im, NOTE_NAME, "rules for names not understood");
	put_notes(out, im, NOTE_ROUNDED, "rounded to a femto-dollar");
	put_end(out, r);
}

/* ---- as JSON ---- */

static void put_text(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "\"%s\":", key);
	escape_json(out, str_of(text));
}

static void put_price(struct buf *out, const char *key, const struct price *p)
{
	struct buf prices = {0};

	buf_printf(out, ",\"%s\":", key);
	if (p) {
		book_put_prices(&prices, p);
		escape_json(out, buf_view(&prices));
	} else {
		buf_puts(out, "null");
	}
	buf_free(&prices);
}

static void change_json(struct buf *out, const struct change *c)
{
	buf_char(out, '{');
	put_text(out, "kind", change_names[c->kind]);
	buf_char(out, ',');
	put_text(out, "provider", c->model->provider);
	buf_char(out, ',');
	put_text(out, "model", c->model->name);
	put_price(out, "before", c->before);
	put_price(out, "after", c->after);
	buf_printf(out, ",\"jump\":%s}", c->jump ? "true" : "false");
}

static void note_json(struct buf *out, const struct note *n)
{
	buf_char(out, '{');
	put_text(out, "kind", note_names[n->kind]);
	buf_char(out, ',');
	put_text(out, "what", n->what);
	buf_printf(out, ",\"n\":%zu,", n->n);
	put_text(out, "example", n->example);
	buf_char(out, '}');
}

void import_json(struct buf *out, const struct import_result *r)
{
	const struct import *im = r->import;

	buf_char(out, '{');
	put_text(out, "book", im->format->name);
	buf_char(out, ',');
	put_text(out, "date", im->date_text);
	buf_printf(out,
	           ",\"models\":%zu,\"new\":%zu,\"changed\":%zu,\"same\":%zu,\"dropped\":%zu,"
	           "\"left_out\":%zu,\"jumps\":%zu,\"written\":%s,",
	           im->models, im->new, im->changed, im->same, im->dropped, count_left_out(im),
	           im->jumps, r->written ? "true" : "false");
	put_text(out, "file", r->path);
	buf_puts(out, ",\n\"changes\":[");
	for (size_t i = 0; i < im->changes_n; i++) {
		buf_puts(out, i ? ",\n" : "");
		change_json(out, &im->changes[i]);
	}
	buf_puts(out, "],\n\"notes\":[");
	for (size_t i = 0; i < im->notes_n; i++) {
		buf_puts(out, i ? ",\n" : "");
		note_json(out, &im->notes[i]);
	}
	buf_puts(out, "]}\n");
}
