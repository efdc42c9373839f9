/*
 * What can be proved of a file: that it is, or is no longer, what was read before. The hints of the
 * file system say where to look; bytes and their hashes decide.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/mem.h"
#include "agent/follow/reader_inner.h"

/* ---- hints ---- */

static int64_t in_ns(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void reader_fill_hints(struct mark *m, const struct stat *st, bool gzip)
{
	m->gzip = gzip;
	m->device = (int64_t)st->st_dev;
	m->inode = (int64_t)st->st_ino;
	m->size = st->st_size;
	m->mtime_ns = in_ns(st->st_mtim);
	m->ctime_ns = in_ns(st->st_ctim);
}

static bool pread_all(int fd, char *p, size_t n, int64_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, p + done, n - done, at + (int64_t)done);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

bool reader_has_changed(const struct reader *r, const struct mark *m)
{
	struct stat st;

	return fstat(r->fd, &st) == 0 &&
	       (st.st_size != m->size || in_ns(st.st_mtim) != m->mtime_ns);
}

void reader_refresh(const struct reader *r, struct mark *m)
{
	struct stat st;

	if (fstat(r->fd, &st) == 0)
		reader_fill_hints(m, &st, r->gunzip != NULL);
}

bool reader_became_gzip(const struct reader *r)
{
	char magic[MAGIC_BYTES];

	return r->gunzip == NULL && r->offset == 0 && pread_all(r->fd, magic, sizeof(magic), 0) &&
	       gunzip_magic(magic);
}

/* ---- what was read ---- */

struct str reader_head(struct reader *r)
{
	char more[MARK_BYTES];
	size_t got;

	if (r->offset)
		return (struct str){r->head, r->head_n};
	while (r->tail.n < MARK_BYTES &&
	       reader_fetch(r, more, MARK_BYTES - r->tail.n, &got) == READ_PIECE)
		buf_bytes(&r->tail, more, got);
	return (struct str){r->tail.p ? r->tail.p : "",
	                    r->tail.n < MARK_BYTES ? r->tail.n : MARK_BYTES};
}

static void rewind_to(struct reader *r, int64_t offset)
{
	(void)lseek(r->fd, offset, SEEK_SET);
	if (r->gunzip)
		gunzip_restart(r->gunzip);
	buf_clear(&r->tail);
	r->consumed = r->offset = offset;
	r->head_n = r->recent_n = 0;
	r->passing = false;
	r->passed = 0;
}

void reader_begin_anew(struct reader *r, struct mark *m)
{
	rewind_to(r, 0);
	r->options.finished = false;
	reader_refresh(r, m);
}

/* Whether these bytes stand at a place of the file. */
static bool stands(const struct reader *r, const char *p, size_t n, int64_t at)
{
	char bytes[MARK_BYTES];

	return n == 0 || (pread_all(r->fd, bytes, n, at) && memcmp(bytes, p, n) == 0);
}

/* Had the file been truncated before more was read, the bytes before the seam would not stand
 * there. A new piece may begin as an old one did, with a hole. */
bool reader_is_replaced(const struct reader *r, const struct piece *p, size_t seam)
{
	size_t n = p->n < MARK_BYTES ? p->n : MARK_BYTES;
	size_t before = seam < MARK_BYTES ? seam : MARK_BYTES;
	struct stat st;

	if (!r->options.followed || r->gunzip)
		return false;
	if (fstat(r->fd, &st) == 0 && st.st_size < r->offset + (int64_t)p->n)
		return true;
	return !stands(r, r->recent, r->recent_n, r->offset - r->recent_n) ||
	       !stands(r, p->p, n, r->offset) ||
	       !stands(r, p->p + seam - before, before, r->offset + (int64_t)(seam - before));
}

/* To the offset at once; the marks are read from their places. */
static bool seek_plain(struct reader *r, const struct mark *known)
{
	rewind_to(r, known->offset);
	if (!pread_all(r->fd, r->head, known->head_n, 0) ||
	    !pread_all(r->fd, r->recent, known->frontier_n, known->offset - known->frontier_n))
		return false;
	r->head_n = known->head_n;
	r->recent_n = known->frontier_n;
	r->head_hash = hash128(HASH_PLAIN, (struct str){r->head, r->head_n});
	return true;
}

/* To the offset through everything before it. */
static bool seek_gzip(struct reader *r, const struct mark *known)
{
	char *bytes = xmalloc(PIECE_BYTES);
	size_t got = 1;

	rewind_to(r, 0);
	while (r->offset < known->offset && got) {
		/* The head first: other content mostly differs there. */
		int64_t left = (r->offset ? known->offset : known->head_n) - r->offset;

		(void)reader_fetch(r, bytes, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, &got);
		reader_advance(r, bytes, got);
		if (r->head_n == known->head_n && !hash128_eq(r->head_hash, known->head))
			got = 0;
	}
	free(bytes);
	return r->offset == known->offset;
}

static uint32_t marked(int64_t offset)
{
	return offset < MARK_BYTES ? (uint32_t)offset : MARK_BYTES;
}

bool reader_prove(const struct reader *r, int64_t size, struct mark *m)
{
	char bytes[MARK_BYTES];
	uint32_t n = marked(size);

	if (r->gunzip || !pread_all(r->fd, bytes, n, 0))
		return false;
	m->head = hash128(HASH_PLAIN, (struct str){bytes, n});
	if (!pread_all(r->fd, bytes, n, size - n))
		return false;
	m->frontier = hash128(HASH_PLAIN, (struct str){bytes, n});
	m->head_n = m->frontier_n = n;
	m->offset = size;
	return true;
}

bool reader_resume(struct reader *r, const struct mark *known)
{
	struct hash128 frontier;
	bool same = known->offset >= 0 && known->head_n == marked(known->offset) &&
	            known->frontier_n == known->head_n;

	if (known->offset == 0) {
		if (r->offset)
			rewind_to(r, 0);
		return same;
	}
	same = same && (r->gunzip ? seek_gzip : seek_plain)(r, known);
	frontier = hash128(HASH_PLAIN, (struct str){r->recent, r->recent_n});
	if (same && hash128_eq(r->head_hash, known->head) && hash128_eq(frontier, known->frontier))
		return true;
	rewind_to(r, 0);
	return false;
}
