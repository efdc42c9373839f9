/* A file of any bytes, plain or gzip: pieces are whole lines, their offsets join, and there is an
 * end. The first byte says how the file is taken and whether its head is looked at before. */
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/follow/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct reader *open_bytes(const uint8_t *data, size_t size, bool finished)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	return reader_from_fd(fd, "the input", (struct reader_options){finished});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct piece p;
	struct reader *r;
	enum read_result result;
	int64_t at = 0;
	bool last = false;

	if (size == 0)
		return 0;
	r = open_bytes(data + 1, size - 1, data[0] & 1);
	if (data[0] & 2)
		assert(reader_head(r).n <= MARK_BYTES);
	while ((result = reader_next(r, NULL, &p)) == READ_PIECE) {
		assert(!last && p.end > at && p.end == p.offset + (int64_t)p.n);
		assert(p.long_lines ? p.offset > at || p.last : p.offset == at);
		assert(p.last || p.n == 0 || p.p[p.n - 1] == '\n');
		assert(p.head_n == (p.end < MARK_BYTES ? p.end : MARK_BYTES));
		assert(p.frontier_n == p.head_n);
		last = p.last;
		at = p.end;
	}
	assert(result != READ_ERROR && reader_next(r, NULL, &p) == result);
	assert(result == READ_CORRUPT || reader_consumed(r) == (int64_t)size - 1);
	reader_close(&r);
	return 0;
}
