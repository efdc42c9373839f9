/* The only file of agent/config that touches the disk. */
#include "agent/config/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool files_user_dir(const char *variable, const char *below, struct buf *out)
{
	const char *dir = getenv(variable);
	const char *home = getenv("HOME");

	if (dir && dir[0] == '/') { /* XDG: a relative one does not count */
		buf_puts(out, dir);
		return true;
	}
	if (home == NULL || home[0] == '\0')
		return false;
	buf_puts(out, home);
	buf_puts(out, below);
	return true;
}

/* Reads to the end; 0 or errno. */
static int read_all(int fd, size_t bytes_max, struct buf *out)
{
	char piece[8192];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if ((size_t)n > bytes_max - out->n)
			return EFBIG;
		buf_bytes(out, piece, (size_t)n);
	}
	return 0;
}

enum files_result files_read(const char *path, size_t bytes_max, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int problem = errno;

	if (fd >= 0) {
		problem = read_all(fd, bytes_max + out->n, out);
		(void)close(fd);
		if (problem == 0)
			return FILES_READ;
	}
	(void)err_set(err, "%s: cannot be read: %s", path, strerror(problem));
	return problem == ENOENT || problem == ENOTDIR ? FILES_ABSENT : FILES_FAILED;
}
