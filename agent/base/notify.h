/*
 * The service manager's protocol (sd_notify(3)), without its library: datagrams of NAME=VALUE lines
 * to the socket that NOTIFY_SOCKET names. Where it is not set everything here does nothing, so the
 * service need not ask under what it runs.
 *
 * One thread uses it.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/base/err.h"
#include "agent/base/str.h"

enum {
	NOTIFY_STATUS_MAX = 512, /* bytes of a status before it is escaped; a longer one is cut */
	NOTIFY_WAIT_MS = 1000,   /* for a manager that does not take what is sent */
};

struct notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_size;
	int64_t watchdog; /* microseconds between two signs of life, 0: none are wanted */
};

/*
 * Reads NOTIFY_SOCKET (a path, or an abstract name that begins with @), WATCHDOG_USEC and
 * WATCHDOG_PID. True without them too. False and *err when a socket is named that cannot be used;
 * *n is as if nobody listened. Call before the sandbox is entered: nothing is opened later.
 */
bool notify_open(struct notify *n, struct err *err);
void notify_close(struct notify *n); /* takes one that was not opened, if all its bytes are 0 */

/*
 * What is told. `status` is a line for people, shown by `systemctl status`; NULL leaves the last
 * one. True when it was delivered, or nobody listens; false and *err else. The service goes on
 * either way: the manager acts by its own time limits.
 */
bool notify_ready(const struct notify *n, const char *status, struct err *err);
/* The configuration is being read again; notify_ready says when that is done. */
bool notify_reloading(const struct notify *n, const char *status, struct err *err);
bool notify_stopping(const struct notify *n, const char *status, struct err *err);
bool notify_status(const struct notify *n, const char *status, struct err *err);
bool notify_alive(const struct notify *n, struct err *err);

/* Microseconds after which notify_alive is due again: half of what the manager waits. 0: never. */
int64_t notify_period(const struct notify *n);

#endif
