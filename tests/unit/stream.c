#include "tests/unit/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { NAMES_MAX = 32, PATH_BYTES = 256 };

static char directory[64];
static char paths[NAMES_MAX][PATH_BYTES];
static int paths_n;

void stream_gzip(struct buf *out, struct str bytes)
{
	unsigned char chunk[4096];
	z_stream z = {0};
	int code;

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
	                 Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)bytes.p;
	z.avail_in = (uInt)bytes.n;
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		code = deflate(&z, Z_FINISH);
		buf_bytes(out, (char *)chunk, sizeof(chunk) - z.avail_out);
	} while (code == Z_OK || code == Z_BUF_ERROR);
	assert_int_equal(code, Z_STREAM_END);
	(void)deflateEnd(&z);
}

struct reader *stream_of(struct str bytes, struct reader_options options)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes.n ? bytes.p : "", bytes.n, 0), bytes.n);
	return reader_from_fd(fd, "the test", options);
}

const char *stream_path(const char *name)
{
	char path[PATH_BYTES];

	if (directory[0] == '\0') {
		(void)snprintf(directory, sizeof(directory), "/tmp/tokentail-test-XXXXXX");
		assert_non_null(mkdtemp(directory));
	}
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	for (int i = 0; i < paths_n; i++)
		if (strcmp(paths[i], path) == 0)
			return paths[i];
	assert_true(paths_n < NAMES_MAX);
	return strcpy(paths[paths_n++], path);
}

void stream_write(const char *path, struct str bytes)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.n ? bytes.p : "", 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
}

void stream_clean(void)
{
	while (paths_n)
		(void)remove(paths[--paths_n]);
	if (directory[0])
		(void)rmdir(directory);
	directory[0] = '\0';
}

struct reader *stream_open(const char *path, struct mark *m)
{
	struct err err = {0};
	struct reader *r = reader_open(path, false, (struct reader_options){false}, m, &err);

	assert_string_equal(err.text, "");
	assert_non_null(r);
	return r;
}

static struct hash128 hash_of(struct str content, int64_t from, int64_t n)
{
	return hash128(HASH_PLAIN, (struct str){content.p + from, (size_t)n});
}

static void check_marks(const struct piece *p, struct str content)
{
	int64_t n = p->end < MARK_BYTES ? p->end : MARK_BYTES;

	assert_int_equal(p->head_n, n);
	assert_int_equal(p->frontier_n, n);
	if (content.n == 0)
		return;
	assert_true(p->end <= (int64_t)content.n);
	assert_memory_equal(p->p, content.p + p->offset, p->n);
	assert_true(hash128_eq(p->head, hash_of(content, 0, n)));
	assert_true(hash128_eq(p->frontier, hash_of(content, p->end - n, n)));
}

static void check_piece(const struct piece *p, int64_t before)
{
	static const char pad[PIECE_PAD];

	assert_int_equal(p->end, p->offset + (int64_t)p->n);
	assert_true(p->end > before);
	assert_true(p->long_lines ? p->offset > before || p->last : p->offset == before);
	assert_true(p->n == 0 || p->last || p->p[p->n - 1] == '\n');
	assert_memory_equal(p->p + p->n, pad, PIECE_PAD);
}

struct stream_result stream_read(struct reader *r, int64_t start, struct str content)
{
	struct stream_result result = {.mark.offset = start};
	struct mark *m = &result.mark;
	struct piece p = {0};

	while ((result.end = reader_next(r, NULL, &p)) == READ_PIECE) {
		assert_false(result.last);
		check_piece(&p, m->offset);
		check_marks(&p, content);
		buf_bytes(&result.bytes, p.p, p.n);
		result.pieces++;
		result.long_lines += p.long_lines;
		result.last = p.last;
		m->offset = p.end;
		m->head_n = p.head_n;
		m->head = p.head;
		m->frontier_n = p.frontier_n;
		m->frontier = p.frontier;
	}
	assert_int_equal(p.n, 0);
	piece_free(&p);
	return result;
}

struct stream_result stream_expect(struct str bytes, struct reader_options options, struct str want)
{
	struct reader *r = stream_of(bytes, options);
	struct stream_result result = stream_read(r, 0, want);

	assert_int_equal(result.bytes.n, want.n);
	assert_int_equal(result.mark.offset, want.n);
	reader_close(&r);
	assert_null(r);
	buf_free(&result.bytes);
	return result;
}
