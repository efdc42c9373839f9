/* The only file of agent/config that touches the disk. */
#include "agent/config/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/mem.h"

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

enum files_result files_read_input(const char *path, size_t bytes_max, struct buf *out,
                                   struct err *err)
{
	int problem;

	if (strcmp(path, "-") != 0)
		return files_read(path, bytes_max, out, err);
	problem = read_all(STDIN_FILENO, bytes_max + out->n, out);
	if (problem == 0)
		return FILES_READ;
	(void)err_set(err, "standard input: cannot be read: %s", strerror(problem));
	return FILES_FAILED;
}

bool files_make_folders(const char *path, struct err *err)
{
	char *folder = xstrdup(path);
	bool ok = true;

	for (char *p = folder + 1; ok && (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		ok = mkdir(folder, 0777) == 0 || errno == EEXIST ||
		     err_set(err, "%s: the folder cannot be made: %s", folder, strerror(errno));
		*p = '/';
	}
	free(folder);
	return ok;
}

static bool write_all(int fd, struct str text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno != EINTR)
			return false;
		text = str_from(text, n > 0 ? (size_t)n : 0);
	}
	return true;
}

/* A rename is on disk when its folder is. */
static bool sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder =
		slash ? str_dup((struct str){path, (size_t)(slash - path) + 1}) : xstrdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	free(folder);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* The text under a name of its own beside the file, which is given it at the end. */
static bool write_beside(const char *path, char *beside, struct str text)
{
	enum {
		MODE = 0644
	}; /* mkstemp's is narrower; whoever reads the prices may be another user */
	int fd = mkstemp(beside), problem;
	bool ok;

	if (fd < 0)
		return false;
	ok = fchmod(fd, MODE) == 0 && write_all(fd, text) && fsync(fd) == 0;
	problem = errno;
	if (close(fd) != 0 && ok) {
		problem = errno;
		ok = false;
	}
	if (ok && rename(beside, path) == 0)
		return sync_folder(path);
	if (ok)
		problem = errno;
	(void)unlink(beside);
	errno = problem;
	return false;
}

bool files_replace(const char *path, struct str text, struct err *err)
{
	struct buf beside = {0};
	bool ok;

	if (!files_make_folders(path, err))
		return false;
	buf_printf(&beside, "%s.XXXXXX", path);
	ok = write_beside(path, beside.p, text) ||
	     err_set(err, "%s: cannot be written: %s", path, strerror(errno));
	buf_free(&beside);
	return ok;
}
