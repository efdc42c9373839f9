/*
 * Up to where a piece is whole records, and what of one that is too long is passed over. Here lines
 * of envelopes are opened only to see what is open behind them.
 */
#include <string.h>

#include "agent/follow/reader.h"
#include "agent/meter/records_inner.h"

/* ---- what is whole ---- */

static size_t whole_lines(struct str text)
{
	const char *newline = text.n ? memrchr(text.p, '\n', text.n) : NULL;

	if (text.n > LINE_MAX_BYTES && memchr(text.p, '\n', LINE_MAX_BYTES + 1) == NULL)
		return 0; /* the first one is too long */
	return newline ? (size_t)(newline - text.p) + 1 : 0;
}

static size_t whole_values(struct str text)
{
	size_t at = 0, whole = 0;
	struct str value;

	for (;;) {
		switch (json_frame_next(text, false, &at, &value)) {
		case JSON_FRAME_VALUE:
			if (value.n > LINE_MAX_BYTES)
				return whole;
			whole = at;
			continue;
		case JSON_FRAME_MORE:
			return whole;
		case JSON_FRAME_END:
			return at;
		}
	}
}

/* Notes that nothing is open behind the last line. */
static void note_behind(struct records *r, size_t at)
{
	if (r->open == 0 && r->lines_n)
		r->lines[r->lines_n - 1].behind = at;
}

static size_t line_end(const struct records *r, size_t line)
{
	return line + 1 < r->lines_n ? r->lines[line + 1].at : r->inner.n;
}

/* The last place in the piece behind which neither a part nor, in `inner`, a JSON value goes on.
 * (Each value is looked at once, however many lines it has.) */
static size_t whole_inner(struct records *r)
{
	size_t at = 0, line = 0, whole = 0;
	enum json_frame result;
	struct str value;

	records_pad(&r->inner);
	do {
		size_t start, end;

		result = json_frame_next(buf_view(&r->inner), false, &at, &value);
		end = result == JSON_FRAME_VALUE ? at : r->inner.n;
		start = result == JSON_FRAME_END ? r->inner.n : (size_t)(value.p - r->inner.p);
		for (; line < r->lines_n && line_end(r, line) <= start; line++)
			if (r->lines[line].behind &&
			    r->lines[line].behind - whole <= LINE_MAX_BYTES)
				whole = r->lines[line].behind;
		while (line < r->lines_n && line_end(r, line) < end)
			line++;
	} while (result == JSON_FRAME_VALUE);
	return whole;
}

/* Up to which line of the envelope all that was begun has ended: as a record, and as JSON. */
static size_t whole_wrapped(struct records *r, struct str bytes)
{
	bool values = r->source->config->frame == FRAME_JSON;
	size_t at = 0, whole = 0;

	records_open_start(r, !values);
	while (records_open_next(r, bytes, false, &at)) {
		if (values)
			note_behind(r, at);
		else if (r->open == 0 && at - whole <= LINE_MAX_BYTES)
			whole = at;
	}
	if (!values)
		return whole;
	note_behind(r, at);
	return whole_inner(r);
}

size_t records_whole(struct records *r, const struct source *s, const struct wrapping *w,
                     struct str bytes)
{
	records_use(r, s, w);
	if (records_must_open(w))
		return whole_wrapped(r, bytes);
	return s->config->frame == FRAME_JSON ? whole_values(bytes) : whole_lines(bytes);
}

/* ---- what is too long ---- */

static size_t pass_line(struct str bytes, bool *on)
{
	const char *newline = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;

	*on = newline == NULL;
	return newline ? (size_t)(newline - bytes.p) + 1 : bytes.n;
}

static unsigned open_bits(const struct records *r)
{
	unsigned bits = 0;

	for (size_t i = 0; i < UNWRAP_MAX; i++)
		for (size_t k = 0; k < ENVELOPE_STREAMS; k++)
			bits |= (unsigned)r->pending[i][k].open << (i * ENVELOPE_STREAMS + k);
	return bits;
}

static void open_again(struct records *r, unsigned bits)
{
	for (size_t i = 0; i < UNWRAP_MAX; i++)
		for (size_t k = 0; k < ENVELOPE_STREAMS; k++)
			if (bits >> (i * ENVELOPE_STREAMS + k) & 1)
				records_open_again(r, i, k);
}

/* Whether the record has ended when no part of it is open. *fed is how much of `inner` its value
 * has been given. */
static bool has_ended(struct records *r, struct passing *p, size_t *fed)
{
	if (r->dry)
		return true;
	*fed += json_frame_pass(str_from(buf_view(&r->inner), *fed), &p->value);
	return !p->value.on;
}

/* Whether it ended before the line that was opened last: that one begins another record. */
static bool ended_before(const struct records *r, size_t fed)
{
	return !r->dry && fed <= r->lines[r->lines_n - 1].at;
}

/* A line of an envelope that is too long itself. */
static size_t pass_envelope(const struct records *r, struct str bytes, struct passing *p)
{
	size_t n;

	if (records_cut_by_values(r)) {
		n = json_frame_pass(bytes, &p->envelope);
		p->in_envelope = p->envelope.on;
	} else {
		n = pass_line(bytes, &p->in_envelope);
	}
	p->on = p->in_envelope || p->open || p->value.on;
	return n;
}

/* Lines of envelopes up to the one that ends the record. Else up to where no part is open; only
 * when there is no such place for too long, all that there is. */
static size_t pass_wrapped(struct records *r, struct str bytes, struct passing *p)
{
	size_t at = 0, safe = 0, fed = 0;

	records_open_start(r, r->source->config->frame == FRAME_LINES);
	open_again(r, p->open);
	if (p->value.on)
		buf_char(&r->inner, '\n'); /* of the line that was passed over last */
	while (records_open_next(r, bytes, false, &at)) {
		if (r->open)
			continue;
		p->open = 0;
		if (has_ended(r, p, &fed)) {
			p->on = false;
			return ended_before(r, fed) ? safe : at;
		}
		safe = at;
	}
	if (safe || bytes.n <= LINE_MAX_BYTES)
		return safe;
	p->open = open_bits(r);
	return at ? at : pass_envelope(r, bytes, p);
}

size_t records_pass(struct records *r, const struct source *s, const struct wrapping *w,
                    struct str bytes, struct passing *p)
{
	size_t n;

	records_use(r, s, w);
	if (!p->on)
		*p = (struct passing){.on = true};
	if (records_must_open(w))
		return p->in_envelope ? pass_envelope(r, bytes, p) : pass_wrapped(r, bytes, p);
	if (s->config->frame == FRAME_LINES)
		return pass_line(bytes, &p->on);
	n = json_frame_pass(bytes, &p->value);
	p->on = p->value.on;
	return n;
}
