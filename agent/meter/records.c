/* Records one by one: cut out of the piece, or of what its envelopes hold, and stripped of what
 * stands before them. */
#include "agent/meter/records.h"

#include <stdlib.h>

#include "agent/meter/records_inner.h"

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

/* ---- one by one ---- */

static void open_all(struct records *r, struct str bytes, bool last)
{
	size_t at = 0;

	records_open_start(r, false);
	while (records_open_next(r, bytes, true, &at))
		;
	if (last)
		records_open_stale(r, SIZE_MAX);
	records_pad(&r->inner);
}

void records_start(struct records *r, const struct source *s, const struct wrapping *w,
                   struct str bytes, bool last)
{
	records_use(r, s, w);
	r->text = bytes;
	r->at = r->line = 0;
	r->unwrapped = records_must_open(w);
	if (r->unwrapped) {
		open_all(r, bytes, last);
		r->text = buf_view(&r->inner);
	}
	if (s->config->frame == FRAME_LINES) {
		struct str literal = r->all ? STR("") : source_literal(s);

		frame_start(&r->frame, r->text, literal);
	}
}

void records_give_all(struct records *r)
{
	r->all = true;
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
	ret->end = whence->end;
	while (r->line + 1 < r->lines_n && r->lines[r->line + 1].at < at + ret->text.n) {
		size_t end = r->lines[++r->line].whence.end;

		if (end > ret->end) /* a part of it may have ended before another stream's */
			ret->end = end;
	}
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

/* Where the piece ends a value ends too, though the next one may have been needed to see it. */
static bool next_value(struct records *r, struct record *ret)
{
	return json_frame_next(r->text, true, &r->at, &ret->text) == JSON_FRAME_VALUE;
}

bool records_next(struct records *r, struct record *ret, uint64_t *passed)
{
	bool lines = r->source->config->frame == FRAME_LINES;
	uint64_t more = 0;

	*passed = 0;
	do {
		bool found = lines ? frame_next(&r->frame, &ret->text, &more) : next_value(r, ret);

		*passed += more;
		if (!found)
			return false;
		ret->time = (struct str){0};
		ret->parts = 1;
		ret->envelopes_n = 0;
		(r->unwrapped ? find_line : find_bytes)(r, ret);
		strip(r, ret);
	} while (ret->text.n == 0); /* nothing was in the envelope */
	return true;
}
