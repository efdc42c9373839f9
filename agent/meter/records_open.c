/*
 * Lines of envelopes, opened one after the other. What an envelope at one level gives is a line of
 * the next one, or, where it is only a part of one, waits until the others are there. Parts of
 * standard output and of standard error do not belong together.
 */
#include <stdlib.h>

#include "agent/meter/records_inner.h"

enum {
	TEXT_KEEP = 4 << 20,
	/* A part that has not been followed by another one of its stream for so many bytes will not
	 * be: its container ended. */
	STALE_BYTES = 1 << 20,
};

void records_use(struct records *r, const struct source *s, const struct wrapping *w)
{
	r->source = s;
	r->wrapping = w;
}

bool records_must_open(const struct wrapping *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->kinds[i] != ENVELOPE_SYSLOG && w->kinds[i] != ENVELOPE_PREFIX)
			return true;
	return false;
}

void records_pad(struct buf *text)
{
	static const char zeros[RECORD_PAD];

	buf_bytes(text, zeros, RECORD_PAD);
	text->n -= RECORD_PAD;
}

static struct str cut_time(struct str time)
{
	return (struct str){time.p, time.n < ENVELOPE_TIME_MAX ? time.n : ENVELOPE_TIME_MAX};
}

static struct str without_newline(struct str text)
{
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return text;
}

static void note_line(struct records *r, const struct whence *whence)
{
	struct line *line;

	r->lines = array_room(r->lines, r->lines_n, &r->lines_room, sizeof(*r->lines));
	line = &r->lines[r->lines_n++];
	*line = (struct line){.at = r->inner.n, .whence = *whence};
	if (r->joined && whence->time.n) {
		struct str time = cut_time(whence->time);

		line->whence.time.p = memcpy(arena_bytes(&r->scratch, time.n), time.p, time.n);
		line->whence.time.n = time.n;
	}
}

/* A large record is not held twice: what was joined becomes `inner` where nothing is before it. */
static bool take_joined(struct records *r, struct str text)
{
	struct buf before = r->inner;

	if (r->joined == NULL || text.p != r->joined->p || text.n < TEXT_KEEP || before.n)
		return false;
	r->inner = *r->joined;
	r->inner.n = text.n;
	*r->joined = before;
	return true;
}

static void add_line(struct records *r, struct str text, const struct whence *whence)
{
	if (r->dry)
		return;
	note_line(r, whence);
	if (!take_joined(r, text))
		buf_str(&r->inner, text);
	/* A journal's message may have lines of its own. */
	for (char *p = r->inner.p + r->inner.n - text.n, *end = r->inner.p + r->inner.n;
	     (p = memchr(p, '\n', (size_t)(end - p))) != NULL;)
		*p = ' ';
	buf_char(&r->inner, '\n');
}

static void open_line(struct records *r, size_t level, struct str line,
                      const struct whence *whence);

static void add_part(struct records *r, struct pending *p, struct str text,
                     const struct whence *part)
{
	struct str time = cut_time(part->time);

	if (p->open) {
		p->whence.end = part->end;
		p->whence.parts += part->parts;
	} else {
		p->whence = *part;
		p->open = true;
		r->open++;
	}
	p->seen = part->at;
	buf_str(&p->text, text);
	if (time.n)
		memcpy(p->time, time.p, time.n);
	p->whence.time = (struct str){p->time, time.n};
}

/* What has been joined goes on to the next level, with the time of its last part. */
static void close_pending(struct records *r, size_t level, struct pending *p)
{
	struct buf *joined = r->joined;

	records_pad(&p->text);
	p->open = false;
	r->open--;
	r->joined = &p->text;
	open_line(r, level + 1, without_newline(buf_view(&p->text)), &p->whence);
	r->joined = joined;
	buf_clear(&p->text);
}

/* A part of a record, at one level. What is complete goes on to the next one. */
static void take_part(struct records *r, size_t level, const struct enveloped *part,
                      const struct whence *whence)
{
	struct pending *p = &r->pending[level][part->stream];
	bool unread = r->dry && level + 1 == r->wrapping->n;
	struct str text = unread ? STR("") : value_text(&part->text, &r->scratch);

	if (!p->open && !part->partial) {
		open_line(r, level + 1, without_newline(text), whence);
		return;
	}
	add_part(r, p, text, whence);
	if (!part->partial)
		close_pending(r, level, p);
}

static void open_line(struct records *r, size_t level, struct str line, const struct whence *whence)
{
	struct whence inside = *whence;
	struct enveloped part;
	bool last = level + 1 == r->wrapping->n;

	if (r->dry && last && r->open == 0 && envelope_is_whole(r->wrapping->kinds[level], line))
		return;
	if (level == r->wrapping->n) {
		add_line(r, line, whence);
		return;
	}
	if (!envelope_open(r->envelopes, r->wrapping->kinds[level], line, &r->scratch, &part)) {
		open_line(r, level + 1, line, whence); /* taken as it is */
		return;
	}
	inside.opened |= 1u << level;
	if (part.time.n)
		inside.time = part.time;
	take_part(r, level, &part, &inside);
}

/* Empties a buffer; what was needed for a large record is given back. */
static void empty(struct buf *b)
{
	if (b->capacity > (size_t)2 * TEXT_KEEP)
		buf_free(b);
	buf_clear(b);
}

void records_open_start(struct records *r, bool dry)
{
	r->dry = dry;
	empty(&r->inner);
	if (r->lines_room * sizeof(*r->lines) > TEXT_KEEP) {
		free(r->lines);
		r->lines = NULL;
		r->lines_room = 0;
	}
	r->lines_n = 0;
	r->open = 0;
	for (size_t i = 0; i < UNWRAP_MAX; i++) {
		for (size_t k = 0; k < ENVELOPE_STREAMS; k++) {
			empty(&r->pending[i][k].text);
			r->pending[i][k].open = false;
		}
	}
	arena_reset(&r->scratch, TEXT_KEEP);
}

/* The next line of *bytes, which moves behind it. False: there is none with a newline, unless
 * `last`. */
static bool next_line(struct str *bytes, bool last, struct str *line)
{
	const char *newline = bytes->n ? memchr(bytes->p, '\n', bytes->n) : NULL;
	size_t n = newline ? (size_t)(newline - bytes->p) : bytes->n;

	if (bytes->n == 0 || (newline == NULL && !last))
		return false;
	*line = (struct str){bytes->p, n};
	*bytes = str_from(*bytes, n + 1);
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	while (line->n && line->p[0] == '\0') /* the hole of a writer without O_APPEND */
		*line = str_from(*line, 1);
	return true;
}

bool records_cut_by_values(const struct records *r)
{
	enum envelope kind = r->wrapping->kinds[0];

	return r->source->config->frame == FRAME_JSON &&
	       (kind == ENVELOPE_DOCKER || kind == ENVELOPE_JOURNALD);
}

static bool next_wrapped(const struct records *r, struct str bytes, bool last, size_t *at,
                         struct str *line)
{
	struct str rest = str_from(bytes, *at);

	if (records_cut_by_values(r))
		return json_frame_next(bytes, last, at, line) == JSON_FRAME_VALUE;
	if (!next_line(&rest, last, line))
		return false;
	*at = bytes.n - rest.n;
	return true;
}

void records_open_stale(struct records *r, size_t before)
{
	for (size_t i = 0; i < r->wrapping->n; i++) {
		for (size_t k = 0; k < ENVELOPE_STREAMS; k++) {
			struct pending *p = &r->pending[i][k];

			if (p->open && p->seen < before)
				close_pending(r, i, p);
		}
	}
}

bool records_open_next(struct records *r, struct str bytes, bool last, size_t *at)
{
	struct whence whence = {.parts = 1};
	struct str line;

	if (!next_wrapped(r, bytes, last, at, &line))
		return false;
	whence.at = (size_t)(line.p - bytes.p);
	whence.end = whence.at + line.n;
	open_line(r, 0, line, &whence);
	if (r->open && whence.at > STALE_BYTES)
		records_open_stale(r, whence.at - STALE_BYTES);
	return true;
}

void records_open_again(struct records *r, size_t level, size_t stream)
{
	const struct whence before = {0};

	add_part(r, &r->pending[level][stream], STR(""), &before);
}
