/* A stat takes a microsecond or two: a thousand of them a second are not felt. */
#include "agent/commands/top_lag.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { FILES_PER_SECOND = 1000 };

/* The path's bytes behind what was counted, if it is still the file that was. */
static int64_t lag_of(const struct file_row *f)
{
	char *path = str_dup(f->path);
	int64_t lag = f->content_size - f->offset;
	struct stat st;

	if (!f->gzip && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (int64_t)st.st_dev == f->device && (int64_t)st.st_ino == f->inode &&
	    st.st_size >= f->offset)
		lag = st.st_size - f->offset;
	free(path);
	return lag > 0 ? lag : 0;
}

void top_lag_look(struct top_lag *lag, const struct file_row *files, size_t n, int64_t now)
{
	int64_t pause = (int64_t)n * TIME_SEC / FILES_PER_SECOND;

	if (now < lag->due && lag->due - now <= pause)
		return;
	lag->bytes = 0;
	lag->behind = 0;
	lag->due = n > FILES_PER_SECOND ? now + pause : now;
	for (size_t i = 0; i < n; i++) {
		int64_t bytes = lag_of(&files[i]);

		lag->behind += bytes > 0;
		lag->bytes += bytes;
	}
}
