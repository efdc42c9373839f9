#include "agent/control/ask.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/local.h"
#include "agent/control/door.h"

enum { PAUSE_MS = 20, PIECE = 64 << 10 };

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False: it is too late. */
static bool pause_until(int64_t until)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	if (now_ms() >= until)
		return false;
	(void)nanosleep(&pause, NULL);
	return true;
}

/* False: it is too late. */
static bool wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = until - now_ms();

	return left > 0 && poll(&p, 1, (int)left) > 0;
}

static bool send_request(int fd, enum request request)
{
	return send(fd, request_text(request), REQUEST_BYTES, MSG_NOSIGNAL) == REQUEST_BYTES;
}

/* Until it is all there. False: it is too late, or too much. */
static bool receive(int fd, int64_t until, struct buf *answer)
{
	char piece[PIECE];

	while (answer->n < ASK_ANSWER_MAX) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return true;
		if (n > 0)
			buf_bytes(answer, piece, (size_t)n);
		else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, until))
			return false;
	}
	return false;
}

static enum asked why_not(int error)
{
	if (error == EACCES || error == EPERM)
		return ASKED_FORBIDDEN;
	return error == EAGAIN ? ASKED_SILENT : ASKED_NOBODY;
}

enum asked ask_agent(const char *database, enum request request, int wait_ms, struct buf *answer)
{
	int64_t until = now_ms() + wait_ms;
	struct buf path = {0};
	enum asked asked;

	door_path(&path, database);
	do {
		int fd = local_connect(path.p);

		asked = fd < 0 ? why_not(errno) : ASKED_SILENT;
		buf_clear(answer);
		if (fd >= 0) {
			if (send_request(fd, request) && receive(fd, until, answer) && answer->n)
				asked = ASKED_ANSWERED;
			(void)close(fd);
		}
		/* Its queue is full, or it had no place: once more. */
	} while (asked == ASKED_SILENT && pause_until(until));
	buf_free(&path);
	return asked;
}
