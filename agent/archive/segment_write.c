/*
 * Lines are gathered, deflated and written. A file is only ever appended to: either to a new one of
 * a temporary name, or behind the bytes that the ledger knows of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "agent/archive/deflate.h"
#include "agent/archive/segment_inner.h"
#include "agent/base/escape.h"
#include "agent/base/zone.h"

enum { TEXT_BYTES = 64 << 10, OUT_BYTES = 64 << 10 };

struct segment_writer {
	char *folder, *path;
	int fd;
	bool is_new, finished;
	struct segment segment; /* as it will be */
	int64_t begin;          /* bytes of the file when it was opened */
	const struct deflate_library *library;
	void *deflating; /* NULL: no member was begun */
	struct buf text;
	unsigned char out[OUT_BYTES];
};

void segment_put_header(struct buf *out, const struct segment *s, struct str prices)
{
	char date[SEGMENT_DATE];

	segment_date(s->day, date);
	buf_printf(out, "{\"tokentail_archive\":%d,\"made\":%lld,\"day\":\"%s\",\"prices\":",
	           SEGMENT_VERSION, (long long)s->made, date);
	escape_json(out, prices);
	buf_puts(out, ",\"written_by\":\"tokentail " TOKENTAIL_VERSION "\"}\n");
}

/* ---- files and folders ---- */

static bool sync_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		(void)segment_failed(err, path, "cannot be flushed to disk");
	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* The folder that a path lies in, on the heap. */
static char *folder_of(const char *path)
{
	return str_dup((struct str){path, (size_t)(strrchr(path, '/') - path)});
}

static bool make_folder(const char *path, struct err *err)
{
	return mkdir(path, 0750) == 0 || errno == EEXIST ||
	       segment_failed(err, path, "the folder cannot be made");
}

/* The archive's folder and that of the year, both to last. */
static bool make_folders(const char *folder, const char *path, struct err *err)
{
	char *year = folder_of(path);
	bool good = make_folder(folder, err) && make_folder(year, err) && sync_folder(folder, err);

	free(year);
	return good;
}

/* ---- beginning ---- */

static struct segment_writer *writer_new(const char *folder, int64_t day, const char *suffix)
{
	struct segment_writer *w = xcalloc(1, sizeof(*w));

	w->folder = xstrdup(folder);
	w->path = segment_path(folder, day, suffix);
	w->fd = -1;
	w->segment.day = day;
	return w;
}

static void begin_member(struct segment_writer *w)
{
	w->library = deflate_libraries[0];
	w->deflating = w->library->start();
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

static bool create(struct segment_writer *w, struct str prices, struct err *err)
{
	if (!make_folders(w->folder, w->path, err))
		return false;
	w->is_new = true;
	w->fd = open(w->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (w->fd < 0)
		return segment_failed(err, w->path, "cannot be made");
	w->segment.made = now_us();
	segment_put_header(&w->text, &w->segment, prices);
	begin_member(w);
	return true;
}

struct segment_writer *segment_create(const char *folder, int64_t day, struct str prices,
                                      struct err *err)
{
	struct segment_writer *w = writer_new(folder, day, SUFFIX_NEW);

	if (!create(w, prices, err))
		segment_writer_free(&w);
	return w;
}

static bool append(struct segment_writer *w, struct err *err)
{
	struct stat st;

	w->fd = open(w->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (w->fd < 0)
		return segment_failed(err, w->path, "cannot be opened");
	if (fstat(w->fd, &st) != 0 || st.st_size < w->begin ||
	    segment_made(w->fd, NULL) != w->segment.made)
		return err_set(
			err,
			"%s is not the file that the database knows; `tokentail archive verify`",
			w->path);
	if (ftruncate(w->fd, w->begin) != 0 || lseek(w->fd, w->begin, SEEK_SET) < 0)
		return segment_failed(err, w->path, "cannot be cut to what counts");
	begin_member(w);
	return true;
}

struct segment_writer *segment_append(const char *folder, const struct segment *to, struct err *err)
{
	struct segment_writer *w = writer_new(folder, to->day, "");

	w->segment = *to;
	w->begin = to->bytes;
	if (!append(w, err))
		segment_writer_free(&w);
	return w;
}

/* ---- lines ---- */

static bool write_out(struct segment_writer *w, size_t n, struct err *err)
{
	size_t done = 0;

	w->segment.crc = (uint32_t)crc32(w->segment.crc, w->out, (unsigned)n);
	while (done < n) {
		ssize_t written = write(w->fd, w->out + done, n - done);

		if (written < 0 && errno != EINTR)
			return segment_failed(err, w->path, "cannot be written");
		done += written > 0 ? (size_t)written : 0;
	}
	w->segment.bytes += (int64_t)n;
	return true;
}

/* Deflates what was gathered; `last`: the member ends. */
static bool deflate_text(struct segment_writer *w, bool last, struct err *err)
{
	struct deflate_bytes b = {.in = (unsigned char *)w->text.p, .in_n = w->text.n};
	bool whole;

	do {
		b.out = w->out;
		b.out_n = sizeof(w->out);
		whole = w->library->run(w->deflating, &b, last);
		if (!write_out(w, sizeof(w->out) - b.out_n, err))
			return false;
	} while (last ? !whole : b.in_n > 0 || b.out_n == 0);
	buf_clear(&w->text);
	return true;
}

bool segment_put(struct segment_writer *w, const struct archived *a, struct err *err)
{
	size_t begin = w->text.n;

	archived_put(&w->text, a);
	segment_count(&w->segment.sums, &a->call,
	              (struct str){w->text.p + begin, w->text.n - begin});
	return w->text.n < TEXT_BYTES || deflate_text(w, false, err);
}

bool segment_finish(struct segment_writer *w, struct segment *ret, struct err *err)
{
	if (!deflate_text(w, true, err))
		return false;
	if (fsync(w->fd) != 0)
		return segment_failed(err, w->path, "cannot be flushed to disk");
	w->finished = true;
	*ret = w->segment;
	return true;
}

void segment_writer_free(struct segment_writer **wp)
{
	struct segment_writer *w = *wp;

	*wp = NULL;
	if (w == NULL)
		return;
	if (w->deflating)
		w->library->free(w->deflating);
	if (!w->finished && w->is_new)
		(void)unlink(w->path);
	if (!w->finished && !w->is_new && w->fd >= 0)
		(void)!ftruncate(w->fd, w->begin); /* what is left is cut off by who appends next */
	if (w->fd >= 0)
		(void)close(w->fd);
	free(w->folder);
	free(w->path);
	buf_free(&w->text);
	free(w);
}

/* ---- names ---- */

static bool publish(const char *new, const char *now, const char *before, struct err *err)
{
	char *year = folder_of(now);
	bool good = (rename(now, before) == 0 || errno == ENOENT) && rename(new, now) == 0;

	if (!good)
		(void)segment_failed(err, now, "cannot be put in its place");
	good = good && sync_folder(year, err);
	free(year);
	return good;
}

bool segment_publish(const char *folder, int64_t day, struct err *err)
{
	char *now = segment_path(folder, day, "");
	char *before = segment_path(folder, day, SUFFIX_BEFORE);
	char *new = segment_path(folder, day, SUFFIX_NEW);
	bool good = publish(new, now, before, err);

	free(now);
	free(before);
	free(new);
	return good;
}
