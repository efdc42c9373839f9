/*
 * Every commit writes to one of two files, and the system notes when: two stats answer what would
 * otherwise take a connection to the database. A connection that is held open would be in the way
 * of a writer that begins, and of the log's being removed when it ends.
 */
#include "agent/ledger/stamp.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/base/buf.h"

enum { FRESH_MS = 50 }; /* more than the clock of any file system here takes for a tick */

static int64_t in_ns(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

struct stamp stamp_take(const char *database)
{
	static const char *const suffixes[STAMP_FILES] = {"", "-wal"};
	struct stamp s = {0};
	struct timespec now;
	struct buf path = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < STAMP_FILES; i++) {
		struct stat st;
		int64_t age;

		buf_clear(&path);
		buf_printf(&path, "%s%s", database, suffixes[i]);
		if (stat(path.p, &st) != 0)
			continue;
		s.file[i].device = (int64_t)st.st_dev;
		s.file[i].inode = (int64_t)st.st_ino;
		s.file[i].size = st.st_size;
		s.file[i].mtime_ns = in_ns(st.st_mtim);
		age = in_ns(now) - s.file[i].mtime_ns;
		s.is_fresh |=
			age > -FRESH_MS * INT64_C(1000000) && age < FRESH_MS * INT64_C(1000000);
	}
	buf_free(&path);
	return s;
}

bool stamp_same(const struct stamp *before, const struct stamp *now)
{
	return !before->is_fresh && memcmp(before->file, now->file, sizeof(now->file)) == 0;
}
