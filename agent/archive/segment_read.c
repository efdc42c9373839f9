/*
 * Lines back to calls. Each member of the gzip has its own checksum; beyond that the sums of all
 * lines are compared with those that the ledger keeps, so that nothing can be missing or changed
 * without being noticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "agent/archive/segment_inner.h"
#include "agent/follow/gunzip.h"
#include "parsers/format.h"
#include "parsers/json.h"
#include "parsers/number.h"

enum {
	READ_BYTES = 256 << 10,
	LINE_MAX_BYTES = 1 << 20, /* what a call can have is far less */
};

struct segment_reader {
	char *path;
	int fd;
	struct segment segment; /* as it should be */
	struct segment_sums sums;
	struct buf prices; /* of the header */
	struct gunzip *gunzip;
	struct archived_reader *lines;
	char *text; /* LINE_MAX_BYTES + READ_BYTES + RECORD_PAD */
	size_t at, n;
	int64_t line; /* number of the last one, 1 for the header */
};

/* ---- the header ---- */

int64_t segment_made(int fd, struct buf *prices)
{
	static const struct str paths[] = {{"tokentail_archive", 17}, {"made", 4}, {"prices", 6}};
	char text[HEADER_MAX + RECORD_PAD] = {0};
	struct gunzip *g = gunzip_new(inflate_libraries[0], fd, STR(""));
	struct err err = {0};
	struct json_paths *p = json_paths_new(paths, 3, &err);
	struct arena scratch = {0};
	struct value values[3] = {0};
	struct fault fault;
	const char *end;
	size_t n = 0;
	int64_t version = 0, made = -1;

	if (lseek(fd, 0, SEEK_SET) == 0)
		(void)gunzip_read(g, text, HEADER_MAX, &n);
	end = memchr(text, '\n', n);
	if (end == NULL ||
	    !json_scan(p, (struct str){text, (size_t)(end - text)}, values, &scratch, &fault) ||
	    !number_decimal(values[0].text, 0, &version) || version != SEGMENT_VERSION ||
	    !number_decimal(values[1].text, 0, &made))
		made = -1;
	if (made >= 0 && prices)
		buf_str(prices, value_text(&values[2], &scratch));
	json_paths_free(&p);
	arena_free(&scratch);
	gunzip_free(&g);
	return made;
}

/* ---- opening ---- */

/* Before any of it is used: damage may look like calls. Takes a hundredth of the time of reading
 * it. */
static bool check_bytes(struct segment_reader *r, struct err *err)
{
	int64_t left = r->segment.bytes;
	uLong crc = crc32(0, NULL, 0);

	for (ssize_t n = 1; left > 0 && n > 0; left -= n) {
		n = pread(r->fd, r->text, left < READ_BYTES ? (size_t)left : READ_BYTES,
		          r->segment.bytes - left);
		if (n < 0)
			return segment_failed(err, r->path, "cannot be read");
		crc = crc32(crc, (unsigned char *)r->text, (unsigned)n);
	}
	return crc == r->segment.crc || err_set(err, "%s: damaged: its CRC-32 is %08x and not %08x",
	                                        r->path, (unsigned)crc, r->segment.crc);
}

static bool open_file(struct segment_reader *r, struct err *err)
{
	struct stat st;

	r->fd = open(r->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		return segment_failed(err, r->path, "cannot be opened");
	if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(err, "%s: not a regular file", r->path);
	if (st.st_size < r->segment.bytes)
		return err_set(err, "%s: %lld bytes are missing at its end", r->path,
		               (long long)(r->segment.bytes - st.st_size));
	if (segment_made(r->fd, &r->prices) != r->segment.made)
		return err_set(err,
		               "%s: its beginning is damaged, or it is another file than the one "
		               "that the database knows",
		               r->path);
	if (lseek(r->fd, 0, SEEK_SET) != 0)
		return segment_failed(err, r->path, "cannot be read");
	return true;
}

static struct segment_reader *open_as(const char *folder, const struct segment *s,
                                      const char *suffix, struct err *err)
{
	struct segment_reader *r = xcalloc(1, sizeof(*r));

	r->path = segment_path(folder, s->day, suffix);
	r->segment = *s;
	r->fd = -1;
	r->text = xmalloc(LINE_MAX_BYTES + READ_BYTES + RECORD_PAD);
	if (!open_file(r, err) || !check_bytes(r, err)) {
		segment_close(&r);
		return NULL;
	}
	r->gunzip = gunzip_new(inflate_libraries[0], r->fd, STR(""));
	gunzip_limit(r->gunzip, s->bytes);
	r->lines = archived_reader_new();
	return r;
}

struct segment_reader *segment_open(const char *folder, const struct segment *s, struct err *err)
{
	struct err ignored = {0};
	struct segment_reader *r = open_as(folder, s, "", err);

	if (r == NULL) /* a new one may be about to take its place */
		r = open_as(folder, s, SUFFIX_BEFORE, &ignored);
	if (r)
		*err = (struct err){0};
	return r;
}

struct segment_reader *segment_open_new(const char *folder, const struct segment *s,
                                        struct err *err)
{
	return open_as(folder, s, SUFFIX_NEW, err);
}

void segment_close(struct segment_reader **rp)
{
	struct segment_reader *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	gunzip_free(&r->gunzip);
	archived_reader_free(&r->lines);
	if (r->fd >= 0)
		(void)close(r->fd);
	buf_free(&r->prices);
	free(r->path);
	free(r->text);
	free(r);
}

struct str segment_prices(const struct segment_reader *r)
{
	return buf_view(&r->prices);
}

/* ---- reading ---- */

static bool damaged(const struct segment_reader *r, const char *how, struct err *err)
{
	return err_set(err, "%s: damaged at line %lld: %s", r->path, (long long)r->line, how);
}

/* Appends what comes next to the rest of the text; *more is false at the end of the file. */
static bool fill(struct segment_reader *r, bool *more, struct err *err)
{
	size_t got;

	memmove(r->text, r->text + r->at, r->n - r->at);
	r->n -= r->at;
	r->at = 0;
	if (r->n > LINE_MAX_BYTES)
		return damaged(r, "a line has no end", err);
	switch (gunzip_read(r->gunzip, r->text + r->n, READ_BYTES, &got)) {
	case GUNZIP_DATA:
		r->n += got;
		return true;
	case GUNZIP_END:
		*more = false;
		return r->n == 0 || damaged(r, "the last line has no end", err);
	case GUNZIP_CORRUPT:
	case GUNZIP_ERROR:
		break;
	}
	return damaged(r, gunzip_reason(r->gunzip), err);
}

/* The next line, with its end. */
static bool next_line(struct segment_reader *r, struct str *ret, bool *more, struct err *err)
{
	const char *end;

	*more = true;
	while ((end = memchr(r->text + r->at, '\n', r->n - r->at)) == NULL) {
		if (!fill(r, more, err))
			return false;
		if (!*more)
			return true;
	}
	*ret = (struct str){r->text + r->at, (size_t)(end - (r->text + r->at)) + 1};
	r->at += ret->n;
	r->line++;
	return true;
}

static bool at_end(const struct segment_reader *r, struct err *err)
{
	return segment_sums_eq(&r->sums, &r->segment.sums) ||
	       err_set(err,
	               "%s: damaged: it has %lld calls, and its sums are not those of the %lld "
	               "that the database knows",
	               r->path, (long long)r->sums.calls, (long long)r->segment.sums.calls);
}

bool segment_next(struct segment_reader *r, struct archived *ret, bool *more, struct err *err)
{
	struct str line = {0};
	const char *why = NULL;

	do { /* passes the header */
		if (!next_line(r, &line, more, err))
			return false;
	} while (*more && r->line == 1);
	if (!*more)
		return at_end(r, err);
	if (!archived_read(r->lines, (struct str){line.p, line.n - 1}, ret, &why))
		return damaged(r, why, err);
	segment_count(&r->sums, &ret->call, line);
	return true;
}

static bool read_to_end(struct segment_reader *r, struct err *err)
{
	struct archived a;
	bool more = true, good = r != NULL;

	while (good && (good = segment_next(r, &a, &more, err)) && more)
		;
	segment_close(&r);
	return good;
}

bool segment_verify(const char *folder, const struct segment *s, struct err *err)
{
	return read_to_end(segment_open(folder, s, err), err);
}

bool segment_verify_new(const char *folder, const struct segment *s, struct err *err)
{
	return read_to_end(segment_open_new(folder, s, err), err);
}
