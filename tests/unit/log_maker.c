#include "tests/unit/log_maker.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/mem.h"

enum { DEPTH = 3, STREAMS = 2, QUEUE = 8192, DOCKER_PIECE = 16384 };

enum wrapper { DOCKER, FLUENT, CRI, JOURNALD, FLUENTD, WRAPPERS };

struct maker {
	struct made_log *log;
	enum wrapper kinds[DEPTH]; /* outermost first */
	size_t depth;
	bool large;      /* records are often larger than a piece of docker */
	bool first;      /* nothing has been written: the envelopes are told by what comes now */
	unsigned second; /* the clock */
	/* Lines of the file that wait, and behind which record each ends ("": none). */
	char *lines[STREAMS][QUEUE], *ends[STREAMS][QUEUE];
	size_t head[STREAMS], tail[STREAMS];
};

static unsigned pick(struct maker *m, unsigned n)
{
	return (unsigned)rand_r(m->log->seed) % n;
}

/* ---- what the program writes ---- */

static void add_string(struct maker *m, struct buf *out)
{
	static const char *const strings[] = {
		"\"gpt-4o\"", "\"}{\"",    "\"][\"",      "\"\\\\\"",     "\"\\\"\"",
		"\"\\\\n\"",  "\"a\\nb\"", "\"\\u007b\"", "\"\xc3\xa9\"", "\"{\\\"a\\\":1}\"",
		"\"\"",       "\"call\"",
	};

	buf_puts(out, strings[pick(m, sizeof(strings) / sizeof(strings[0]))]);
}

static void new_line(const struct maker *m, struct buf *out, unsigned depth, bool pretty)
{
	(void)m;
	if (!pretty)
		return;
	buf_char(out, '\n');
	while (depth--)
		buf_puts(out, "  ");
}

static void add_value(struct maker *m, struct buf *out, unsigned depth, bool pretty);

static void add_members(struct maker *m, struct buf *out, unsigned depth, bool pretty, bool names)
{
	unsigned n = pick(m, 4);

	for (unsigned i = 0; i < n; i++) {
		buf_puts(out, i ? "," : "");
		new_line(m, out, depth + 1, pretty);
		if (names) {
			add_string(m, out);
			buf_puts(out, pretty ? ": " : ":");
		}
		add_value(m, out, depth + 1, pretty);
	}
	if (n)
		new_line(m, out, depth, pretty);
}

static void add_value(struct maker *m, struct buf *out, unsigned depth, bool pretty)
{
	unsigned kind = pick(m, depth < 3 ? 7 : 4);

	switch (kind) {
	case 0:
		buf_puts(out, pick(m, 2) ? "true" : "null");
		return;
	case 1:
		buf_printf(out, "%u.5e-1", pick(m, 1000));
		return;
	case 2:
	case 3:
		add_string(m, out);
		return;
	case 4:
		buf_char(out, '[');
		add_members(m, out, depth, pretty, false);
		buf_char(out, ']');
		return;
	default:
		buf_char(out, '{');
		add_members(m, out, depth, pretty, true);
		buf_char(out, '}');
	}
}

static void add_object(struct maker *m, struct buf *out, bool pretty)
{
	buf_char(out, '{');
	if (m->large && pick(m, 3) == 0) {
		buf_printf(out, "\"long\":\"%0*d\",", (int)pick(m, 40000), 1);
		new_line(m, out, 1, pretty);
	}
	buf_printf(out, "\"id\":%u,", pick(m, 1000));
	new_line(m, out, 1, pretty);
	buf_puts(out, "\"v\":");
	add_value(m, out, 1, pretty);
	new_line(m, out, 0, pretty);
	buf_char(out, '}');
}

/* ---- envelopes ---- */

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < ' ')
			buf_printf(out, "\\u%04x", c);
		else
			buf_char(out, (char)c);
	}
}

static void add_time(struct maker *m, struct buf *out)
{
	m->second++;
	buf_printf(out, "2026-05-04T%02u:%02u:%02uZ", m->second / 3600 % 24, m->second / 60 % 60,
	           m->second % 60);
}

static void add_docker(struct maker *m, struct buf *out, int stream, const char *text,
                       const char *tag, bool whole)
{
	bool log_first = pick(m, 2);

	buf_puts(out, "{");
	for (int i = 0; i < 2; i++) {
		if (log_first == (i == 0)) {
			buf_puts(out, "\"log\":\"");
			add_escaped(out, text);
			buf_puts(out, whole ? "\\n\"," : "\",");
		} else {
			buf_printf(out, "\"stream\":\"%s\",", stream ? "stderr" : "stdout");
		}
	}
	buf_puts(out, tag);
	buf_puts(out, "\"time\":\"");
	add_time(m, out);
	buf_puts(out, "\"}");
}

static void add_journal(struct maker *m, struct buf *out, const char *text)
{
	bool pretty = m->log->pretty && pick(m, 2), bytes = pick(m, 4) == 0 && !m->first;
	const char *between = pretty ? "\n\t" : "";

	buf_printf(out, "{%s\"__REALTIME_TIMESTAMP\":\"17778784%08u\",%s\"MESSAGE\":", between,
	           ++m->second, between);
	if (bytes && *text) {
		for (const char *p = text; *p; p++)
			buf_printf(out, "%s%u", p == text ? "[" : ",", (unsigned char)*p);
		buf_char(out, ']');
	} else {
		buf_char(out, '"');
		add_escaped(out, text);
		buf_char(out, '"');
	}
	buf_puts(out, pretty ? "\n}" : "}");
}

/* A long message is always one of pieces. */
static const char *fluentd_part(const char *text, bool whole)
{
	if (!whole)
		return "\"partial_message\":\"true\",\"partial_last\":\"false\",";
	return strlen(text) < DOCKER_PIECE / 2
	               ? "\"container_id\":\"x\","
	               : "\"partial_message\":\"true\",\"partial_last\":\"true\",";
}

/* One line of the envelope at a level, for a line or a piece of one. */
static void add_enveloped(struct maker *m, enum wrapper kind, struct buf *out, int stream,
                          const char *text, bool whole)
{
	switch (kind) {
	case DOCKER:
		add_docker(m, out, stream, text, "", whole);
		return;
	case FLUENT:
		add_docker(m, out, stream, text, whole ? "\"logtag\":\"F\"," : "\"logtag\":\"P\",",
		           false);
		return;
	case FLUENTD:
		buf_puts(out, "2026-05-04 07:08:09.5 +0000 docker.x: ");
		add_docker(m, out, stream, text, fluentd_part(text, whole), false);
		return;
	case CRI:
		add_time(m, out);
		buf_printf(out, " %s %s ", stream ? "stderr" : "stdout", whole ? "F" : "P");
		buf_puts(out, text);
		return;
	case JOURNALD:
		add_journal(m, out, text);
		return;
	case WRAPPERS:
		break;
	}
}

/* Bytes of the next piece; all: the rest of the line is one. */
static size_t piece_size(struct maker *m, enum wrapper kind, size_t left)
{
	if (kind == JOURNALD || m->first)
		return left;
	if (kind == DOCKER)
		return left < DOCKER_PIECE ? left : DOCKER_PIECE;
	return left > 1 && pick(m, 3) == 0 ? 1 + pick(m, (unsigned)left - 1) : left;
}

static void push(struct maker *m, int stream, const char *line, const char *end)
{
	size_t at = m->tail[stream]++;

	if (at == QUEUE)
		abort();
	m->lines[stream][at] = xstrdup(line);
	m->ends[stream][at] = xstrdup(end);
}

/* Wraps a line from the innermost envelope outwards; the last line of the file that it becomes ends
 * the record. */
static void wrap(struct maker *m, size_t level, int stream, const char *line, const char *end)
{
	size_t left = strlen(line);

	if (level == 0) {
		push(m, stream, line, end);
		return;
	}
	for (bool last = false; !last;) {
		enum wrapper kind = m->kinds[level - 1];
		size_t n = piece_size(m, kind, left);
		struct buf piece = {0}, out = {0};

		last = n == left && !(kind == DOCKER && n == DOCKER_PIECE);
		buf_bytes(&piece, line, n);
		add_enveloped(m, kind, &out, stream, piece.p, last);
		wrap(m, level - 1, stream, out.p, last ? end : "");
		buf_free(&piece);
		buf_free(&out);
		line += n;
		left -= n;
	}
}

/* Writes lines that wait: of either stream, or all of one. */
static void flush(struct maker *m, bool all)
{
	for (;;) {
		int stream = (int)pick(m, STREAMS);
		size_t at = m->head[stream];

		if (m->head[0] == m->tail[0] && m->head[1] == m->tail[1])
			return;
		if (at == m->tail[stream])
			continue;
		if (!all && pick(m, 8) == 0)
			return;
		buf_puts(&m->log->text, m->lines[stream][at]);
		buf_char(&m->log->text, '\n');
		buf_puts(&m->log->records, m->ends[stream][at]);
		free(m->lines[stream][at]);
		free(m->ends[stream][at]);
		m->head[stream]++;
	}
}

/* ---- the log ---- */

/* Text of several lines, of which the last one ends the records. */
static void write_lines(struct maker *m, int stream, struct str text, const char *ends)
{
	while (text.n) {
		size_t n = str_find(text, STR("\n"));
		char *line = str_dup((struct str){text.p, n});

		text = str_from(text, n + 1);
		wrap(m, m->depth, stream, line, text.n ? "" : ends);
		m->first = false;
		free(line);
	}
}

static void end_record(struct buf *ends, struct str record)
{
	buf_str(ends, record);
	buf_puts(ends, "\n--\n");
}

static void add_record(struct maker *m, struct buf *text, struct buf *ends)
{
	size_t at;

	if (!m->first && pick(m, 8) == 0) {
		at = text->n;
		buf_printf(text, "text %u of gpt", pick(m, 100));
		end_record(ends, str_from(buf_view(text), at));
		return;
	}
	if (!m->first && pick(m, 8) == 0)
		buf_puts(text, pick(m, 2) ? "INFO x: " : "[2026-05-04 07:08:09] ");
	at = text->n;
	add_object(m, text, m->log->pretty && pick(m, 2));
	end_record(ends, str_from(buf_view(text), at));
}

static void write_something(struct maker *m, int stream)
{
	struct buf text = {0}, ends = {0};

	if (!m->first && pick(m, 12) == 0)
		buf_puts(&text, "  \n\n");
	add_record(m, &text, &ends);
	while (m->log->pretty && text.p[text.n - 1] == '}' && pick(m, 3) == 0) {
		size_t at;

		buf_puts(&text, pick(m, 2) ? ", " : "");
		at = text.n;
		add_object(m, &text, pick(m, 2));
		end_record(&ends, str_from(buf_view(&text), at));
	}
	buf_char(&text, '\n');
	write_lines(m, stream, buf_view(&text), ends.p);
	buf_free(&text);
	buf_free(&ends);
}

static void damage(struct maker *m)
{
	static const char bytes[] = "{}[]\",:\n\\ P\0";
	struct buf *text = &m->log->text;

	for (unsigned n = 1 + pick(m, 6); n && text->n; n--) {
		size_t at = pick(m, (unsigned)text->n), left = text->n - at;
		size_t size = 1 + pick(m, pick(m, 2) ? 4 : 200);

		switch (pick(m, 3)) {
		case 0:
			text->p[at] = bytes[pick(m, sizeof(bytes) - 1)];
			break;
		case 1:
			size = size < left ? size : left;
			memmove(text->p + at, text->p + at + size, left - size);
			text->n -= size;
			break;
		default:
			text->n = at;
		}
	}
}

static void choose_envelopes(struct maker *m)
{
	m->depth = pick(m, DEPTH + 1);
	for (size_t i = 0; i < m->depth; i++) {
		m->kinds[i] = (enum wrapper)pick(m, WRAPPERS);
		/* These stand alone: the file itself, or what is not in it. */
		if ((m->kinds[i] == JOURNALD || m->kinds[i] == FLUENTD) && i > 0)
			m->kinds[i] = CRI;
	}
	if (m->depth == DEPTH && m->kinds[0] == FLUENTD)
		m->depth--; /* it counts as two */
}

void make_log(struct made_log *log)
{
	struct maker *m = xcalloc(1, sizeof(*m));
	unsigned n;

	m->log = log;
	m->first = true;
	choose_envelopes(m);
	m->large = pick(m, 16) == 0;
	n = 1 + pick(m, m->large ? 6 : 20);
	while (n--) {
		write_something(m, (int)pick(m, STREAMS));
		flush(m, log->pretty || m->head[0] + m->head[1] == 0);
	}
	flush(m, true);
	if (pick(m, 2))
		log->text.n--; /* the last newline */
	if (log->broken)
		damage(m);
	free(m);
}

void made_log_free(struct made_log *log)
{
	buf_free(&log->text);
	buf_free(&log->records);
}
