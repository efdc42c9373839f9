/*
 * stderr is not made non-blocking: that would be a property of the open file, which the shell and
 * other programs share. A socket can be asked for one write that does not wait. Everything else is
 * asked with poll(2) whether it has room; a pipe that says so takes LOG_LINE_MAX bytes.
 */
#include "agent/base/log_out.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void log_out_init(struct log_out *o, int fd)
{
	struct stat st = {0};

	o->fd = fd;
	o->socket = fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	o->rest_n = 0;
}

bool log_out_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM"); /* device and inode of what leads there */
	struct stat st;
	char own[64];

	if (stream == NULL || fstat(fd, &st) < 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(own, stream) == 0;
}

/* What the descriptor takes at once, 0: nothing. */
static size_t write_some(const struct log_out *o, const char *p, size_t n)
{
	struct pollfd ready = {.fd = o->fd, .events = POLLOUT};
	ssize_t taken;

	if (o->socket) {
		taken = send(o->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
			return 0;
		taken = write(o->fd, p, n);
	}
	return taken > 0 ? (size_t)taken : 0;
}

/* What is left of the line before goes first. True: nothing is. */
static bool write_rest(struct log_out *o)
{
	size_t n;

	if (o->rest_n == 0)
		return true;
	n = write_some(o, o->rest, o->rest_n);
	o->rest_n -= n;
	memmove(o->rest, o->rest + n, o->rest_n);
	return o->rest_n == 0;
}

bool log_out_write(struct log_out *o, struct str line)
{
	size_t n;

	if (!write_rest(o))
		return false;
	if (line.n == 0)
		return true;
	n = write_some(o, line.p, line.n);
	if (n == 0)
		return false;
	o->rest_n = line.n - n;
	memcpy(o->rest, line.p + n, o->rest_n);
	return true;
}
