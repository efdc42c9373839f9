/*
 * The kind of a file is asked before it is opened, because to open a FIFO or a device can change
 * something for others, and once more afterwards, because the name may mean another file by then.
 */
#include "agent/follow/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define A_LINK "a symbolic link; follow_symlinks: true reads it"

const char *regular_why_not(mode_t mode)
{
	static const struct {
		mode_t format;
		const char *why;
	} kinds[] = {
		{S_IFREG, NULL},        {S_IFDIR, "a directory"}, {S_IFIFO, "a FIFO"},
		{S_IFSOCK, "a socket"}, {S_IFLNK, A_LINK},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].format == (mode & S_IFMT))
			return kinds[i].why;
	return "a device";
}

static int refuse(const char *path, const char *why, struct err *err)
{
	(void)err_set(err, "%s: %s", path, why);
	return -1;
}

int regular_open(const char *path, bool follow_symlinks, struct stat *st, struct err *err)
{
	int link = follow_symlinks ? 0 : O_NOFOLLOW, fd;
	const char *why;

	if (fstatat(AT_FDCWD, path, st, follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return refuse(path, strerror(errno), err);
	why = regular_why_not(st->st_mode);
	if (why)
		return refuse(path, why, err);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | link);
	if (fd < 0)
		return refuse(path, link && errno == ELOOP ? A_LINK : strerror(errno), err);
	why = fstat(fd, st) < 0 ? strerror(errno) : regular_why_not(st->st_mode);
	if (why == NULL)
		return fd;
	(void)close(fd);
	return refuse(path, why, err);
}
