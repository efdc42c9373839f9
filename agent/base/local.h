/*
 * Stream sockets of this machine that have a path (AF_UNIX). A path may be longer than the 108
 * bytes that an address holds: then the folder is opened, and the address names it by its
 * descriptor. Only the name in the folder has to fit.
 */
#ifndef BASE_LOCAL_H
#define BASE_LOCAL_H

#include "agent/base/err.h"

/*
 * Listens at `path`, for this user alone (mode 0600). A socket that is there already is replaced:
 * the caller knows that nobody listens at it any more. The descriptor does not block. -1 and *err,
 * also where something else than a socket is in the way. Sets the umask for a moment: call it
 * before there are threads.
 */
int local_listen(const char *path, int queue, struct err *err);

/* Connects without waiting: a descriptor that does not block, or -1 with errno: ENOENT there is no
 * socket, ECONNREFUSED nobody listens, EACCES not for this user, EAGAIN its queue is full. */
int local_connect(const char *path);

#endif
