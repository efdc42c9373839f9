/*
 * Writing lines to a descriptor without ever waiting for it.
 */
#ifndef BASE_LOG_OUT_H
#define BASE_LOG_OUT_H

#include "agent/base/log.h"

struct log_out {
	int fd;
	bool socket;
	char rest[LOG_LINE_MAX]; /* of a line of which only a part was taken */
	size_t rest_n;
};

void log_out_init(struct log_out *o, int fd);
/*
 * Writes a line of at most LOG_LINE_MAX bytes, after what is left of the one before. False: nothing
 * of it was taken. An empty line only ends the one before.
 */
bool log_out_write(struct log_out *o, struct str line);
/* Whether fd is the systemd journal. */
bool log_out_is_journal(int fd);

#endif
