/*
 * Bytes go from the descriptor (or out of zlib) straight into the caller's piece; only what stands
 * behind the last newline is copied, to the reader's `tail`, and begins the next piece. So a piece
 * always holds whole lines and no state of its own, and pieces of one file may be worked on by
 * several threads while the next is read.
 *
 * `offset`, `head` and `recent` follow the bytes as they are given or passed over, never as they
 * are read: whatever is in the tail has not been counted.
 */
#include "agent/follow/reader_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/mem.h"
#include "agent/follow/regular.h"

enum {
	/* A piece that grew beyond this for a long line is given back when it is not needed. */
	PIECE_KEEP = 8 * PIECE_BYTES,
	PIECE_MOST = LINE_MAX_BYTES + PIECE_BYTES, /* with room for the longest record */
	HOLE_BYTES = 1 << 20,                      /* the least that is not worth reading */
};

/* ---- opening ---- */

/* read() that is not put off by signals. */
static ssize_t read_some(int fd, char *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

struct reader *reader_open(const char *path, bool follow_symlinks, struct reader_options options,
                           struct mark *m, struct err *err)
{
	struct stat st;
	int fd = regular_open(path, follow_symlinks, &st, err);
	struct reader *r;

	if (fd < 0)
		return NULL;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r = reader_from_fd(fd, "the file", options);
	r->named = true;
	reader_fill_hints(m, &st, r->gunzip != NULL);
	return r;
}

/* The first bytes tell plain from gzip. */
struct reader *reader_from_fd(int fd, const char *name, struct reader_options options)
{
	struct reader *r = xcalloc(1, sizeof(*r));
	char magic[MAGIC_BYTES];
	size_t n = 0;
	ssize_t got;

	r->fd = fd;
	r->name = name;
	r->options = options;
	while (n < sizeof(magic) && (got = read_some(fd, magic + n, sizeof(magic) - n)) > 0)
		n += (size_t)got;
	if (n == sizeof(magic) && gunzip_magic(magic))
		r->gunzip = gunzip_new(inflate_libraries[0], fd, (struct str){magic, n});
	else
		buf_bytes(&r->tail, magic, n);
	r->consumed = (int64_t)n;
	return r;
}

void reader_close(struct reader **r)
{
	if (*r == NULL)
		return;
	gunzip_free(&(*r)->gunzip);
	(void)close((*r)->fd);
	buf_free(&(*r)->tail);
	free(*r);
	*r = NULL;
}

void reader_set_finished(struct reader *r)
{
	r->options.finished = true;
}

bool reader_is_finished(const struct reader *r)
{
	return r->options.finished;
}

/* ---- where the bytes come from ---- */

static enum read_result fetch_gzip(struct reader *r, char *p, size_t n, size_t *ret)
{
	switch (gunzip_read(r->gunzip, p, n, ret)) {
	case GUNZIP_DATA:
		return READ_PIECE;
	case GUNZIP_END:
		return READ_END;
	case GUNZIP_CORRUPT:
		(void)snprintf(r->reason, sizeof(r->reason), "%s", gunzip_reason(r->gunzip));
		return READ_CORRUPT;
	case GUNZIP_ERROR:
		break;
	}
	(void)snprintf(r->reason, sizeof(r->reason), "reading %s: %s", r->name,
	               gunzip_reason(r->gunzip));
	return READ_ERROR;
}

static enum read_result fetch_plain(struct reader *r, char *p, size_t n, size_t *ret)
{
	ssize_t got = read_some(r->fd, p, n);

	*ret = got > 0 ? (size_t)got : 0;
	r->consumed += (int64_t)*ret;
	if (got >= 0)
		return got ? READ_PIECE : READ_END;
	(void)snprintf(r->reason, sizeof(r->reason), "reading %s: %s", r->name, strerror(errno));
	return READ_ERROR;
}

/* Up to `n` bytes more; READ_PIECE when there were any. */
enum read_result reader_fetch(struct reader *r, char *p, size_t n, size_t *ret)
{
	return (r->gunzip ? fetch_gzip : fetch_plain)(r, p, n, ret);
}

/* Bytes are given or passed over: the marks move on. */
void reader_advance(struct reader *r, const char *p, size_t n)
{
	size_t head = MARK_BYTES - r->head_n, kept = r->recent_n;

	r->offset += (int64_t)n;
	if (head > n)
		head = n;
	if (head) {
		memcpy(r->head + r->head_n, p, head);
		r->head_n += (uint32_t)head;
		r->head_hash = hash128(HASH_PLAIN, (struct str){r->head, r->head_n});
	}
	if (n > MARK_BYTES) {
		p += n - MARK_BYTES;
		n = MARK_BYTES;
	}
	if (kept > MARK_BYTES - n)
		kept = MARK_BYTES - n;
	memmove(r->recent, r->recent + r->recent_n - kept, kept);
	memcpy(r->recent + kept, p, n);
	r->recent_n = (uint32_t)(kept + n);
}

/* Bytes of a hole are passed over: they are 0, and nothing else needs to be known of them. */
static void advance_hole(struct reader *r, int64_t n)
{
	static const char zeros[2 * MARK_BYTES];

	reader_advance(r, zeros, sizeof(zeros));
	r->offset += n - (int64_t)sizeof(zeros);
	r->consumed += n;
}

static bool is_zeros(struct str bytes)
{
	return bytes.n == 0 || (bytes.p[0] == 0 && memcmp(bytes.p, bytes.p + 1, bytes.n - 1) == 0);
}

/*
 * Where a line would begin, a hole that a file has there is not read: NULs there count for nothing,
 * and there may be terabytes of them. True: there was one.
 */
static bool skip_hole(struct reader *r)
{
	int64_t data;

	if (!r->named || r->gunzip || r->passing || !is_zeros(buf_view(&r->tail)))
		return false;
	data = lseek(r->fd, r->consumed, SEEK_DATA);
	if (data < 0 && errno == ENXIO) /* none up to the end */
		data = lseek(r->fd, 0, SEEK_END);
	if (data < r->consumed + HOLE_BYTES) {
		(void)lseek(r->fd, r->consumed, SEEK_SET);
		return false;
	}
	if (r->tail.n)
		reader_advance(r, r->tail.p, r->tail.n);
	buf_clear(&r->tail);
	advance_hole(r, data - r->consumed);
	return true;
}

/* ---- pieces ---- */

void piece_free(struct piece *p)
{
	free(p->p);
	*p = (struct piece){0};
}

/* Room for `n` bytes in all, and the pad. */
static void piece_reserve(struct piece *p, size_t n)
{
	if (p->capacity >= n + PIECE_PAD)
		return;
	p->capacity = n + PIECE_PAD;
	p->p = xrealloc(p->p, p->capacity, 1);
}

/* An empty piece with the tail of the last one at its beginning. */
static void begin(struct reader *r, struct piece *p)
{
	char *old = p->p;
	size_t capacity = p->capacity;

	if (capacity > PIECE_KEEP && r->tail.n < PIECE_BYTES) {
		free(old);
		old = NULL;
		capacity = 0;
	}
	*p = (struct piece){.p = old, .capacity = capacity, .n = r->tail.n};
	piece_reserve(p, r->tail.n + PIECE_BYTES);
	if (r->tail.n)
		memcpy(p->p, r->tail.p, r->tail.n);
	if (r->tail.capacity > PIECE_BYTES)
		buf_free(&r->tail);
	else
		buf_clear(&r->tail);
}

static void keep_tail(struct reader *r, const struct piece *p, size_t from)
{
	if (p->n > from)
		buf_bytes(&r->tail, p->p + from, p->n - from);
}

/* The first `n` bytes of the piece are given, the rest waits. */
static enum read_result give(struct reader *r, struct piece *p, size_t n)
{
	keep_tail(r, p, n);
	p->n = n;
	memset(p->p + n, 0, PIECE_PAD);
	p->offset = r->offset;
	reader_advance(r, p->p, n);
	p->end = r->offset;
	p->head_n = r->head_n;
	p->head = r->head_hash;
	p->frontier_n = r->recent_n;
	p->frontier = hash128(HASH_PLAIN, (struct str){r->recent, r->recent_n});
	return READ_PIECE;
}

/* The same as `whole` of a cut, for lines; the first `searched` bytes hold no newline. */
static size_t whole_lines(struct str bytes, size_t searched)
{
	const char *newline = memrchr(bytes.p + searched, '\n', bytes.n - searched);

	if (bytes.n > LINE_MAX_BYTES && memchr(bytes.p, '\n', LINE_MAX_BYTES + 1) == NULL)
		return 0;
	return newline ? (size_t)(newline - bytes.p) + 1 : 0;
}

/* Bytes of whole records at the beginning of the piece. */
static size_t whole(const struct reader *r, const struct reader_cut *cut, const struct piece *p,
                    size_t searched)
{
	struct str bytes = {p->p, p->n}, head = {r->head, r->head_n};

	if (r->passing || p->n == 0)
		return 0;
	if (cut == NULL)
		return whole_lines(bytes, searched);
	if (r->offset == 0)
		head = (struct str){p->p, p->n < MARK_BYTES ? p->n : MARK_BYTES};
	return cut->whole(cut->arg, head, bytes);
}

/* Drops the first bytes of the piece. */
static void drop(struct reader *r, struct piece *p, size_t n)
{
	reader_advance(r, p->p, n);
	r->passed += (int64_t)n;
	p->n -= n;
	memmove(p->p, p->p + n, p->n);
}

/* Drops what is there of a record that is too long. */
static void pass_over(struct reader *r, const struct reader_cut *cut, struct piece *p)
{
	struct str bytes = {p->p, p->n};
	const char *newline;
	size_t n;

	if (cut && cut->pass) {
		n = cut->pass(cut->arg, bytes, !r->passing, &r->passing);
	} else {
		newline = p->n ? memchr(p->p, '\n', p->n) : NULL;
		n = newline ? (size_t)(newline - p->p) + 1 : p->n;
		r->passing = newline == NULL;
	}
	drop(r, p, n);
	if (r->passing)
		return;
	p->long_lines++;
	r->passed = 0;
}

/* The file has no more: its last line counts if nobody can write on at it. */
static enum read_result finish(struct reader *r, struct piece *p, enum read_result why)
{
	bool final = why == READ_END && (r->gunzip || r->options.finished);

	if (!final || (p->n == 0 && !r->passing)) {
		keep_tail(r, p, 0);
		p->n = 0;
		return why;
	}
	if (r->passing) {
		drop(r, p, p->n);
		p->long_lines++;
	}
	p->last = true;
	r->passing = false;
	r->passed = 0;
	return give(r, p, p->n);
}

/* Reads more into the piece: twice as much each time, for a record that is long. */
static enum read_result fetch_more(struct reader *r, struct piece *p)
{
	size_t want = p->n > PIECE_BYTES ? p->n : PIECE_BYTES, got;
	enum read_result result;

	if (want > PIECE_MOST - p->n)
		want = PIECE_MOST - p->n;
	piece_reserve(p, p->n + want);
	result = reader_fetch(r, p->p + p->n, want, &got);
	p->n += got;
	return result;
}

/*
 * A record that does not end in what is there is looked at again only when there is half as much
 * more: a long one that comes through a pipe would take for ever.
 */
enum read_result reader_next(struct reader *r, const struct reader_cut *cut, struct piece *p)
{
	size_t searched = 0, enough = 0;
	bool hole = skip_hole(r);

	begin(r, p);
	for (;;) {
		size_t seam = p->n, n;
		enum read_result result = fetch_more(r, p);

		if (reader_is_replaced(r, p, seam))
			return READ_REPLACED;
		if (result == READ_PIECE && p->n < enough)
			continue;
		if (r->passing)
			pass_over(r, cut, p);
		n = whole(r, cut, p, searched);
		if (n == 0 && p->n > LINE_MAX_BYTES)
			pass_over(r, cut, p);
		if (n || p->long_lines || (hole && result == READ_END && p->n == 0))
			return give(r, p, n);
		if (result != READ_PIECE)
			return finish(r, p, result);
		searched = r->passing ? 0 : p->n;
		enough = p->n > PIECE_BYTES ? p->n + p->n / 2 : 0;
		if (enough > PIECE_MOST)
			enough = PIECE_MOST;
	}
}

const char *reader_error(const struct reader *r)
{
	return r->reason;
}

int64_t reader_consumed(const struct reader *r)
{
	return r->gunzip ? gunzip_consumed(r->gunzip) : r->consumed;
}

int64_t reader_unfinished(const struct reader *r)
{
	return r->passed + (int64_t)r->tail.n;
}
