/*
 * Envelopes that escape or divide what they hold are opened line by line into `inner`, a text that
 * looks as if the program had written it to a file of its own; `lines` says where each of its lines
 * came from. From there on all logs are alike: the text is cut into records by lines or JSON
 * values. Envelopes that only stand before a record are stripped when it has been cut.
 */
#include "agent/meter/records.h"

#include <stdlib.h>

#include "agent/follow/frame.h"
#include "agent/meter/plan.h"
#include "parsers/json_frame.h"

enum {
	TEXT_KEEP = 4 << 20,
	/* A part that has not been followed by another one of its stream for so many bytes will not
	 * be: its container ended. */
	STALE_BYTES = 1 << 20,
};

/* Where the text of a line comes from. */
struct whence {
	size_t at, end;  /* in the piece, of the first part and behind the last one */
	size_t parts;    /* 1: it was in one line */
	unsigned opened; /* the envelopes it was taken out of, a bit for each level */
	struct str time; /* that the innermost of them says */
};

/* A line of `inner`. */
struct line {
	size_t at; /* where it begins there */
	struct whence whence;
};

/* A record of which the last part has not come yet. */
struct pending {
	struct buf text;
	struct whence whence;
	size_t seen; /* the last part */
	bool open;
};

struct records {
	struct envelopes *envelopes;
	struct arena scratch;
	struct buf inner;
	struct line *lines;
	size_t lines_n, lines_room;
	struct pending pending[UNWRAP_MAX][ENVELOPE_STREAMS];
	size_t open; /* of them */
	bool dry;    /* only what is open is asked, not the text */
	bool all;    /* none are passed over */
	/* Of the piece. */
	const struct source *source;
	const struct wrapping *wrapping;
	struct str text; /* the bytes of the piece, or `inner` */
	bool unwrapped;  /* the latter */
	bool last;
	struct frame frame; /* of lines */
	size_t at;          /* of JSON values: the next one */
	size_t line;        /* the one that the last record began in */
};

struct records *records_new(void)
{
	struct records *r = xcalloc(1, sizeof(*r));

	r->envelopes = envelopes_new();
	return r;
}

void records_free(struct records **rp)
{
	struct records *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	envelopes_free(&r->envelopes);
	arena_free(&r->scratch);
	buf_free(&r->inner);
	for (size_t i = 0; i < UNWRAP_MAX; i++)
		for (size_t k = 0; k < ENVELOPE_STREAMS; k++)
			buf_free(&r->pending[i][k].text);
	free(r->lines);
	free(r);
}

/* ---- which envelopes ---- */

/* What there is of the message in a line that is cut off. */
static struct str cut_message(struct str name, struct str line, struct arena *scratch)
{
	struct str rest = str_from(line, str_find(line, name) + name.n);
	struct value message = {str_from(rest, str_find(rest, STR("\"")) + 1), VALUE_STRING, true};

	return value_text(&message, scratch);
}

/* The beginning of what is in a line of an envelope, for a look at the next one. */
static struct str inside(enum envelope kind, struct str line, struct arena *scratch)
{
	struct envelopes *e = envelopes_new();
	struct enveloped opened;
	struct str ret = {0};
	char *copy = arena_bytes(scratch, line.n + RECORD_PAD);

	memcpy(copy, line.p, line.n);
	memset(copy + line.n, 0, RECORD_PAD);
	if (envelope_open(e, kind, (struct str){copy, line.n}, scratch, &opened))
		ret = value_text(&opened.text, scratch);
	else if (kind == ENVELOPE_DOCKER)
		ret = cut_message(STR("\"log\":"), line, scratch);
	else if (kind == ENVELOPE_JOURNALD)
		ret = cut_message(STR("\"MESSAGE\""), line, scratch);
	envelopes_free(&e);
	return ret;
}

static struct str without_blank_lines(struct str head)
{
	while (head.n && (head.p[0] == '\n' || head.p[0] == '\r' || head.p[0] == '\0'))
		head = str_from(head, 1);
	return head;
}

struct wrapping records_wrapping(const struct source *s, struct str head)
{
	const struct source_config *c = s->config;
	struct wrapping w = {.n = c->unwrap_n};
	struct arena scratch = {0};
	enum envelope kind;
	struct str line;
	bool before;

	memcpy(w.kinds, c->unwrap, sizeof(w.kinds));
	if (!c->unwrap_auto)
		return w;
	head = without_blank_lines(head);
	while (head.n && w.n < UNWRAP_MAX && envelope_guess(head, &kind, &before, &line)) {
		if (before && w.n + 1 < UNWRAP_MAX)
			w.kinds[w.n++] = ENVELOPE_PREFIX;
		w.kinds[w.n++] = kind;
		head = inside(kind, line, &scratch);
	}
	arena_free(&scratch);
	return w;
}

/* Whether lines have to be opened before they can be cut. The others are records with something
 * before them. */
static bool must_open(const struct wrapping *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->kinds[i] != ENVELOPE_SYSLOG && w->kinds[i] != ENVELOPE_PREFIX)
			return true;
	return false;
}

/* ---- opening lines ---- */

static void add_line(struct records *r, struct str text, const struct whence *whence)
{
	if (r->dry)
		return;
	r->lines = array_room(r->lines, r->lines_n, &r->lines_room, sizeof(*r->lines));
	r->lines[r->lines_n++] = (struct line){r->inner.n, *whence};
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	buf_str(&r->inner, text);
	/* A journal's message may have lines of its own. */
	for (char *p = r->inner.p + r->inner.n - text.n, *end = r->inner.p + r->inner.n;
	     (p = memchr(p, '\n', (size_t)(end - p))) != NULL;)
		*p = ' ';
	buf_char(&r->inner, '\n');
}

static void open_line(struct records *r, size_t level, struct str line,
                      const struct whence *whence);

static void add_part(struct pending *p, struct str text, const struct whence *part)
{
	if (p->open) {
		p->whence.end = part->end;
		p->whence.parts += part->parts;
		p->whence.time = part->time;
	} else {
		p->whence = *part;
	}
	p->seen = part->at;
	buf_str(&p->text, text);
}

/* What is pending is a record. */
static void close_pending(struct records *r, size_t level, struct pending *p)
{
	for (int i = 0; i < RECORD_PAD; i++)
		buf_char(&p->text, '\0');
	open_line(r, level + 1, (struct str){p->text.p, p->text.n - RECORD_PAD}, &p->whence);
	buf_clear(&p->text);
	p->open = false;
	r->open--;
}

/* A part of a record, at one level. What is complete goes on to the next one. */
static void take_part(struct records *r, size_t level, const struct enveloped *part,
                      const struct whence *whence)
{
	struct pending *p = &r->pending[level][part->stream];
	bool unread = r->dry && level + 1 == r->wrapping->n;
	struct str text = unread ? part->text.text : value_text(&part->text, &r->scratch);

	if (!p->open && !part->partial) {
		open_line(r, level + 1, text, whence);
		return;
	}
	add_part(p, text, whence);
	r->open += !p->open;
	p->open = true;
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

static void forget_lines(struct records *r)
{
	if (r->inner.capacity > (size_t)2 * TEXT_KEEP)
		buf_free(&r->inner);
	buf_clear(&r->inner);
	r->lines_n = 0;
	r->open = 0;
	for (size_t i = 0; i < UNWRAP_MAX; i++) {
		for (size_t k = 0; k < ENVELOPE_STREAMS; k++) {
			buf_clear(&r->pending[i][k].text);
			r->pending[i][k].open = false;
		}
	}
	arena_reset(&r->scratch, TEXT_KEEP);
}

static void pad(struct records *r)
{
	for (int i = 0; i < RECORD_PAD; i++)
		buf_char(&r->inner, '\0');
	r->inner.n -= RECORD_PAD;
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

/*
 * A journal that is printed with newlines inside of its records is cut by JSON values before it is
 * opened; all other envelopes are lines.
 */
static bool next_wrapped(const struct records *r, struct str bytes, bool last, size_t *at,
                         struct str *line)
{
	struct str rest = str_from(bytes, *at);

	if (r->source->config->frame == FRAME_JSON && r->wrapping->kinds[0] == ENVELOPE_JOURNALD)
		return json_frame_next(bytes, last, at, line) == JSON_FRAME_VALUE;
	if (!next_line(&rest, last, line))
		return false;
	*at = bytes.n - rest.n;
	return true;
}

/* Takes records whose last part is not to come, as none has since `before`, as they are. */
static void open_stale(struct records *r, size_t before)
{
	for (size_t i = 0; i < r->wrapping->n; i++) {
		for (unsigned k = 0; k < ENVELOPE_STREAMS; k++) {
			struct pending *p = &r->pending[i][k];

			if (p->open && p->seen < before)
				close_pending(r, i, p);
		}
	}
}

/* The next line of the envelope, opened. False: there is none. */
static bool open_next(struct records *r, struct str bytes, bool last, size_t *at)
{
	size_t from = *at;
	struct str line;
	struct whence whence = {.at = from, .parts = 1};

	if (!next_wrapped(r, bytes, last, at, &line))
		return false;
	whence.end = (size_t)(line.p - bytes.p) + line.n;
	open_line(r, 0, line, &whence);
	if (r->open && from > STALE_BYTES)
		open_stale(r, from - STALE_BYTES);
	return true;
}

static void open_all(struct records *r, struct str bytes, bool last)
{
	size_t at = 0;

	forget_lines(r);
	r->dry = false;
	while (open_next(r, bytes, last, &at))
		;
	if (last)
		open_stale(r, SIZE_MAX);
	pad(r);
}

/* ---- what is whole ---- */

static size_t whole_values(struct str text)
{
	size_t at = 0, whole = 0;
	struct str value;

	for (;;) {
		switch (json_frame_next(text, false, &at, &value)) {
		case JSON_FRAME_VALUE:
			whole = at;
			continue;
		case JSON_FRAME_MORE:
			return whole;
		case JSON_FRAME_END:
			return at;
		}
	}
}

/* Up to which line of the envelope all that was begun has ended: as a record, and as JSON. */
static size_t whole_wrapped(struct records *r, struct str bytes)
{
	bool values = r->source->config->frame == FRAME_JSON;
	size_t at = 0, whole = 0, inner = 0;
	struct str value;

	forget_lines(r);
	r->dry = !values;
	while (open_next(r, bytes, false, &at)) {
		enum json_frame end = JSON_FRAME_END;

		if (r->open)
			continue;
		pad(r);
		while (values && (end = json_frame_next(buf_view(&r->inner), false, &inner,
		                                        &value)) == JSON_FRAME_VALUE)
			;
		if (end == JSON_FRAME_END)
			whole = at;
	}
	return whole;
}

size_t records_whole(struct records *r, const struct source *s, const struct wrapping *w,
                     struct str bytes)
{
	const char *newline;

	r->source = s;
	r->wrapping = w;
	if (must_open(w))
		return whole_wrapped(r, bytes);
	if (s->config->frame == FRAME_JSON)
		return whole_values(bytes);
	newline = bytes.n ? memrchr(bytes.p, '\n', bytes.n) : NULL;
	return newline ? (size_t)(newline - bytes.p) + 1 : 0;
}

/* ---- records ---- */

void records_start(struct records *r, const struct source *s, const struct wrapping *w,
                   struct str bytes, bool last)
{
	struct str nothing = {0};

	r->source = s;
	r->wrapping = w;
	r->text = bytes;
	r->last = last;
	r->at = r->line = 0;
	r->unwrapped = must_open(w);
	if (r->unwrapped) {
		open_all(r, bytes, last);
		r->text = buf_view(&r->inner);
	}
	if (s->config->frame == FRAME_LINES)
		frame_start(&r->frame, r->text, r->all ? nothing : source_literal(s));
}

static void add_envelope(struct record *ret, enum envelope kind)
{
	if (ret->envelopes_n < ENVELOPES_MAX)
		ret->envelopes[ret->envelopes_n++] = kind;
}

/* Where a record of `inner` came from. Records are asked for in their order. */
static void find_line(struct records *r, struct record *ret)
{
	size_t at = (size_t)(ret->text.p - r->text.p);
	const struct whence *whence;

	while (r->line + 1 < r->lines_n && r->lines[r->line + 1].at <= at)
		r->line++;
	if (r->lines_n == 0)
		return;
	whence = &r->lines[r->line].whence;
	ret->at = whence->at;
	ret->time = whence->time;
	ret->parts = whence->parts;
	for (size_t i = 0; i < r->wrapping->n; i++)
		if (whence->opened >> i & 1)
			add_envelope(ret, r->wrapping->kinds[i]);
	while (r->line + 1 < r->lines_n && r->lines[r->line + 1].at < at + ret->text.n)
		r->line++;
	ret->end = r->lines[r->line].whence.end;
}

/* The same of one that stands in the piece itself. */
static void find_bytes(struct records *r, struct record *ret)
{
	ret->at = (size_t)(ret->text.p - r->text.p);
	ret->end = ret->at + ret->text.n;
}

static bool strip_one(struct records *r, enum envelope kind, struct record *ret)
{
	struct str before = ret->text;
	struct enveloped opened;

	if (!envelope_open(r->envelopes, kind, ret->text, &r->scratch, &opened))
		return false;
	ret->text = opened.text.text;
	before.n = (size_t)(ret->text.p - before.p);
	if (kind == ENVELOPE_PREFIX && str_trim(before).n == 0)
		return true; /* only white space */
	if (opened.time.n)
		ret->time = opened.time;
	add_envelope(ret, kind);
	return true;
}

/* Whether a record begins as JSON does, and not as "[2026-03-12 09:00:00] {" does. */
static bool begins_as_json(struct str text)
{
	size_t at = 1;

	if (!str_starts(text, STR("[")))
		return str_starts(text, STR("{")) || str_starts(text, STR("\""));
	while (at < text.n && (text.p[at] == ' ' || text.p[at] == '['))
		at++;
	return at == text.n || text.p[at] == '{' || text.p[at] == '"' || text.p[at] == ']';
}

/* Takes off what stands before a record. */
static void strip(struct records *r, struct record *ret)
{
	const struct source_config *c = r->source->config;

	if (!r->unwrapped)
		for (size_t i = 0; i < r->wrapping->n; i++)
			(void)strip_one(r, r->wrapping->kinds[i], ret);
	if (!c->unwrap_auto || begins_as_json(ret->text))
		return;
	if (r->source->format == &format_json) {
		if (!strip_one(r, ENVELOPE_SYSLOG, ret) || !str_starts(ret->text, STR("{")))
			(void)strip_one(r, ENVELOPE_PREFIX, ret);
	} else if (str_starts(ret->text, STR("<"))) {
		(void)strip_one(r, ENVELOPE_SYSLOG, ret);
	}
}

static bool next_value(struct records *r, struct record *ret)
{
	return json_frame_next(r->text, r->last, &r->at, &ret->text) == JSON_FRAME_VALUE;
}

void records_give_all(struct records *r)
{
	r->all = true;
}

bool records_next(struct records *r, struct record *ret, uint64_t *passed)
{
	*passed = 0;
	if (r->source->config->frame == FRAME_LINES ? !frame_next(&r->frame, &ret->text, passed)
	                                            : !next_value(r, ret))
		return false;
	ret->time = (struct str){0};
	ret->parts = 1;
	ret->envelopes_n = 0;
	(r->unwrapped ? find_line : find_bytes)(r, ret);
	strip(r, ret);
	return true;
}
