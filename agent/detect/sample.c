#include "agent/detect/sample.h"

#include <stdlib.h>
#include <time.h>

#include "agent/base/zone.h"
#include "agent/follow/reader.h"
#include "agent/meter/records.h"

struct sample {
	struct reader *reader; /* NULL: a text */
	struct mark mark;      /* hints of the file */
	struct piece piece;
	struct buf bytes; /* with PIECE_PAD zero bytes behind */
	size_t n;         /* without these */
	int64_t time;
	bool ended;
	struct records *records;
	struct sample_record *v;
	size_t v_n, v_capacity;
};

static int64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

static struct sample *new_sample(void)
{
	struct sample *s = xcalloc(1, sizeof(*s));

	s->records = records_new();
	return s;
}

struct sample *sample_open(const char *path, bool follow_symlinks, struct err *err)
{
	struct sample *s = new_sample();

	/* the last line may lack its newline: it is looked at and not counted */
	s->reader = reader_open(path, follow_symlinks, (struct reader_options){.finished = true},
	                        &s->mark, err);
	s->time = s->mark.mtime_ns / 1000;
	if (s->reader == NULL)
		sample_free(&s);
	return s;
}

struct sample *sample_of_fd(int fd, const char *name)
{
	struct sample *s = new_sample();

	s->reader = reader_from_fd(fd, name, (struct reader_options){.finished = true});
	s->time = now();
	return s;
}

static void append(struct sample *s, const char *p, size_t n)
{
	static const char pad[PIECE_PAD];

	s->bytes.n = s->n;
	buf_bytes(&s->bytes, p, n);
	s->n = s->bytes.n;
	buf_bytes(&s->bytes, pad, sizeof(pad));
}

struct sample *sample_of_text(struct str text, int64_t time)
{
	struct sample *s = new_sample();

	append(s, text.p, text.n);
	s->time = time;
	s->ended = true;
	return s;
}

void sample_free(struct sample **sp)
{
	struct sample *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	if (s->reader)
		reader_close(&s->reader);
	mark_free(&s->mark);
	piece_free(&s->piece);
	buf_free(&s->bytes);
	records_free(&s->records);
	free(s->v);
	free(s);
}

/* Lines may be longer than what is looked at: where records end is seen when it is there. */
static size_t all_of_it(void *arg, struct str head, struct str bytes)
{
	(void)arg;
	(void)head;
	return bytes.n;
}

bool sample_extend(struct sample *s, size_t bytes)
{
	static const struct reader_cut anywhere = {.whole = all_of_it};

	while (!s->ended && s->n < bytes) {
		switch (reader_next(s->reader, &anywhere, &s->piece)) {
		case READ_PIECE:
			append(s, s->piece.p, s->piece.n);
			break;
		case READ_END:
		case READ_REPLACED: /* only of files that are followed */
		case READ_CORRUPT:
		case READ_ERROR:
			s->ended = true;
			break;
		}
	}
	return !s->ended;
}

size_t sample_bytes(const struct sample *s)
{
	return s->n;
}

int64_t sample_time(const struct sample *s)
{
	return s->time;
}

struct str sample_head(const struct sample *s)
{
	return (struct str){s->bytes.p, s->n < MARK_BYTES ? s->n : MARK_BYTES};
}

const struct sample_record *sample_records(struct sample *s, const struct source *source, size_t *n,
                                           uint64_t *passed)
{
	struct wrapping wrapping = records_wrapping(source, sample_head(s));
	struct str bytes = {s->bytes.p, s->n};
	struct record record;
	uint64_t before;

	s->v_n = 0;
	*passed = 0;
	if (bytes.n && !s->ended)
		bytes.n = records_whole(s->records, source, &wrapping, bytes);
	if (bytes.n) {
		records_start(s->records, source, &wrapping, bytes, s->ended);
		while (records_next(s->records, &record, &before)) {
			s->v = array_room(s->v, s->v_n, &s->v_capacity, sizeof(*s->v));
			s->v[s->v_n++] = (struct sample_record){record.text, record.time};
			*passed += before;
		}
		*passed += before;
	}
	*n = s->v_n;
	return s->v;
}
