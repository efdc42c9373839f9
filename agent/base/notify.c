/*
 * The socket is connected once. A manager that starts anew binds another socket to the same name,
 * which refuses what the old connection sends: then the name is given with the message. Under
 * Landlock only the connection is let through for abstract names, so it comes first.
 */
#include "agent/base/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/escape.h"

/* Digits only, more than 0; 0: it is something else. */
static int64_t number_of(const char *text)
{
	char *end;
	long long n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	n = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? (int64_t)n : 0;
}

/* The variables are inherited; a process id says for whom they are meant. */
static int64_t read_watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID");

	if (pid && number_of(pid) != getpid())
		return 0;
	return number_of(getenv("WATCHDOG_USEC"));
}

static bool set_name(struct notify *n, const char *name, struct err *err)
{
	size_t length = strlen(name);

	if (name[0] != '/' && name[0] != '@')
		return err_set(err, "NOTIFY_SOCKET: expected a path or a name with @, found '%s'",
		               name);
	if (length < 2 || length >= sizeof(n->to.sun_path))
		return err_set(err, "NOTIFY_SOCKET: '%s' is no name of a socket", name);
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, name, length + 1);
	/* An abstract name begins with a NUL and has none at its end. */
	n->to_size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
	if (name[0] == '@')
		n->to.sun_path[0] = '\0';
	return true;
}

static bool connect_to(struct notify *n, const char *name, struct err *err)
{
	const struct timeval wait = {.tv_sec = NOTIFY_WAIT_MS / 1000,
	                             .tv_usec = NOTIFY_WAIT_MS % 1000 * 1000L};

	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		return err_set(err, "NOTIFY_SOCKET: %s", strerror(errno));
	if (setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(n->fd, (const struct sockaddr *)&n->to, n->to_size) < 0) {
		(void)err_set(err, "NOTIFY_SOCKET %s: %s", name, strerror(errno));
		(void)close(n->fd);
		n->fd = -1;
		return false;
	}
	return true;
}

bool notify_open(struct notify *n, struct err *err)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*n = (struct notify){.fd = -1};
	if (name == NULL || name[0] == '\0')
		return true;
	if (!set_name(n, name, err) || !connect_to(n, name, err))
		return false;
	n->watchdog = read_watchdog();
	return true;
}

void notify_close(struct notify *n)
{
	if (n->to_size && n->fd >= 0)
		(void)close(n->fd);
	*n = (struct notify){.fd = -1};
}

static bool deliver(const struct notify *n, const struct buf *message, struct err *err)
{
	ssize_t sent = send(n->fd, message->p, message->n, MSG_NOSIGNAL);

	if (sent < 0 && (errno == ECONNREFUSED || errno == ENOTCONN))
		sent = sendto(n->fd, message->p, message->n, MSG_NOSIGNAL,
		              (const struct sockaddr *)&n->to, n->to_size);
	if (sent >= 0)
		return true;
	return err_set(err, "NOTIFY_SOCKET: %s",
	               errno == EAGAIN ? "the service manager does not listen" : strerror(errno));
}

/* A new line would begin another assignment: all text is escaped. */
static void add_status(struct buf *message, const char *status)
{
	struct buf clean = {0};

	if (status == NULL)
		return;
	utf8_clean(&clean, str_of(status), NOTIFY_STATUS_MAX);
	buf_puts(message, "STATUS=");
	escape_terminal(message, buf_view(&clean));
	buf_char(message, '\n');
	buf_free(&clean);
}

static bool tell(const struct notify *n, const char *what, const char *status, struct err *err)
{
	struct buf message = {0};
	bool ok = true;

	if (n->fd >= 0) {
		buf_puts(&message, what);
		add_status(&message, status);
		ok = deliver(n, &message, err);
	}
	buf_free(&message);
	return ok;
}

bool notify_ready(const struct notify *n, const char *status, struct err *err)
{
	return tell(n, "READY=1\n", status, err);
}

/* The time is for managers that wait for the READY=1 that comes after it. */
bool notify_reloading(const struct notify *n, const char *status, struct err *err)
{
	char what[80];
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)snprintf(what, sizeof(what), "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
	               (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	return tell(n, what, status, err);
}

bool notify_stopping(const struct notify *n, const char *status, struct err *err)
{
	return tell(n, "STOPPING=1\n", status, err);
}

bool notify_status(const struct notify *n, const char *status, struct err *err)
{
	return tell(n, "", status, err);
}

bool notify_alive(const struct notify *n, struct err *err)
{
	return tell(n, "WATCHDOG=1\n", NULL, err);
}

int64_t notify_period(const struct notify *n)
{
	return n->watchdog / 2;
}
