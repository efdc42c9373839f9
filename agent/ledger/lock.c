/*
 * The lock is one of the open file, not of the process (OFD): it does not vanish when some other
 * part of the program closes the same file. The process id in the file is for people; it says
 * nothing unless the lock is held. The file stays: removing it would race with the next writer.
 */
#include "agent/ledger/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/buf.h"

enum { POLL_MS = 10 };

static int lock_open(const char *database, int flags)
{
	struct buf path = {0};
	int fd;

	buf_printf(&path, "%s.lock", database);
	fd = open(path.p, flags | O_CLOEXEC, 0666);
	buf_free(&path);
	return fd;
}

static bool try_lock(int fd, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static bool held_by_readers(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_WRLCK;
}

/* The process id written in the file, 0: none. */
static long read_pid(int fd)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return strtol(text, NULL, 10);
}

static bool write_pid(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n;
}

static bool wait_for_readers(int fd, int wait_ms)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	for (;; wait_ms -= POLL_MS) {
		if (try_lock(fd, F_WRLCK))
			return true;
		if (wait_ms <= 0 || !held_by_readers(fd))
			return false;
		(void)nanosleep(&pause, NULL);
	}
}

int lock_write(const char *database, int wait_ms, struct err *err)
{
	int fd = lock_open(database, O_RDWR | O_CREAT);

	if (fd < 0) {
		(void)err_set(err, "%s.lock: %s", database, strerror(errno));
		return -1;
	}
	if (wait_for_readers(fd, wait_ms)) {
		/* A full disk may refuse the text: the lock holds without it. */
		(void)write_pid(fd);
		return fd;
	}
	if (held_by_readers(fd))
		(void)err_set(err, "%s is being read; try again when that is done", database);
	else
		(void)err_set(err,
		              "%s is being written by another tokentail (pid %ld); wait for it or "
		              "stop it",
		              database, read_pid(fd));
	(void)close(fd);
	return -1;
}

int lock_read(const char *database, bool *is_written)
{
	int fd = lock_open(database, O_RDONLY);

	*is_written = fd >= 0 && !try_lock(fd, F_RDLCK);
	if (*is_written) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

long lock_writer(const char *database)
{
	struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = lock_open(database, O_RDONLY);
	long pid = 0;

	if (fd < 0)
		return 0;
	if (fcntl(fd, F_OFD_GETLK, &shared) == 0 && shared.l_type == F_WRLCK) {
		pid = read_pid(fd);
		if (pid <= 0)
			pid = -1;
	}
	(void)close(fd);
	return pid;
}
