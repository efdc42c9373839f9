/*
 * A log is read piece by piece. Lines are counted from the beginning of the piece to where a record
 * begins and ends; records mostly come in the order of their lines, so each is counted on from the
 * one before.
 */
#include "agent/commands/walk.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/zone.h"
#include "agent/follow/reader.h"

struct walk {
	const struct source *source;
	struct reader *reader; /* NULL: all there is is in the piece */
	struct piece piece;
	struct records *records;
	struct wrapping wrapping;
	bool wrapping_known, started;
	const char *trouble;
	int64_t time;
	int64_t lines;      /* before the piece */
	int64_t long_lines; /* of them */
	int64_t counted;    /* newlines in the first counted_to bytes of the piece */
	size_t counted_to;
};

static struct walk *sample_new(const struct source *source)
{
	struct walk *s = xcalloc(1, sizeof(*s));

	s->source = source;
	s->records = records_new();
	s->time = (int64_t)time(NULL) * TIME_SEC;
	records_give_all(s->records);
	return s;
}

struct walk *walk_file(const char *path, const struct source *source, bool to_its_end,
                       struct err *err)
{
	struct reader_options options = {.finished = to_its_end};
	struct mark mark = {0};
	bool links = source_configuration(source)->follow_symlinks;
	struct reader *reader = reader_open(path, links, options, &mark, err);
	struct walk *s;

	if (reader == NULL)
		return NULL;
	s = sample_new(source);
	s->reader = reader;
	s->time = mark.mtime_ns / 1000;
	mark_free(&mark);
	return s;
}

struct walk *walk_input(const struct source *source)
{
	struct walk *s = sample_new(source);
	struct reader_options options = {.finished = true};

	s->reader = reader_from_fd(STDIN_FILENO, "standard input", options);
	return s;
}

struct walk *walk_text(struct str text, const struct source *source)
{
	struct walk *s = sample_new(source);

	s->piece = (struct piece){.p = xmalloc(text.n + PIECE_PAD), .n = text.n, .last = true};
	memcpy(s->piece.p, text.p, text.n);
	memset(s->piece.p + text.n, 0, PIECE_PAD);
	return s;
}

void walk_close(struct walk **sp)
{
	struct walk *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	reader_close(&s->reader);
	records_free(&s->records);
	piece_free(&s->piece);
	free(s);
}

/* ---- pieces ---- */

static int64_t newlines(const char *p, size_t n)
{
	const char *end = p + n;
	int64_t count = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		count++;
		p++;
	}
	return count;
}

/* Lines of the piece before a byte of it. */
static int64_t lines_before(struct walk *s, size_t at)
{
	if (at >= s->counted_to)
		s->counted += newlines(s->piece.p + s->counted_to, at - s->counted_to);
	else
		s->counted -= newlines(s->piece.p + at, s->counted_to - at);
	s->counted_to = at;
	return s->counted;
}

/* Where the reader may cut a piece. */
static size_t whole(void *arg, struct str head, struct str bytes)
{
	struct walk *s = arg;

	if (!s->wrapping_known)
		s->wrapping = records_wrapping(s->source, head);
	return records_whole(s->records, s->source, &s->wrapping, bytes);
}

static bool read_piece(struct walk *s)
{
	const struct reader_cut cut = {.whole = whole, .arg = s};

	if (s->started)
		s->lines += lines_before(s, s->piece.n);
	s->counted = 0;
	s->counted_to = 0;
	if (s->reader == NULL)
		return !s->started;
	switch (reader_next(s->reader, &cut, &s->piece)) {
	case READ_PIECE:
		s->lines += (int64_t)s->piece.long_lines;
		s->long_lines += (int64_t)s->piece.long_lines;
		return true;
	case READ_END:
	case READ_REPLACED: /* only of files that are followed */
		break;
	case READ_CORRUPT:
	case READ_ERROR:
		s->trouble = reader_error(s->reader);
		break;
	}
	s->piece.n = 0;
	return false;
}

static void start_piece(struct walk *s)
{
	struct str bytes = {s->piece.p, s->piece.n};

	if (!s->wrapping_known)
		s->wrapping =
			records_wrapping(s->source, s->reader ? reader_head(s->reader) : bytes);
	s->wrapping_known = true;
	s->started = true;
	records_start(s->records, s->source, &s->wrapping, bytes, s->piece.last);
}

/* ---- records ---- */

bool walk_next(struct walk *s, struct walk_record *ret)
{
	uint64_t passed;

	while (!s->started || !records_next(s->records, &ret->record, &passed)) {
		if (!read_piece(s))
			return false;
		start_piece(s);
	}
	ret->line = s->lines + lines_before(s, ret->record.at) + 1;
	ret->last_line = s->lines + lines_before(s, ret->record.end) + 1;
	ret->offset = s->piece.offset + (int64_t)ret->record.at;
	ret->end_offset = s->piece.offset + (int64_t)ret->record.end;
	return true;
}

const char *walk_trouble(const struct walk *s)
{
	return s->trouble;
}

int64_t walk_long_lines(const struct walk *s)
{
	return s->long_lines;
}

int64_t walk_time(const struct walk *s)
{
	return s->time;
}
