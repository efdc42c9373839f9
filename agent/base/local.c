#include "agent/base/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* An address, and the folder that has to be open while it is used; -1: none has to be. */
struct local_address {
	struct sockaddr_un to;
	int folder;
};

static void address_close(struct local_address *a)
{
	int saved = errno;

	if (a->folder >= 0)
		(void)close(a->folder);
	errno = saved;
}

static int open_folder(const char *path, size_t n)
{
	char folder[4096];

	if (n >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, n);
	folder[n] = '\0';
	return open(n ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* False with errno. */
static bool address_of(const char *path, struct local_address *ret)
{
	const char *slash = strrchr(path, '/');
	size_t before = slash ? (size_t)(slash - path) + 1 : 0;
	size_t room = sizeof(ret->to.sun_path);
	int n;

	*ret = (struct local_address){.to.sun_family = AF_UNIX, .folder = -1};
	if (strlen(path) < room) {
		memcpy(ret->to.sun_path, path, strlen(path) + 1);
		return true;
	}
	ret->folder = open_folder(path, before);
	if (ret->folder < 0)
		return false;
	n = snprintf(ret->to.sun_path, room, "/proc/self/fd/%d/%s", ret->folder, path + before);
	if (n > 0 && (size_t)n < room)
		return true;
	errno = ENAMETOOLONG;
	address_close(ret);
	return false;
}

static int stream(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Whether the name is free now. */
static bool take_away(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || err_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, "%s is in the way: it is no socket; move it", path);
	return unlink(path) == 0 || err_set(err, "%s: %s", path, strerror(errno));
}

static bool bind_private(int fd, const struct local_address *a)
{
	mode_t before = umask(0177);
	bool bound = bind(fd, (const struct sockaddr *)&a->to, sizeof(a->to)) == 0;

	(void)umask(before);
	return bound;
}

int local_listen(const char *path, int queue, struct err *err)
{
	struct local_address a;
	int fd;

	if (!take_away(path, err))
		return -1;
	if (!address_of(path, &a)) {
		(void)err_set(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	fd = stream();
	if (fd < 0 || !bind_private(fd, &a) || listen(fd, queue) != 0) {
		(void)err_set(err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
	}
	address_close(&a);
	return fd;
}

int local_connect(const char *path)
{
	struct local_address a;
	int fd;

	if (!address_of(path, &a))
		return -1;
	fd = stream();
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a.to, sizeof(a.to)) != 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		fd = -1;
	}
	address_close(&a);
	return fd;
}
